from odoo import api, fields, models
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
        """Existing orders get theirs by one UPDATE, see ``older_orders``."""
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
            is_delivered = order.o2c_stage in DELIVERED
            order.o2c_delivered_on = is_delivered and order._o2c_left_on()
        invoiced = self.filtered(lambda order: order.o2c_stage in INVOICED)
        waiting = self - invoiced
        waiting.o2c_invoiced_on = waiting.o2c_sent_on = waiting.o2c_paid_on = False
        for order in invoiced:
            invoices = order._o2c_invoices().filtered(
                lambda m: m.state == "posted" and m.move_type == "out_invoice"
            )
            order.o2c_invoiced_on = invoices._o2c_last(lambda m: m._o2c_issued_on())
            order.o2c_sent_on = all(invoices.mapped("o2c_sent_on")) and (
                invoices._o2c_last(lambda m: m.o2c_sent_on)
            )
            order.o2c_paid_on = order.o2c_stage == "done" and (
                invoices._o2c_last(lambda m: m._o2c_paid_on())
            )

    def _o2c_left_on(self):
        """When the last goods left to the customer; services have no such date."""
        goods = self.order_line.filtered(
            lambda line: line.qty_delivered_method == "stock_move"
        )
        if not goods:
            return False
        moves = goods.move_ids.filtered(
            lambda m: m.state == "done" and m.location_dest_id.usage == "customer"
        )
        return max(
            moves.picking_id.filtered("date_done").mapped("date_done"), default=False
        )
