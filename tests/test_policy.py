"""Rules, checks and reasons that can no longer be applied, and who hears of it."""

from datetime import datetime

from freezegun import freeze_time

from odoo.tools import mute_logger, sql

from .common import O2CCase

MODELS = "odoo.addons.o2c_addon.models."
QUIET = [f"{MODELS}{file}" for file in ("approval_mixin", "delivery_problems")]
GONE = "[('no_such_field', '=', 1)]"


class TestBrokenPolicy(O2CCase):
    def break_it(self, policy, domain=GONE):
        """What is left where a module took a field with it."""
        self.env.flush_all()
        self.env.cr.execute(
            sql.SQL(
                "UPDATE %s SET domain = %s WHERE id = %s",
                sql.SQL.identifier(policy._table),
                domain,
                policy.id,
            )
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def look(self, day):
        """What the server does on ``day``, a day of November."""
        with freeze_time(datetime(2026, 11, day, 6)), self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_check_policy").method_direct_trigger()

    def alerts(self, policy):
        return policy.activity_ids.filtered(
            lambda a: (
                a.activity_type_id
                == self.env.ref("o2c_addon.mail_activity_type_o2c_policy")
            )
        )

    def rule_and_check(self):
        """What orders and deliveries meet, kept by Mia."""
        return [
            self.rule(responsible_id=self.mia.id),
            self.check("tracking", responsible_id=self.mia.id),
        ]

    def everything(self):
        """One of each kind, kept by Mia."""
        reason = self.reason(responsible_id=self.mia.id, is_automatic=True)
        return [*self.rule_and_check(), reason]

    def test_the_owner_is_told_once_a_day_until_it_is_mended(self):
        for policy in self.everything():
            self.break_it(policy)
            with self.subTest(policy._name):
                self.look(day=1)
                first = self.alerts(policy)
                self.look(day=1)
                self.assertEqual(self.alerts(policy), first)
                self.assertEqual(first.user_id, self.mia)
                self.assertIn("no_such_field", first.note)

                first.unlink()  # done with, and nothing mended
                self.look(day=1)
                self.assertFalse(self.alerts(policy))
                self.look(day=2)
                second = self.alerts(policy)
                self.assertEqual(len(second), 1)
                self.look(day=3)
                third = self.alerts(policy)
                self.assertEqual(len(third), 1, "the latest instead of the last")
                self.assertNotEqual(third, second)

                policy.with_user(self.mia).domain = False
                self.assertFalse(self.alerts(policy))
                self.look(day=4)
                self.assertFalse(self.alerts(policy))

    def test_nobody_hears_of_what_works(self):
        policies = self.everything()
        policies[0].domain = [("partner_id", "=", self.customer.id)]

        self.look(day=1)

        for policy in policies:
            self.assertFalse(self.alerts(policy))

    def test_a_record_that_was_deleted_is_named(self):
        customer = self.customer.copy()
        tag = self.env["crm.tag"].create({"name": "Large"})
        country = self.env["res.country"].create({"name": "Nowhere", "code": "XZ"})
        rules = {
            field: self.rule(domain=domain, responsible_id=self.mia.id)
            for field, domain in {
                "Customer": [("partner_id", "in", customer.ids)],
                "ID": [("tag_ids", "any", [("id", "=", tag.id)])],
                "Country": [("partner_id.country_id", "=", country.id)],
            }.items()
        }
        customer.unlink()
        country.unlink()
        tag.unlink()

        self.look(day=1)

        for name, rule in rules.items():
            with self.subTest(name):
                self.assertIn(f"was deleted: {name}", self.alerts(rule).note)

    def test_whom_it_stops_tells_the_owner_at_once(self):
        rule, check = self.rule_and_check()
        order, delivery = self.order(quantity=11), self.confirmed().sudo().picking_ids
        self.break_it(rule)
        self.break_it(check)

        with mute_logger(*QUIET):
            order.action_confirm()
            delivery.with_user(self.wim).sudo(False).button_validate()

        for policy in (rule, check):
            self.assertEqual(self.alerts(policy).user_id, self.mia)
            self.assertIn("is broken", self.alerts(policy).note)
        self.assertEqual((order.state, delivery.state), ("draft", "assigned"))

    def test_reading_tells_nobody_and_never_raises(self):
        rule, check = self.rule_and_check()
        order, delivery = self.order(quantity=11), self.confirmed().sudo().picking_ids
        self.break_it(rule)
        self.break_it(check)

        with mute_logger(*QUIET):
            self.assertIn("is broken", order.o2c_status)
            self.assertIn("is broken", delivery.o2c_status)
            self.assertTrue(order.o2c_is_held and delivery.o2c_is_held)
            self.assertEqual(order.o2c_explain()[0]["kind"], "broken")
            self.assertEqual(delivery.o2c_explain()[0]["kind"], "broken")

        self.assertFalse(self.alerts(rule) | self.alerts(check))

    def test_a_figure_that_cannot_be_told_stops_and_crashes_nothing(self):
        rule = self.rule(responsible_id=self.mia.id)
        order = self.order()
        self.patch(
            type(order), "_o2c_fact_amount", lambda self: self.browse().no_such_field
        )

        with mute_logger(*QUIET):
            order.action_confirm()

        self.assertEqual(order.state, "draft")
        self.assertIn("is broken", self.alerts(rule).note)

    def test_no_context_keeps_the_owner_from_hearing(self):
        rule = self.rule(responsible_id=self.mia.id)
        order = self.order(quantity=11)
        self.break_it(rule)

        with mute_logger(*QUIET):
            self.rpc(
                self.sam,
                "sale.order",
                "action_confirm",
                order.ids,
                context={"mail_activity_automation_skip": True},
            )

        self.assertEqual(self.alerts(rule).user_id, self.mia)

    def test_managers_hear_where_the_owner_cannot(self):
        gone = self.user("gone", "Gone", "base.group_user", active=False)
        for owner in (gone, self.ada, self.env["res.users"]):
            rule = self.rule(responsible_id=owner.id)
            self.break_it(rule)

            self.look(day=1)

            with self.subTest(owner.name or "nobody"):
                self.assertIn(self.mia, self.alerts(rule).user_id)
                self.assertNotIn(owner, self.alerts(rule).user_id)
