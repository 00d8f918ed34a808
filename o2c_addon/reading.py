"""Reading from the database, by fewer queries than one by one.

For whoever may read all of it (sudo).
"""

from odoo.fields import Domain
from odoo.tools import SQL


def read_all(model, domain, *names):
    """All records of ``domain`` with all their fields and ``names``, by one query."""
    names = _together(model) | {*names}
    return model.with_context(active_test=False).search_fetch(domain, sorted(names))


def read_lines(records, name):
    """The lines ``records[name]``, all of them with their fields, by one query.

    The host makes two of it, the ids first.
    """
    field = records._fields[name]
    known = records.browse(records._prefetch_ids)._origin | records
    unread = records.browse(field._cache_missing_ids(known))
    if unread and all(unread._ids):
        domain = field.get_comodel_domain(records) & Domain(
            field.inverse_name, "in", unread.ids
        )
        keep_lines(unread, name, read_all(records.env[field.comodel_name], domain))
    return records[name]


def keep_lines(records, name, lines):
    """These ``lines`` are all there are in ``records[name]``: none is looked up."""
    field = records._fields[name]
    of = lines.grouped(field.inverse_name)
    values = (of.get(record, lines.browse())._ids for record in records)
    field._insert_cache(records, values)


def read_with(records, name):
    """``records`` with all their fields and ``name``, and what they are built upon
    (the template of a product, the contact of a user), by one query.

    The host makes one of each, and another where ``name`` differs by company.
    """
    field = records._fields[name]
    known = records.browse(records._prefetch_ids)._origin | records._origin
    unread = known.browse(field._cache_missing_ids(known))
    if unread:
        query = unread._as_query(ordered=False)
        columns = _columns(unread, unread._table, query, name)
        for link in unread._inherits.values():
            columns += _linked(unread, link, query)
        rows = unread.env.execute_query(query.select(*(sql for *_, sql in columns)))
        _keep(columns, rows)
    return records


def read_linked(model, domain, link):
    """All records of ``domain`` and what each of them points to by its field ``link``,
    with all their fields, by one query."""
    query = model.with_context(active_test=False)._search(domain)
    columns = _columns(model, model._table, query) + _linked(model, link, query)
    rows = model.env.execute_query(query.select(*(sql for *_, sql in columns)))
    _keep(columns, rows)
    return model.browse(row[0] for row in rows)


def lock(records):
    """Those of ``records`` that nobody else has in hands: kept from others until the
    transaction ends, and read by the same query where they are not known yet.

    May be called by whoever may not read them.

    :raise AccessError:
    """
    if not any(records._fields["create_date"]._cache_missing_ids(records)):
        return records.try_lock_for_update(allow_referencing=True)
    query = records.with_context(active_test=False)._search(
        Domain("id", "in", records.ids)
    )
    table = SQL.identifier(records._table)
    columns = _columns(records, records._table, query)
    select = query.select(*(sql for *_, sql in columns))
    rows = records.env.execute_query(
        SQL("%s FOR NO KEY UPDATE OF %s SKIP LOCKED", select, table)
    )
    _keep(columns, rows)
    free = {row[0] for row in rows}
    records.filtered(lambda r: r.id not in free).check_access("read")
    return records.filtered(lambda r: r.id in free)


def _together(model):
    """The names of what the host reads together, as far as the user may read it."""
    return {
        field.name
        for field in model._fields.values()
        if field.prefetch is True and model._has_field_access(field, "read")
    }


def _columns(model, alias, query, *names):
    """(model, field, SQL) of what is read together of ``model``, the id first."""
    names = _together(model) | {*names}
    return [
        (model, None, SQL.identifier(alias, "id")),
        *(
            (model, field, model._field_to_sql(alias, field.name, query))
            for field in model._fields.values()
            if field.name in names and field.store and field.column_type
        ),
    ]


def _linked(model, link, query):
    """The columns of what ``link`` of ``model`` points to."""
    other = model.env[model._fields[link].comodel_name]
    alias = query.left_join(model._table, link, other._table, "id", link)
    return _columns(other, alias, query)


def _keep(columns, rows):
    """Put what was read where the host looks for it; what is there already stays."""
    if not rows:
        return
    by_column = zip(*rows, strict=True)
    for (model, field, _sql), values in zip(columns, by_column, strict=True):
        if field is None:
            records = model.browse(values)
        else:
            field._insert_cache(records, values)
