from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class StockPicking(models.Model):
    """Goods that leave for no order: those who wait for them are judged with them.

    Otherwise what is on hold or not paid would leave with a delivery of its own.
    """

    _inherit = "stock.picking"

    def _o2c_orders_concerned(self):
        """The orders of this delivery, and those that wait for what it brings besides.

        Of its contact; where it names nobody, whatever is on hold.
        """
        # sudo: the warehouse need not read orders
        orders = self.sudo()._o2c_orders()
        waiting = self._o2c_together("concerned", lambda d: d._o2c_orders_waiting())
        if others := waiting.get(self.id):
            return orders | others
        return orders  # not joined: read with those of the others

    def _o2c_orders_waiting(self):
        """Delivery id → orders that wait for goods it brings for no order."""
        deliveries = self.sudo()  # sudo: see above
        brought = {d: d._o2c_products_besides() for d in deliveries}
        brought = {d: products for d, products in brought.items() if products}
        if not brought:
            return {}
        products = self.env["product.product"].union(*brought.values())
        partners = deliveries.browse().union(*brought).partner_id
        customers = partners.commercial_partner_id
        lines = deliveries.env["sale.order.line"].search(
            self.move_ids._o2c_domain_of_lines(products)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("order_id.o2c_stage", "=", "delivery")
            & (
                Domain("order_id.partner_id", "child_of", customers.ids)
                | Domain("order_id.partner_shipping_id", "in", partners.ids)
                | Domain("order_id.o2c_on_hold", "=", True)
            )
        )
        lines = lines.filtered(lambda line: line._o2c_is_to_deliver())
        return {
            d.id: lines.filtered(
                lambda li, p=products: (li.product_id | li.move_ids.product_id) & p
            ).order_id.filtered(d._o2c_is_for)
            for d, products in brought.items()
        }

    def _o2c_products_besides(self):
        """What goes to a customer and is on no order, or more than is on it."""
        surplus = self._o2c_surplus()
        moves = self.move_ids.filtered(
            lambda m: (
                m.state != "cancel"
                and m._o2c_goes_to_customer()
                and (not m.sale_line_id or surplus.get(m))
            )
        )
        return moves.product_id

    def _o2c_surplus(self):
        """Move → how much of it, in its unit, leaves beyond what was ordered.

        As the order says: what was asked of the warehouse, it may raise itself. Of
        what has left, what is beyond the order by now.
        """
        return self._o2c_once("surplus", lambda delivery: delivery._o2c_find_surplus())

    def _o2c_find_surplus(self):
        surplus, waits = {}, {}
        for move in self.move_ids:  # not filtered: read with those of the others
            if move.state == "cancel":
                continue
            line, unit = move.sale_line_id, move.product_uom
            ordered = move.product_uom_qty if line else 0.0
            if line and line.product_id == move.product_id:  # else a part of a kit
                left = line.product_uom_qty - line.qty_delivered
                if move.state == "done":
                    left += unit._compute_quantity(move.quantity, line.product_uom_id)
                left = line.product_uom_id._compute_quantity(left, unit)
                ordered = waits.get(line, left)
                waits[line] = ordered - move.quantity
            extra = move.quantity - max(ordered, 0.0)
            if unit.compare(extra, 0) > 0:
                surplus[move] = extra
        return surplus

    def _o2c_is_for(self, order):
        """Whether this delivery goes to the customer of ``order``, by what it says."""
        if not self.partner_id:
            return order.o2c_on_hold
        customers = order.partner_id.commercial_partner_id | order.partner_shipping_id
        return bool(
            (self.partner_id | self.partner_id.commercial_partner_id) & customers
        )

    def _o2c_open_holds(self, gate):
        holds = super()._o2c_open_holds(gate)
        for delivery in self:
            holds |= delivery._o2c_orders_concerned()._o2c_open_holds(gate)
        return holds

    def _o2c_obstacle_hold(self, hold):
        obstacle = super()._o2c_obstacle_hold(hold)
        # sudo: the warehouse need not read orders
        if hold.order_id in self.sudo()._o2c_orders() or hold.picking_id:
            return obstacle
        return obstacle._replace(
            reason=self.env._(
                "%(reason)s; it waits for what is on %(delivery)s",
                reason=obstacle.reason,
                delivery=self.name,
            )
        )


class StockMove(models.Model):
    """Goods reach a customer with a delivery, which is judged, and in no other way."""

    _inherit = "stock.move"

    @api.constrains("state", "picking_id", "location_id", "location_dest_id")
    def _o2c_check_has_delivery(self):
        # sudo: judged alike whoever acts
        for move in self.sudo().filtered(lambda m: m.state == "done"):
            if move._o2c_leaves_unseen() and move._o2c_would_be_judged():
                raise ValidationError(
                    self.env._(
                        "%s would reach a customer without a delivery: make one.",
                        move.product_id.display_name,
                    )
                )

    def _o2c_leaves_unseen(self):
        """Whether no delivery brings it: a move of its own, or one whose lines go
        elsewhere than it says."""
        if self._o2c_goes_to_customer():
            return not self.picking_id
        return any(line._o2c_goes_to_customer() for line in self.move_line_ids)

    @api.constrains("location_id", "location_dest_id")
    def _o2c_check_goes_on(self):
        """What was done elsewhere and goes on to a customer, as by a rule of the
        warehouse that adds no step, is judged as what leaves."""
        gone = self.filtered(lambda m: m.state == "done" and m._o2c_goes_to_customer())
        if gone:
            gone.move_line_ids._o2c_check_more()

    def _o2c_would_be_judged(self):
        """Whether something could stop these goods, had they a delivery."""
        checks = self.env["o2c.fulfillment.check"]
        checks = checks._o2c_recall(checks._in_force(self.company_id.id))
        if any(check._can_stop() for check in checks):
            return True
        lines = self.env["sale.order.line"].search(
            self._o2c_domain_of_lines(self.product_id)
            & Domain("order_id.o2c_on_hold", "=", True)
        )
        orders = self.sale_line_id.order_id
        waiting = lines.filtered(lambda li: li._o2c_is_to_deliver()).order_id | orders
        return bool(waiting._o2c_open_holds("deliver") or orders._o2c_outgrown())

    def _o2c_domain_of_lines(self, products):
        """Which lines of orders wait for ``products``, as parts of a kit too."""
        return Domain("product_id", "in", products.ids) | Domain(
            "move_ids.product_id", "in", products.ids
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def write(self, vals):
        if "qty_delivered" in vals and not self.env.su:
            self._o2c_check_counted(vals["qty_delivered"])
        return super().write(vals)

    def _o2c_check_counted(self, delivered):
        """Of goods that are judged as they leave, nobody types how many have left."""
        # sudo: judged alike whoever acts
        for line in self.sudo().filtered(lambda li: li.move_ids):
            is_other = line.product_uom_id.compare(line.qty_delivered, delivered)
            is_counted = line.qty_delivered_method == "stock_move"
            if is_other and is_counted and line.move_ids[0]._o2c_would_be_judged():
                raise ValidationError(
                    self.env._(
                        "What was delivered of %s is counted by its deliveries: "
                        "make one.",
                        line.product_id.display_name,
                    )
                )


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.constrains("state", "location_id", "location_dest_id")
    def _o2c_check_has_delivery(self):
        gone = self.filtered(
            lambda li: li.state == "done" and li._o2c_goes_to_customer()
        )
        gone.move_id._o2c_check_has_delivery()

    def _o2c_goes_to_customer(self):
        return (
            self.location_dest_id._o2c_usage() == "customer"
            and self.location_id._o2c_usage() != "customer"
        )
