"""One order from quotation to cash, and its first variants."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import STANDARD, O2CCase


@tagged(*STANDARD)
class TestStory(O2CCase):
    def test_from_quotation_to_cash(self):
        self.company.o2c_invoicing = "post"
        self.rule(limit=10000)
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        order = self.order(quantity=12)
        self.assertEqual(order.o2c_stage, "quotation")

        order.action_confirm()
        self.assertEqual((order.state, order.o2c_stage), ("draft", "approval"))
        request = order.o2c_request_ids
        self.assertEqual(request.approver_ids, self.ada | self.ben)

        request.with_user(self.ada).action_approve()
        self.assertEqual((order.state, order.o2c_stage), ("sale", "delivery"))

        delivery = self.deliver(order)
        self.assertEqual(delivery.state, "done")
        invoice = order.invoice_ids
        self.assertEqual((invoice.state, invoice.amount_total), ("posted", 12000))
        self.assertEqual(order.o2c_stage, "payment")

        self.pay(invoice)
        self.assertEqual(order.o2c_stage, "done")
        self.assertEqual(
            self.events(order),
            [
                "approval_requested",
                "approved",
                "confirmed",
                "delivered",
                "invoiced",
                "posted",
                "paid",
            ],
        )

    def test_below_the_limit_nobody_is_asked(self):
        self.rule(limit=10000)
        order = self.order(quantity=10)

        order.action_confirm()

        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)

    def test_refusal_stands_until_the_order_gets_smaller(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ben).action_refuse("Too much for them")

        order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertEqual(len(order.o2c_request_ids), 1, "a refusal is not asked away")
        self.assertIn("Too much for them", order.o2c_status)

        order.order_line.product_uom_qty = 11
        order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertEqual(len(order.o2c_request_ids), 2)
        self.assertEqual(order.o2c_approval_state, "pending")

        order.order_line.product_uom_qty = 10
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_what_is_not_in_stock_does_not_leave(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        order = self.confirmed(product=self.product("Server", 5000), quantity=2)

        picking = order.picking_ids.with_user(self.wim)
        picking.move_ids.quantity = 2
        page = picking.with_context(skip_backorder=True).button_validate()

        stop = self.env[page["res_model"]].with_user(self.wim)
        stop = stop.with_context(page["context"]).create({})
        self.assertIn("2 Units of Server", stop.reasons)
        self.assertNotEqual(picking.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 0)
        with self.assertRaisesRegex(UserError, "2 Units of Server"):
            picking._action_done()

    def test_invoicing_fails_and_the_truck_leaves(self):
        self.company.o2c_invoicing = "post"
        order = self.confirmed(quantity=2)
        account = self.laptop._get_product_accounts()["income"]
        account.active = False

        delivery = self.deliver(order)

        self.assertEqual(delivery.state, "done")
        self.assertFalse(order.invoice_ids)
        task = order.sudo().o2c_billing_task_ids
        self.assertEqual(task.state, "parked")
        self.assertIn("is archived", task.error)

        account.active = True
        task.with_user(self.kim).action_retry()
        self.assertEqual(task.state, "done")
        self.assertEqual(order.invoice_ids.amount_total, 2000)
