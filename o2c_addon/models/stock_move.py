from odoo import models

# what ties goods to their order, their delivery and its customer
TIES = {"sale_line_id", "picking_id", "location_id", "location_dest_id"}


class StockMove(models.Model):
    _inherit = "stock.move"

    def write(self, vals):
        """What stops an order stops its goods: they are not taken off it meanwhile,
        nor off their way to its customer."""
        if not self.env.su:
            self._o2c_taken_away(vals).picking_id._o2c_check_stay()
        return super().write(vals)

    def _o2c_taken_away(self, vals):
        """Those of an order that with ``vals`` would be goods of no order, or of
        another, or would go elsewhere than to a customer; and those that would leave a
        delivery that is on hold for one that is not, split off or there before."""
        if not TIES.intersection(vals):
            return self.browse()
        every = self.sudo()  # sudo: judged alike whoever acts
        moves, places = every.filtered("sale_line_id"), self.env["stock.location"]
        taken = moves.browse()
        if "picking_id" in vals:
            held = every.filtered(lambda m: m.picking_id.o2c_on_hold)
            taken |= held.filtered(lambda m: m.picking_id.id != vals["picking_id"])
        if "sale_line_id" in vals:
            line = vals["sale_line_id"]
            taken |= moves.filtered(lambda m: m.sale_line_id.id != line)
        source, destination = vals.get("location_id"), vals.get("location_dest_id")
        is_from_customer = places.browse(source)._o2c_usage() == "customer"
        is_to_customer = places.browse(destination)._o2c_usage() == "customer"
        if (source and is_from_customer) or (destination and not is_to_customer):
            taken |= moves.filtered(lambda m: m._o2c_goes_to_customer())
        return taken

    def _o2c_goes_to_customer(self):
        """Whether these goods go from us to a customer, dropship included."""
        return (
            self.location_dest_id._o2c_usage() == "customer"
            and self.location_id._o2c_usage() != "customer"
        )

    def _o2c_missing(self, leaving, free):
        """What leaves, or would leave, without being there; in the product's unit.

        :param leaving: the move lines of the whole delivery that leave with it; where
            there are none, what was asked for and could not be reserved is missing.
            What is called done without the gate has to stand both.
        :param free: see ``_o2c_free`` of deliveries
        """
        not_in_stock = sum(
            line._o2c_not_in_stock(free) for line in leaving & self.move_line_ids
        )
        if self.state == "done":
            return max(not_in_stock, self._o2c_not_reserved())
        return not_in_stock if leaving else self._o2c_not_reserved()

    def _o2c_not_reserved(self):
        """What is missing of what was asked for."""
        return self.product_uom._compute_quantity(
            self.product_uom_qty - self.quantity, self.product_id.uom_id
        )

    def _o2c_uncovered(self):
        """What of this is neither in stock nor on the way; in the move's unit.

        The host's forecast is below zero by what nothing fills.
        """
        forecast, unit = self.forecast_availability, self.product_id.uom_id
        missing = -forecast if forecast < 0 else self.product_qty - forecast
        return unit._compute_quantity(max(missing, 0.0), self.product_uom)

    def _o2c_will_be_late(self):
        """Whether what is missing comes after the promised day, or not at all."""
        if self.product_uom.compare(self._o2c_uncovered(), 0) > 0:
            return bool(self.date_deadline)
        expected, promised = self.forecast_expected_date, self.date_deadline
        day_of = self.company_id._o2c_day_of
        return bool(expected and promised and day_of(expected) > day_of(promised))
