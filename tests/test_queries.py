"""What we cost, in queries: the figure that does not depend on the machine."""

from odoo.fields import Command
from odoo.tests import Form

from odoo.addons.o2c_addon.models.fulfillment_check import CODES

from .common import O2CCase

RULES = ("amount", "discount", "discount_line", "price_below_list", "payment_term")
ALLOWED = {"margin": 1, "credit": 3, "overdue": 4, "new_customer": 3}


class TestQueries(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env["product.product"].create(
            {
                "name": "Advice",
                "type": "service",
                "list_price": 10,
                "taxes_id": False,
                "invoice_policy": "order",
            }
        )
        invoice = cls.confirmed(product=cls.service).sudo()._create_invoices()
        invoice.action_post()
        cls.pay(invoice)  # no new customer any more

    def cost(self, number, rules=()):
        """Queries of confirming so many orders under so many rules that ask nobody."""
        policy = self.env["o2c.approval.rule"]
        for criterion in rules:
            limit = 0 if criterion == "margin" else 1e9
            policy |= self.rule(criterion=criterion, limit=limit)
        orders = self.env["sale.order"]
        for _each in range(2):  # the first fills what the registry remembers
            orders = orders.browse(
                [self.order(product=self.service).id for _order in range(number)]
            ).with_user(self.sam)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            orders.action_confirm()
            self.env.flush_all()
            spent = self.cr.sql_log_count - before
        self.assertEqual(set(orders.mapped("state")), {"sale"})
        policy.action_archive()
        return spent

    def test_rules_cost_little_and_not_by_their_number(self):
        one, ten = self.cost(1), self.cost(10)

        self.assertLessEqual(self.cost(1, RULES * 4) - one, 4)
        self.assertLessEqual(self.cost(10, RULES * 4) - ten, 5)
        self.assertLessEqual(self.cost(10, RULES * 10) - ten, 5)

    def test_facts_of_the_customer_are_looked_up_once(self):
        ten = self.cost(10)
        for criterion, allowed in ALLOWED.items():
            with self.subTest(criterion):
                spent = min(self.cost(10, [criterion]) for _again in range(2))
                self.assertLessEqual(spent - ten, allowed + 1)

    def explaining(self, document, user):
        """Queries of one explanation, besides what every request of ``user`` reads."""
        # as a request finds it: a document reached from another is read with that one
        document = self.env(user=user, su=False)[document._name].browse(document.id)
        self.env.flush_all()
        for _again in range(2):  # the first fills what the registry remembers
            self.env.invalidate_all()
            self.env.company.currency_id.read(["name"])
            (user | user.company_id.partner_id.user_ids).mapped("name")
            before = self.cr.sql_log_count
            document.with_context(lang="en_US").o2c_explain()
        return self.cr.sql_log_count - before

    def test_explaining_an_order_that_waits(self):
        self.rule()
        self.rule(criterion="discount", limit=0)
        order = self.order(quantity=20)
        order.order_line.discount = 10
        order.action_confirm()

        for user in (self.sam, self.mia):
            self.assertLessEqual(self.explaining(order, user), 15)

    def test_explaining_a_delivery(self):
        """Each check costs what it looks at; the number of lines plays no part."""
        self.company.account_use_credit_limit = True
        self.customer.write({"use_partner_credit_limit": True, "credit_limit": 1})
        self.env["o2c.checklist.item"].create({"name": "Look at the screen"})
        order = self.order(quantity=101)
        order.order_line = [
            Command.create({"product_id": self.product(f"Cable {number}", 1).id})
            for number in range(10)
        ]
        order.action_confirm()
        invoice = self.confirmed(product=self.service).sudo()._create_invoices()
        invoice.invoice_date = invoice.invoice_date_due = "2020-01-01"
        invoice.action_post()
        delivery, checks = order.sudo().picking_ids, self.env["o2c.fulfillment.check"]
        for code, _label in checks._fields["code"].selection:
            if code in dict(CODES):
                checks |= self.check(
                    code,
                    value=50 if code == "prepayment" else 0,
                    domain="[('state', '!=', 'done')]",
                )

        for user in (self.wim, self.rae):
            self.assertLessEqual(self.explaining(delivery, user), 36)
        checks.action_archive()
        for check in checks:
            check.active = True
            for user in (self.wim, self.rae):
                with self.subTest(check.code, user=user.name):
                    self.assertLessEqual(self.explaining(delivery, user), 20)
            check.active = False

    def test_opening_a_form(self):
        """The fields we add to the form; the panel asks by itself."""
        self.rule()
        order = self.confirmed()
        form = Form(order)
        fields = form._view["fields_spec"]
        ours = {name for name in fields if name.startswith("o2c_")}
        self.assertTrue(ours)

        def queries(spec):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            order.web_read(spec)
            return self.cr.sql_log_count - before

        plain = {name: spec for name, spec in fields.items() if name not in ours}
        queries(fields)
        self.assertLessEqual(queries(fields) - queries(plain), 5)

    def test_a_delivery_that_is_invoiced_at_once(self):
        """Against validating it and invoicing the order by hand, in plain Odoo."""
        goods = [self.product(f"Goods {index}", 10) for index in range(3)]
        for product in goods:
            self.stock(product, 100)

        by_hand = self.env(user=self.kim.id, su=True, context={})

        def queries(policy):
            self.company.o2c_invoicing = policy
            lines = [Command.create({"product_id": each.id}) for each in goods]
            order = self.confirmed(order_line=lines).sudo()
            picking = order.picking_ids.with_user(self.wim).sudo(False)
            picking = picking.with_context(skip_backorder=True)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            picking.button_validate()
            if policy == "manual":
                invoice = order.with_env(by_hand)._create_invoices()
                invoice.with_context(validate_analytic=True).action_post()
            self.env.flush_all()
            self.assertEqual(order.invoice_ids.state, "posted")
            return self.cr.sql_log_count - before

        queries("manual"), queries("post")
        plain, ours = queries("manual"), queries("post")
        self.assertLessEqual(ours - plain, 10)
