from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

OUTLOOKS = [
    ("late", "Late"),
    ("will_be_late", "Will be late"),
    ("waiting", "Waiting"),
    ("ready", "Ready"),
]
COLORS = {"late": 1, "will_be_late": 2, "waiting": 3, "ready": 10}  # as tags have them
NOT_RESERVED = ("waiting", "confirmed", "partially_available")


class StockPicking(models.Model):
    """Promised deliveries: ready, waiting, late, or late before they are.

    What is on the way, and until when, is read from the forecast of the host. Where
    goods are first picked inside, the plan has the step that is open now.
    """

    _inherit = "stock.picking"

    o2c_outlook = fields.Selection(
        OUTLOOKS,
        "Outlook",
        compute="_compute_o2c_outlook",
        search="_search_o2c_outlook",
    )
    o2c_outlook_reason = fields.Char("Why", compute="_compute_o2c_outlook")
    o2c_outlook_color = fields.Integer("Color", compute="_compute_o2c_outlook")

    @api.depends_context("uid", "lang")
    def _compute_o2c_outlook(self):
        self._o2c_forget_facts()
        # sudo: when goods come may be known by whoever reads the delivery
        moves = self.sudo().move_ids.filtered(lambda m: m.state in NOT_RESERVED)
        moves._fields["forecast_availability"].compute_value(moves)  # all together
        for delivery in self:
            # sudo: judged alike whoever asks, the sentence is made for the reader
            outlook, reason = delivery.sudo()._o2c_foresee()
            delivery.o2c_outlook = outlook
            delivery.o2c_outlook_reason = reason
            delivery.o2c_outlook_color = COLORS.get(outlook, 0)

    def _search_o2c_outlook(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = Domain("company_id", "in", self.env.companies.ids)
        planned = self.search(self._o2c_domain_planned() & mine)
        return [("id", "in", planned.filtered(lambda d: d.o2c_outlook in value).ids)]

    @api.model
    def _o2c_domain_planned(self):
        """What is to leave to customers: the last step, or the one before it exists."""
        inside = Domain("location_final_id.usage", "=", "customer") & Domain(
            "location_id.usage", "!=", "customer"
        )
        return Domain("state", "not in", ("draft", "done", "cancel")) & (
            Domain("location_dest_id.usage", "=", "customer")
            | Domain("move_ids", "any", inside)
        )

    def _o2c_foresee(self):
        """(outlook, one sentence why) of an open delivery; of any other, nothing."""
        is_last_step = self._o2c_is_open_delivery()
        if not is_last_step and not self._o2c_is_picked_first():
            return False, ""
        obstacles = self._o2c_obstacles("deliver")
        reason = (
            self._o2c_say(obstacles)
            if is_last_step
            else self.env._("%s has to be done before it can leave", self.name)
        )
        promised = self._o2c_promised_day()
        if promised and promised < self.company_id._o2c_today():
            return "late", reason
        if delay := self._o2c_foreseen_delay():
            return "will_be_late", delay
        stopped = any(obstacle.blocking for obstacle in obstacles)
        is_ready = is_last_step and self.state == "assigned" and not stopped
        return "ready" if is_ready else "waiting", reason

    def _o2c_is_picked_first(self):
        """Whether these goods are on their way to a customer, still inside."""
        return self.state not in ("draft", "done", "cancel") and any(
            move.location_final_id.usage == "customer"
            and move.location_id.usage != "customer"
            for move in self.move_ids
        )

    def _o2c_promised_day(self):
        return self.date_deadline and self.company_id._o2c_day_of(self.date_deadline)

    def _o2c_foreseen_delay(self):
        """Why the promised day cannot be kept as things are: a sentence, or nothing."""
        moves = self.move_ids.filtered(
            lambda m: m.state in NOT_RESERVED and m.location_id.warehouse_id
        )
        late = moves.filtered(lambda m: m._o2c_will_be_late())
        uncovered = {}
        for move in late:
            self._o2c_add(uncovered, move, move._o2c_uncovered())
        if uncovered:
            return self.env._(
                "%s: not in stock and not on the way", self._o2c_quantities(uncovered)
            )
        last = late.sorted("forecast_expected_date")[-1:]
        return last and self.env._(
            "%(product)s is expected on %(date)s",
            product=last.product_id.display_name,
            date=format_date(
                self.env, self.company_id._o2c_day_of(last.forecast_expected_date)
            ),
        )

    def action_o2c_open_shortages(self):
        """What is short of the products of these deliveries."""
        action = self.env["ir.actions.actions"]._for_xml_id("o2c_addon.shortage_action")
        products = self.move_ids.product_id
        return action | {"domain": [("product_id", "in", products.ids)]}


class SaleOrder(models.Model):
    """Orders that cannot be delivered by the promised day, found beforehand."""

    _inherit = "sale.order"

    o2c_will_be_late = fields.Boolean(
        "Will Be Late",
        compute="_compute_o2c_will_be_late",
        search="_search_o2c_will_be_late",
        help="As things are, goods come after the promised day, or not at all.",
    )

    def _compute_o2c_will_be_late(self):
        for order in self:
            # sudo: sales may know when goods come without access to the warehouse
            outlooks = order.sudo().picking_ids.mapped("o2c_outlook")
            order.o2c_will_be_late = "will_be_late" in outlooks

    def _search_o2c_will_be_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: see above
        deliveries = self.env["stock.picking"].sudo()
        late = deliveries.search([("o2c_outlook", "=", "will_be_late")])
        orders = late._o2c_orders()
        return [("id", "in" if True in value else "not in", orders.ids)]
