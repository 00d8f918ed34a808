from odoo import models


class StockPicking(models.Model):
    """What customers hear of their deliveries."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "o2c.notice.mixin"]

    def _o2c_after_delivery(self):
        result = super()._o2c_after_delivery()
        deliveries = self.filtered(
            lambda p: p._o2c_is_heard_of() and p._o2c_is_delivery()
        )
        # sudo: the warehouse need not read orders
        orders = {d: d.sudo()._o2c_orders() for d in deliveries}
        partly = deliveries.filtered(
            lambda d: not all(order._o2c_is_delivered() for order in orders[d])
        )
        partly._o2c_tell_customer("partly")
        (deliveries - partly)._o2c_tell_customer("shipped")
        return result

    def _o2c_is_heard_of(self):
        """Whether any message tells of deliveries; where none does nothing is read."""
        rules = self.env["o2c.notice.rule"]
        kinds = ("partly", "shipped")
        return any(rules._rules(self.company_id, kind) for kind in kinds)

    def _o2c_addressee(self):
        """Who gets the goods, where an address is known; else who ordered them."""
        # sudo: see _o2c_after_delivery
        ordered = self.sudo()._o2c_orders()[:1].partner_id
        return self.partner_id if self.partner_id.email else ordered or self.partner_id

    def _o2c_notice_owner(self):
        return self._o2c_orders()[:1].user_id

    def _o2c_reason_not_to_tell(self, notice):
        if (
            self.company_id.stock_move_email_validation
            and self.picking_type_id.code == "outgoing"
        ):
            return ("host",)
        return super()._o2c_reason_not_to_tell(notice)

    def _o2c_papers(self):
        """The delivery slip, with the customer's signature if there is one."""
        return self._o2c_print("stock.action_report_delivery", self.name)

    def _o2c_still_to_come(self):
        """(product, quantity, unit) of what of these orders has still to come."""
        lines = self._o2c_orders().order_line
        return [
            (
                line.product_id.name,
                line.product_uom_qty - line.qty_delivered,
                line.product_uom_id.name,
            )
            for line in lines.filtered(lambda line: line._o2c_is_to_deliver())
        ]
