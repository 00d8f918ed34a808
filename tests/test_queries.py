"""What we cost, in queries: the figure that does not depend on the machine."""

from unittest.mock import patch

from odoo.fields import Command
from odoo.sql_db import Cursor
from odoo.tests import Form

from odoo.addons.o2c_addon.models.fulfillment_check import CODES

from .common import O2CCase

RULES = ("amount", "discount", "discount_line", "price_below_list", "payment_term")
FIGURES = ("margin", "credit", "overdue", "new_customer")


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
        costs = []
        for _each in range(3):  # what the registry remembers is read by one of them
            orders = orders.browse(
                [self.order(product=self.service).id for _order in range(number)]
            ).with_user(self.sam)
            costs.append(self.spent(orders.action_confirm))
        self.assertEqual(set(orders.mapped("state")), {"sale"})
        policy.action_archive()
        return min(costs)

    def test_rules_cost_little_and_not_by_their_number(self):
        one, ten = self.cost(1), self.cost(10)

        # the lock, for all; what rules say is kept in memory
        self.assertLessEqual(self.cost(1, RULES * 4) - one, 1)
        self.assertLessEqual(self.cost(10, RULES * 4) - ten, 1)
        self.assertLessEqual(self.cost(10, RULES * 10) - ten, 1)

    def test_each_figure_is_looked_up_once_for_all(self):
        """The lock, and one query; what the host reads anyway is no other."""
        self.company.account_use_credit_limit = True
        self.customer.write({"use_partner_credit_limit": True, "credit_limit": 1e9})
        self.check_each_figure()

    def test_who_owes_for_a_contact_is_read_with_it(self):
        self.company.account_use_credit_limit = True
        owner = self.customer.create(
            {
                "name": "Owner",
                "is_company": True,
                "use_partner_credit_limit": True,
                "credit_limit": 1e9,
            }
        )
        self.customer.write({"is_company": False, "parent_id": owner.id})
        self.assertEqual(self.customer.commercial_partner_id, owner)
        self.check_each_figure()

    def check_each_figure(self):
        one, ten = self.cost(1), self.cost(10)
        for criterion in FIGURES:
            with self.subTest(criterion):
                self.assertLessEqual(self.cost(1, [criterion]) - one, 2)
                self.assertLessEqual(self.cost(10, [criterion]) - ten, 2)

    def test_asking_and_approving(self):
        """Two requests, each with nothing in memory but what the registry has.

        ``bench/approve.py`` names each query.
        """
        plain = self.cost(1)
        self.ada.notification_type = "inbox"  # queued mails are not counted
        self.rule(criterion="amount", limit=1, approvers=self.ada)
        costs = []
        for _each in range(3):
            order = self.order(product=self.service)
            asking = self.spent(order.action_confirm)
            request = order.o2c_request_ids.with_user(self.ada)
            approving = self.spent(request.action_approve)
            self.assertEqual(order.state, "sale")
            costs.append(asking + approving)

        self.assertLessEqual(min(costs) - plain, 30)

    def spent(self, act):
        """Queries of a request that does this, with what it says in the end."""
        self.cr.flush()
        self.env.invalidate_all()
        records = act.__self__.with_context(tracking_disable=False)
        records.env.user.mapped("company_id.currency_id.name")  # by every request
        before = self.cr.sql_log_count
        getattr(records, act.__name__)()
        self.cr.flush()
        return self.cr.sql_log_count - before

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
        """Each table is read once; the number of lines and of checks plays no part."""
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
                    responsible_id=self.mia.id,
                )
        delivery.move_ids.move_line_ids.unlink()  # nothing of it is there

        for user in (self.wim, self.rae):
            self.assertLessEqual(self.explaining(delivery, user), 15)
        checks.action_archive()
        usual = (
            *([code] for code in checks.mapped("code")),
            ("available", "address", "credit", "checklist"),
            ("available", "prepayment", "credit", "overdue"),
            ("complete", "overdue", "tracking", "document"),
        )
        for codes in usual:
            some = checks.filtered(lambda c, codes=codes: c.code in codes)
            some.active = True
            for user in (self.wim, self.rae):
                with self.subTest(codes, user=user.name):
                    budget = 9 if len(some) == 1 else 15
                    self.assertLessEqual(self.explaining(delivery, user), budget)
            some.active = False

    def test_explaining_a_delivery_of_which_much_is_known(self):
        """Reserved goods in lots, money taken online, a check that was released."""
        self.company.account_use_credit_limit = True
        self.customer.write({"use_partner_credit_limit": True, "credit_limit": 1})
        self.env["o2c.checklist.item"].create({"name": "Look at the screen"})
        order = self.order(quantity=101)
        lots = [self.in_lots(f"Cable {number}") for number in range(5)]
        order.order_line = [
            Command.create({"product_id": product.id, "product_uom_qty": 2})
            for product in lots
        ]
        order.action_confirm()
        for share in (0.1, 0.2):
            self.paid_online(order, order.amount_total * share)
        delivery, checks = order.sudo().picking_ids, self.env["o2c.fulfillment.check"]
        self.assertEqual(len(delivery.move_line_ids.lot_id), 10)
        for code in dict(CODES):
            value = 50 if code == "prepayment" else 0
            never = "[('state', '!=', 'done')]"
            checks |= self.check(code, value=value, domain=never)
        others = checks.filtered(lambda c: c.code != "tracking")
        others.action_archive()
        delivery.with_user(self.rae).sudo(False).action_o2c_release("He waits.")
        others.action_unarchive()
        self.assertEqual(delivery.o2c_hold_ids.check_id.code, "tracking")

        for user in (self.wim, self.rae):
            with self.subTest(user.name):
                self.assertLessEqual(self.explaining(delivery, user), 15)

    def paid_online(self, order, amount):
        provider = self.env["payment.provider"].create({"name": "Test"})
        methods = self.env["payment.method"].with_context(active_test=False)
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": methods.search([], limit=1).id,
                "reference": f"{order.name} {amount}",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                "state": "done",
            }
        )

    def in_lots(self, name):
        product = self.product(name, 1, tracking="lot")
        place = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", self.company.id)], limit=1)
            .lot_stock_id
        )
        for number in range(2):
            lot = self.env["stock.lot"].create(
                {"name": f"{name}-{number}", "product_id": product.id}
            )
            self.env["stock.quant"]._update_available_quantity(
                product, place, 1, lot_id=lot
            )
        return product

    def test_many_deliveries_under_ten_checks_that_are_met(self):
        """Against the same without checks, and invoiced by hand: four each at most."""
        self.company.account_use_credit_limit = True
        self.customer.write(
            {
                "street": "Quay 1",
                "city": "Harbortown",
                "zip": "1000",
                "country_id": self.env.ref("base.be").id,
                "use_partner_credit_limit": True,
                "credit_limit": 1e9,
            }
        )
        checks = self.env["o2c.fulfillment.check"]
        for code in sorted(set(dict(CODES)) - {"lots"}):
            never = "[('note', '=', 'never')]" if code == "domain" else False
            checks |= self.check(code, domain=never)
        self.assertEqual(len(checks), 10)
        self.stock(self.laptop, 1000)

        def queries(number):
            orders = self.env["sale.order"]
            for _each in range(number):
                orders |= self.confirmed()
            deliveries = orders.sudo().picking_ids
            deliveries.o2c_tracking_ref = "1Z"
            self.env["ir.attachment"].create(
                [
                    {"name": "slip.pdf", "res_model": each._name, "res_id": each.id}
                    for each in deliveries
                ]
            )
            deliveries = deliveries.with_user(self.wim).sudo(False)
            deliveries = deliveries.with_context(skip_backorder=True)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            deliveries.button_validate()
            self.env.flush_all()
            spent = self.cr.sql_log_count - before
            self.assertEqual(set(deliveries.mapped("state")), {"done"})
            return spent

        def each(few=5, many=20):
            """Queries of one more delivery; what is read once for all left out."""
            least = [
                min(queries(number) for _try in range(3)) for number in (few, many)
            ]
            return (least[1] - least[0]) / (many - few)

        self.company.o2c_invoicing = "post"
        ours = each()
        checks.action_archive()
        self.company.o2c_invoicing = "manual"
        self.assertLessEqual(ours - each(), 4)

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


class TestBoard(O2CCase):
    """The first page of the board: all columns with their cards, bars and sums."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule(limit=10000)
        cls.check("available")
        cls.check("credit")
        cls.check("overdue")
        cls.company.account_use_credit_limit = True
        cls.server = cls.product("Server", 5000)

    def fill(self, number):
        """So many orders in each column, waiting for all sorts of things."""
        terms = self.env.ref("account.account_payment_term_30days").id
        for _each in range(number):
            self.order()
            self.order(quantity=12).action_confirm()
            self.confirmed(product=self.server)  # not in stock
            self.confirmed().sudo()._o2c_put_on_hold(self.reason())
            self.deliver(self.confirmed())
            order = self.confirmed(payment_term_id=terms)
            self.deliver(order)
            order._create_invoices().sudo().action_post()

    def load(self, user):
        """What the web client asks for when the board is opened."""
        orders = (
            self.env["sale.order"].with_user(user).with_context(read_group_expand=True)
        )
        view = self.env.ref("o2c_addon.sale_order_view_kanban")
        card = orders.get_view(view.id, "kanban")
        names = card["models"]["sale.order"]
        fields = {
            name: {"fields": {"display_name": {}}} if kind == "many2one" else {}
            for name, kind in (
                (name, orders._fields[name].type)
                for name in names
                if f'name="{name}"' in card["arch"]
            )
        }
        domain = [("state", "!=", "cancel")]
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.cache.clear()
        before = self.cr.sql_log_count
        groups = orders.web_read_group(
            domain,
            ["o2c_stage"],
            ["amount_total:sum", "__count"],
            auto_unfold=True,
            unfold_read_specification=fields,
            unfold_read_default_limit=80,  # twice what the client asks for
        )["groups"]
        orders.read_progress_bar(
            domain,
            "o2c_stage",
            {"field": "o2c_approval_state", "colors": {"pending": "warning"}},
        )
        orders.o2c_news()
        spent = self.cr.sql_log_count - before
        return spent, [card for group in groups for card in group["__records"]]

    def test_the_board_costs_the_same_for_one_order_or_ten_of_each(self):
        for user in (self.sam, self.wim, self.kim):
            self.load(user)  # fills what the registry remembers
        self.fill(2)
        few, cards = self.load(self.sam)
        self.fill(6)
        self.assertLessEqual(self.load(self.sam)[0], few)

        for user in (self.sam, self.wim, self.kim):
            with self.subTest(user.name):
                many, more_cards = self.load(user)
                self.assertGreaterEqual(len(more_cards), len(cards) + 25)
                self.assertLessEqual(many, 40)

    def reasons(self, orders):
        self.env.flush_all()
        self.env.invalidate_all()
        self.env.cr.cache.clear()
        before = self.cr.sql_log_count
        rows = orders.read(["o2c_status"])
        self.assertTrue(all(row["o2c_status"] for row in rows))
        return self.cr.sql_log_count - before

    def test_why_each_waits_is_found_for_all_together(self):
        self.fill(2)
        few = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        self.reasons(few)  # fills what the registry remembers
        before = self.reasons(few)
        self.fill(6)
        many = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])

        self.assertEqual(len(many), 4 * len(few))
        self.reasons(many)  # see above
        self.assertLessEqual(self.reasons(many), before)


class TestNothingSwitchedOn(O2CCase):
    """An order that is invoiced by hand, of a customer like all others."""

    def test_confirming_asks_the_queue_nothing(self):
        service = self.product("Advice", 10, type="service", is_storable=False)
        self.env.cr.execute("UPDATE res_partner SET o2c_invoicing = NULL")
        self.env.invalidate_all()
        self.registry.clear_cache()
        seen, execute = [], Cursor.execute

        def listen(cursor, query, *args, **kwargs):
            seen.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        for _warm in range(2):
            order = self.order(product=service)
            self.env.flush_all()
            self.env.invalidate_all()
            with patch.object(Cursor, "execute", listen):
                seen.clear()
                order.action_confirm()
                self.env.flush_all()

        self.assertEqual(order.state, "sale")
        self.assertTrue(seen)
        self.assertFalse([q for q in seen if "o2c_billing_task" in q])
        self.assertFalse([q for q in seen if "o2c_invoicing" in q and "res_p" in q])
