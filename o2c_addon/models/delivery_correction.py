from odoo import api, models
from odoo.tools import format_list


class StockMoveLine(models.Model):
    """What is corrected after goods left, or came back, stays in the history."""

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._o2c_log_correction(dict.fromkeys(lines._o2c_gone(), 0.0))
        return lines

    def write(self, vals):
        gone = self._o2c_gone() if "quantity" in vals else ()
        before = {line: line.quantity for line in gone}
        result = super().write(vals)
        self._o2c_log_correction(before)
        return result

    def _o2c_gone(self):
        """Those that left for a customer or came back, with a delivery."""
        return self.filtered(
            lambda li: (
                li.state == "done"
                and li.picking_id
                and "customer" in (li.location_id | li.location_dest_id).mapped("usage")
            )
        )

    def _o2c_log_correction(self, before):
        """:param before: line → its quantity until now"""
        said = {}
        for line, quantity in before.items():
            if line.product_uom_id.compare(line.quantity, quantity):
                words = line._o2c_correction_in_words(quantity)
                # sudo: whoever corrects need not read orders
                said.setdefault(line.picking_id.sudo(), []).append(words)
        for delivery, corrections in said.items():
            delivery._o2c_log("corrected", note=format_list(self.env, corrections))

    def _o2c_correction_in_words(self, before):
        return self.env._(
            "%(product)s: %(now)s instead of %(before)s %(unit)s",
            product=self.product_id.display_name,
            now=f"{self.quantity:g}",
            before=f"{before:g}",
            unit=self.product_uom_id.name,
        )
