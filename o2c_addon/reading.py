"""Reading from the database, by fewer queries than one by one."""

from odoo.fields import Domain


def read_lines(records, name):
    """The lines ``records[name]``, all of them with their fields, by one query.

    The host makes two of it, the ids first. For whoever may read all lines (sudo).
    """
    field = records._fields[name]
    known = records.browse(records._prefetch_ids)._origin | records
    unread = records.browse(field._cache_missing_ids(known))
    if unread and all(unread._ids):
        inverse = field.inverse_name
        model = records.env[field.comodel_name].with_context(active_test=False)
        names = [f.name for f in model._fields.values() if f.prefetch is True]
        domain = field.get_comodel_domain(records) & Domain(inverse, "in", unread.ids)
        lines = model.search_fetch(domain, names)
        of = lines.grouped(inverse)
        field._insert_cache(
            unread, [of.get(record, lines.browse())._ids for record in unread]
        )
    return records[name]


def read_with(records, name):
    """``records`` with all their fields and ``name``, by one query.

    The host makes two of it where ``name`` differs by company. For whoever may read
    all of them (sudo).
    """
    field = records._fields[name]
    known = records.browse(records._prefetch_ids)._origin | records._origin
    unread = known.browse(field._cache_missing_ids(known))
    if unread:
        names = [f.name for f in records._fields.values() if f.prefetch is True]
        unread.fetch([*names, name])
    return records
