"""Checks, releases, checklists and holds, as people see and click them."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBrowserFulfillment(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data

    def test_who_may_releases_and_sales_reads_no_debt(self):
        self.check("credit")
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 1000
        order = self.confirmed(quantity=2)

        self.play("o2c_sam_cannot_release", self.sam)
        self.play("o2c_rae_releases", self.rae)

        hold = order.sudo().picking_ids.o2c_hold_ids
        self.assertEqual(hold.released_by_id, self.rae)
        self.assertEqual(hold.release_note, "They paid this morning")

    def test_the_warehouse_finishes_the_checklist_and_ships(self):
        self.check("checklist")
        self.env["o2c.checklist.item"].create({"name": "Screen is clean"})
        order = self.confirmed()

        self.play("o2c_wim_finishes_the_checklist", self.wim)

        self.assertEqual(order.sudo().picking_ids.state, "done")
        self.assertEqual(order.sudo().picking_ids.o2c_checklist_ids.user_id, self.wim)

    def test_sales_puts_on_hold(self):
        self.reason()
        order = self.confirmed()

        self.play("o2c_sam_puts_on_hold", self.sam)

        self.assertTrue(order.o2c_on_hold)
        self.assertEqual(order.o2c_hold_ids.user_id, self.sam)
