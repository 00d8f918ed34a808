"""What a customer says about an unpaid invoice, and who may note it."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import STANDARD, O2CCase


@tagged(*STANDARD)
class TestDisputes(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.o2c_billing_owner_id = cls.kim
        cls.sold = cls.confirmed(product=cls.product("Advice", 500, type="service"))
        cls.sold.order_line.qty_delivered = 1
        cls.invoice = cls.sold.sudo()._create_invoices().with_user(cls.kim).sudo(False)
        cls.invoice.action_post()
        cls.today = cls.company._o2c_today()

    def test_a_question_is_asked_to_who_is_responsible(self):
        self.invoice.action_o2c_dispute("  Two hours, not eight ")

        self.assertTrue(self.invoice.o2c_disputed_on)
        self.assertEqual(self.invoice.o2c_dispute_reason, "Two hours, not eight")
        self.assertEqual(self.invoice.activity_ids.user_id, self.kim)
        self.assertEqual(self.events(self.sold)[-1], "disputed")

    def test_the_words_of_a_customer_are_text_and_no_link(self):
        self.invoice.action_o2c_dispute('<a href="https://evil.example">Pay here</a>')

        self.assertIn("&lt;a href=", self.invoice.activity_ids.note)
        self.assertNotIn(
            '<a href="https://evil.example">', self.invoice.activity_ids.note
        )

    def test_without_a_responsible_the_salesperson_is_asked(self):
        self.company.o2c_billing_owner_id = False

        self.invoice.action_o2c_dispute("Two hours, not eight")

        self.assertEqual(self.invoice.activity_ids.user_id, self.sam)

    def test_asked_twice_one_activity_and_the_last_words(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        self.invoice.action_o2c_dispute("And the rate is wrong")

        self.assertEqual(len(self.invoice.activity_ids), 1)
        self.assertEqual(self.invoice.o2c_dispute_reason, "And the rate is wrong")

    def test_answered_it_is_as_if_not_asked(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        self.invoice.action_o2c_end_dispute()

        self.assertFalse(self.invoice.o2c_disputed_on)
        self.assertFalse(self.invoice.activity_ids)
        self.assertEqual(self.events(self.sold)[-1], "dispute_ended")

    def test_a_question_needs_words(self):
        for nothing in ("", "  ", None):
            with self.assertRaises(UserError):
                self.invoice.action_o2c_dispute(nothing)
        self.assertFalse(self.invoice.o2c_disputed_on)

    def test_a_promise_lasts_until_its_day_is_over(self):
        self.invoice.action_o2c_promise(self.today)
        self.assertTrue(self.invoice._o2c_is_promised())

        self.invoice.sudo().o2c_promised_on = self.today - timedelta(days=1)
        self.assertFalse(self.invoice._o2c_is_promised())
        self.assertEqual(self.events(self.sold)[-1], "promised")

    def test_no_promise_for_yesterday_or_no_day(self):
        for date in (self.today - timedelta(days=1), False):
            with self.assertRaises(UserError):
                self.invoice.action_o2c_promise(date)
        self.assertFalse(self.invoice.o2c_promised_on)

    def test_what_is_paid_needs_neither(self):
        self.pay(self.invoice)

        with self.assertRaises(UserError):
            self.invoice.action_o2c_promise(self.today)
        with self.assertRaises(UserError):
            self.invoice.action_o2c_dispute("Too late")

    def test_sales_and_warehouse_do_not_note_it(self):
        for user in (self.sam, self.wim, self.ada):
            for method, *args in (
                ("action_o2c_dispute", "No"),
                ("action_o2c_promise", str(self.today)),
                ("action_o2c_end_dispute",),
            ):
                with (
                    self.subTest(f"{user.name} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "account.move", method, self.invoice.ids, *args)
        self.assertFalse(self.invoice.o2c_disputed_on or self.invoice.o2c_promised_on)

    def test_nobody_writes_it_past_the_buttons(self):
        for values in (
            {"o2c_disputed_on": fields.Datetime.now()},
            {"o2c_dispute_reason": "Forged"},
            {"o2c_promised_on": "2099-01-01"},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                self.rpc(self.kim, "account.move", "write", self.invoice.ids, values)

    def test_the_page_notes_what_was_chosen(self):
        page = self.env["o2c.customer.answer"].with_user(self.kim)
        moves = [(6, 0, self.invoice.ids)]
        page.create({"move_ids": moves, "date": self.today}).action_note()
        page.create(
            {"move_ids": moves, "answer": "dispute", "reason": "Too much"}
        ).action_note()

        self.assertEqual(self.invoice.o2c_promised_on, self.today)
        self.assertEqual(self.invoice.o2c_dispute_reason, "Too much")

    def test_the_kind_of_question_says_who_answers(self):
        kind = self.env["o2c.dispute.reason"].create(
            {"name": "Hours are wrong", "user_id": self.sam.id}
        )

        self.invoice.action_o2c_dispute("Two hours, not eight", kind.id)

        dispute = self.invoice.sudo().o2c_dispute_ids
        self.assertEqual((dispute.user_id, dispute.reason_id), (self.sam, kind))
        self.assertEqual(self.invoice.sudo().activity_ids.user_id, self.sam)

    def test_who_is_asked_may_answer_without_being_in_accounting(self):
        kind = self.env["o2c.dispute.reason"].create(
            {"name": "Hours are wrong", "user_id": self.sam.id}
        )
        self.invoice.action_o2c_dispute("Two hours, not eight", kind.id)
        tim = self.user("tim_t", "Tim", "sales_team.group_sale_salesman_all_leads")
        answer = ("account.move", "action_o2c_end_dispute", self.invoice.ids, "stands")
        with self.assertRaises(AccessError):
            self.rpc(tim, *answer)
        self.assertTrue(self.invoice.o2c_disputed_on)

        self.rpc(self.sam, *answer)

        self.assertFalse(self.invoice.o2c_disputed_on)

    def test_the_outcome_and_who_decided_it_are_kept(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        self.invoice.action_o2c_end_dispute("granted", " Six hours too many, sorry ")

        dispute = self.invoice.sudo().o2c_dispute_ids
        self.assertEqual((dispute.state, dispute.outcome), ("answered", "granted"))
        self.assertEqual(dispute.answer, "Six hours too many, sorry")
        self.assertEqual(dispute.answered_by_id, self.kim)
        event = self.env["o2c.event"].search([("order_key", "=", self.sold.id)])
        self.assertIn("The customer is right", event.sorted("id")[-1].note)

    def test_an_outcome_of_ones_own_is_none(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        for outcome in ("paid", None, ""):
            with self.assertRaises(UserError):
                self.invoice.action_o2c_end_dispute(outcome)
        self.assertTrue(self.invoice.o2c_disputed_on)

    def test_questioned_again_it_is_a_second_question(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        self.invoice.action_o2c_end_dispute("stands")
        self.invoice.action_o2c_dispute("I insist")

        disputes = self.invoice.sudo().o2c_dispute_ids.sorted("id")
        self.assertEqual(disputes.mapped("state"), ["answered", "open"])
        self.assertFalse(self.invoice.sudo()._o2c_answered())

    def test_another_colleague_is_made_to_answer(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        dispute = self.invoice.sudo().o2c_dispute_ids

        dispute.with_user(self.kim).sudo(False).user_id = self.rae

        self.assertEqual(self.invoice.activity_ids.user_id, self.rae)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.user("eve_t", "Eve", "base.group_user")
        stranger.write(
            {"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id}
        )
        customer = self.user("pia_t", "Pia", "base.group_portal")
        for nobody in (stranger, customer):
            with self.assertRaises(UserError):
                self.rpc(
                    self.kim,
                    "o2c.dispute",
                    "write",
                    dispute.ids,
                    {"user_id": nobody.id},
                )

    def test_nobody_ends_or_rewords_a_question_past_the_buttons(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        dispute = self.invoice.sudo().o2c_dispute_ids
        for user in (self.kim, self.sam, self.mia):
            for method, args in (
                ("write", [dispute.ids, {"state": "answered"}]),
                ("write", [dispute.ids, {"words": "All is well"}]),
                ("create", [{"move_id": self.invoice.id, "words": "No"}]),
                ("unlink", [dispute.ids]),
            ):
                with (
                    self.subTest(f"{user.name} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "o2c.dispute", method, *args)
        self.invoice.action_o2c_end_dispute("stands")
        with self.assertRaises(UserError):
            dispute.with_user(self.kim).sudo(False).user_id = self.rae

    def test_the_credit_note_follows_from_the_answer(self):
        self.invoice.action_o2c_dispute("Two hours, not eight")
        wizard = (
            self.env["o2c.dispute.answer"]
            .with_user(self.kim)
            .create({"move_ids": [(6, 0, self.invoice.ids)], "outcome": "granted"})
        )
        self.assertEqual(wizard.question, "Two hours, not eight")

        action = wizard.action_answer_and_credit()

        self.assertEqual(action["res_model"], "account.move.reversal")
        self.assertFalse(self.invoice.o2c_disputed_on)
