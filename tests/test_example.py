"""The recipes of the README work as they stand there."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import STANDARD, O2CCase

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


@tagged(*STANDARD)
class TestExample(O2CCase):
    def test_a_criterion_of_ones_own(self):
        self.laptop.sale_delay = 10
        self.rule(criterion="rush", limit=5)
        now = fields.Datetime.now()
        usual = self.confirmed(commitment_date=now + timedelta(days=6))
        rushed = self.confirmed(commitment_date=now + timedelta(days=2))

        self.assertEqual((usual.state, rushed.state), ("sale", "draft"))

    def test_a_delivery_check_of_ones_own(self):
        self.env["o2c.fulfillment.check"].create({"name": "Signed", "code": "signed"})
        order = self.confirmed()

        self.deliver(order)
        self.assertNotEqual(order.picking_ids.state, "done")

        order.signature = PIXEL
        self.deliver(order)
        self.assertEqual(order.picking_ids.state, "done")
