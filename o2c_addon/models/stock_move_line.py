from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _o2c_not_in_stock(self, free):
        """How much of this line its place does not hold, in the product's unit.

        What others reserved there is theirs; what this line reserved is its own. As
        for the host, what is in no lot stands in for one unless lots are followed.

        :param free: see ``_o2c_free`` of deliveries
        """
        place, lot = (self.product_id.id, self.location_id.id), self.lot_id.id
        kept = (self.package_id.id, self.owner_id.id)
        there = free.get((*place, lot, *kept), 0.0)
        if lot and self.tracking == "none":
            there += free.get((*place, False, *kept), 0.0)
        return max(0.0, min(-there, self.quantity_product_uom))
