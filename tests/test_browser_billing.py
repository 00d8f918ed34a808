"""The invoicing queue, as an accountant sees and clicks it."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBrowserBilling(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data
        cls.company.o2c_invoicing = "post"
        cls.mara = cls.user("mara_t", "Mara", "account.group_account_manager")
        account = cls.env["account.account"].create(
            {"code": "990001", "name": "Test sales", "account_type": "income"}
        )
        cls.laptop.property_account_income_id = account
        account.active = False
        order = cls.confirmed()
        cls.deliver(order)
        cls.queued = order.sudo().o2c_billing_task_ids

    def setUp(self):
        super().setUp()
        self.assertEqual(self.queued.state, "parked")

    def test_mended_and_retried_it_is_invoiced(self):
        self.play("o2c_mends_and_retries", self.mara, "/odoo/invoicing-queue")

        self.assertEqual(self.queued.state, "done")
        self.assertEqual(self.queued.move_ids.state, "posted")

    def test_skipped_with_a_reason_it_is_not_invoiced(self):
        self.play("o2c_skips_with_a_reason", self.mara, "/odoo/invoicing-queue")

        self.assertEqual(self.queued.state, "cancelled")
        self.assertIn("Skipped by Mara: Invoiced by hand", self.queued.error)
        self.assertFalse(self.queued.move_ids)
