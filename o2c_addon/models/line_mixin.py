import json

from odoo import models


class LineMixin(models.AbstractModel):
    """What a line costs, with its discount and without.

    The host takes what a program wrote into ``extra_tax_data`` for the price, and shows
    the price that was typed: what is missing between them is a discount.
    """

    _name = "o2c.line.mixin"
    _description = "Line that costs something"
    _inherit = ["o2c.own.mixin"]

    _o2c_quantity = None  # the host's field

    def _o2c_dictated(self):
        """What a program says this line costs, whatever its price: none, or a text."""
        extra = self.extra_tax_data or {}
        dictates = extra.get("manual_tax_amounts")
        return [json.dumps(extra, sort_keys=True)] if dictates else []

    def _o2c_undiscounted(self):
        """What this line costs without its discount; a deduction counts nothing."""
        if self._o2c_dictated():
            return max(self._o2c_by_its_price(), 0.0)
        if self.price_subtotal < 0:
            return 0.0
        if self.discount == 100:
            return self.price_unit * self[self._o2c_quantity]
        return self.price_subtotal * 100 / (100 - self.discount)

    def _o2c_by_its_price(self):
        """What its price makes of this line, whatever a program says it costs."""
        return self.tax_ids.compute_all(
            self.price_unit,
            self.currency_id,
            self[self._o2c_quantity],
            self.product_id,
        )["total_excluded"]

    def _o2c_discount(self):
        """In %: what is typed, or what a program took off."""
        full = self._o2c_dictated() and self._o2c_undiscounted()
        if not full:
            return self.discount
        return round(100 * (1 - self.price_subtotal / full), 2)

    def _o2c_net_price(self):
        """Unit price after discount."""
        return self.price_unit * (1 - self._o2c_discount() / 100)
