from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

from odoo.addons.queue_job.job import Job


@tagged("post_install", "-at_install")
class TestJobs(TransactionCase):
    def delivered(self, number):
        """So many orders, delivered at once, so that the queue has to bill them."""
        self.env["o2c.approval.rule"].search([]).action_archive()
        self.env["o2c.fulfillment.check"].search([]).action_archive()
        self.env.company.write(
            {"o2c_invoicing": "post", "o2c_invoicing_period": "delivery"}
        )
        product = self.env["product.product"].create(
            {"name": "Thing", "type": "consu", "invoice_policy": "delivery"}
        )
        partner = self.env["res.partner"].create({"name": "Harbor"})
        line = Command.create({"product_id": product.id, "price_unit": 10})
        orders = self.env["sale.order"].create(
            [{"partner_id": partner.id, "order_line": [line]}] * number
        )
        orders.action_confirm()
        for move in orders.picking_ids.move_ids:
            move.quantity = move.product_uom_qty
        orders.picking_ids.button_validate()
        return orders

    def test_a_job_bills_what_is_due_once(self):
        orders = self.delivered(5)
        tasks = orders.o2c_billing_task_ids
        self.assertEqual(set(tasks.mapped("state")), {"todo"})

        tasks._process_due_by_a_job()
        tasks._process_due_by_a_job()
        jobs = self.env["queue.job"].search([("method_name", "=", "_process_due")])
        self.assertEqual(len(jobs), 1)
        self.assertFalse(orders.invoice_ids, "nothing is done before the job runs")
        with self.enter_registry_test_mode():
            for _again in range(2):
                Job.load(self.env, jobs.uuid).perform()
        self.env.invalidate_all()

        self.assertEqual(set(tasks.mapped("state")), {"done"})
        self.assertEqual(orders.invoice_ids.mapped("state"), ["posted"] * 5)
