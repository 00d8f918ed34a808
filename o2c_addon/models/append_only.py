from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL


class AppendOnly(models.AbstractModel):
    """Rows that are added and read, and by nobody changed or deleted.

    The ORM refuses here and PostgreSQL refuses below it, so neither a superuser, nor a
    script, nor an SQL client alters what was once written; where one did nevertheless,
    the tamper check tells (``o2c.event.seal``). A model that inherits this sets
    ``_log_access = False``, has a ``company_id`` and a date, and holds numbers and
    frozen names of documents instead of foreign keys to them: a deleted draft must not
    need to change a row here.
    """

    _name = "o2c.append.only"
    _description = "Append-only record"

    _written_on = "date"  # the field that says when a row was written

    def init(self):
        if self._auto and not self._abstract:
            self.env.cr.execute(self._append_only_triggers())
        return super().init()

    def _append_only_triggers(self):
        return SQL(
            """
            CREATE OR REPLACE FUNCTION o2c_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION 'Rows of %% are never changed or deleted.',
                    TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
            END $$ LANGUAGE plpgsql;

            CREATE OR REPLACE TRIGGER o2c_append_only
                BEFORE UPDATE OR DELETE ON %(table)s
                FOR EACH ROW EXECUTE FUNCTION o2c_append_only();

            CREATE OR REPLACE TRIGGER o2c_append_only_truncate
                BEFORE TRUNCATE ON %(table)s
                FOR EACH STATEMENT EXECUTE FUNCTION o2c_append_only();
            """,
            table=SQL.identifier(self._table),
        )

    def write(self, vals):  # pylint: disable=method-required-super
        self._refuse_change()

    def unlink(self):  # pylint: disable=method-required-super
        self._refuse_change()

    def _refuse_change(self):
        raise UserError(
            self.env._(
                "“%(model)s” is a record of what happened: nobody changes or deletes "
                "its rows. What follows is added as a new row.",
                model=self._description,
            )
        )
