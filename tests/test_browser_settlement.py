"""Settlement on the screen: of the salesperson, the accountant and the customer."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


class SettlementScreens(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"
        cls.licence = cls.product(
            "Licence", 100, "order", type="service", is_storable=False
        )
        cls.order_ = cls.confirmed(5, 100, cls.licence)
        cls.invoice = cls.order_.sudo()._create_invoices()
        cls.paula = cls.user("paula_portal", "Paula", "base.group_portal")
        cls.paula.partner_id.parent_id = cls.customer

    def differ(self):
        self.invoice.invoice_line_ids = [
            Command.update(self.invoice.invoice_line_ids.id, {"price_unit": 110}),
            Command.create({"name": "Express", "price_unit": 40, "tax_ids": False}),
        ]
        self.invoice.action_post()

    def credit(self, amount):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goodwill", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        note.action_post()
        return note

    def post(self, days_ago=0):
        """The invoice, due so many days ago; where its customer sees it."""
        due = fields.Date.subtract(fields.Date.today(), days=days_ago)
        self.invoice.invoice_payment_term_id = False
        self.invoice.write({"invoice_date": due, "invoice_date_due": due})
        self.invoice.action_post()
        self.invoice._portal_ensure_token()
        self.env.flush_all()
        return self.invoice.get_portal_url()


@tagged(*STANDARD)
class TestSettlementOnScreen(SettlementScreens):
    def test_sales_sees_each_difference_and_opens_the_invoice(self):
        self.differ()

        self.play("o2c_order_vs_invoice", self.sam)

    def test_all_orders_with_a_difference(self):
        self.differ()

        self.play("o2c_all_differences", self.sam, "/odoo/order-vs-invoice")

    def test_the_accountant_opens_the_invoice_from_the_order(self):
        self.invoice.action_post()
        self.kim.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

        self.play(
            "o2c_accountant_opens_the_invoice",
            self.kim,
            f"/odoo/order-to-cash/{self.order_.id}",
        )

    def test_the_accountant_settles_with_what_is_open(self):
        self.invoice.action_post()
        note = self.credit(300)

        self.play(
            "o2c_accountant_settles",
            self.kim,
            f"/odoo/customer-invoices/{self.invoice.id}",
        )

        self.assertEqual((self.invoice.amount_residual, note.amount_residual), (200, 0))

    def test_who_is_late_is_chased_in_one_click_each(self):
        self.env["o2c.notice.rule"].search([]).action_archive()
        waits = self.confirmed(1, 100)
        self.post(days_ago=9)

        self.play("o2c_accountant_chases", self.kim, "/odoo/payments-to-chase")

        self.assertTrue(self.invoice.o2c_promised_on)
        self.assertTrue(waits.o2c_hold_ids)
        self.assertEqual(self.invoice.activity_ids.user_id, self.kim)

    def test_reminders_are_switched_on_and_messages_looked_after(self):
        rules = self.env["o2c.notice.rule"].search([("kind", "=", "reminder")])
        firm = rules.filtered(lambda r: r.name == "Firm reminder")
        firm.active = False
        self.play(
            "o2c_administrator_switches_reminders_on",
            self.mia,
            "/odoo/payment-reminders",
        )
        self.assertTrue(firm.active)

        self.post(days_ago=6)
        message = self.env["o2c.notice"].create(
            {
                "kind": "reminder",
                "level": 5,
                "rule_id": rules[0].id,
                "move_id": self.invoice.id,
                "res_name": self.invoice.name,
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "contact_id": self.customer.id,
                "state": "uncertain",
                "cause": "interrupted",
            }
        )
        self.play(
            "o2c_accountant_looks_after_messages",
            self.kim,
            "/odoo/messages-to-customers",
        )
        self.assertEqual(message.state, "sent")


@tagged(*STANDARD)
class TestCustomersOnScreen(SettlementScreens):
    """What customers do in the portal, and what becomes of it at the desk."""

    def test_the_customer_follows_the_order_and_pays(self):
        self.post()
        self.order_._portal_ensure_token()
        self.env.flush_all()

        self.start_tour(
            self.order_.get_portal_url(), "o2c_customer_follows", login=None
        )

    def test_a_promise_a_question_its_answer_and_what_the_customer_reads(self):
        self.company.write(
            {"o2c_billing_owner_id": self.kim.id, "o2c_promise_days": 14}
        )
        url = self.post()

        self.start_tour(url, "o2c_customer_promises_and_questions", login=None)
        self.env.invalidate_all()
        promise = self.invoice.o2c_promise_ids
        self.assertEqual((promise.amount, promise.is_by_customer), (500, True))
        self.assertEqual(self.invoice.o2c_dispute_reason, "We got four, not five")

        self.play("o2c_accountant_answers", self.kim, "/odoo/waiting-for-me")
        self.assertEqual(self.invoice.o2c_dispute_ids.outcome, "stands")

        self.start_tour(url, "o2c_customer_reads_the_answer", login=None)

    def test_the_customer_pays_all(self):
        self.post()
        self.credit(300)
        self.env.flush_all()

        self.start_tour("/my/open-items", "o2c_customer_pays_all", login="paula_portal")


@tagged(*STANDARD)
class TestCustomersOnThePhone(TestCustomersOnScreen):
    """The same pages."""

    browser_size = "390x844"
    touch_enabled = True
