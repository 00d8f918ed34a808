from odoo import api, models

SEALED = (
    "product_id",
    "product_uom_id",
    "product_uom_qty",
    "price_unit",
    "discount",
    "tax_ids",
    "extra_tax_data",
)
TOTALS = {"price_subtotal", "price_tax", "price_total"}


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "o2c.line.mixin"]

    _o2c_quantity = "product_uom_qty"

    # what is delivered and not invoiced is a few lines of all: dashboard, lead times
    _o2c_unbilled = models.Index("(order_id) WHERE qty_delivered > qty_invoiced")

    def _o2c_own_fields(self):
        """Also what the host computes: no figure of a rule is typed."""
        return super()._o2c_own_fields() | TOTALS

    def _o2c_content(self):
        """What is sold, in an order of its own; lines of quantity zero say nothing."""
        return sorted(
            [
                line.product_id.id,
                line.product_uom_id.id,
                line.product_uom_qty,
                line.price_unit,
                line.discount,
                sorted(line.tax_ids.ids),
                *line._o2c_dictated(),
            ]
            for line in self
            if line.product_uom_qty
        )

    def _o2c_is_deposit(self):
        """Of a deposit nothing is ordered, whatever a line calls itself."""
        return self.is_downpayment and not self.product_uom_qty

    @api.constrains(*SEALED)
    def _o2c_check_authors(self):
        self.filtered("product_uom_qty").order_id._o2c_add_author()

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._o2c_add_author()
        return result

    def _o2c_is_to_deliver(self):
        """Whether goods or work of this line are still owed to the customer."""
        if self.display_type or self.is_downpayment or self.product_uom_qty <= 0:
            return False
        if self.qty_delivered_method != "stock_move":
            return (
                self.product_id.invoice_policy == "delivery"
                and self.qty_delivered < self.product_uom_qty
            )
        moves = self.move_ids.filtered(lambda m: m.location_id.usage != "customer")
        if any(move.state not in ("done", "cancel") for move in moves):
            return True
        # closed deliveries end it, also when less than ordered has left
        return (
            "done" not in moves.mapped("state")
            and self.qty_delivered < self.product_uom_qty
        )
