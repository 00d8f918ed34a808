from odoo import api, fields, models
from odoo.fields import Domain


class GateMixin(models.AbstractModel):
    """Finding what is stopped, by whatever: asked now, because checks are facts."""

    _inherit = "o2c.gate.mixin"

    o2c_is_held = fields.Boolean(
        "Stopped",
        compute="_compute_o2c_is_held",
        search="_search_o2c_is_held",
        help="Something has to be approved, mended or released before it goes on.",
    )
    o2c_is_mine_to_clear = fields.Boolean(
        "Mine to Clear",
        compute="_compute_o2c_is_held",
        search="_search_o2c_is_mine_to_clear",
        help="Stopped, and you are one of those who can do something about it.",
    )

    @api.depends_context("uid")
    def _compute_o2c_is_held(self):
        for document in self:
            held, mine = document._o2c_is_held_and_mine()
            document.o2c_is_held = held
            document.o2c_is_mine_to_clear = mine

    def _o2c_is_held_and_mine(self):
        """(whether it is stopped now, whether the acting user can help)"""
        obstacles = [o for o in self._o2c_everything_in_the_way() if o.blocking]
        return bool(obstacles), any(self.env.user in o.who for o in obstacles)

    def _o2c_everything_in_the_way(self):
        # sudo: judged alike whoever asks
        return self.sudo()._o2c_obstacles(self._o2c_gate)

    def _search_o2c_is_held(self, operator, value):
        return self._o2c_search_held(operator, value, 0)

    def _search_o2c_is_mine_to_clear(self, operator, value):
        return self._o2c_search_held(operator, value, 1)

    def _o2c_search_held(self, operator, value, which):
        if operator != "in":
            return NotImplemented
        self._o2c_forget_facts()
        found = self.search(self._o2c_domain_may_be_held()).filtered(
            lambda d: d._o2c_is_held_and_mine()[which]
        )
        return [("id", "in" if True in value else "not in", found.ids)]

    def _o2c_domain_may_be_held(self):
        """Which documents are asked at all."""
        return Domain("o2c_on_hold", "=", True)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_everything_in_the_way(self):
        """Before the confirmation, and after it what stops goods and invoices."""
        obstacles = super()._o2c_everything_in_the_way()
        order = self.sudo()  # sudo: judged alike whoever asks
        for gate in ("deliver", "post"):
            obstacles += map(order._o2c_obstacle_hold, order._o2c_open_holds(gate))
        for delivery in order.picking_ids.filtered(lambda p: p._o2c_is_open_delivery()):
            obstacles += delivery._o2c_obstacles("deliver")
        return obstacles

    def _o2c_domain_may_be_held(self):
        return super()._o2c_domain_may_be_held() | Domain(
            "o2c_stage", "in", ("approval", "delivery")
        )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_domain_may_be_held(self):
        return Domain("state", "not in", ("draft", "done", "cancel")) & Domain(
            "location_dest_id.usage", "=", "customer"
        )
