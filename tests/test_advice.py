"""Before anybody is asked: with so much less discount no approval is needed."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .common import O2CCase


class TestAdvice(O2CCase):
    def offer(self, discount, **values):
        order = self.order(**values)
        order.order_line.discount = discount
        return order

    def advice(self, order, user=None):
        rows = self.rpc(user or self.sam, order._name, "o2c_explain", order.ids)
        return [row for row in rows if row["kind"] == "advice"]

    def follow(self, order, user=None):
        user = user or self.sam
        self.rpc(user, order._name, "action_o2c_lower_discount", order.ids)

    def test_less_discount_than_that_still_needs_an_approval(self):
        self.rule(criterion="discount", limit=10)
        order = self.offer(12.5)

        [advice] = self.advice(order)

        self.assertIn("With 2.5 % less discount it needs no approval", advice["reason"])
        self.assertIn(
            "900.00 instead of $ 875.00", advice["remedy"].replace("\xa0", " ")
        )
        self.assertFalse(advice["blocking"])
        self.assertEqual(order.order_line.discount, 12.5, "looking changes nothing")
        order.order_line.discount = 10.01
        self.assertEqual(len(self.advice(order)), 1)
        order.order_line.discount = 10
        self.assertFalse(self.advice(order))

    def test_the_button_applies_it_and_the_order_is_confirmed_unasked(self):
        self.rule(criterion="discount", limit=10)
        order = self.offer(13)

        self.follow(order)
        order.action_confirm()

        self.assertEqual(order.order_line.discount, 10)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)

    def test_all_rules_together_and_each_is_named(self):
        self.rule(criterion="discount", limit=10)
        self.rule(criterion="discount_line", limit=8, name="Deep lines")
        self.laptop.standard_price = 850
        self.rule(criterion="margin", limit=10, name="Thin margins")
        order = self.offer(15)

        [advice] = self.advice(order)

        self.assertIn("Needs 3 approvals", advice["reason"])
        self.assertIn("Deep lines", advice["reason"])
        # at 944.40 what costs 850 has a margin of 10.00 %
        self.assertIn("9.44 % less discount it needs none", advice["reason"])
        self.follow(order)
        self.assertEqual(order.order_line.discount, 5.56)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_lines_without_a_discount_stay_as_they_are(self):
        self.rule(criterion="discount_line", limit=5)
        order = self.offer(20)
        plain = {"product_id": self.laptop.id, "price_unit": 10}
        small = plain | {"discount": 3}
        order.order_line = [Command.create(plain), Command.create(small)]

        self.follow(order)

        self.assertEqual(order.order_line.mapped("discount"), [5, 0, 0])

    def test_nothing_is_said_where_it_does_not_help(self):
        self.rule(criterion="discount", limit=10)
        rule = self.rule(limit=850)  # also too large, whatever the discount
        order = self.offer(13)
        self.assertFalse(self.advice(order))

        rule.limit = 890  # with the discount that needs no approval, too large
        self.assertFalse(self.advice(order))
        with self.assertRaisesRegex(UserError, "not what it was"):
            self.follow(order)
        self.assertEqual(order.order_line.discount, 13)

        rule.limit = 900
        self.assertTrue(self.advice(order))

    def test_what_was_asked_is_for_those_who_were_asked(self):
        self.rule(criterion="discount", limit=10)
        order = self.offer(13)
        order.action_confirm()
        self.assertEqual(order.o2c_approval_state, "pending")
        self.assertFalse(self.advice(order))
        with self.assertRaises(UserError):
            self.follow(order)

        order.o2c_request_ids.with_user(self.ada).action_refuse("Too much")

        self.assertTrue(self.advice(order))

    def test_what_somebody_said_yes_to_needs_no_advice(self):
        self.rule(criterion="discount", limit=10)
        order = self.offer(13)
        order.action_o2c_ask()
        order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertFalse(self.advice(order))

    def test_who_may_not_change_the_order_is_not_advised(self):
        self.rule(criterion="discount", limit=10)
        order = self.offer(13)

        self.assertFalse(self.advice(order, self.wim))
        with self.assertRaises(UserError):
            self.follow(order, self.wim)
        with self.assertRaises(AccessError):
            self.follow(order, self.ada)
        self.assertEqual(order.order_line.discount, 13)

    def test_who_has_the_wider_limit_is_not_advised(self):
        self.rule(criterion="discount", limit=10, exempt_user_ids=self.sam.ids)

        self.assertFalse(self.advice(self.offer(13)))

    def test_a_rule_before_sending_counts_as_well(self):
        self.rule(criterion="price_below_list", limit=10, gate="send")
        order = self.offer(15, price=980)
        # 90 % of 1,000 is 8.16 % off 980
        self.follow(order)
        self.assertEqual(order.order_line.discount, 8.16)
        order.action_quotation_sent()
        self.assertEqual(order.state, "sent")
