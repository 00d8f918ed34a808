"""The page an administrator begins with, and what a policy would have stopped."""

from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import O2CCase


class TestFirstSteps(O2CCase):
    def cards(self, user=None):
        answer = self.rpc(user or self.mia, "o2c.first.steps", "cards")
        return {card["key"]: card for card in answer["capabilities"]}

    def states(self):
        return {key: card["state"] for key, card in self.cards().items()}

    def presets(self):
        answer = self.rpc(self.mia, "o2c.first.steps", "cards")
        return {preset["key"]: preset for preset in answer["presets"]}

    def own(self, model, preset):
        return (
            self.env[model]
            .with_context(active_test=False)
            .search([("preset", "=", preset), ("company_id", "=", self.company.id)])
        )

    def test_only_administrators_of_order_to_cash_see_it(self):
        for user in (self.sam, self.ada, self.wim, self.kim, self.rae):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.cards(user)
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.first.steps", "switch_on", "reseller")
        menu = self.env.ref("o2c_addon.menu_o2c_first_steps")
        self.assertIn(menu.id, menu.with_user(self.mia)._visible_menu_ids())
        self.assertNotIn(menu.id, menu.with_user(self.sam)._visible_menu_ids())
        self.assertFalse(self.own("o2c.approval.rule", "reseller"))

    def test_a_card_says_off_watching_or_on(self):
        self.env["o2c.notice.rule"].search([]).active = False
        self.env["o2c.checklist.item"].search([]).active = False
        self.assertEqual(set(self.states().values()), {"off"})

        rule = self.rule(effect="observe")
        check = self.check("tracking", severity="observe")
        states = self.states()
        self.assertEqual(
            (states["approvals"], states["deliveries"]), ("watching", "watching")
        )

        rule.effect, check.severity = "warn", "block"
        self.company.o2c_invoicing = "post"
        self.env.ref("o2c_addon.notice_rule_shipped").active = True
        states = self.states()
        self.assertEqual(states.pop("reminders"), "off")
        self.assertEqual(set(states.values()), {"on"})
        card = self.cards()["approvals"]
        self.assertEqual(card["text"], "1 switched on: 1 warn.")
        self.assertIn(
            "Confirmed, one invoice per delivery", self.cards()["invoicing"]["text"]
        )

    def test_the_app_opens_here_until_something_is_switched_on(self):
        self.env["o2c.notice.rule"].search([]).active = False
        self.env["o2c.checklist.item"].search([]).active = False

        def opens(user):
            start = self.env.ref("o2c_addon.start_action")
            return start.with_user(user).run()["path"]

        self.assertEqual(opens(self.mia), "order-to-cash-first-steps")
        self.assertEqual(opens(self.sam), "order-to-cash")
        self.assertEqual(opens(self.ada), "waiting-for-me")

        self.rule(effect="observe")

        self.assertEqual(opens(self.mia), "order-to-cash")

    def test_what_another_company_has_is_not_on_here(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.rule().company_id = other

        self.assertEqual(self.states()["approvals"], "off")

    def test_every_button_opens_something_its_reader_may_open(self):
        for card in self.cards().values():
            with self.subTest(card["key"]):
                self.assertTrue(card["text"])
                if action := card.get("action"):
                    found = self.env.ref(action).with_user(self.mia)
                    model = found.sudo().res_model
                    self.env[model].with_user(self.mia).check_access("create")
                else:
                    self.assertIn("administrator", card["hint"])

    def test_examples_stop_nobody_until_a_company_has_copies(self):
        for model in ("o2c.approval.rule", "o2c.fulfillment.check"):
            examples = (
                self.env[model]
                .with_context(active_test=False)
                .search([("preset", "!=", False), ("company_id", "=", False)])
            )
            self.assertTrue(examples)
            self.assertFalse(any(examples.mapped("active")))
        order = self.order(quantity=1000, price=1)
        order.order_line.discount = 90

        order.action_confirm()

        self.assertEqual(order.state, "sale")

    def test_a_preset_is_copied_once_and_only_watches(self):
        for key in ("reseller", "consultancy", "services"):
            preset = self.presets()[key]
            self.assertFalse(preset["is_on"])

            self.rpc(self.mia, "o2c.first.steps", "switch_on", key)
            self.rpc(self.mia, "o2c.first.steps", "switch_on", key)

            rules = self.own("o2c.approval.rule", key)
            checks = self.own("o2c.fulfillment.check", key)
            with self.subTest(key):
                self.assertTrue(self.presets()[key]["is_on"])
                self.assertEqual(rules.mapped("name"), preset["rules"])
                self.assertEqual(checks.mapped("name"), preset["checks"])
                self.assertEqual(set(rules.mapped("effect")), {"observe"})
                self.assertTrue(all(rules.mapped("active")))
                self.assertTrue(all(checks.mapped("active")))
                self.assertEqual(rules.responsible_id, self.mia)
        order = self.order(quantity=1000)
        order.order_line.discount = 90
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_preset_that_was_thrown_away_comes_again(self):
        self.rpc(self.mia, "o2c.first.steps", "switch_on", "consultancy")
        self.own("o2c.approval.rule", "consultancy").with_user(self.mia).unlink()

        self.assertFalse(self.presets()["consultancy"]["is_on"])

    def test_the_first_rule_makes_the_next_large_order_wait(self):
        wizard = (
            self.env["o2c.first.rule"]
            .with_user(self.mia)
            .create({"limit": 10000, "user_ids": [Command.link(self.ada.id)]})
        )

        told = wizard.action_create_rule()["params"]["message"]
        small, large = self.order(quantity=10), self.order(quantity=11)
        (small | large).action_confirm()

        self.assertIn("wait for Ada", told)
        self.assertEqual((small.state, large.state), ("sale", "draft"))
        self.assertEqual(large.o2c_request_ids.approver_ids, self.ada)

    def test_the_first_rule_needs_somebody_to_say_yes(self):
        wizard = self.env["o2c.first.rule"].with_user(self.mia).create({"limit": 10000})
        with self.assertRaisesRegex(Exception, "Say of whom|Say who approves"):
            wizard.action_create_rule()


class TestTrial(O2CCase):
    """What a policy would have stopped, asked before it stops anybody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Trial Ltd"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids)
        )
        for user in (cls.sam, cls.ada, cls.wim, cls.rae, cls.mia):
            user.write(
                {"company_ids": [Command.set(cls.company.ids)]}
                | {"company_id": cls.company.id}
            )
        cls.product_a = cls.product("Switch", 100)

    def told(self, policy, user=None):
        lines = policy.with_user(user or self.mia).with_company(self.company).try_out()
        return [line["text"] for line in lines]

    def past(self, *quantities):
        return [
            self.confirmed(quantity=quantity, product=self.product_a, price=100)
            for quantity in quantities
        ]

    def test_past_orders_are_told_at_once_and_open_from_the_sentence(self):
        _small, large, larger = self.past(10, 11, 12)
        rule = self.rule(limit=1000, effect="observe")

        [line] = rule.with_user(self.mia).try_out()

        self.assertEqual(
            line["text"],
            f"2 of 3 orders of the last 3 months would have waited: {larger.name} and "
            f"{large.name}.",
        )
        self.assertEqual(set(line["domain"][0][2]), {large.id, larger.id})
        self.assertEqual(line["model"], "sale.order")

    def test_trying_writes_and_asks_nothing(self):
        orders = self.past(11, 12)
        rule = self.rule(limit=1000)
        before = [self.events(order) for order in orders]

        self.told(rule)

        self.assertEqual([self.events(order) for order in orders], before)
        self.assertFalse(
            self.env["o2c.approval.request"].search([("rule_id", "=", rule.id)])
        )

    def test_who_is_exempt_and_what_it_is_not_about_counts_not(self):
        self.past(11, 12)
        for values in (
            {"exempt_user_ids": self.sam.ids},
            {"domain": "[('client_order_ref', '=', 'fair')]"},
        ):
            rule = self.rule(limit=1000, **values)
            with self.subTest(str(values)):
                self.assertIn("None of the 2 orders", self.told(rule)[0])

    def test_older_orders_and_those_of_others_are_not_looked_at(self):
        [order] = self.past(12)
        order.sudo().date_order = "2020-01-01"
        rule = self.rule(limit=1000)

        self.assertIn("There are no orders of the last 3 months", self.told(rule)[0])

    def test_what_customers_owed_then_is_not_made_up(self):
        self.past(12)
        quotation = self.order(product=self.product_a)
        rule = self.rule(criterion="new_customer", effect="observe")

        [text] = self.told(rule)

        self.assertIn(f"1 of 1 open quotations would wait now: {quotation.name}.", text)
        self.assertIn("in the past is not known", text)

    def test_a_margin_is_judged_by_the_costs_of_today_and_says_so(self):
        self.past(1)
        self.product_a.with_company(self.company).standard_price = 99
        rule = self.rule(criterion="margin", limit=20)

        [text] = self.told(rule)

        self.assertIn("1 of 1 orders", text)
        self.assertIn("as they are today", text)

    def test_figures_of_customers_are_for_who_may_read_them(self):
        self.past(1)
        lea = self.user("lea_t", "Lea", "o2c_addon.group_o2c_manager")
        for criterion in ("margin", "credit", "overdue", "amount"):
            rule = self.rule(criterion=criterion, limit=0)
            with self.subTest(criterion):
                [text] = self.told(rule, lea)
                self.assertIn("is told to who may read", text)

    def test_nobody_else_may_try(self):
        self.past(12)
        rule = self.rule(limit=1000)
        for user in (self.sam, self.wim, self.rae):
            with self.subTest(user.name):
                self.assertFalse(self.told(rule, user))

    def test_what_watching_has_found_is_told_beside_it(self):
        rule = self.rule(limit=1000, effect="observe")
        self.past(11, 12, 9)

        [_past, watching] = self.told(rule)

        self.assertIn("watching has found 2 orders", watching)

    def test_a_broken_rule_crashes_no_screen(self):
        self.past(12)
        rule = self.rule(limit=1000)
        self.patch(
            type(self.env["sale.order"]),
            "_o2c_fact_amount",
            lambda self: self.browse().no_such_field,
        )

        self.assertTrue(self.told(rule))

    def test_checks_tell_of_the_past_what_is_kept(self):
        self.stock(self.product_a, 1)
        order, other = self.past(1, 1)
        delivery = self.deliver(order)
        self.assertEqual(delivery.state, "done")
        self.mia.group_ids += self.env.ref("stock.group_stock_user")

        tracking = self.check("tracking", severity="observe")
        complete = self.check("available", severity="observe")

        self.assertIn(
            "1 of 1 deliveries of the last 3 months would have waited: "
            f"{delivery.name}",
            self.told(tracking)[0],
        )
        self.assertIn(
            f"1 of 1 open deliveries would wait now: {other.picking_ids.name}",
            self.told(complete)[0],
        )
        self.assertIn("not known any more", self.told(complete)[0])

    def test_what_checks_found_while_watching_is_counted_by_check(self):
        check = self.check("tracking", severity="observe")
        self.check("address", severity="observe")
        self.stock(self.product_a, 10)
        for order in self.past(1, 1):
            self.deliver(order)
        self.mia.group_ids += self.env.ref("stock.group_stock_user")

        self.assertIn("watching has found 2 orders", self.told(check)[1])
