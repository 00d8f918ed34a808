"""Payments to chase: who owes how much since when, and what to do next."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import STANDARD, O2CCase


class OverdueCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["o2c.notice.rule"].search([]).action_archive()
        cls.company.o2c_billing_owner_id = cls.kim
        cls.today = cls.company._o2c_today()

    @classmethod
    def owe(cls, amount, days, partner=None, move_type="out_invoice", **values):
        """An invoice that is so many days overdue, seen by accounting."""
        due = cls.today - timedelta(days=days)
        invoice = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": (partner or cls.customer).id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Advice", "price_unit": amount, "tax_ids": False}
                    )
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice.with_user(cls.kim).sudo(False)

    def row(self, partner=None, user=None, **context):
        self.env["o2c.overdue"].invalidate_model()  # as a new request finds it
        rows = self.env["o2c.overdue"].with_user(user or self.kim)
        rows = rows.with_context(**context)
        return rows.search([("partner_id", "=", (partner or self.customer).id)])


@tagged(*STANDARD)
class TestOverdue(OverdueCase):
    def test_what_is_owed_by_age(self):
        for amount, days in ((1, -5), (2, 0), (10, 1), (20, 30), (40, 31), (80, 61)):
            self.owe(amount, days)
        self.owe(160, 91)
        self.owe(320, 400)

        row = self.row()

        self.assertEqual((row.overdue, row.days), (630, 400))
        self.assertEqual(row.not_due, 3, "due today is not overdue")
        self.assertEqual(
            (row.due_30, row.due_60, row.due_90, row.due_older), (30, 40, 80, 480)
        )

    def test_who_is_late_with_nothing_is_not_there(self):
        self.owe(100, 0)
        paid = self.owe(100, 9)
        self.pay(paid)

        self.assertFalse(self.row())

    def test_the_whole_customer_is_one_row(self):
        branch = self.env["res.partner"].create(
            {"name": "Harbor South", "parent_id": self.customer.id}
        )
        self.owe(100, 9)
        self.owe(50, 5, branch)

        self.assertEqual(self.row().overdue, 150)
        self.assertFalse(self.row(branch))

    def test_what_belongs_to_no_invoice_yet_stands_beside_it(self):
        self.owe(100, 9)
        self.owe(30, 2, move_type="out_refund")
        self.assertEqual((self.row().overdue, self.row().credits), (100, 30))
        self.assertNotEqual(self.row().step, "match")

        self.owe(80, 2, move_type="out_refund")
        self.assertEqual((self.row().step, self.row().credits), ("match", 110))

    def test_other_currencies_count_in_the_companys(self):
        euro = self.euro_pricelist(0.5).currency_id
        self.owe(100, 9, currency_id=euro.id)

        self.assertEqual(self.row().overdue, 200)
        self.assertEqual(self.row().currency_id, self.company.currency_id)

    def test_each_company_by_itself(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.kim.company_ids += other
        self.owe(100, 9)
        chart = self.env["account.chart.template"]
        chart.try_loading("generic_coa", company=other, install_demo=False)
        there = self.env(context=dict(self.env.context, allowed_company_ids=other.ids))
        due = other._o2c_today() - timedelta(days=40)
        move = there["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create({"name": "A", "price_unit": 7, "tax_ids": False})
                ],
            }
        )
        move.action_post()

        here = self.row(allowed_company_ids=self.company.ids)
        both = self.row(allowed_company_ids=(self.company + other).ids)

        self.assertEqual((here.overdue, here.days), (100, 9))
        self.assertEqual(sorted(both.mapped("overdue")), [7, 100])
        rows = self.row(allowed_company_ids=other.ids)
        self.assertEqual((rows.overdue, rows.days), (7, 40))

    def test_the_number_of_a_row_never_means_another_customer(self):
        invoice = self.owe(100, 9)
        self.owe(50, 5)
        row = self.row()

        self.pay(invoice)

        self.assertFalse(row.exists())
        self.assertEqual(self.row().overdue, 50)


@tagged(*STANDARD)
class TestNextStep(OverdueCase):
    def reminders(self, *days):
        for day in days:
            self.env["o2c.notice.rule"].create(
                {"name": f"Level {day}", "kind": "reminder", "days": day}
            )

    def test_the_next_reminder_is_named(self):
        self.reminders(5, 15)
        self.owe(100, 3)
        row = self.row()
        self.assertEqual(
            (row.step, row.next_step), ("remind", "Reminder “Level 5” in 2 days")
        )

        self.owe(100, 6)
        self.assertEqual(self.row().next_step, "Reminder “Level 5” is due")

    def test_due_soon_is_not_said_of_what_is_overdue(self):
        self.reminders(-3)
        self.owe(100, 1)
        self.assertEqual(self.row().next_step, "Call: no reminder is switched on")

        self.reminders(5)
        self.assertEqual(self.row().next_step, "Reminder “Level 5” in 4 days")

    def remind(self):
        self.company.resource_calendar_id = False  # every day is a working day
        self.env["o2c.notice"]._as_robot()._remind_in(self.company)

    def test_what_keeps_the_reminder_back_is_said(self):
        self.reminders(5)
        self.owe(100, 6)
        self.customer.with_company(self.company).o2c_grace_days = 9
        self.remind()
        self.assertIn("has grace until", self.row().next_step)

        self.customer.with_company(self.company).o2c_grace_days = 0
        self.remind()
        self.assertEqual(self.row().next_step, "Reminder “Level 5” is due")

    def test_a_mail_that_never_left_is_no_contact(self):
        self.reminders(5)
        self.owe(100, 6)
        self.remind()
        notice = self.env["o2c.notice"].search(
            [("partner_id", "=", self.customer.id), ("state", "=", "queued")]
        )
        notice._make_mails()
        self.assertFalse(self.row().contacted_on)

        notice._move_to("sending")
        notice._sent()
        self.assertTrue(self.row().contacted_on)

    def test_after_the_last_reminder_somebody_calls(self):
        self.reminders(5)
        invoice = self.owe(100, 20)
        rule = self.env["o2c.notice.rule"].search([("name", "=", "Level 5")])
        notice = self.env["o2c.notice"].create(
            {
                "kind": "reminder",
                "level": 5,
                "rule_id": rule.id,
                "move_id": invoice.id,
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "contact_id": self.customer.id,
            }
        )
        self.assertEqual(self.row().step, "remind", "not sent yet")

        notice._move_to("sending")
        notice._sent()

        self.assertEqual(self.row().step, "call")
        self.assertIn("reminders have not helped", self.row().next_step)

    def test_without_an_address_or_reminders_somebody_calls(self):
        self.owe(100, 9)
        self.assertEqual(self.row().next_step, "Call: no reminder is switched on")

        self.reminders(5)
        self.assertEqual(self.row().step, "remind")
        self.customer.email = False
        self.assertEqual(self.row().next_step, "Call: there is no e-mail address")

    def test_a_question_is_answered_a_promise_awaited_and_a_broken_one_called(self):
        self.reminders(5)
        invoice = self.owe(100, 9)
        invoice.action_o2c_dispute("Too much")
        self.assertEqual((self.row().step, self.row().disputed), ("answer", 100))

        invoice.action_o2c_end_dispute("stands")
        invoice.action_o2c_promise(self.today + timedelta(days=2))
        self.assertEqual(self.row().step, "wait")
        self.assertIn("promised by", self.row().next_step)

        promise = invoice.sudo().o2c_promise_ids
        self.env.cr.execute(
            "UPDATE o2c_promise SET date = %s WHERE id = %s",
            (self.today - timedelta(days=1), promise.id),
        )
        self.env.cr.execute(
            "UPDATE mail_message SET date = %s WHERE model = 'account.move'",
            (self.today - timedelta(days=2),),
        )
        self.env.invalidate_all()
        promise._judge()
        row = self.row()
        self.assertEqual((row.step, row.broken), ("call", 1))
        self.assertEqual(row.next_step, "Call: a promise was not kept")


@tagged(*STANDARD)
class TestChasing(OverdueCase):
    def test_a_call_is_put_on_ones_own_list_once(self):
        invoice = self.owe(100, 9)
        self.owe(50, 5)

        self.row().action_call()
        self.row().action_call()

        self.assertEqual(invoice.activity_ids.user_id, self.kim)
        self.assertEqual(len(invoice.activity_ids), 1)

        invoice.activity_ids.action_feedback("They pay on Monday")
        self.assertTrue(self.row().contacted_on)

    def test_a_promise_is_noted_for_all_that_is_overdue(self):
        late, later = self.owe(100, 9), self.owe(50, 5)
        due_soon = self.owe(70, -5)
        page = self.row().action_open_words()
        wizard = (
            self.env["o2c.customer.answer"]
            .with_user(self.kim)
            .with_context(page["context"])
            .create({"date": self.today + timedelta(days=3)})
        )
        wizard.action_note()

        self.assertTrue(late.o2c_promised_on and later.o2c_promised_on)
        self.assertFalse(due_soon.o2c_promised_on)

    def test_the_mail_is_written_before_it_is_sent(self):
        invoice = self.owe(100, 9)
        action = self.row().action_mail()
        before = invoice.message_ids

        composer = (
            self.env["mail.compose.message"]
            .with_user(self.kim)
            .with_context(action["context"])
            .create({})
        )
        self.assertIn(invoice.name, composer.body)
        self.assertEqual(composer.partner_ids, self.customer)
        self.assertEqual(invoice.message_ids, before, "nothing sent yet")
        composer._action_send_mail()

        self.assertEqual((invoice.message_ids - before).partner_ids, self.customer)

    def test_orders_are_put_on_hold(self):
        self.owe(100, 9)
        with self.assertRaises(UserError):
            self.row().action_hold()

        order = self.confirmed()
        action = self.row().action_hold()
        wizard = (
            self.env["o2c.hold.open"]
            .with_user(self.kim)
            .with_context(action["context"])
            .create({})
        )
        self.assertEqual(wizard.lift, "overdue", "it ends when all is paid")
        self.assertFalse(self.row().is_held)
        wizard.action_hold()

        self.assertTrue(order.o2c_on_hold)
        self.assertTrue(self.row().is_held)

    def test_what_is_in_question_is_not_chased(self):
        self.owe(100, 9).action_o2c_dispute("Too much")

        for method in ("action_call", "action_mail", "action_open_words"):
            with self.subTest(method), self.assertRaises(UserError):
                getattr(self.row(), method)()

    def test_debts_are_for_accounting(self):
        self.owe(100, 9)
        row = self.row()
        for user in (self.sam, self.wim, self.ada, self.mia):
            with self.subTest(user.name):
                with self.assertRaises(AccessError):
                    self.rpc(user, "o2c.overdue", "search_read", [], ["overdue"])
                with self.assertRaises(AccessError):
                    self.rpc(user, "o2c.overdue", "action_call", row.ids)
        reader = self.user("rob_t", "Rob", "account.group_account_readonly")
        self.assertEqual(self.row(user=reader).overdue, 100)
        for method in ("action_open_words", "action_call"):
            with self.assertRaises(AccessError):
                self.rpc(reader, "o2c.overdue", method, row.ids)

    def test_the_queries_do_not_grow_with_the_customers(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            rows = self.env["o2c.overdue"].with_user(self.kim)
            before = self.env.cr.sql_log_count
            rows.search_read([], ["partner_id", "overdue", "next_step", "phone"])
            return self.env.cr.sql_log_count - before

        self.owe(100, 9)
        cost()
        few = cost()
        for number in range(10):
            partner = self.env["res.partner"].create({"name": f"Late {number}"})
            self.owe(10, 9, partner)

        self.assertLessEqual(cost(), few + 1)
