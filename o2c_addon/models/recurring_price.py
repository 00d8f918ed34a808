from odoo import api, fields, models
from odoo.exceptions import ValidationError

NO_LIST_PRICE = -1.0


class SaleOrderLine(models.Model):
    """A new price of a recurring service, from a day on.

    It is charged from the first period that begins on that day or later, once nobody
    has to approve it any more; until then the price of before is.
    """

    _inherit = "sale.order.line"

    o2c_next_price = fields.Float("New Price", digits="Product Price", copy=False)
    o2c_next_price_from = fields.Date("New Price From", copy=False)
    o2c_next_price_by_id = fields.Many2one(
        "res.users", "New Price By", copy=False, readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        """A price that is given stays, however the quantity follows: for the host it
        is a special one where it differs from the one it looked up."""
        return super().create(
            [
                {"technical_price_unit": NO_LIST_PRICE} | values
                if "price_unit" in values and self._o2c_will_recur(values)
                else values
                for values in vals_list
            ]
        )

    def _o2c_will_recur(self, values):
        product = self.env["product.product"].browse(values.get("product_id"))
        return values.get("o2c_every", product.o2c_every)

    def _compute_price_unit(self):
        """However many periods follow: the host would look it up for each quantity."""
        agreed = self.filtered(
            lambda line: (
                line.o2c_every
                and line.state == "sale"
                and line._origin.product_id == line.product_id
            )
        )
        return super(SaleOrderLine, self - agreed)._compute_price_unit()

    def _o2c_content(self):
        """What it is going to cost belongs to what is approved."""
        announced = self.filtered("o2c_next_price_from")
        return super()._o2c_content() + sorted(
            [line.product_id.id, line.o2c_next_price] for line in announced
        )

    @api.constrains("o2c_next_price", "o2c_next_price_from")
    def _o2c_check_next_price(self):
        """Whoever wants another price is a party, and it is asked for at once."""
        for line in self.filtered("o2c_next_price_from"):
            if line.o2c_next_price < 0:
                raise ValidationError(self.env._("A price cannot be below zero."))
            # sudo: nobody says for himself who he is
            line.sudo().o2c_next_price_by_id = self.env.user
        self.order_id._o2c_add_author()
        for order in self.order_id.filtered(lambda o: o.state == "sale"):
            order._o2c_forget_facts()
            # sudo: nobody writes a question but the rules
            order.sudo()._o2c_ask("confirm", None, order._o2c_asker())

    def _o2c_price_charged(self):
        """What was charged last for one, or nothing."""
        # sudo: the price is judged alike whoever acts
        charged = self.sudo().o2c_period_ids.filtered("is_whole").sorted("number")
        return charged[-1].price_unit if charged else None

    def _o2c_price_on(self, day):
        """The price of a period that begins on ``day``: another one than was charged
        before only once nobody has to approve it (any more)."""
        since, charged = self.o2c_next_price_from, self._o2c_price_charged()
        announced = since and since <= day
        wanted = self.o2c_next_price if announced else self.price_unit
        before = self.price_unit if charged is None else charged
        if wanted == before or self.order_id._o2c_may_revise_prices():
            return wanted
        self.order_id._o2c_ask_if_outgrown()
        return before

    def _o2c_revise_prices(self):
        """The new price is the price, once a period was charged with it."""
        for line in self:
            newest = line.o2c_period_ids.filtered("is_whole").sorted("number")[-2:]
            prices = newest.mapped("price_unit")
            since = line.o2c_next_price_from
            is_due = since and newest and newest[-1].starts_on >= since
            if is_due and prices[-1] == line.o2c_next_price:
                line.write(
                    {
                        "price_unit": line.o2c_next_price,
                        "o2c_next_price": 0,
                        "o2c_next_price_from": False,
                        "o2c_next_price_by_id": False,
                    }
                )
            if len(prices) == 2 and prices[0] != prices[1]:
                line.order_id._o2c_after_revision(line, *prices)

    def _o2c_price_changes(self):
        """By how many %, up or down, another price is wanted than was charged."""
        charged = self._o2c_price_charged()
        before = self.price_unit if charged is None else charged
        wanted = [self.price_unit]
        if self.o2c_next_price_from:
            wanted.append(self.o2c_next_price)
        return [
            100 * abs(price / before - 1) if before else 100 * bool(price)
            for price in wanted
        ]


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.depends("order_line.o2c_next_price", "order_line.o2c_next_price_from")
    def _compute_o2c_seal(self):
        return super()._compute_o2c_seal()

    def _o2c_fact_price_revision(self):
        """By how many %, up or down, a recurring line is to cost other than was charged
        last; of several the most."""
        changes = (
            line._o2c_price_changes() for line in self.order_line.filtered("o2c_every")
        )
        return round(max((max(each) for each in changes), default=0.0), 2)

    def _o2c_outgrown(self):
        """A price to come keeps nothing back that is charged at the one of before."""
        return [o for o in super()._o2c_outgrown() if not self._o2c_is_of_revision(o)]

    def _o2c_is_of_revision(self, obstacle):
        rule = obstacle.source
        if rule._name == "o2c.approval.request":
            rule = rule.rule_id
        is_rule = rule._name == "o2c.approval.rule"
        return is_rule and rule.criterion == "price_revision"

    def _o2c_may_revise_prices(self):
        """Whether nobody has to approve the new prices (any more)."""
        self._o2c_forget_facts()
        wanted_by = self.order_line.o2c_next_price_by_id or self.env.user
        return not any(
            obstacle.blocking and self._o2c_is_of_revision(obstacle)
            for user in wanted_by
            # sudo: judged alike whoever acts, but for whom the rule is not needed
            for obstacle in self.with_user(user).sudo()._o2c_obstacles("confirm")
        )

    def _o2c_after_revision(self, line, before, now):
        """A yes was to this change of the price: the next one is asked anew."""
        answered = self.o2c_request_ids.filtered(
            lambda r: r.rule_id.criterion == "price_revision" and r.state == "approved"
        )
        if not any(any(li._o2c_price_changes()) for li in self.o2c_recurring_line_ids):
            answered._move_to("obsolete")
        self._o2c_log(
            "revised",
            note=self.env._(
                "%(service)s: %(before)s to %(now)s",
                service=line.product_id.display_name,
                before=f"{before:g}",
                now=f"{now:g}",
            ),
        )


class ApprovalRequest(models.Model):
    _inherit = "o2c.approval.request"

    def _standing(self):
        """A yes to a new price is used up by the first period charged with it."""
        standing = super()._standing()
        if self.rule_id.criterion != "price_revision":
            return standing
        return standing.filtered(lambda yes: yes.request_id.state != "obsolete")
