"""What whoever sets up or moves a database does with the host's own tools."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ACCOUNTING, STANDARD, O2CCase

RULE = [
    "name",
    "document",
    "gate",
    "criterion",
    "limit",
    "effect",
    "domain",
    "sequence",
    "company_id",
    "responsible_id",
    "step_ids/name",
    "step_ids/sequence",
    "step_ids/approver",
    "step_ids/limit",
    "step_ids/user_ids",
]
CHECK = ["name", "code", "severity", "value", "domain", "company_id"]


@tagged(*STANDARD)
class TestMovingPolicies(O2CCase):
    """From the database where they were tried to the one where they count."""

    def move(self, policies, columns):
        """Export as the Export button does, forget, import as the Import button."""
        self.mia.group_ids += self.env.ref("base.group_allow_export")
        lists = policies.with_user(self.mia).with_context(import_compat=True)
        rows = lists.export_data(columns)["datas"]
        policies.unlink()
        result = policies.browse().with_user(self.mia).load(columns, rows)
        self.assertFalse([m for m in result["messages"] if m["type"] == "error"])
        self.env.invalidate_all()
        return policies.browse(result["ids"])

    def test_a_rule_with_its_steps(self):
        rule = self.rule(
            limit=5000,
            name="Beyond five thousand",
            responsible_id=self.mia.id,
            domain="[('partner_id.name', '=', 'Harbor Logistics')]",
        )
        rule.step_ids.write({"name": "Sales", "sequence": 10})
        rule.step_ids.create(
            {
                "rule_id": rule.id,
                "name": "Finance",
                "sequence": 20,
                "limit": 9000,
                "user_ids": self.rae.ids,
            }
        )

        rule = self.move(rule, RULE)

        self.assertEqual(rule.name, "Beyond five thousand")
        self.assertEqual((rule.limit, rule.effect), (5000, "enforce"))
        self.assertEqual(rule.step_ids.mapped("name"), ["Sales", "Finance"])
        self.assertEqual(rule.step_ids.mapped("limit"), [0, 9000])
        self.assertEqual(rule.step_ids[0].user_ids, self.ada | self.ben)
        order = self.order(quantity=10)
        order.action_confirm()
        self.assertEqual(order.state, "draft")
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.o2c_request_ids.approver_ids, self.rae)

    def test_a_delivery_check(self):
        check = self.check("prepayment", value=50, severity="warn")

        check = self.move(check, CHECK)

        self.assertEqual(
            (check.code, check.value, check.severity), ("prepayment", 50, "warn")
        )

    def test_who_may_not_write_policies_may_not_import_them(self):
        rule = self.rule(name="Mine")
        rows = [["Theirs", "amount", "1"]]

        result = rule.with_user(self.sam).load(["name", "criterion", "limit"], rows)

        self.assertFalse(result["ids"])
        self.assertFalse(rule.search([("name", "=", "Theirs")]))


@tagged(*STANDARD)
class TestImportingOpenOrders(O2CCase):
    """Recipe: rules to *Watch only*, import, back to *Stop*."""

    COLUMNS = [
        "partner_id/.id",
        "user_id/.id",
        "state",
        "order_line/product_id/.id",
        "order_line/product_uom_qty",
        "order_line/price_unit",
    ]

    def load(self):
        row = [self.customer.id, self.sam.id, "sale", self.laptop.id, 12, 1000]
        rows = [[str(value) for value in row]]
        orders = self.env["sale.order"].with_user(self.sam)
        return orders.load(self.COLUMNS, rows)

    def test_while_a_rule_stops_what_is_imported_is_refused_with_the_reason(self):
        self.rule(limit=10000)

        result = self.load()

        self.assertFalse(result["ids"])
        self.assertIn("has to wait", result["messages"][0]["message"])

    def test_what_came_while_watching_goes_its_way_when_the_rule_stops_again(self):
        rule = self.rule(limit=10000, effect="observe")

        result = self.load()
        rule.effect = "enforce"

        order = self.env["sale.order"].browse(result["ids"])
        self.assertEqual(order.state, "sale")
        delivery = self.deliver(order)
        self.assertEqual(delivery.state, "done")
        invoice = order._create_invoices()
        invoice.with_user(self.kim).action_post()
        self.assertEqual(invoice.state, "posted")
        later = self.order(quantity=12)
        later.action_confirm()
        self.assertEqual(later.state, "draft")

    def test_it_keeps_only_what_it_was(self):
        """Watching is no approval of what the order becomes later."""
        rule = self.rule(limit=10000, effect="observe")
        order = self.env["sale.order"].browse(self.load()["ids"])
        rule.effect = "enforce"

        order.with_user(self.sam).order_line.product_uom_qty = 20

        self.assertTrue(order._o2c_outgrown())


@tagged(*STANDARD)
class TestQuotationTemplates(O2CCase):
    """How an order is invoiced may come with the template it is made from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["sale.order.template"].create(
            {"name": "Workplace", "o2c_invoicing": "post"}
        )

    def test_its_orders_are_invoiced_so(self):
        order = self.confirmed(sale_order_template_id=self.template.id)
        other = self.confirmed()

        self.deliver(order)
        self.deliver(other)

        self.assertEqual(order.invoice_ids.mapped("state"), ["posted"])
        self.assertFalse(other.invoice_ids)
        self.assertEqual(order.o2c_invoicing_inherited, "Confirmed (Workplace)")

    def test_the_order_says_otherwise_and_the_customer_does_not(self):
        self.customer.o2c_invoicing = "draft"
        order = self.order(sale_order_template_id=self.template.id)
        self.assertEqual(order._o2c_invoicing(), "post")

        order.o2c_invoicing = "manual"

        self.assertEqual(order._o2c_invoicing(), "manual")

    def test_a_template_that_says_nothing_leaves_it_to_the_customer(self):
        self.template.o2c_invoicing = False
        self.customer.write({"o2c_invoicing": "draft", "o2c_invoicing_period": "week"})
        order = self.order(sale_order_template_id=self.template.id)

        self.assertEqual(order._o2c_invoicing(), "draft")
        self.assertEqual(order._o2c_invoicing_period(), "week")

        self.template.o2c_invoicing_period = "order"
        self.assertEqual(order._o2c_invoicing_period(), "order")

    def test_who_ships_need_not_read_templates(self):
        order = self.confirmed(sale_order_template_id=self.template.id)
        self.assertFalse(self.template.with_user(self.wim).has_access("read"))

        self.assertEqual(self.deliver(order, user=self.wim).state, "done")

        self.assertTrue(order.invoice_ids)

    def test_an_accountant_alone_does_not_change_it(self):
        kim = self.user("kim_2", "Kim II", ACCOUNTING)
        with self.assertRaises(AccessError):
            self.rpc(
                kim,
                "sale.order.template",
                "write",
                self.template.ids,
                {"o2c_invoicing": "manual"},
            )
        self.assertEqual(self.template.o2c_invoicing, "post")
