"""The demo data: an order in every column, and each says what it waits for."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import format_amount, format_date

from .common import STANDARD


@tagged(*STANDARD)
class TestDemo(TransactionCase):
    """Needs a database with demo data: without it these tests fail, on purpose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sam, cls.ada, cls.ben, cls.wim, cls.kim = (
            cls.env.ref(f"o2c_addon.user_{login}")
            for login in ("sam", "ada", "ben", "wim", "kim")
        )
        data = cls.env["ir.model.data"].search(
            [("module", "=", "o2c_addon"), ("model", "=", "sale.order")]
        )
        cls.orders = cls.env["sale.order"].browse(data.mapped("res_id"))

    def order(self, name):
        """A demo order as Sam sees it."""
        return self.env.ref(f"o2c_addon.order_{name}").with_user(self.sam)

    def money(self, amount):
        return format_amount(self.env, amount, self.orders.company_id.currency_id)

    def above_the_limit(self, amount):
        fact, excess, limit = map(self.money, (amount, amount - 10000, 10000))
        return f"{fact} is {excess} above {limit}"

    def assert_card(self, order, stage, sentence):
        self.assertEqual((order.o2c_stage, order.o2c_status), (stage, sentence))

    def test_every_stage_has_an_order_of_sam(self):
        stages = set(dict(self.orders._fields["o2c_stage"].selection))

        self.assertEqual(set(self.orders.mapped("o2c_stage")), stages)
        self.assertEqual(self.orders.user_id, self.sam)
        self.assertEqual(self.orders.create_uid, self.sam)

    def test_to_confirm_waits_for_the_customer(self):
        self.assert_card(
            self.order("sent"), "quotation", "Waiting for the customer's answer"
        )

    def test_to_approve_waits_for_ada_or_ben(self):
        order = self.order("large")

        self.assert_card(
            order,
            "approval",
            f"Waiting for Ada Approver or Ben Backup: {self.above_the_limit(12400)}",
        )
        self.assertEqual(order.o2c_request_ids.approver_ids, self.ada | self.ben)

    def test_to_approve_shows_why_it_was_refused(self):
        reason = "They have not paid their last invoice yet"

        self.assert_card(
            self.order("refused"),
            "approval",
            f"Refused by Ada Approver: “{reason}” ({self.above_the_limit(15200)})",
        )

    def test_a_credit_note_waits_for_two_of_three_accountants(self):
        credit = self.env.ref("o2c_addon.credit_note_waiting")
        ann, fin = (self.env.ref(f"o2c_addon.user_{n}") for n in ("ann", "fin"))
        request = credit.o2c_request_ids
        self.assertEqual((credit.state, request.approver_ids), ("draft", ann | fin))

        request.with_user(fin).action_approve()
        self.assertEqual(credit.state, "draft")
        request.with_user(ann).action_approve()
        self.assertEqual(credit.state, "posted")

    def test_an_overdue_question_went_to_the_administrator_too(self):
        request = self.env.ref("o2c_addon.credit_note_overdue").o2c_request_ids

        self.assertIn(self.env.ref("base.user_admin"), request.approver_ids)
        self.assertIn("because nobody answered in time", request.waiting_for)
        self.assertTrue(request.is_overdue)

    def test_another_price_is_caught_and_corrected(self):
        invoice = self.env.ref("o2c_addon.invoice_deviating").with_user(self.kim)
        [request] = invoice.o2c_request_ids
        self.assertIn("ordered at", request.differences)

        invoice.invoice_line_ids.price_unit = 95
        invoice.action_post()

        self.assertEqual(invoice.state, "posted")

    def test_out_of_office_ada_is_answered_for_by_ben_and_comes_back(self):
        request = self.order("large").sudo().o2c_request_ids
        self.ada.out_of_office_from = fields.Datetime.now() - timedelta(hours=1)
        request._look_after()
        self.assertEqual(request.approver_ids, self.ben)

        self.ada.out_of_office_from = False
        request._look_after()

        self.assertEqual(request.approver_ids, self.ada | self.ben)

    def test_to_deliver_waits_for_goods(self):
        order = self.order("missing")
        delivery = order.sudo().picking_ids.name

        self.assert_card(
            order, "delivery", f"{delivery}: not in stock: 5 Units of Server rack"
        )

    def test_to_deliver_waits_for_the_warehouse(self):
        order = self.order("ready")
        delivery = order.sudo().picking_ids.name

        self.assert_card(order, "delivery", f"{delivery} is ready to leave")

    def test_a_delivery_waits_for_each_reason_as_sam_reads_it(self):
        reasons = {
            "complete": "not leave as a whole, without 1 Units of Server rack",
            "address": "The address of Hilltop Farm lacks street and ZIP",
            "prepayment": "waits for: Half is paid first",
            "credit": "waits for: Within the credit limit",
            "late_payer": "waits for: Nothing overdue",
            "checklist": "is not finished: The screen has no dead pixel",
            "tracking": "has no tracking reference",
            "document": "No file called “certificate” is attached",
            "domain": "Nothing to Alaska before the road is open",
            "held": "The customer wants to wait (Their office moves next week)",
        }
        for name, words in reasons.items():
            with self.subTest(name):
                order = self.order(name)
                self.assertEqual(order.o2c_stage, "delivery")
                self.assertIn(words, order.o2c_status)

    def test_each_reason_is_cleared_by_who_may_and_by_nobody_else(self):
        fin = self.env.ref("o2c_addon.user_fin")
        for name in ("complete", "address", "prepayment", "credit", "late_payer"):
            delivery = self.order(name).sudo().picking_ids
            for user in (self.sam, self.ada, self.wim, self.kim):
                with self.subTest(name), self.assertRaises(AccessError):
                    delivery.with_user(user).action_o2c_release("please")
            delivery.with_user(fin).action_o2c_release("They are good for it")
            self.assertFalse(delivery._o2c_is_stopped("deliver"), name)

    def test_to_confirm_says_what_is_missing(self):
        self.assert_card(
            self.order("incomplete"), "quotation", "Add the customer's reference"
        )

    def test_to_invoice_needs_attention_until_the_account_is_back(self):
        order = self.order("unbilled")
        account = self.env.ref("o2c_addon.account_docking_station")
        self.assert_card(
            order,
            "invoicing",
            "Invoicing needs attention: "
            f"The account {account.code} Sales of docking stations is archived.",
        )
        self.assertEqual(order.activity_ids.user_id, self.kim)

        account.action_unarchive()
        order.sudo().o2c_billing_task_ids.with_user(self.kim).action_retry()

        self.assertEqual(order.o2c_stage, "payment")

    def test_to_be_paid_says_when(self):
        for name, words in [("due", "is due on"), ("overdue", "is overdue since")]:
            order = self.order(name)
            invoice = order.sudo().invoice_ids
            date = format_date(self.env, invoice.invoice_date_due)
            self.assert_card(order, "payment", f"{invoice.name} {words} {date}")

    def test_done_and_cancelled_wait_for_nothing(self):
        self.assert_card(self.order("cancelled"), "cancelled", "")
        for number in (1, 2, 3):
            self.assert_card(self.order(f"paid_{number}"), "done", "")

    def test_people_decided_and_nobody_else_was_asked(self):
        requests = self.env["o2c.approval.request"].search([("order_id", "!=", False)])
        decisions = requests.decision_ids

        self.assertEqual(requests.requested_by_id, self.sam)
        self.assertLessEqual(requests.order_id, self.orders)
        self.assertEqual(
            set(decisions.mapped(lambda d: (d.res_name, d.user_id, d.verdict))),
            {
                (self.order("paid_2").name, self.ben, "approved"),
                (self.order("refused").name, self.ada, "refused"),
                (self.order("lost_1").name, self.ada, "approved"),
                (self.order("lost_2").name, self.ada, "approved"),
            },
        )

    def test_headline_tells_the_lead_times(self):
        headline = self.env["o2c.cycle.report"].with_user(self.sam).headline()

        self.assertEqual(
            headline,
            "Order to payment 31 days: 2 to confirm, 6 to deliver, 4 to invoice, "
            f"19 to pay. {self.money(16502.5)} delivered, not invoiced.",
        )

    def test_nobody_gets_an_email(self):
        people = self.sam | self.ada | self.ben | self.wim | self.kim
        partners = people.partner_id | self.orders.partner_id

        self.assertFalse(
            self.env["mail.mail"].search([("recipient_ids", "in", partners.ids)])
        )

    def test_each_state_of_settlement_hears_what_it_should(self):
        """On a working day, whenever that is."""
        company = self.env.ref("base.main_company")
        company.resource_calendar_id = False
        notices = self.env["o2c.notice"]._as_robot().with_company(company)
        notices._remind_in(company)
        expected = {
            "current": None,
            "soon": ("queued", False, -3),
            "late": ("queued", False, 5),
            "later": ("queued", False, 15),
            "latest": ("queued", False, 30),
            "latest_2": ("queued", False, 5),
            "disputed": ("kept", "disputed", 15),
            "promised": ("kept", "promised", 15),
            "partial": ("kept", "partial", 15),
            "unmatched": ("kept", "unmatched", 5),
            "unreached": ("kept", "no_address", 5),
            "hotel_late": None,
        }
        for name, hears in expected.items():
            with self.subTest(name):
                invoice = self.env.ref(f"o2c_addon.invoice_{name}")
                found = notices.search([("move_id", "=", invoice.id)])
                said = [(n.state, n.cause, n.level) for n in found]
                self.assertEqual(said, [hears] if hears else [])
        elm = notices.search([("partner_id.name", "=", "Elm Engineering")])
        self.assertEqual(elm.filtered("carried_by_id").level, 5)
