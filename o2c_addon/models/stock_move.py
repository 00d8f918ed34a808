from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _o2c_not_reserved(self):
        """What is still missing of what was asked for, in the product's unit."""
        return self.product_uom._compute_quantity(
            self.product_uom_qty - self.quantity, self.product_id.uom_id
        )

    def _o2c_not_in_stock(self):
        """What is picked for this move beyond what its places hold, product's unit."""
        return sum(self.move_line_ids.mapped(lambda line: line._o2c_not_in_stock()))
