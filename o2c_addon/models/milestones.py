from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from .order_settlement import GROUPS

INVOICED = ("payment", "done")
DELIVERED = ("invoicing", *INVOICED)
MILESTONES = (
    "o2c_delivered_on",
    "o2c_invoiced_on",
    "o2c_sent_on",
    "o2c_paid_on",
)


class SaleOrder(models.Model):
    """When an order had passed each step in full: kept here, so that lead times of a
    year are read from one table. What is not passed yet, or no longer, is empty."""

    _inherit = "sale.order"

    o2c_delivered_on = fields.Datetime(
        "Delivered On", compute="_compute_o2c_milestones", store=True, copy=False
    )
    o2c_invoiced_on = fields.Datetime(
        "Invoiced On", compute="_compute_o2c_milestones", store=True, copy=False
    )
    o2c_sent_on = fields.Datetime(
        "Invoice Sent On", compute="_compute_o2c_milestones", store=True, copy=False
    )
    o2c_paid_on = fields.Datetime(
        "Paid On",
        compute="_compute_o2c_milestones",
        store=True,
        copy=False,
        groups=GROUPS,
    )

    def _auto_init(self):
        """Existing orders get theirs by one UPDATE, see ``_o2c_take_over``."""
        for column in MILESTONES:
            if not column_exists(self.env.cr, self._table, column):
                create_column(self.env.cr, self._table, column, "timestamp")
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | set(MILESTONES)

    @api.depends(
        "o2c_stage",
        "order_line.move_ids.picking_id.date_done",
        "order_line.invoice_lines.move_id.invoice_date",
        "order_line.invoice_lines.move_id.o2c_sent_on",
    )
    def _compute_o2c_milestones(self):
        for order in self:
            invoices = self.env["account.move"]
            if order.o2c_stage in INVOICED:
                invoices = order._o2c_invoices().filtered(
                    lambda m: m.state == "posted" and m.move_type == "out_invoice"
                )
            is_delivered = order.o2c_stage in DELIVERED
            order.o2c_delivered_on = is_delivered and order._o2c_left_on()
            order.o2c_invoiced_on = invoices._o2c_last(lambda m: m._o2c_issued_on())
            order.o2c_sent_on = all(invoices.mapped("o2c_sent_on")) and (
                invoices._o2c_last(lambda m: m.o2c_sent_on)
            )
            order.o2c_paid_on = order.o2c_stage == "done" and (
                invoices._o2c_last(lambda m: m._o2c_paid_on())
            )

    def _o2c_left_on(self):
        """When the last goods left to the customer; services have no such date."""
        moves = self.order_line.move_ids.filtered(
            lambda m: m.state == "done" and m.location_dest_id.usage == "customer"
        )
        return max(
            moves.picking_id.filtered("date_done").mapped("date_done"), default=False
        )

    # -- taking over a database in use -----------------------------------------------

    @api.model
    def _o2c_take_over(self):
        result = super()._o2c_take_over()
        self.env.cr.execute(self._o2c_milestones_of_old_orders())
        self.env.invalidate_all()
        return result

    def _o2c_milestones_of_old_orders(self):
        """``_compute_o2c_milestones`` in SQL, from the host's own dates. Nobody knows
        when an old invoice was sent.

        No condition on the stage, which was filled a moment ago: PostgreSQL would
        expect no rows, and look them up one by one.
        """
        return SQL(
            """
            WITH delivery AS (
                SELECT line.order_id, max(picking.date_done) AS done_on
                  FROM stock_move move
                  JOIN stock_picking picking ON picking.id = move.picking_id
                  JOIN stock_location target
                    ON target.id = move.location_dest_id AND target.usage = 'customer'
                  JOIN sale_order_line line ON line.id = move.sale_line_id
                 WHERE move.state = 'done'
              GROUP BY line.order_id
            ), payment AS (
                SELECT item.move_id,
                       max(CASE WHEN match.create_date::date = match.max_date
                                THEN match.create_date
                                ELSE match.max_date END) AS paid_on
                  FROM account_partial_reconcile match
                  JOIN account_move_line item ON item.id = match.debit_move_id
              GROUP BY item.move_id
            ), billing AS (
                SELECT line.order_id,
                       max(invoice.invoice_date)::timestamp AS issued_on,
                       max(payment.paid_on) FILTER (
                           WHERE invoice.payment_state IN ('paid', 'in_payment')
                       ) AS paid_on
                  FROM sale_order_line line
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                  JOIN account_move_line item ON item.id = rel.invoice_line_id
                  JOIN account_move invoice ON invoice.id = item.move_id
             LEFT JOIN payment ON payment.move_id = invoice.id
                 WHERE invoice.state = 'posted' AND invoice.move_type = 'out_invoice'
              GROUP BY line.order_id
            )
            UPDATE sale_order
               SET o2c_delivered_on = CASE
                       WHEN same.o2c_stage IN ('invoicing', 'payment', 'done')
                       THEN delivery.done_on END,
                   o2c_invoiced_on = CASE WHEN same.o2c_stage IN ('payment', 'done')
                                          THEN billing.issued_on END,
                   o2c_paid_on = CASE WHEN same.o2c_stage = 'done'
                                      THEN billing.paid_on END
              FROM sale_order same
         LEFT JOIN delivery ON delivery.order_id = same.id
         LEFT JOIN billing ON billing.order_id = same.id
             WHERE same.id = sale_order.id
               AND (delivery.done_on IS NOT NULL OR billing.issued_on IS NOT NULL)
            """
        )
