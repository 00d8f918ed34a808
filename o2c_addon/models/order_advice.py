from math import ceil

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_list

# what less discount mends; an amount only grows by it
MENDED = {"discount", "discount_line", "margin", "price_below_list"}


class SaleOrder(models.Model):
    """Before anybody is asked: how little less discount makes approvals needless.

    Exact, because the rules themselves judge the same order with less discount, an
    order that is nowhere but in memory.
    """

    _inherit = "sale.order"

    def o2c_explain(self):
        explained = super().o2c_explain()
        advice = self._o2c_advice()
        return explained + [advice] if advice else explained

    def action_o2c_lower_discount(self):
        """Take so much off the lines' discounts that no approval is needed."""
        self.ensure_one()
        self.check_access("write")
        self._o2c_lock()
        less = self._o2c_is_advised() and self._o2c_needless_discount()
        if not less:
            raise UserError(
                self.env._(
                    "%s is not what it was: less discount helps no more.", self.name
                )
            )
        self._o2c_take_off(less)
        return True

    def _o2c_is_advised(self):
        """Whether the acting user sells it, and nobody is being asked."""
        return (
            self.state in ("draft", "sent")
            and self.o2c_approval_state != "pending"
            and self.env.user.has_group("sales_team.group_sale_salesman")
            and self.has_access("write")
        )

    def _o2c_advice(self):
        """A row of ``o2c_explain`` for who may follow it and know why, or nothing."""
        if not self._o2c_is_advised():
            return None
        # sudo: who may know the figures is asked for each rule
        order = self.sudo()
        rules = order._o2c_unapproved()
        if not all(self._o2c_reads_figure(rule) for rule in rules):
            return None
        less = order._o2c_needless_discount(rules)
        if not less:
            return None
        cheaper, currency = order._o2c_with_less_discount(less), order.currency_id
        percent = self.env._("%s %%", f"{less:g}")
        return {
            "kind": "advice",
            "reason": self._o2c_advice_in_words(rules, percent),
            "remedy": self.env._(
                "It then costs %(then)s instead of %(now)s, untaxed.",
                then=format_amount(self.env, cheaper.amount_untaxed, currency),
                now=format_amount(self.env, order.amount_untaxed, currency),
            ),
            "who": [],
            "blocking": False,
            "source": [self._name, self.id],
            "actions": [
                {
                    "model": self._name,
                    "id": self.id,
                    "name": "action_o2c_lower_discount",
                    "label": self.env._("Give %s less", percent),
                }
            ],
        }

    def _o2c_advice_in_words(self, rules, percent):
        if len(rules) == 1:
            return self.env._("With %s less discount it needs no approval.", percent)
        return self.env._(
            "Needs %(count)s approvals (%(rules)s); with %(percent)s less discount it "
            "needs none.",
            count=len(rules),
            rules=format_list(self.env, rules.mapped("name")),
            percent=percent,
        )

    def _o2c_unapproved(self):
        """The rules that would stop this order now."""
        self._o2c_forget_facts()
        # sudo: who is judged need not read the rules, and is judged alike
        order, rules = self.sudo(), self.env["o2c.approval.rule"].sudo()
        for rule in order._o2c_rules("confirm"):
            if rule.effect != "enforce" or rule.exempts(self.env.user):
                continue
            if any(found.blocking for found in order._o2c_obstacles_of(rule)):
                rules |= rules.browse(rule.id)
        self._o2c_forget_facts()
        return rules

    def _o2c_needless_discount(self, rules=None):
        """By how many points less discount on its lines this order needs no approval.

        The least that will do, to the digits discounts have; 0 where none does.
        """
        order = self.sudo()  # sudo: judged alike whoever looks
        rules = order._o2c_unapproved() if rules is None else rules
        highest = order._o2c_fact_discount_line()
        if not rules or highest <= 0 or set(rules.mapped("criterion")) - MENDED:
            return 0.0
        steps = 10 ** self.env["decimal.precision"].precision_get("Discount")
        short, enough = 0, ceil(highest * steps)
        if order._o2c_is_mended_by(enough / steps):
            while enough - short > 1:
                middle = (enough + short) // 2
                if order._o2c_is_mended_by(middle / steps):
                    enough = middle
                else:
                    short = middle
        less = enough / steps
        # the amount grows by it, and may need an approval of its own
        return 0.0 if order._o2c_with_less_discount(less)._o2c_unapproved() else less

    def _o2c_is_mended_by(self, less):
        """Whether no rule that looks at discounts would stop it with so much less."""
        rules = self._o2c_with_less_discount(less)._o2c_unapproved()
        return not MENDED.intersection(rules.mapped("criterion"))

    def _o2c_with_less_discount(self, less):
        """This order in memory, with so many points less discount on its lines."""
        order = self.new(origin=self)
        order._o2c_take_off(less)
        return order

    def _o2c_take_off(self, less):
        """So many points less on each discounted line, and not below nothing.

        From what the database has: orders in memory of the same origin are one.
        """
        digits = self.env["decimal.precision"].precision_get("Discount")
        for line in self._o2c_goods():
            if (discount := line._origin.discount) > 0:
                line.discount = max(0.0, round(discount - less, digits))
