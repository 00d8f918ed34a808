"""Watch only → Warn → Stop: a policy proves itself before it stops anybody."""

from odoo.tools import mute_logger

from .common import O2CCase

MODELS = "odoo.addons.o2c_addon.models."
QUIET = [f"{MODELS}{file}" for file in ("approval_mixin", "approval_watching")]


class TestWatching(O2CCase):
    def watched(self, rule):
        """The orders of which it is remembered that they would have waited."""
        events = self.env["o2c.event"].search(
            [("rule_id", "=", rule.id), ("activity", "=", "would_ask")]
        )
        return events.mapped("order_name")

    def test_who_is_watched_notices_nothing(self):
        rule = self.rule(effect="observe")
        order = self.order(quantity=12)

        self.assertFalse(order.o2c_explain())
        self.rpc(self.sam, "sale.order", "action_confirm", order.ids)

        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)
        self.assertNotIn("Large orders", str(order.sudo().message_ids.mapped("body")))
        self.assertEqual(self.watched(rule), [order.name])

    def test_only_what_would_have_waited_is_remembered(self):
        rule = self.rule(effect="observe")
        exempt = self.rule(effect="observe", exempt_user_ids=self.sam.ids)
        others = self.rule(effect="observe", domain="[('origin', '=', 'fair')]")

        self.confirmed(quantity=10)
        large = self.confirmed(quantity=11)

        self.assertEqual(self.watched(rule), [large.name])
        self.assertFalse(self.watched(exempt) + self.watched(others))

    def test_a_figure_below_the_limits_of_all_steps_is_let_go(self):
        watching, warning = self.rule(effect="observe"), self.rule(effect="warn")
        (watching | warning).step_ids.limit = 11500
        within, beyond = self.order(quantity=11), self.order(quantity=12)

        self.assertFalse(within.o2c_explain())
        self.assertEqual(len(beyond.o2c_explain()), 1)
        (within | beyond).action_confirm()

        self.assertEqual(self.watched(watching), [beyond.name])
        self.assertEqual(self.watched(warning), [beyond.name])

    def test_a_warning_is_read_and_stops_nobody(self):
        rule = self.rule(effect="warn")
        order = self.order(quantity=12)

        [warning] = order.o2c_explain()
        self.assertFalse(warning["blocking"])
        self.assertIn("2,000.00 above", warning["reason"])
        self.assertIn("you may go on", warning["remedy"])
        self.assertNotIn("above", order.o2c_status)
        order.action_confirm()

        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)
        self.assertEqual(self.watched(rule), [order.name])

    def test_a_warning_of_margin_is_for_who_may_know_margins(self):
        self.rule(effect="warn", criterion="margin", limit=20)
        self.laptop.standard_price = 900
        order = self.order()

        told = order.with_user(self.wim).o2c_explain()

        self.assertEqual([each["reason"] for each in told], [self.hidden()])

    def hidden(self):
        return "Waiting for approval: Large orders"

    def test_stop_is_one_click_away_and_stops_what_comes_after(self):
        rule = self.rule(effect="observe")
        before, after = self.order(quantity=12), self.order(quantity=13)
        before.action_confirm()

        rule.with_user(self.mia).effect = "enforce"
        after.action_confirm()

        self.assertEqual((before.state, after.state), ("sale", "draft"))
        self.assertEqual(after.o2c_approval_state, "pending")
        self.assertEqual(self.watched(rule), [before.name])

    def test_a_stop_beside_a_warning_stops(self):
        self.rule(effect="warn", limit=1)
        self.rule(effect="observe", limit=1)
        stops = self.rule(name="Very large")
        order = self.order(quantity=12)

        order.action_confirm()

        self.assertEqual(order.state, "draft")
        self.assertEqual(order.o2c_request_ids.rule_id, stops)
        self.assertEqual(
            [each["blocking"] for each in order.o2c_explain()], [True, False]
        )

    def test_only_administrators_turn_a_stop_into_a_warning(self):
        rule = self.rule()
        for user in (self.sam, self.ada, self.rae):
            with self.subTest(user.name), self.assertRaisesRegex(Exception, "allowed"):
                self.rpc(
                    user, "o2c.approval.rule", "write", rule.ids, {"effect": "warn"}
                )
        self.assertEqual(rule.effect, "enforce")

    def test_a_broken_rule_that_only_watches_stops_nobody(self):
        for effect in ("observe", "warn"):
            rule = self.rule(effect=effect)
            order = self.order(quantity=12)
            self.patch(
                type(order),
                "_o2c_fact_amount",
                lambda self: self.browse().no_such_field,
            )
            with self.subTest(effect), mute_logger(*QUIET):
                order.action_confirm()
                self.assertEqual(order.state, "sale")
            rule.action_archive()

    def test_sending_is_warned_of_too(self):
        self.rule(effect="warn", gate="send")
        order = self.order(quantity=12)

        order.action_quotation_sent()

        self.assertEqual(order.state, "sent")
        self.assertFalse(order.o2c_request_ids)

    def test_a_delivery_check_that_only_watches_lets_goods_go(self):
        check = self.check("tracking", severity="observe")
        order = self.confirmed()
        delivery = order.sudo().picking_ids.with_user(self.wim).sudo(False)

        self.assertFalse(delivery.o2c_explain())
        self.assertIn("ready to leave", delivery.o2c_status)
        self.deliver(order)

        self.assertEqual(delivery.state, "done")
        events = self.env["o2c.event"].search([("order_key", "=", order.id)])
        found = events.filtered(lambda e: e.activity == "would_ask")
        self.assertEqual(found.data, {"check": check.id})
        self.assertIn("would have waited", found._in_words())

    def test_what_is_watched_costs_a_delivery_nothing_it_has_passed(self):
        self.check("address", severity="observe")
        self.customer.write(
            {"street": "Pier 9", "city": "Hamburg", "zip": "20457", "country_id": 57}
        )
        order = self.confirmed()
        self.deliver(order)

        self.assertNotIn("would_ask", self.events(order))
