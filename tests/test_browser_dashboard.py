"""The dashboard, clicked through in a real browser."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


class Dashboard:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data
        cls.confirmed(quantity=1, price=5_000_000)
        paid = cls.confirmed(quantity=1)
        cls.deliver(paid)
        invoice = paid.with_user(cls.kim)._create_invoices()
        cls.env["account.move"].browse(invoice.ids).with_user(cls.kim).action_post()

    def test_the_sentence_and_a_number_open_the_orders(self):
        self.play("o2c_dashboard", self.sam, "/odoo/order-to-cash-dashboard")


@tagged(*STANDARD)
class TestDashboardOnTheDesk(Dashboard, BrowserCase):
    pass


@tagged(*STANDARD)
class TestDashboardOnThePhone(Dashboard, BrowserCase):
    browser_size = "390x844"
    touch_enabled = True
