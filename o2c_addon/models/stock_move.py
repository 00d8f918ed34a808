from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _o2c_missing(self, picked):
        """What leaves, or would leave, without being there; in the product's unit.

        :param picked: whether somebody picked goods of this delivery: then what is
            picked counts, before that what was asked for. What is called done without
            having been picked has to stand both.
        """
        if self.state == "done":
            return max(self._o2c_not_reserved(), self._o2c_not_in_stock())
        return self._o2c_not_in_stock() if picked else self._o2c_not_reserved()

    def _o2c_not_reserved(self):
        """What is missing of what was asked for."""
        return self.product_uom._compute_quantity(
            self.product_uom_qty - self.quantity, self.product_id.uom_id
        )

    def _o2c_not_in_stock(self):
        """What is picked beyond what its places hold."""
        return sum(line._o2c_not_in_stock() for line in self.move_line_ids)
