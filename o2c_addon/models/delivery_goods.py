from odoo import models
from odoo.tools import format_list

from ..reading import read_lines


class StockPicking(models.Model):
    """Whether the goods are there, and whether they leave as a whole."""

    _inherit = "stock.picking"

    def _o2c_problem_available(self, check):
        """What leaves, or would leave, without being in stock."""
        missing = self._o2c_missing()
        return missing and self.env._(
            "%(delivery)s: not in stock: %(missing)s",
            delivery=self.name,
            missing=self._o2c_quantities(missing),
        )

    def _o2c_size_available(self, check):
        return sum(self._o2c_missing().values())

    def _o2c_missing(self):
        """Product → quantity, in its unit, that leaves but is not there.

        As the host validates: what is picked leaves; where nothing is, all that has a
        quantity; before that, what was ordered and could not be reserved is missing.
        """
        moves = self.move_ids.filtered(
            lambda m: (
                m.state != "cancel"
                and m.product_id.is_storable
                and m.location_id._o2c_has_stock()
            )
        )
        free = self._o2c_together("stock", lambda deliveries: deliveries._o2c_free())
        leaving = self._o2c_leaving(moves)
        missing = {}
        for move in moves:
            quantity = move._o2c_missing(leaving, free)
            if move.product_id.uom_id.compare(quantity, 0) > 0:
                missing[move.product_id] = missing.get(move.product_id, 0) + quantity
        return missing

    def _o2c_leaving(self, moves=None):
        """The move lines that leave, as the host validates them."""
        moves = self.move_ids if moves is None else moves
        # sudo: read_lines is for whoever may read all
        lines = read_lines(moves.sudo(), "move_line_ids").with_env(self.env)
        return lines.filtered("picked") or lines.filtered("quantity")

    def _o2c_free(self):
        """What nobody reserved in the places these goods leave from.

        :return: (product, place, lot, package, owner), by id → quantity
        """
        deliveries = self.sudo()  # sudo: what is there is a fact, whoever asks
        lines = read_lines(deliveries.move_ids, "move_line_ids")
        key = ["product_id", "location_id", "lot_id", "package_id", "owner_id"]
        quants = deliveries.env["stock.quant"]._read_group(
            [
                ("product_id", "in", lines.product_id.ids),
                ("location_id", "in", lines.location_id.ids),
            ],
            key,
            ["quantity:sum", "reserved_quantity:sum"],
        )
        return {
            tuple(record.id for record in of): quantity - reserved
            for *of, quantity, reserved in quants
        }

    def _o2c_quantities(self, quantities):
        """“5 Units of Server rack and 2 Units of Mouse”"""
        products = self.env["product.product"].union(*quantities)
        products.uom_id._o2c_recall(products.uom_id.ids)
        # what is no variant has no attributes that its name would tell
        plain = products.filtered(lambda p: not p.combination_indices)
        attributes = products._fields["product_template_attribute_value_ids"]
        attributes._insert_cache(plain, [()] * len(plain))
        return format_list(
            self.env,
            [
                self.env._(
                    "%(quantity)s %(unit)s of %(product)s",
                    quantity=f"{quantities[product]:g}",
                    unit=product.uom_id.name,
                    product=product.display_name,
                )
                for product in products  # these alone are named, and read for it
            ],
        )

    def _o2c_problem_complete(self, check):
        """What of its orders would not leave with this delivery."""
        left = self._o2c_left_behind()
        return left and self.env._(
            "%(delivery)s: the order would not leave as a whole, without %(missing)s",
            delivery=self.name,
            missing=self._o2c_quantities(left),
        )

    def _o2c_size_complete(self, check):
        return sum(self._o2c_left_behind().values())

    def _o2c_left_behind(self):
        """Product → quantity, in its unit, of these orders that stays here."""
        ours = self.move_ids.filtered(lambda m: m.state != "cancel")
        picked = any(ours.mapped("picked"))
        still_here = self._o2c_together("open", lambda ds: ds._o2c_open_moves())
        left = {}
        for move in ours:
            leaves = move.quantity if move.picked or not picked else 0
            self._o2c_add(left, move, move.product_uom_qty - leaves)
        # sudo: the warehouse need not read orders
        for order in self.sudo()._o2c_orders():
            for move in still_here.get(order, ours.browse()) - ours:
                self._o2c_add(left, move, move.product_uom_qty)
        return left

    def _o2c_open_moves(self):
        """Order → what of it has not left yet, in whatever delivery."""
        deliveries = self.sudo()  # sudo: see above
        names = ["sale_line_id", "product_id", "product_uom", "product_uom_qty"]
        moves = deliveries.env["stock.move"].search_fetch(
            [
                ("sale_line_id.order_id", "in", deliveries._o2c_orders().ids),
                ("state", "not in", ("done", "cancel")),
            ],
            [*names, "location_id", "location_dest_id"],
        )
        leaving = moves.filtered(lambda m: m._o2c_goes_to_customer())
        return leaving.grouped(lambda m: m.sale_line_id.order_id)

    def _o2c_add(self, quantities, move, quantity):
        product = move.product_id
        quantity = move.product_uom._compute_quantity(quantity, product.uom_id)
        if product.uom_id.compare(quantity, 0) > 0:
            quantities[product] = quantities.get(product, 0) + quantity
