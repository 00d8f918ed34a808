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


@tagged(*STANDARD)
class TestPortalOnScreen(SettlementScreens):
    def test_the_customer_follows_the_order_and_pays(self):
        self.invoice.action_post()
        self.order_._portal_ensure_token()
        self.env.flush_all()

        self.start_tour(
            self.order_.get_portal_url(), "o2c_customer_follows", login=None
        )

    def test_the_customer_questions_the_invoice(self):
        self.invoice.action_post()
        self.invoice._portal_ensure_token()
        self.env.flush_all()

        self.start_tour(
            self.invoice.get_portal_url(), "o2c_customer_questions", login=None
        )
        self.env.invalidate_all()

        self.assertEqual(self.invoice.o2c_dispute_reason, "We got four, not five")

    def test_the_customer_pays_all(self):
        self.invoice.action_post()
        self.credit(300)
        self.env.flush_all()

        self.start_tour("/my/open-items", "o2c_customer_pays_all", login="paula_portal")


@tagged(*STANDARD)
class TestPortalOnThePhone(TestPortalOnScreen):
    """The same pages."""

    browser_size = "390x844"
    touch_enabled = True
