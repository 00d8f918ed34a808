from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _o2c_not_in_stock(self):
        """How much of this line its place does not hold, in the product's unit.

        What others reserved there is theirs; what this line reserved is its own.
        """
        free = self.env["stock.quant"]._get_available_quantity(
            self.product_id,
            self.location_id,
            lot_id=self.lot_id,
            package_id=self.package_id,
            owner_id=self.owner_id,
            strict=True,
            allow_negative=True,
        )
        return max(0.0, min(-free, self.quantity_product_uom))
