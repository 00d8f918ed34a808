from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.tamper_check import READERS
from .export_ocel import Ocel
from .export_xes import Xes

SHAPES = {"ocel": Ocel, "xes": Xes}


class HistoryExport(models.TransientModel):
    """The history of a time, for process-mining tools: OCEL 2.0 or XES.

    Written while it is read, some thousand steps at a time, so that a million of them
    take no more memory than a thousand.
    """

    _name = "o2c.history.export"
    _description = "Export for Process Mining"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: fields.Date.today() - relativedelta(months=12),
    )
    date_to = fields.Date("To", required=True, default=fields.Date.today)
    shape = fields.Selection(
        [("ocel", "OCEL 2.0 (JSON)"), ("xes", "XES (XML)")],
        "Format",
        required=True,
        default="ocel",
        help="OCEL has orders, deliveries and invoices as things of their own, XES one "
        "case for each order.",
    )
    is_pseudonymous = fields.Boolean(
        "Without Names",
        default=True,
        help="People and documents get names nobody can look up, the same one within "
        "this file and another in the next. What people wrote is left out.",
    )

    @api.constrains("date_from", "date_to")
    def _check_period(self):
        if any(export.date_from > export.date_to for export in self):
            raise ValidationError(self.env._("The time ends before it begins."))

    def action_download(self):
        self.ensure_one()
        self._check_may_export()
        return {
            "type": "ir.actions.act_url",
            "url": f"/o2c/history-export/{self.id}",
            "target": "download",
        }

    def _check_may_export(self):
        """Who reads the history of all orders may take it along."""
        self.check_access("read")
        user = self.env.user
        is_mine = self.create_uid == user and self.company_id in user.company_ids
        if not is_mine or not any(user.has_group(group) for group in READERS):
            raise AccessError(
                self.env._("Auditors and administrators export the history.")
            )

    def _file_name(self):
        ending = SHAPES[self.shape].ending
        return f"history-{self.date_from}-{self.date_to}.{ending}"

    def _mimetype(self):
        return SHAPES[self.shape].mimetype

    # -- reading ---------------------------------------------------------------------

    def _stream(self):
        """The file in pieces of bytes, read on a connection of its own.

        What may be read is decided here and now, by who asks; the pieces are made
        while they are sent, when this transaction is over.
        """
        self.env["o2c.event"].flush_model()
        activities = self.env["o2c.event"]._fields["activity"].selection
        writer = SHAPES[self.shape](
            self._steps(), self._things(), dict(activities), self.is_pseudonymous
        )
        return writer.pieces(self.pool.cursor)

    def _readable(self):
        """SQL of the steps of this time that the acting user may read."""
        events = self.env["o2c.event"]
        until = self.date_to + relativedelta(days=1)
        period = Domain("date", ">=", self.date_from) & Domain("date", "<", until)
        query = events._search(
            period & Domain("company_id", "=", self.company_id.id), order="id"
        )
        query.order = None
        return query.subselect()

    def _steps(self):
        """SQL of the steps, and of the writing of each order, which the host has."""
        return SQL(
            """
            WITH step AS MATERIALIZED (
                SELECT * FROM o2c_event WHERE id IN (%(readable)s)
            )
            SELECT 'e' || step.id AS id, order_key, order_name, res_model, res_id,
                   res_name, activity, date, partner.name, note
              FROM step
              JOIN res_users u ON u.id = step.user_id
              JOIN res_partner partner ON partner.id = u.partner_id
             UNION ALL
            SELECT 'c' || o.id, o.id, o.name, 'sale.order', o.id, o.name, 'created',
                   date_trunc('second', o.create_date), partner.name, NULL
              FROM sale_order o
         LEFT JOIN res_users u ON u.id = o.create_uid
         LEFT JOIN res_partner partner ON partner.id = u.partner_id
             WHERE o.id IN (SELECT order_key FROM step)
               AND o.create_date >= %(since)s AND o.company_id = %(company)s
            """,
            readable=self._readable(),
            since=self.date_from,
            company=self.company_id.id,
        )

    def _things(self):
        """SQL of the documents these steps are about, orders always among them."""
        return SQL(
            """
            SELECT DISTINCT ON (res_model, res_id) res_model, res_id, res_name, date
              FROM (
                       SELECT res_model, res_id, res_name, date FROM o2c_event
                        WHERE id IN (%(readable)s)
                        UNION ALL
                       SELECT 'sale.order', order_key, order_name, date FROM o2c_event
                        WHERE id IN (%(readable)s) AND order_key IS NOT NULL
                   ) thing
          ORDER BY res_model, res_id, date
            """,
            readable=self._readable(),
        )
