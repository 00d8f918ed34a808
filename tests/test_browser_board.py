"""The board, the list of what waits and the timeline, in a real browser."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBoardInBrowser(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data

    def failed(self):
        """Delivered, and its invoice failed for something that was mended since."""
        order = self.confirmed(quantity=2, o2c_invoicing="draft")
        self.deliver(order)
        order.sudo().o2c_billing_task_ids._park("No account for Laptop")
        return order

    def test_what_is_late_is_red_and_found_by_the_filter(self):
        late, _fine = self.confirmed(), self.confirmed()
        self.env.flush_all()
        late.sudo().o2c_stage_since = fields.Datetime.now() - timedelta(days=12)

        self.play("o2c_board_late", self.sam)

    def test_the_timeline_tells_the_story_and_retry_mends_it(self):
        order = self.failed()

        self.play("o2c_timeline", self.rae)

        self.assertEqual(len(order.invoice_ids), 1)
        self.assertEqual(order.sudo().o2c_billing_task_ids.state, "done")

    def test_what_waits_for_me_in_one_list(self):
        self.company.o2c_billing_owner_id = self.rae
        self.failed()
        held = self.confirmed()
        held.sudo()._o2c_put_on_hold(self.reason())

        self.play("o2c_waiting", self.rae, "/odoo")

        self.assertFalse(held.o2c_on_hold)


@tagged(*STANDARD)
class TestBoardOnThePhone(BrowserCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"

    def test_a_hold_is_released_without_scrolling(self):
        held = self.confirmed()
        held.sudo()._o2c_put_on_hold(self.reason())

        self.play("o2c_waiting_on_the_phone", self.rae, "/odoo/waiting-for-me")

        self.assertFalse(held.o2c_on_hold)
