"""Promises to pay: checked by themselves against what was really paid."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import STANDARD, O2CCase


class PromiseCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"o2c_billing_owner_id": cls.kim.id, "o2c_promise_days": 14})
        cls.advice = cls.product("Advice", 500, "order", type="service")
        cls.sold = cls.confirmed(product=cls.advice, price=500)
        cls.invoice = cls.sold.sudo()._create_invoices().with_user(cls.kim).sudo(False)
        cls.invoice.action_post()
        cls.today = cls.company._o2c_today()

    @property
    def promise(self):
        return self.invoice.sudo().o2c_promise_ids.sorted("id")[-1:]

    def days_pass(self, days):
        """What was promised and paid lies so many days further back."""
        self.env.flush_all()
        for table, column in (
            ("o2c_promise", "date"),
            ("account_move_line", "date"),
        ):
            self.env.cr.execute(
                f"UPDATE {table} SET {column} = {column} - %s WHERE move_id IN "
                "(SELECT id FROM account_move WHERE commercial_partner_id = %s)",
                (days, self.customer.id),
            )
        self.env.invalidate_all()

    def receive(self, amount, date=None):
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.kim)
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({"payment_date": date or self.today, "amount": amount})
        )
        wizard.action_create_payments()

    def check(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_check_promises").method_direct_trigger()


@tagged(*STANDARD)
class TestPromises(PromiseCase):
    def test_paid_in_time_it_is_kept_at_once(self):
        self.invoice.action_o2c_promise(self.today + timedelta(days=7))
        self.assertEqual((self.promise.state, self.promise.amount), ("open", 500))

        self.receive(500)

        self.assertEqual(self.promise.state, "kept")
        self.assertIn("promise_kept", self.events(self.sold))
        self.assertFalse(self.invoice.activity_ids)

    def test_not_paid_it_is_broken_when_its_day_is_over_and_not_before(self):
        self.invoice.action_o2c_promise(self.today)
        self.check()
        self.assertEqual(self.promise.state, "open", "there is time until midnight")

        self.days_pass(1)
        self.check()

        self.assertEqual(self.promise.state, "broken")
        self.assertEqual(self.invoice.activity_ids.user_id, self.kim)
        self.assertIn("did not pay as promised", self.invoice.activity_ids.summary)
        self.assertFalse(self.invoice.o2c_promised_on, "reminders go on")
        self.assertEqual(self.events(self.sold)[-1], "promise_broken")

        self.check()
        self.assertEqual(self.events(self.sold).count("promise_broken"), 1)
        self.assertEqual(len(self.invoice.activity_ids), 1)

    def test_a_part_of_what_was_promised_does_not_keep_it(self):
        self.invoice.action_o2c_promise(self.today, 300)
        self.receive(200)
        self.days_pass(1)
        self.check()
        self.assertEqual(self.promise.state, "broken")

    def test_a_promised_part_is_kept_by_that_part(self):
        self.invoice.action_o2c_promise(self.today, 300)

        self.receive(300)

        self.assertEqual(self.promise.state, "kept")
        self.assertEqual(self.invoice.payment_state, "partial")
        self.assertFalse(self.invoice.o2c_promised_on, "the rest is not promised")

    def test_what_was_paid_before_does_not_count(self):
        self.receive(300)
        self.invoice.action_o2c_promise(self.today)
        self.assertEqual(self.promise.amount, 200)

        self.receive(100)
        self.assertEqual(self.promise.state, "open")
        self.days_pass(1)
        self.check()
        self.assertEqual(self.promise.state, "broken")

    def test_a_payment_booked_late_with_a_day_in_time_mends_it(self):
        self.invoice.action_o2c_promise(self.today)
        self.days_pass(3)
        self.check()
        self.assertEqual(self.promise.state, "broken")

        self.receive(500, self.today - timedelta(days=3))

        self.assertEqual(self.promise.state, "kept")
        self.assertFalse(self.invoice.activity_ids)

    def test_a_payment_that_is_late_does_not(self):
        self.invoice.action_o2c_promise(self.today)
        self.days_pass(3)
        self.check()

        self.receive(500)

        self.assertEqual(self.promise.state, "broken")

    def test_a_payment_taken_back_is_none(self):
        self.invoice.action_o2c_promise(self.today)
        self.receive(500)
        self.assertEqual(self.promise.state, "kept")

        self.invoice.sudo().line_ids.remove_move_reconcile()
        self.assertEqual(self.promise.state, "open")

        # the money is still there, and matched with nothing
        self.days_pass(1)
        self.check()
        self.assertEqual(self.promise.state, "open", "somebody has to match it")
        self.env["account.payment"].search(
            [("partner_id", "=", self.customer.id)]
        ).action_draft()
        self.check()
        self.assertEqual(self.promise.state, "broken")

    def test_a_credit_note_is_no_payment_and_leaves_nothing_to_promise(self):
        self.invoice.action_o2c_promise(self.today)
        self.invoice.sudo()._reverse_moves(cancel=True)

        self.assertEqual(self.invoice.payment_state, "reversed")
        self.assertEqual(self.promise.state, "void")
        self.assertFalse(self.invoice.o2c_promised_on)

    def test_a_new_promise_replaces_the_one_before(self):
        self.invoice.action_o2c_promise(self.today)
        self.invoice.action_o2c_promise(self.today + timedelta(days=7))

        states = self.invoice.sudo().o2c_promise_ids.sorted("id").mapped("state")
        self.assertEqual(states, ["void", "open"])
        self.assertEqual(self.invoice.o2c_promised_on, self.today + timedelta(days=7))

    def test_many_invoices_each_for_what_is_open(self):
        second = self.invoice.copy().with_user(self.kim)
        second.action_post()

        (self.invoice | second).action_o2c_promise(self.today + timedelta(days=3))

        promises = (self.invoice | second).sudo().o2c_promise_ids
        self.assertEqual(promises.mapped("amount"), [500, 500])

    def test_in_another_currency(self):
        euro = self.euro_pricelist(0.5).currency_id
        self.invoice = self.invoice.sudo().copy({"currency_id": euro.id})
        self.invoice = self.invoice.with_user(self.kim).sudo(False)
        self.invoice.action_post()
        open_ = self.invoice.amount_residual
        self.invoice.action_o2c_promise(self.today)

        wizard = (
            self.env["account.payment.register"]
            .with_user(self.kim)
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({"payment_date": self.today, "amount": open_})
        )
        self.assertEqual((wizard.currency_id, self.promise.amount), (euro, open_))
        wizard.action_create_payments()

        self.assertEqual(self.promise.state, "kept")

    def test_no_amount_is_no_promise(self):
        for amount in (0, -5):
            with self.assertRaises(UserError):
                self.invoice.action_o2c_promise(self.today, amount)
        self.assertFalse(self.promise)

    def test_never_broken_before_the_customers_day_is_over(self):
        """Checked in every hour, wherever company and customer are."""
        self.company.resource_calendar_id.tz = "Pacific/Kiritimati"
        for zone in ("Pacific/Pago_Pago", "Europe/Berlin", "Pacific/Kiritimati"):
            self.customer.tz = zone
            midnight = fields.Datetime.to_datetime("2026-03-10 00:00:00")
            promise = self.env["o2c.promise"].new(
                {
                    "date": "2026-03-09",
                    "company_id": self.company.id,
                    "partner_id": self.customer.id,
                }
            )
            for hour in range(-30, 30):
                now = midnight + timedelta(hours=hour)
                with patch.object(fields.Datetime, "now", lambda now=now: now):
                    here = self.company._o2c_today()
                    there = fields.Datetime.context_timestamp(
                        self.env.user.with_context(tz=zone), now
                    ).date()
                    with self.subTest(zone=zone, hour=hour):
                        self.assertEqual(
                            promise._is_over(), min(here, there) > promise.date
                        )

    def test_nobody_writes_it_past_the_button(self):
        self.invoice.action_o2c_promise(self.today)
        for user in (self.kim, self.sam, self.mia):
            for method, args in (
                ("write", [self.promise.ids, {"state": "kept"}]),
                ("create", [{"move_id": self.invoice.id, "date": "2099-01-01"}]),
                ("unlink", [self.promise.ids]),
            ):
                with (
                    self.subTest(f"{user.name} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "o2c.promise", method, *args)
        for values in (
            {"o2c_has_promises": False},
            {"o2c_promise_ids": [Command.clear()]},
        ):
            with self.assertRaises(AccessError):
                self.rpc(self.kim, "account.move", "write", self.invoice.ids, values)
        self.assertEqual(self.promise.state, "open")

    def test_who_reads_them(self):
        self.invoice.action_o2c_promise(self.today)
        tim = self.user("tim_t", "Tim", "sales_team.group_sale_salesman")
        found = {
            user.name: self.env["o2c.promise"].with_user(user).search([])
            for user in (self.kim, self.sam, tim)
        }

        self.assertIn(self.promise, found["Kim"])
        self.assertIn(self.promise, found["Sam"])
        self.assertNotIn(self.promise, found["Tim"])
        for user in (self.wim, self.ada):
            with self.assertRaises(AccessError):
                self.env["o2c.promise"].with_user(user).search([])

    def test_one_that_cannot_be_judged_stops_no_other(self):
        second = self.invoice.copy().with_user(self.kim)
        second.action_post()
        (self.invoice | second).action_o2c_promise(self.today)
        self.days_pass(1)
        promises = self.registry["o2c.promise"]
        judge, bad = promises._state_by, self.promise.id

        def fail(promise, received):
            if promise.id == bad:
                raise ValueError("injected")
            return judge(promise, received)

        with (
            patch.object(promises, "_state_by", fail),
            self.assertLogs("odoo.addons.o2c_addon.models.promise", "ERROR"),
        ):
            self.check()

        self.assertEqual(self.promise.state, "open")
        self.assertEqual(second.sudo().o2c_promise_ids.state, "broken")


@tagged(*STANDARD)
class TestWhatPromisesSayOfACustomer(PromiseCase):
    def break_one(self):
        self.invoice.action_o2c_promise(self.today)
        self.days_pass(1)
        self.check()

    def test_kept_and_broken_are_counted_on_the_customer(self):
        self.break_one()
        self.invoice.action_o2c_promise(self.today)
        self.receive(500)

        customer = self.customer.with_user(self.kim)
        contact = customer.sudo().create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        for partner in (customer, contact.with_user(self.kim)):
            self.assertEqual(
                (partner.o2c_promises_kept, partner.o2c_promises_broken), (1, 1)
            )
        with self.assertRaises(AccessError):
            self.rpc(
                self.sam,
                "res.partner",
                "read",
                self.customer.ids,
                ["o2c_promises_broken"],
            )

    def test_an_order_of_who_broke_a_promise_is_asked_about(self):
        self.rule(criterion="broken_promises", limit=0, name="Word not kept")
        before = self.confirmed()
        self.assertEqual(before.state, "sale")

        self.break_one()
        order = self.order()
        order.action_confirm()

        self.assertEqual(order.state, "draft")
        [obstacle] = order.with_user(self.sam).o2c_explain()
        self.assertIn(": 1, limit 0", obstacle["reason"])
        [obstacle] = order.with_user(self.wim).sudo(False).o2c_explain() or [None]
        self.assertEqual(obstacle["reason"], "Waiting for approval: Word not kept")

    def test_after_a_year_it_is_forgotten(self):
        self.rule(criterion="broken_promises", limit=0)
        self.break_one()
        self.days_pass(370)

        self.assertEqual(self.confirmed().state, "sale")

    def test_of_another_company_it_does_not_count(self):
        self.break_one()
        other = self.env["res.company"].create({"name": "Elsewhere"})

        partner = self.customer.with_company(other)

        self.assertFalse(partner._o2c_broken_promises())
        self.assertTrue(self.customer._o2c_broken_promises())


@tagged(*STANDARD)
class TestWaitingForMe(PromiseCase):
    def waiting(self, user):
        rows = self.env["o2c.waiting"].with_user(user).search([])
        return rows.filtered(lambda r: r.res_name == self.invoice.name)

    def test_a_broken_promise_waits_until_it_is_dealt_with(self):
        self.invoice.action_o2c_promise(self.today)
        [row] = self.waiting(self.kim)
        self.assertEqual((row.kind, row.amount), ("promise", 500))
        self.assertIn("is promised by", row.reason)
        self.days_pass(1)
        self.check()

        [row] = self.waiting(self.kim)
        self.assertIn("was promised by", row.reason)
        self.assertEqual(row.action_open()["res_id"], self.invoice.id)
        self.assertEqual(row.action_open_words()["res_model"], "o2c.customer.answer")
        self.assertFalse(self.waiting(self.sam))

        self.invoice.activity_ids.action_done()
        self.assertFalse(self.waiting(self.kim))

    def test_a_promise_for_later_does_not_wait(self):
        self.invoice.action_o2c_promise(self.today + timedelta(days=2))

        self.assertFalse(self.waiting(self.kim))

    def test_a_question_waits_for_who_answers(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")

        [row] = self.waiting(self.kim)
        self.assertEqual((row.kind, row.reason), ("question", "“Two hours, not eight”"))
        page = row.action_open_outcome()
        self.assertEqual(page["res_model"], "o2c.dispute.answer")
        wizard = (
            self.env["o2c.dispute.answer"]
            .with_user(self.kim)
            .with_context(page["context"])
            .create({"outcome": "stands", "answer": "Eight, see the report"})
        )
        wizard.action_answer()

        self.assertFalse(self.waiting(self.kim))
