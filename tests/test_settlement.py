"""How far an order is invoiced and paid, and what settles its invoices."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .test_billing import BillingCase


class SettlementCase(BillingCase):
    def invoice(self, order, **values):
        """All that is to be invoiced of ``order``, confirmed by accounting."""
        invoice = order.sudo()._create_invoices()
        invoice.write(values)
        invoice.action_post()
        return invoice

    def pay_part(self, invoice, amount):
        return (
            self.env["account.payment.register"]
            .with_user(self.kim)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": fields.Date.today(), "amount": amount})
            ._create_payments()
        )

    def credit(self, invoice, quantity=None, post=True):
        """A credit note of ``invoice``, or of so much of each of its lines."""
        note = invoice._reverse_moves([{"invoice_date": fields.Date.today()}])
        if quantity is not None:
            note.invoice_line_ids.quantity = quantity
        if post:
            note.action_post()
        return note

    def free_credit(self, amount, currency=None, partner=None, date=None):
        """A credit note that has nothing to do with any order."""
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": (partner or self.customer).id,
                "invoice_date": date or fields.Date.today(),
                "currency_id": (currency or self.company.currency_id).id,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goodwill", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        note.action_post()
        return note

    def free_payment(self, amount, **values):
        """Money of the customer that nobody matched yet."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "journal_id": self.env["account.journal"]
                .search(
                    [("type", "=", "bank"), ("company_id", "=", self.company.id)],
                    limit=1,
                )
                .id,
                **values,
            }
        )
        payment.action_post()
        return payment

    def assert_amounts(self, order, **amounts):
        order.invalidate_recordset()
        read = {name: order[f"o2c_{name}"] for name in amounts}
        self.assertEqual(
            {name: round(amount, 2) for name, amount in read.items()}, amounts
        )


class TestSettlement(SettlementCase):
    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "manual"
        self.licence = self.service("Licence", 100, "order")

    def licences(self, quantity=10, **values):
        return self.confirmed(quantity, 100, self.licence, **values)

    def test_from_nothing_invoiced_to_paid(self):
        order = self.licences()
        self.assertEqual(order.o2c_settlement, "none")
        self.assert_amounts(order, invoiced=0, paid=0, residual=0, overdue=0)

        invoice = self.invoice(order)
        self.assertEqual(order.o2c_settlement, "open")
        self.assert_amounts(order, invoiced=1000, paid=0, residual=1000)

        self.pay_part(invoice, 400)
        self.assertEqual(order.o2c_settlement, "partial")
        self.assert_amounts(order, invoiced=1000, paid=400, residual=600)

        self.pay(invoice)
        self.assertEqual(order.o2c_settlement, "paid")
        self.assert_amounts(order, invoiced=1000, paid=1000, residual=0)

    def test_a_draft_is_not_invoiced(self):
        order = self.licences()

        order.sudo()._create_invoices()

        self.assertEqual(order.o2c_settlement, "none")
        self.assert_amounts(order, invoiced=0, residual=0)

    def test_a_payment_that_is_taken_back_is_owed_again(self):
        order = self.licences()
        invoice = self.invoice(order)
        self.pay(invoice)
        self.assertEqual((order.o2c_settlement, order.o2c_stage), ("paid", "done"))

        invoice.line_ids.remove_move_reconcile()

        self.assertEqual((order.o2c_settlement, order.o2c_stage), ("open", "payment"))
        self.assert_amounts(order, paid=0, residual=1000)
        self.assertEqual(self.events(order)[-2:], ["paid", "unpaid"])

    def test_a_credit_note_that_settles_leaves_what_was_paid(self):
        order = self.licences()
        invoice = self.invoice(order)
        self.credit(invoice, quantity=3)

        self.assert_amounts(order, invoiced=700, credited=300, paid=0, residual=700)
        self.assertEqual(order.o2c_settlement, "partial")

        self.pay(invoice)
        self.assert_amounts(order, invoiced=700, credited=300, paid=700, residual=0)

    def test_a_credit_note_after_the_payment_is_owed_to_the_customer(self):
        order = self.licences()
        invoice = self.invoice(order)
        self.pay(invoice)

        self.credit(invoice, quantity=3)

        self.assertEqual(order.o2c_settlement, "credit")
        self.assert_amounts(order, invoiced=700, paid=1000, residual=-300, overdue=0)

    def test_deposit_and_final_invoice(self):
        order = self.licences()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 30,
            }
        )
        deposit = wizard._create_invoices(order.sudo())
        deposit.action_post()
        self.assert_amounts(order, deposited=300, invoiced=300, residual=300)
        self.pay(deposit)

        final = order.sudo()._create_invoices(final=True)
        final.action_post()

        self.assertEqual(final.amount_total, 700)
        self.assert_amounts(order, deposited=300, invoiced=1000, paid=300, residual=700)
        self.assertEqual(order.o2c_settlement, "partial")

    def test_a_deposit_that_is_paid_back(self):
        order = self.licences()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 250,
            }
        )
        deposit = wizard._create_invoices(order.sudo())
        deposit.action_post()

        self.credit(deposit)

        self.assert_amounts(order, deposited=0, invoiced=0, credited=250, residual=0)
        self.assertEqual(order.o2c_settlement, "paid")

    def test_an_invoice_of_two_orders_is_settled_in_proportion(self):
        small, large = self.licences(1), self.licences(3)
        invoice = (small | large).sudo()._create_invoices()
        invoice.action_post()
        self.pay_part(invoice, 200)

        self.assert_amounts(small, invoiced=100, paid=50, residual=50)
        self.assert_amounts(large, invoiced=300, paid=150, residual=150)

    def test_what_is_not_on_the_order_is_to_be_paid_and_pays_no_goods(self):
        order = self.licences()
        draft = order.sudo()._create_invoices()
        draft.invoice_line_ids = [
            Command.create({"name": "Express", "price_unit": 250, "tax_ids": False})
        ]
        draft.action_post()
        self.assert_amounts(order, invoiced=1250, residual=1250)

        self.pay_part(draft, 1000)

        self.assert_amounts(order, paid=1000, residual=250)
        self.assertAlmostEqual(order._o2c_paid(), 800)

    def test_taxes_are_in_it(self):
        tax = self.env["account.tax"].create({"name": "Ten", "amount": 10})
        order = self.licences()
        order.order_line.tax_ids = tax

        self.invoice(order)

        self.assert_amounts(order, invoiced=1100, residual=1100)

    def test_a_foreign_currency_is_the_orders(self):
        pricelist = self.euro_pricelist(0.5)
        order = self.licences(pricelist_id=pricelist.id)
        invoice = self.invoice(order)
        self.assertEqual(invoice.currency_id, pricelist.currency_id)

        self.pay_part(invoice, 400)

        self.assert_amounts(order, invoiced=1000, paid=400, residual=600)

    def test_an_invoice_in_another_currency_counts_at_its_own_day(self):
        self.euro_pricelist(0.5)
        order = self.licences()
        invoice = order.sudo()._create_invoices()
        invoice.currency_id = self.env.ref("base.EUR")
        invoice.invoice_line_ids.price_unit = 50
        invoice.action_post()

        self.assert_amounts(order, invoiced=1000, residual=1000)

    def test_overdue_by_instalment(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 60)
                ],
            }
        )
        order, other = self.licences(payment_term_id=term.id), self.licences()
        today = self.company._o2c_today()
        self.invoice(order, invoice_date=today - timedelta(days=10))
        self.invoice(other)

        self.assert_amounts(order, overdue=500, residual=1000)
        self.assert_amounts(other, overdue=0, residual=1000)
        found = (
            self.env["sale.order"]
            .with_user(self.sam)
            .search([("o2c_is_overdue", "=", True), ("id", "in", (order | other).ids)])
        )
        self.assertEqual(found, order)
        self.assertEqual(
            found.search(
                [("o2c_is_overdue", "=", False), ("id", "in", (order | other).ids)]
            ),
            other,
        )

    def test_due_today_is_not_overdue(self):
        order = self.licences()
        self.invoice(order, invoice_date_due=self.company._o2c_today())

        self.assert_amounts(order, overdue=0)
        self.assertFalse(
            order.search([("id", "=", order.id), ("o2c_is_overdue", "=", True)])
        )

    def test_sales_reads_the_figures_and_nothing_more(self):
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        order = self.licences(user=own)
        self.pay_part(self.invoice(order), 400)

        [read] = self.rpc(
            own, "sale.order", "read", order.ids, ["o2c_residual", "o2c_paid"]
        )

        self.assertEqual((read["o2c_residual"], read["o2c_paid"]), (600, 400))
        theirs = self.licences()
        with self.assertRaises(AccessError):
            self.rpc(own, "sale.order", "read", theirs.ids, ["o2c_residual"])

    def test_nobody_writes_how_far_it_is_settled(self):
        order = self.licences()
        for how in ("write", "web_save"):
            with self.subTest(how), self.assertRaises(AccessError):
                args = [{"o2c_settlement": "paid"}]
                args += [{}] if how == "web_save" else []
                self.rpc(self.mia, "sale.order", how, order.ids, *args)
        self.assertEqual(order.o2c_settlement, "none")

    def test_old_orders_are_settled_alike_by_sql(self):
        orders = [self.licences() for _state in range(5)]
        invoices = [self.invoice(order) for order in orders[1:]]
        self.pay_part(invoices[1], 400)
        self.pay(invoices[2])
        self.pay(invoices[3])
        self.credit(invoices[3], quantity=1)
        orders = self.env["sale.order"].browse([order.id for order in orders])
        computed = orders.mapped("o2c_settlement")
        self.assertEqual(computed, ["none", "open", "partial", "paid", "credit"])
        self.env.flush_all()
        self.cr.execute(
            "UPDATE sale_order SET o2c_settlement = NULL, o2c_stage = NULL "
            "WHERE id IN %s",
            [tuple(orders.ids)],
        )

        orders._o2c_take_over()

        self.assertEqual(orders.mapped("o2c_settlement"), computed)

    def test_as_many_queries_for_ten_orders_as_for_one(self):
        def queries(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            orders.mapped("currency_id.rounding")
            before = self.cr.sql_log_count
            orders.mapped("o2c_residual")
            return self.cr.sql_log_count - before

        orders = self.env["sale.order"]
        for _order in range(10):
            order = self.licences()
            self.invoice(order)
            orders |= order
        queries(orders)
        self.assertEqual(queries(orders[:1]), queries(orders))


class TestCredits(SettlementCase):
    """Open credits, offered to who may settle or used by the company's policy."""

    def setUp(self):
        super().setUp()
        self.company.o2c_credits = "all"

    def billed(self, price=1000, **values):
        """A delivered order and the invoice the queue confirmed."""
        order = self.confirmed(price=price, **values)
        self.deliver(order)
        return order, self.invoices(order)

    def test_switched_off_nothing_is_settled(self):
        self.company.o2c_credits = "off"
        self.free_credit(300)

        _order, invoice = self.billed()

        self.assertEqual(invoice.amount_residual, 1000)

    def test_credit_notes_only(self):
        self.company.o2c_credits = "notes"
        note, payment = self.free_credit(300), self.free_payment(200)

        _order, invoice = self.billed()

        self.assertEqual((invoice.state, invoice.amount_residual), ("posted", 700))
        self.assertEqual(note.amount_residual, 0)
        self.assertFalse(payment.is_reconciled)
        said = invoice.message_ids.mapped("body")
        self.assertTrue([body for body in said if f"Settled with {note.name}" in body])

    def test_the_oldest_first_and_no_more_than_the_invoice(self):
        today = fields.Date.today()
        newer = self.free_credit(800)
        older = self.free_credit(700, date=today - timedelta(days=5))

        order, invoice = self.billed()

        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual((older.amount_residual, newer.amount_residual), (0, 500))
        self.assertEqual(order.o2c_settlement, "paid")

    def test_payments_too(self):
        self.free_payment(400)

        _order, invoice = self.billed()

        self.assertEqual(invoice.amount_residual, 600)

    def test_what_another_customer_or_currency_has_open_stays(self):
        self.euro_pricelist(0.5)
        other = self.env["res.partner"].create({"name": "Somebody else"})
        notes = self.free_credit(300, partner=other)
        notes |= self.free_credit(300, currency=self.env.ref("base.EUR"))

        _order, invoice = self.billed()

        self.assertEqual(invoice.amount_residual, 1000)
        self.assertEqual(notes.mapped("amount_residual"), [300, 300])

    def test_what_belongs_to_another_open_invoice_stays(self):
        self.company.o2c_invoicing = "manual"
        first = self.confirmed(price=500)
        self.deliver(first)
        invoice = self.invoice(first)
        note = self.credit(invoice, quantity=1)
        note.line_ids.remove_move_reconcile()
        payment = self.pay_part(invoice, 100)
        payment.move_id.line_ids.remove_move_reconcile()
        self.company.o2c_invoicing = "post"

        _order, second = self.billed()

        self.assertEqual(second.amount_residual, 1000)
        self.assertEqual(note.amount_residual, 500)

    def transaction(self, order):
        provider = self.env["payment.provider"].search([], limit=1)
        return self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "amount": 400,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )

    def test_an_online_payment_is_for_its_own_order(self):
        for_another = self.order()
        payment = self.free_payment(400)
        payment.payment_transaction_id = self.transaction(for_another)

        _order, invoice = self.billed()

        self.assertEqual(invoice.amount_residual, 1000)

    def billed_with_one_that_fails(self, error):
        """(order, invoice, the credit that fails, one that does not)"""
        bad = self.free_credit(100, date=fields.Date.today() - timedelta(days=3))
        good = self.free_credit(200)
        assign = type(bad).js_assign_outstanding_line

        def fail(invoice, line_id):
            if line_id in bad.line_ids.ids:
                raise error
            return assign(invoice, line_id)

        with patch.object(type(bad), "js_assign_outstanding_line", fail):
            return *self.billed(), bad, good

    def test_one_that_cannot_be_settled_stops_nothing(self):
        order, invoice, bad, good = self.billed_with_one_that_fails(
            UserError("The period is closed")
        )

        self.assertEqual((invoice.state, invoice.amount_residual), ("posted", 800))
        self.assertEqual(self.tasks(order).state, "done")
        self.assertEqual((bad.amount_residual, good.amount_residual), (100, 0))
        said = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn(f"settled with {bad.name}: The period is closed", said)

    def test_nor_does_what_nobody_foresaw(self):
        with self.assertLogs("odoo.addons.o2c_addon.models.invoice_credits", "ERROR"):
            order, invoice, *_credits = self.billed_with_one_that_fails(
                RuntimeError("boom")
            )

        self.assertEqual((invoice.state, invoice.amount_residual), ("posted", 800))
        self.assertEqual(self.tasks(order).state, "done")
        said = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn("RuntimeError", said)
        self.assertNotIn("boom", said)

    def test_what_a_person_confirms_is_only_offered(self):
        self.company.o2c_invoicing = "draft"
        self.free_credit(300)
        _order, draft = self.billed()

        draft.with_user(self.kim).action_post()

        self.assertEqual(draft.amount_residual, 1000)
        self.rpc(self.kim, "account.move", "action_o2c_apply_credits", draft.ids)
        self.assertEqual(draft.amount_residual, 700)

    def test_who_wants_to_settle_with_nothing_is_told_why(self):
        self.company.o2c_credits = "off"
        payment = self.free_payment(400)
        payment.payment_transaction_id = self.transaction(self.order())
        _order, invoice = self.billed()

        answer = self.rpc(
            self.kim, "account.move", "action_o2c_apply_credits", invoice.ids
        )

        self.assertIn("meant for other orders", answer["params"]["message"])
        self.assertEqual(invoice.amount_residual, 1000)

    def test_offered_on_the_order_to_accounting_and_to_nobody_else(self):
        self.company.o2c_credits = "off"
        note = self.free_credit(300)
        order, invoice = self.billed()
        self.kim.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

        [offer] = self.rpc(self.kim, "sale.order", "o2c_explain", order.ids)
        self.assertIn("has $\xa0300.00 of open credits", offer["reason"])
        self.assertIn(note.name, offer["reason"])
        self.assertFalse(self.rpc(self.sam, "sale.order", "o2c_explain", order.ids))
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "account.move", "action_o2c_apply_credits", invoice.ids)
        self.assertEqual(invoice.amount_residual, 1000)
