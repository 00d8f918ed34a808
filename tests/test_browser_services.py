"""Billing plans and usage, as salesperson and accountant click them."""

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBrowserServices(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kim.group_ids += cls.env.ref("sales_team.group_sale_salesman_all_leads")
        concept, building = cls.service("Concept", 4000), cls.service("Building", 6000)
        cls.lines = [
            Command.create({"product_id": each.id}) for each in (concept, building)
        ]
        cls.project = cls.order(order_line=cls.lines)

    @classmethod
    def service(cls, name, price, **values):
        return cls.product(name, price, type="service", is_storable=False, **values)

    def page(self, order):
        return f"/odoo/order-to-cash/{order.id}"

    def test_sold_in_parts_and_invoiced_part_by_part(self):
        self.play("o2c_sells_in_parts", self.sam, self.page(self.project))

        parts = self.project.o2c_plan_ids
        self.assertEqual(self.project.state, "sale")
        self.assertEqual(parts.mapped("value"), [3000, 5000, 2000])
        self.assertEqual(parts[1].line_id, self.project.order_line[0])

        self.play("o2c_invoices_a_part", self.kim, self.page(self.project))

        invoice = self.project.sudo().invoice_ids
        self.assertEqual((invoice.state, invoice.amount_untaxed), ("posted", 3000))
        self.assertEqual(parts.move_id, invoice)

    def test_amounts_and_templates_of_plans(self):
        order = self.order(order_line=self.lines)
        self.play("o2c_sells_for_amounts", self.sam, self.page(order))
        self.assertEqual(order.o2c_plan_ids.mapped("amount"), [2500, 0])
        self.assertEqual(order.o2c_plan_ids.mapped("value"), [2500, 7500])

        template = self.env["sale.order.template"].create({"name": "Project"})
        url = f"/odoo/action-sale_management.sale_order_template_action/{template.id}"
        self.sam.group_ids += self.env.ref("sales_team.group_sale_manager")
        self.play("o2c_template_of_a_plan", self.sam, url)

        order.sale_order_template_id = template
        parts = order.o2c_plan_ids
        self.assertEqual(parts.mapped("percentage"), [30, 70])
        self.assertEqual((parts[1].due_on - order.date_order.date()).days, 20)

    def test_what_was_used_is_entered_from_the_order(self):
        hours = self.service(
            "Hours", 100, o2c_every="month", o2c_charged="arrears", o2c_metered=True
        )
        order = self.confirmed(1, 100, hours)

        self.play("o2c_enters_usage", self.sam, self.page(order))

        [usage] = order.order_line.o2c_usage_ids
        self.assertEqual((usage.quantity, usage.reference), (2.5, "Ticket 7"))
        self.assertEqual(usage.used_on, fields.Date.context_today(usage))
