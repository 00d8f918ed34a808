from typing import NamedTuple

from odoo import fields, models


class Slice(NamedTuple):
    """The part of an order one invoice is for. Made in Python only: a context that
    comes from outside cannot hold one."""

    task_id: int
    quantities: dict  # sale.order.line id → quantity in the line's unit


class SaleOrder(models.Model):
    """What of an order becomes an invoice when a delivery has left."""

    _inherit = "sale.order"

    o2c_billing_task_ids = fields.One2many(
        "o2c.billing.task", "order_id", "Invoicing Queue", readonly=True
    )

    def _o2c_is_billed_by_itself(self):
        """Whether deliveries of this order are invoiced automatically."""
        return (self.company_id.o2c_invoicing or "manual") != "manual"

    def _o2c_has_open_deposit(self):
        """Whether a down payment is still to be deducted."""
        return any(
            line.is_downpayment and not line.display_type and line.qty_to_invoice
            for line in self.order_line
        )

    def _o2c_quantities_to_bill(self, delivery):
        """Line → quantity, in its unit, that ``delivery`` brought and is not billed."""
        quantities = {}
        for line in self.order_line.filtered("product_id"):
            quantity = min(line._o2c_quantity_in(delivery), line.qty_to_invoice)
            if line.product_uom_id.compare(quantity, 0) > 0:
                quantities[line] = quantity
        return quantities

    def _o2c_invoice(self, task, quantities):
        """The draft invoice of exactly these quantities, linked to its task."""
        billing = Slice(task.id, {line.id: q for line, q in quantities.items()})
        invoices = self.with_context(o2c_slice=billing)._create_invoices(grouped=True)
        return invoices.with_context(o2c_slice=None)

    def _o2c_slice(self):
        billing = self.env.context.get("o2c_slice")
        return billing if isinstance(billing, Slice) else None

    def _get_invoiceable_lines(self, final=False):
        lines = super()._get_invoiceable_lines(final)
        billing = self._o2c_slice()
        return lines._o2c_with_headings(billing.quantities) if billing else lines


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_quantity_in(self, delivery):
        """What ``delivery`` brought of this line, in the line's unit."""
        outgoing = self._get_outgoing_incoming_moves()[0]
        return sum(
            move.product_uom._compute_quantity(
                move.quantity, self.product_uom_id, rounding_method="HALF-UP"
            )
            for move in outgoing
            if move.picking_id == delivery and move.state == "done"
        )

    def _o2c_with_headings(self, wanted):
        """The lines whose id is ``wanted``, with the sections they stand under."""
        kept, headings = self.browse(), self.browse()
        for line in self:
            if line.display_type == "line_section":
                headings = line
            elif line.display_type == "line_subsection":
                headings += line
            elif line.id in wanted:
                kept += headings + line
                headings = self.browse()
        return kept

    def _prepare_invoice_line(self, **optional_values):
        if billing := self.order_id._o2c_slice():
            if self.id in billing.quantities:
                optional_values["quantity"] = billing.quantities[self.id]
            optional_values["o2c_task_id"] = billing.task_id
        return super()._prepare_invoice_line(**optional_values)
