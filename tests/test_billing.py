"""Every delivery becomes exactly its invoice: what is billed, when and how far."""

from ast import literal_eval
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form

from .common import O2CCase


class BillingCase(O2CCase):
    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "post"

    def tasks(self, order):
        return order.sudo().o2c_billing_task_ids.sorted("id")

    def invoices(self, order, kind="out_invoice"):
        found = order.sudo()._o2c_invoices().filtered(lambda m: m.move_type == kind)
        return found.sorted("id")

    def run_queue(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()
        self.env.invalidate_all()

    def bring_back(self, delivery, quantity, to_refund=True):
        """The customer sends so much of everything back."""
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.write(
            {"quantity": quantity, "to_refund": to_refund}
        )
        picking = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        picking.with_user(self.wim).with_context(skip_backorder=True).button_validate()
        return picking

    def service(self, name="Consulting", price=100, policy="delivery", **values):
        return self.product(
            name, price, policy, type="service", is_storable=False, **values
        )

    def mixed_order(self, *lines, **values):
        commands = [
            Command.create(
                {"product_id": product.id, "product_uom_qty": quantity}
                if product
                else quantity
            )
            for product, quantity in lines
        ]
        return self.order(order_line=commands, **values)


class TestSettings(BillingCase):
    """Company, customer, order: the nearest one counts."""

    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "draft"

    def test_the_company_says_it_for_all(self):
        order = self.confirmed()
        self.deliver(order)
        self.assertEqual(order.invoice_ids.state, "draft")

    def test_the_customer_differs_and_the_order_differs_again(self):
        self.customer.o2c_invoicing = "post"
        order, by_hand = self.confirmed(), self.confirmed(o2c_invoicing="manual")

        self.deliver(order)
        self.deliver(by_hand)

        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertFalse(by_hand.invoice_ids)
        self.assertFalse(self.tasks(by_hand))

    def test_an_invoice_address_takes_it_from_its_company(self):
        self.customer.o2c_invoicing = "post"
        address = self.env["res.partner"].create(
            {"name": "Billing desk", "parent_id": self.customer.id, "type": "invoice"}
        )
        order = self.confirmed(partner_invoice_id=address.id)

        self.deliver(order)

        self.assertEqual(order.invoice_ids.state, "posted")

    def test_what_is_inherited_stands_beside_it(self):
        order = self.order()
        self.assertEqual(order.o2c_invoicing_inherited, "Draft (company)")

        self.customer.o2c_invoicing = "send"
        order.invalidate_recordset()

        self.assertEqual(
            order.o2c_invoicing_inherited,
            "Confirmed and sent (Harbor Logistics)",
        )

    def test_switched_off_meanwhile_it_waits_and_retry_makes_a_draft(self):
        order = self.confirmed()
        self.company.o2c_billing_owner_id = self.kim
        reason = self.reason("post")
        order.sudo().with_user(self.mia).action_o2c_hold(reason.id)
        self.deliver(order)
        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")
        order.sudo().o2c_invoicing = "manual"

        self.run_queue()
        task = self.tasks(order)
        self.assertEqual(task.state, "todo")
        self.assertIn("made by hand", task.waits_for)

        task.with_user(self.kim).action_retry()
        self.assertEqual((task.state, order.invoice_ids.state), ("done", "draft"))


class TestExactly(BillingCase):
    """Exactly this delivery."""

    def test_each_field_is_as_on_the_order(self):
        tax = self.env["account.tax"].create(
            {"name": "15 %", "amount": 15, "company_id": self.company.id}
        )
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        account = self.env["account.analytic.account"].create(
            {"name": "Harbor", "plan_id": plan.id}
        )
        payer = self.env["res.partner"].create({"name": "Harbor Holding"})
        term = self.env.ref("account.account_payment_term_30days")
        order = self.order(
            quantity=7,
            price=123.45,
            partner_invoice_id=payer.id,
            payment_term_id=term.id,
            client_order_ref="PO 4711",
        )
        order.order_line.write(
            {
                "discount": 12.5,
                "tax_ids": [Command.set(tax.ids)],
                "analytic_distribution": {str(account.id): 100},
            }
        )
        order.action_confirm()

        delivery = self.deliver(order, quantity=3)

        invoice = self.invoices(order)
        line = invoice.invoice_line_ids
        self.assertEqual(
            (line.quantity, line.price_unit, line.discount, line.tax_ids),
            (3, 123.45, 12.5, tax),
        )
        self.assertEqual(line.analytic_distribution, {str(account.id): 100})
        self.assertEqual(line.sale_line_ids, order.order_line)
        self.assertEqual(line.o2c_task_id.picking_id, delivery)
        self.assertEqual(
            (invoice.partner_id, invoice.invoice_payment_term_id, invoice.ref),
            (payer, term, "PO 4711"),
        )
        self.assertEqual(invoice.amount_untaxed, round(3 * 123.45 * 0.875, 2))
        self.assertEqual(invoice.create_uid, self.env.ref("base.user_root"))

    def test_the_warehouse_never_meets_accounting(self):
        order = self.confirmed()

        delivery = self.deliver(order, user=self.wim)

        self.assertEqual(delivery.state, "done")
        self.assertEqual(order.invoice_ids.state, "posted")
        with self.assertRaises(AccessError):
            order.invoice_ids.with_user(self.wim).read(["name"])

    def test_more_than_ordered_is_billed_as_delivered(self):
        order = self.confirmed(quantity=5)
        self.deliver(order, quantity=8)
        self.assertEqual(order.invoice_ids.amount_total, 8000)

    def test_more_than_ordered_is_not_billed_where_the_order_counts(self):
        product = self.product("Prepaid laptop", 1000, policy="order")
        self.stock(product, 10)
        order = self.confirmed(quantity=5, product=product)
        self.deliver(order, quantity=8)
        self.assertEqual(order.invoice_ids.amount_total, 5000)

    def test_a_cancelled_backorder_bills_what_left(self):
        order = self.confirmed(quantity=10)
        picking = order.sudo().picking_ids.with_user(self.wim).sudo(False)
        picking.move_ids.quantity = 7
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()

        self.run_queue()

        self.assertEqual(order.invoice_ids.amount_total, 7000)
        self.assertEqual(len(self.tasks(order)), 1)

    def test_goods_invoiced_as_ordered_are_billed_as_they_leave(self):
        product = self.product("Prepaid laptop", 1000, policy="order")
        self.stock(product, 10)
        order = self.confirmed(quantity=5, product=product)
        self.deliver(order, quantity=2)
        self.assertEqual(order.invoice_ids.amount_total, 2000)

    def test_an_extra_product_is_billed(self):
        mouse = self.product("Mouse", 20)
        self.stock(mouse, 5)
        order = self.confirmed()
        picking = order.sudo().picking_ids
        self.env["stock.move"].create(
            {
                "product_id": mouse.id,
                "product_uom_qty": 2,
                "quantity": 2,
                "picking_id": picking.id,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )

        self.deliver(order, user=self.env.user)  # the host wants sales rights for it

        self.assertEqual(order.invoice_ids.amount_total, 1040)

    def test_what_costs_nothing_is_on_the_invoice_and_closes_the_order(self):
        gift = self.product("Gift", 0)
        self.stock(gift, 5)
        order = self.confirmed(product=gift, price=0)

        self.deliver(order)
        for _round in range(3):
            self.run_queue()

        self.assertEqual(len(order.invoice_ids), 1)
        self.assertEqual(order.o2c_stage, "done")

    def test_dozens_ordered_pieces_delivered(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(quantity=2, price=120)
        order.order_line.product_uom_id = dozen
        order.order_line.price_unit = 120
        order.action_confirm()

        self.deliver(order, quantity=6)  # of 24 pieces
        line = order.invoice_ids.invoice_line_ids
        self.assertEqual((line.quantity, line.product_uom_id), (0.5, dozen))
        self.assertEqual(order.invoice_ids.amount_total, 60)

        self.deliver(order, quantity=18)
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 240)

    def test_one_delivery_of_two_orders_makes_two_invoices(self):
        one, two = self.confirmed(quantity=2), self.confirmed(quantity=3)
        two.sudo().picking_ids.move_ids.picking_id = one.sudo().picking_ids

        one.sudo().picking_ids.with_user(self.wim).button_validate()

        self.assertEqual(one.invoice_ids.amount_total, 2000)
        self.assertEqual(two.invoice_ids.amount_total, 3000)
        self.assertFalse(one.invoice_ids & two.invoice_ids)

    def test_a_foreign_currency(self):
        euros = self.euro_pricelist(0.5)
        order = self.confirmed(quantity=2, price=80, pricelist_id=euros.id)
        self.deliver(order)
        invoice = order.invoice_ids
        self.assertEqual((invoice.currency_id.name, invoice.amount_total), ("EUR", 160))
        self.assertEqual(invoice.amount_total_signed, 320)

    def test_headings_and_notes_go_with_their_lines(self):
        mouse = self.product("Mouse", 20)
        self.stock(mouse, 5)
        order = self.mixed_order(
            (None, {"display_type": "line_section", "name": "Computers"}),
            (self.laptop, 1),
            (None, {"display_type": "line_note", "name": "About laptops"}),
            (None, {"display_type": "line_section", "name": "Small things"}),
            (None, {"display_type": "line_note", "name": "About small things"}),
            (mouse, 1),
        )
        order.action_confirm()
        picking = order.sudo().picking_ids
        picking.move_ids.filtered(lambda m: m.product_id == mouse).quantity = 0
        picking.move_ids.filtered(lambda m: m.product_id == mouse).picked = False
        picking.with_user(self.wim).with_context(skip_backorder=True).button_validate()
        self.deliver(order)

        first, second = self.invoices(order)
        self.assertEqual(
            [name.split("\n")[0] for name in first.invoice_line_ids.mapped("name")],
            ["Computers", "Laptop", "About laptops"],
        )
        self.assertEqual(
            [name.split("\n")[0] for name in second.invoice_line_ids.mapped("name")],
            ["Small things", "About small things", "Mouse"],
        )

    def test_what_is_changed_after_it_left_is_billed_by_the_evening(self):
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)

        delivery.sudo().move_ids.move_line_ids.quantity = 7

        collector = self.tasks(order).filtered(lambda t: t.kind == "service")
        self.assertGreater(collector.due_on, datetime.now())
        collector.due_on = datetime.now()
        self.run_queue()
        self.assertEqual(
            self.invoices(order).mapped("amount_total"), [5000, 2000], collector.error
        )

    def test_a_delivery_corrected_downwards_is_told(self):
        self.company.o2c_billing_owner_id = self.kim
        order = self.confirmed(5)
        delivery = self.deliver(order)

        delivery.sudo().move_line_ids.quantity = 4

        told = order.sudo().activity_ids
        self.assertEqual(told.user_id, self.kim)
        self.assertIn("4.0 delivered, 5.0 invoiced", told.note)
        self.assertEqual(self.invoices(order).mapped("amount_untaxed"), [5000])

    def test_a_draft_that_was_deleted_is_made_again_only_by_retry(self):
        self.company.o2c_billing_owner_id = self.kim
        self.company.sudo().sale_lock_date = self.company._o2c_today()
        order = self.confirmed()
        self.deliver(order)
        self.invoices(order).unlink()
        self.company.sudo().sale_lock_date = False

        task = self.tasks(order)
        task.next_try_on = fields.Datetime.now() - timedelta(minutes=1)
        self.run_queue()
        self.assertFalse(self.invoices(order))
        self.assertIn("its draft was deleted", task.waits_for)

        task.with_user(self.kim).action_retry()
        self.assertEqual(self.invoices(order).amount_untaxed, 1000)

    def test_two_companies_bill_each_for_itself(self):
        other = self.env["res.company"].create(
            {"name": "Other", "o2c_invoicing": "draft"}
        )
        self.assertEqual(other.o2c_invoicing, "draft")
        order = self.confirmed()
        self.deliver(order)
        self.assertEqual(order.invoice_ids.company_id, self.company)


class TestDate(BillingCase):
    def test_the_day_the_goods_left(self):
        self.company.o2c_invoice_date = "delivery"
        self.customer.o2c_invoicing = "draft"
        order = self.confirmed()
        reason = self.reason("post")
        order.sudo().with_user(self.mia).action_o2c_hold(reason.id)
        delivery = self.deliver(order)
        left = fields.Datetime.now() - timedelta(days=3)
        delivery.sudo().date_done = left
        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")

        self.run_queue()

        self.assertEqual(order.invoice_ids.invoice_date, self.company._o2c_day_of(left))

    def test_a_closed_period_leaves_a_draft_and_tells_the_accountant(self):
        self.company.o2c_billing_owner_id = self.kim
        order = self.confirmed()
        today = self.company._o2c_today()
        self.company.sudo().sale_lock_date = today

        self.deliver(order)

        task = self.tasks(order)
        self.assertEqual((task.state, order.invoice_ids.state), ("parked", "draft"))
        self.assertIn("closed period", task.error)
        self.assertEqual(task.fault_model, "account.move")
        self.assertEqual(task.activity_id.user_id, self.kim)

        self.company.sudo().sale_lock_date = False
        task.with_user(self.kim).action_retry()

        self.assertEqual((task.state, order.invoice_ids.state), ("done", "posted"))
        self.assertFalse(task.activity_id.exists())
        self.assertEqual(len(order.invoice_ids), 1)


class TestWholeOrder(BillingCase):
    """One invoice when the order is complete."""

    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing_period = "order"

    def test_one_invoice_when_the_rest_has_left(self):
        order = self.confirmed(quantity=10)
        self.deliver(order, quantity=7)
        first = self.tasks(order)
        self.assertFalse(order.invoice_ids)
        self.assertIn("the rest", first.waits_for)

        self.deliver(order, quantity=3)

        self.assertEqual(order.invoice_ids.amount_total, 10000)
        self.assertEqual(set(self.tasks(order).mapped("state")), {"done"})
        self.assertEqual(first.move_ids, order.invoice_ids, "each knows its invoice")

    def test_a_cancelled_rest_completes_it(self):
        order = self.confirmed(quantity=10)
        self.deliver(order, quantity=7)

        rest = order.sudo().picking_ids.filtered(lambda p: p.state != "done")
        rest.action_cancel()
        self.run_queue()

        self.assertEqual(order.invoice_ids.amount_total, 7000)


class TestDeposit(BillingCase):
    """Each invoice takes back its share, the last one what is left."""

    def deposit(self, order, amount, method="percentage", confirm=True):
        wizard = self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        )
        field = "amount" if method == "percentage" else "fixed_amount"
        before = order.invoice_ids
        wizard.create(
            {"advance_payment_method": method, field: amount}
        ).create_invoices()
        invoice = order.invoice_ids - before
        if confirm:
            invoice.sudo().action_post()
        return invoice.sudo()

    def taxed(self, order, *rates):
        for line, rate in zip(order.order_line, rates, strict=True):
            line.tax_ids = self.env["account.tax"].create(
                {"name": f"{rate} %", "amount": rate, "company_id": self.company.id}
            )
        return order

    def test_each_delivery_takes_its_share(self):
        order = self.taxed(self.order(quantity=10, price=100), 21)
        order.action_confirm()
        self.deposit(order, 30)

        self.deliver(order, quantity=3)
        self.deliver(order, quantity=3)
        self.deliver(order, quantity=4)

        totals = self.invoices(order).mapped("amount_untaxed")
        self.assertEqual(totals, [300, 210, 210, 280])
        self.assertEqual(sum(self.invoices(order).mapped("amount_total")), 1210)
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0] * 3)

    def test_thirds_add_up_to_the_cent(self):
        order = self.taxed(self.order(quantity=3, price=33.33), 21)
        order.action_confirm()
        self.deposit(order, 33.33)
        for _each in range(3):
            self.deliver(order, quantity=1)
        invoices = self.invoices(order)
        self.assertEqual(len(invoices), 4)
        self.assertAlmostEqual(
            sum(invoices.mapped("amount_total")), order.amount_total, places=2
        )
        self.assertTrue(all(total >= 0 for total in invoices.mapped("amount_total")))

    def test_two_rates_and_two_deposits(self):
        cable = self.product("Cable", 40)
        self.stock(cable, 10)
        order = self.taxed(self.mixed_order((self.laptop, 2), (cable, 5)), 21, 6)
        order.action_confirm()
        self.deposit(order, 20)
        self.deposit(order, 150, method="fixed")

        picking = order.sudo().picking_ids
        picking.move_ids.filtered(lambda m: m.product_id == cable).quantity = 0
        picking.move_ids.filtered(lambda m: m.product_id == cable).picked = False
        picking.with_user(self.wim).with_context(skip_backorder=True).button_validate()
        self.deliver(order)

        invoices = self.invoices(order)
        self.assertEqual(len(invoices), 4)
        self.assertAlmostEqual(
            sum(invoices.mapped("amount_total")), order.amount_total, places=2
        )

    def test_never_below_zero(self):
        order = self.confirmed(quantity=10, price=100)
        self.deposit(order, 90)
        picking = order.sudo().picking_ids.with_user(self.wim).sudo(False)
        picking.move_ids.quantity = 5
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()

        last = self.invoices(order)[-1]
        self.assertEqual((last.move_type, last.amount_total), ("out_invoice", 0))
        left = order.order_line.filtered("is_downpayment")
        left = left.filtered(lambda line: not line.display_type)
        self.assertAlmostEqual(left._o2c_left_of_deposit(), 400)

    def test_a_deposit_that_is_not_confirmed_is_waited_for(self):
        order = self.confirmed(quantity=2)
        deposit = self.deposit(order, 50, confirm=False)

        self.deliver(order)
        self.assertIn("is to be confirmed first", self.tasks(order).waits_for)

        deposit.action_post()
        self.run_queue()
        self.assertEqual(sum(self.invoices(order).mapped("amount_total")), 2000)

    def test_the_rest_by_hand_deducts_the_rest(self):
        order = self.confirmed(quantity=10, price=100)
        self.deposit(order, 30)
        self.deliver(order, quantity=5)
        order.sudo().o2c_invoicing = "manual"
        self.deliver(order, quantity=5)

        by_hand = order.sudo()._create_invoices(final=True)

        self.assertEqual(by_hand.amount_total, 350)


class TestReturn(BillingCase):
    """A credit note for exactly what came back, once."""

    def test_a_draft_credit_note_against_the_invoice(self):
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)

        self.bring_back(delivery, 2)

        credit = self.invoices(order, "out_refund")
        self.assertEqual((credit.state, credit.amount_total), ("draft", 2000))
        self.assertEqual(credit.reversed_entry_id, self.invoices(order))
        self.assertEqual(order.order_line.qty_to_invoice, 0)

    def test_confirmed_by_policy_and_settled(self):
        self.company.o2c_crediting = "post"
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)

        self.bring_back(delivery, 5)

        credit = self.invoices(order, "out_refund")
        self.assertEqual(credit.state, "posted")
        self.assertEqual(self.invoices(order).payment_state, "reversed")
        self.assertEqual(order.o2c_stage, "done")

    def test_the_newest_invoice_first(self):
        self.company.o2c_crediting = "post"
        order = self.confirmed(quantity=5)
        self.deliver(order, quantity=3)
        second = self.deliver(order, quantity=2)
        first_invoice, second_invoice = self.invoices(order)

        self.bring_back(second, 2)
        credit = self.invoices(order, "out_refund")
        self.assertEqual(credit.reversed_entry_id, second_invoice)
        self.assertEqual(second_invoice.payment_state, "reversed")
        self.assertEqual(first_invoice.payment_state, "not_paid")

    def test_never_billed_again(self):
        self.company.o2c_crediting = "post"
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)
        self.bring_back(delivery, 2)

        for _round in range(3):
            self.run_queue()

        self.assertEqual(len(order.invoice_ids), 2)
        net = sum(order.invoice_ids.mapped("amount_total_signed"))
        self.assertEqual(net, 3000)

    def test_what_came_back_before_it_was_billed_is_not_billed(self):
        order = self.confirmed(quantity=5)
        reason = self.reason("post")
        order.sudo().with_user(self.mia).action_o2c_hold(reason.id)
        delivery = self.deliver(order)
        self.bring_back(delivery, 2)

        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")
        self.run_queue()

        self.assertEqual(order.invoice_ids.mapped("amount_total"), [3000])
        self.assertEqual(set(self.tasks(order).mapped("state")), {"done"})

    def test_not_to_be_refunded(self):
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)
        self.bring_back(delivery, 2, to_refund=False)
        self.assertFalse(self.invoices(order, "out_refund"))

    def test_by_hand(self):
        self.company.o2c_crediting = "manual"
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)
        self.bring_back(delivery, 2)
        self.assertFalse(self.invoices(order, "out_refund"))

    def test_credited_by_hand_before_it_came_back(self):
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)
        self.invoices(order)._reverse_moves(cancel=True)

        self.bring_back(delivery, 5)

        self.assertEqual(len(self.invoices(order, "out_refund")), 1)
        self.assertIn("Already on", self.tasks(order)[-1].error)

    def test_a_draft_is_confirmed_before_it_is_credited(self):
        self.company.write({"o2c_invoicing": "draft", "o2c_crediting": "post"})
        order = self.confirmed(quantity=5)
        delivery = self.deliver(order)

        self.bring_back(delivery, 2)
        self.assertIn("confirmed or deleted first", self.tasks(order)[-1].waits_for)

        self.invoices(order).with_user(self.kim).action_post()
        self.run_queue()
        self.assertEqual(self.invoices(order, "out_refund").amount_total, 2000)

    def test_an_exchange_is_billed_once_more(self):
        self.company.o2c_crediting = "post"
        product = self.product("Prepaid laptop", 1000, policy="order")
        self.stock(product, 10)
        order = self.confirmed(quantity=2, product=product)
        delivery = self.deliver(order)

        self.bring_back(delivery, 1)

        net = sum(order.invoice_ids.mapped("amount_total_signed"))
        self.assertEqual(net, 1000)


class TestServices(BillingCase):
    """What no delivery carries is collected per order and day."""

    def test_work_done_is_billed_by_the_evening_once(self):
        order = self.confirmed(quantity=10, price=100, product=self.service())
        self.assertFalse(self.tasks(order))

        order.sudo().order_line.qty_delivered = 3
        order.sudo().order_line.qty_delivered = 4
        task = self.tasks(order)
        self.assertEqual((task.kind, len(task)), ("service", 1))
        self.run_queue()
        self.assertFalse(order.invoice_ids, "not before the evening")

        task.due_on = fields.Datetime.now()
        self.run_queue()
        self.assertEqual(order.invoice_ids.amount_total, 400)

        order.sudo().order_line.qty_delivered = 10
        self.tasks(order)[-1].due_on = fields.Datetime.now()
        self.run_queue()
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 1000)

    def test_what_was_credited_by_hand_is_not_billed_with_the_next_work(self):
        order = self.confirmed(product=self.service(), quantity=20, price=100)
        order.order_line.qty_delivered = 10
        self.tasks(order).with_user(self.kim).action_retry()
        credit = self.invoices(order)._reverse_moves([{"ref": "goodwill"}])
        credit.invoice_line_ids.filtered("product_id").quantity = 2
        credit.action_post()

        order.order_line.qty_delivered = 11
        self.tasks(order).filtered(lambda t: t.state == "todo").with_user(
            self.kim
        ).action_retry()

        self.assertEqual(self.invoices(order).mapped("amount_untaxed"), [1000, 100])

    def test_prepaid_services_go_with_the_first_delivery(self):
        setup = self.service("Setup", 50, policy="order")
        order = self.mixed_order((self.laptop, 2), (setup, 1))
        order.action_confirm()
        self.assertFalse(self.tasks(order))

        self.deliver(order, quantity=1)
        self.assertEqual(order.invoice_ids.amount_total, 1050)

        self.deliver(order, quantity=1)
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 2050)

    def test_prepaid_services_without_goods_are_billed_when_confirmed(self):
        order = self.confirmed(price=50, product=self.service("Setup", 50, "order"))
        self.tasks(order).due_on = fields.Datetime.now()
        self.run_queue()
        self.assertEqual(order.invoice_ids.amount_total, 50)

    def test_prepaid_services_when_the_company_wants_them_at_once(self):
        self.company.o2c_ordered_lines = "confirm"
        setup = self.service("Setup", 50, policy="order")
        order = self.mixed_order((self.laptop, 2), (setup, 1))
        order.action_confirm()
        self.tasks(order).due_on = fields.Datetime.now()
        self.run_queue()
        self.assertEqual(order.invoice_ids.amount_total, 50)

    def test_prepaid_services_by_hand(self):
        self.company.o2c_ordered_lines = "manual"
        setup = self.service("Setup", 50, policy="order")
        order = self.mixed_order((self.laptop, 2), (setup, 1))
        order.action_confirm()
        self.deliver(order)
        self.assertEqual(order.invoice_ids.amount_total, 2000)

    def test_nothing_is_collected_where_it_is_off(self):
        self.company.o2c_invoicing = "manual"
        order = self.confirmed(quantity=10, price=100, product=self.service())
        order.sudo().order_line.qty_delivered = 3
        self.assertFalse(self.tasks(order))


class TestWaits(BillingCase):
    """Approvals and holds are respected: it waits visibly and goes on by itself."""

    def test_a_hold_keeps_the_invoice_back(self):
        reason = self.reason("post")
        order = self.confirmed()
        order.sudo().with_user(self.mia).action_o2c_hold(reason.id)

        delivery = self.deliver(order)
        self.assertFalse(order.invoice_ids)
        self.assertIn("on hold", self.tasks(order).waits_for)
        told = delivery.with_user(self.wim).o2c_explain()
        self.assertIn("waits", told[0]["reason"])

        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")
        self.run_queue()
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(self.tasks(order).state, "done")

    def test_what_is_due_later_says_that_it_is_on_hold_and_when_no_more(self):
        self.company.o2c_invoicing_period = "month"
        order = self.confirmed()
        self.deliver(order)
        task = self.tasks(order)
        self.assertEqual(task.standing, "todo")

        order.sudo().with_user(self.mia).action_o2c_hold(self.reason("post").id)
        self.assertEqual((task.state, task.standing), ("todo", "waiting"))
        self.assertIn("on hold", task.why)

        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")
        self.assertEqual(task.standing, "todo")
        self.assertNotIn("on hold", task.why)
        self.run_queue()
        self.assertFalse(order.invoice_ids)

    def test_a_hold_on_the_delivery_is_no_matter_of_the_queue(self):
        self.company.o2c_invoicing_period = "month"
        order = self.confirmed()
        self.deliver(order)

        order.sudo().with_user(self.mia).action_o2c_hold(self.reason().id)

        self.assertEqual(self.tasks(order).standing, "todo")

    def test_an_order_that_outgrew_its_approval(self):
        self.company.o2c_invoicing = "post"
        order = self.confirmed(quantity=2)
        delivery = order.sudo().picking_ids
        self.rule(limit=10000)
        delivery.move_ids.quantity = 2
        self.deliver(order)
        self.assertEqual(order.invoice_ids.state, "posted")

        more = self.confirmed(quantity=5)
        more.sudo().o2c_invoicing = "manual"
        self.deliver(more)
        more.sudo().order_line.price_unit = 5000
        more.sudo().with_user(self.kim).action_o2c_queue_invoices()
        self.run_queue()
        self.assertFalse(more.invoice_ids)
        self.assertTrue(self.tasks(more).waits_for)

        more.o2c_request_ids.with_user(self.ada).action_approve()
        self.run_queue()
        self.assertEqual(more.invoice_ids.amount_total, 25000)

    def test_a_held_invoice_is_confirmed_when_released(self):
        self.env["o2c.hold.reason"].create(
            {
                "name": "Look at every invoice",
                "gate": "post",
                "company_id": self.company.id,
            }
        )
        order = self.confirmed()
        self.company.o2c_invoicing = "draft"
        self.deliver(order)
        invoice = order.sudo().invoice_ids
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(self.tasks(order).state, "done", "a draft was asked for")


class TestQueue(BillingCase):
    """What a person sees and may do."""

    def parked(self):
        self.company.o2c_billing_owner_id = self.kim
        account = self.laptop._get_product_accounts()["income"].copy({"code": "499998"})
        self.mouse = self.product("Mouse", 20, property_account_income_id=account.id)
        self.stock(self.mouse, 10)
        account.active = False
        self.account = account
        order = self.confirmed(product=self.mouse)
        self.deliver(order)
        return order

    def test_the_sentence_the_link_and_the_buttons(self):
        order = self.parked()
        task = self.tasks(order)
        self.assertEqual(task.state, "parked")
        self.assertIn("is archived", task.error)

        [told] = [
            line
            for line in order.with_user(self.kim).o2c_explain()
            if line["kind"] == "invoicing"
        ]
        self.assertEqual([a["label"] for a in told["actions"]], ["Open it", "Retry"])
        action = task.with_user(self.kim).action_open_fault()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("account.account", self.account.id),
        )
        [told] = [line for line in order.o2c_explain() if line["kind"] == "invoicing"]
        self.assertEqual(told["actions"], [], "sales may not retry")
        self.assertIn("Kim", told["remedy"])

    def test_retry_after_mending(self):
        order = self.parked()
        self.account.active = True
        self.tasks(order).with_user(self.kim).action_retry()
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertFalse(self.tasks(order).activity_id)

    def test_skipping_needs_a_reason(self):
        task = self.tasks(self.parked())
        with self.assertRaisesRegex(UserError, "Say why"):
            task.with_user(self.kim).action_skip(" ")

        wizard = Form(
            self.env["o2c.billing.skip"]
            .with_user(self.kim)
            .with_context(**task.with_user(self.kim).action_open_skip()["context"])
        )
        wizard.reason = "Billed by hand"
        wizard.save().action_skip()

        self.assertEqual(task.state, "cancelled")
        self.assertEqual(task.error, "Skipped by Kim: Billed by hand")
        self.assertIn("invoicing_skipped", self.events(task.order_id))

    def test_only_accounting_retries_and_skips(self):
        task = self.tasks(self.parked())
        for user in (self.sam, self.wim):
            for method in ("action_retry", "action_skip", "action_open_skip"):
                with (
                    self.subTest(f"{user.name} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "o2c.billing.task", method, task.ids)
        self.assertEqual(task.state, "parked")

    def test_deliveries_from_before_the_switch_are_picked_by_a_person(self):
        self.company.o2c_invoicing = "manual"
        old, other = self.confirmed(), self.confirmed()
        self.deliver(old)
        self.deliver(other)
        self.company.o2c_invoicing = "post"
        self.run_queue()
        self.assertFalse(old.invoice_ids, "never by itself")
        action = self.env.ref("o2c_addon.billing_order_action")
        offered = self.env["sale.order"].search(literal_eval(action.domain.strip()))
        self.assertLessEqual(old | other, offered)

        old.with_user(self.kim).action_o2c_queue_invoices()
        self.run_queue()

        self.assertEqual(old.invoice_ids.state, "posted")
        self.assertFalse(other.invoice_ids)
        with self.assertRaises(AccessError):
            other.with_user(self.sam).action_o2c_queue_invoices()

    def test_where_the_invoice_is_stands_on_the_delivery(self):
        order = self.confirmed()
        delivery = self.deliver(order)
        told = delivery.with_user(self.wim).o2c_explain()
        self.assertEqual(
            [line["reason"] for line in told], [order.invoice_ids.display_name]
        )

    def test_another_failure_keeps_its_activity(self):
        order = self.parked()
        again = self.tasks(order)
        first = again.activity_id
        self.assertTrue(first)
        laptop = self.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": self.laptop.id,
                "product_uom_qty": 1,
                "price_unit": 5,
            }
        )
        self.assertTrue(laptop)
        self.deliver(order)
        self.assertEqual(self.tasks(order)[-1].state, "done")
        self.assertTrue(first.exists(), "the other one still needs a look")
