"""A hold, as people see and click it; checks and releases: test_demo_deliveries."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBrowserFulfillment(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data

    def test_sales_puts_on_hold(self):
        self.reason()
        order = self.confirmed()

        self.play("o2c_sam_puts_on_hold", self.sam)

        self.assertTrue(order.o2c_on_hold)
        self.assertEqual(order.o2c_hold_ids.user_id, self.sam)
