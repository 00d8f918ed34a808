from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list

from .stock_picking_billing import HOW_MUCH


class StockMoveLine(models.Model):
    """What is corrected after goods left, or came back, stays in the history.

    More than left is judged as what leaves: it has to wait for the same reasons.
    """

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if gone := lines._o2c_gone():
            gone._o2c_check_more()
            lines._o2c_log_correction(dict.fromkeys(gone, 0.0))
        return lines

    def write(self, vals):
        gone = self._o2c_gone() if HOW_MUCH & set(vals) else self.browse()
        before = {line: line.quantity for line in gone}
        left = {line: line.quantity_product_uom for line in gone}
        result = super().write(vals)
        if gone:
            gone.filtered(lambda li: li._o2c_is_more_than(left[li]))._o2c_check_more()
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

    def _o2c_is_more_than(self, quantity):
        unit = self.product_id.uom_id
        return unit.compare(self.quantity_product_uom, quantity) > 0

    def _o2c_check_more(self):
        """Nothing more leaves with a delivery that left than could leave now."""
        to_customers = self.filtered(lambda li: li._o2c_goes_to_customer())
        # sudo: judged alike whoever acts
        for delivery in to_customers.picking_id.sudo():
            delivery._o2c_forget_facts()
            reasons = [o for o in delivery._o2c_obstacles("deliver") if o.blocking]
            if reasons:
                raise ValidationError(
                    self.env._(
                        "%s has left: make a delivery of what leaves besides.",
                        delivery.name,
                    )
                    + "\n"
                    + delivery._o2c_refusal(reasons)
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
