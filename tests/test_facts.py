"""The figures rules look at, exactly: where they begin, what they leave out."""

from freezegun import freeze_time

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import STANDARD, O2CCase
from .test_invoice_approvals import InvoiceCase

MONDAY, TUESDAY = "2026-03-09", "2026-03-10"


class FactCase(O2CCase):
    def fact(self, document, criterion):
        document._o2c_forget_facts()
        return document._o2c_fact(criterion)

    def summary(self, document):
        document._o2c_forget_facts()
        return document.sudo()._o2c_summary()

    def free_line(self, price=150, **values):
        return Command.create(
            {
                "product_id": self.laptop.id,
                "price_unit": price,
                "discount": 100,
                "tax_ids": [Command.clear()],
                **values,
            }
        )

    def two_rates(self):
        """Euros that cost more on Tuesday."""
        euros = self.euro_pricelist(0.5)
        rates = {MONDAY: 0.5, TUESDAY: 0.25}
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euros.currency_id.id, "name": day, "rate": rate}
                for day, rate in rates.items()
            ]
        )
        return euros


@tagged(*STANDARD)
class TestOrders(FactCase):
    def test_discount(self):
        order = self.order(price=300)
        self.assertEqual(self.fact(order, "discount"), 0)
        order.order_line = [self.free_line(product_uom_qty=2)]
        self.assertEqual(self.fact(order, "discount"), 50, "two are given away")
        self.assertEqual(self.fact(order, "discount_line"), 100, "the highest")
        order.order_line.price_unit = 0.1
        self.assertEqual(self.fact(order, "discount"), 66.67, "also of pennies")
        order.order_line[0].price_unit, order.order_line[1].price_unit = 300, 150

        order.order_line = [Command.create(self.deduction(-100))]
        self.assertEqual(self.fact(order, "discount"), 66.67, "a deduction is one")
        order.order_line[0].price_unit = 0
        order.order_line[1].price_unit = 0
        self.assertEqual(self.fact(order, "discount"), 0, "of nothing")
        self.assertEqual(self.fact(self.order(order_line=[]), "discount_line"), 0)

    def test_what_a_program_takes_off_is_a_discount(self):
        order = self.order(price=300, quantity=2)
        line = order.order_line
        self.dictate(line, 400)
        self.assertEqual(line._o2c_undiscounted(), 600)
        self.assertEqual(line._o2c_discount(), 33.33)
        self.assertEqual(self.fact(order, "discount"), 33.33)

        line.extra_tax_data = dict(reversed(line.extra_tax_data.items()))
        [said] = line._o2c_dictated()
        line.extra_tax_data = dict(sorted(line.extra_tax_data.items()))
        self.assertEqual(line._o2c_dictated(), [said], "in whatever order")

        line.price_unit = -300
        self.assertEqual(line._o2c_undiscounted(), 0, "a deduction")

    def deduction(self, price, **values):
        gift = self.product("Gift", 0, type="service", is_storable=False)
        return {"product_id": gift.id, "price_unit": price, **values}

    def test_what_is_paid_in_advance_is_no_line(self):
        order = self.order(price=300)
        line = self.deduction(-100, is_downpayment=True, product_uom_qty=0)
        order.order_line = [
            Command.create(line),
            Command.create({"display_type": "line_note", "name": "Thank you"}),
        ]

        self.assertEqual(order._o2c_goods(), order.order_line[:1])

    def test_margin(self):
        self.laptop.standard_price = 200
        order = self.order(price=300, quantity=2)
        self.assertEqual(self.fact(order, "margin"), -33.33)
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.order_line.price_unit = 4800
        self.assertEqual(self.fact(order, "margin"), -50, "twelve of them cost 2,400")

        order.order_line.price_unit = 0
        self.laptop.standard_price = 0.02
        self.assertEqual(self.fact(order, "margin"), 100, "given away")
        self.laptop.standard_price = 0
        self.assertEqual(self.fact(order, "margin"), 0, "it costs nothing either")
        order.order_line.write({"price_unit": 0.1, "product_uom_qty": 1})
        self.assertEqual(self.fact(order, "margin"), -100, "of pennies")

    def test_margin_in_another_currency_is_not_rounded_on_the_way(self):
        self.laptop.standard_price = 0.99
        euros = self.euro_pricelist(1 / 3)
        order = self.order(price=0.66, quantity=100, pricelist_id=euros.id)

        self.assertEqual(self.fact(order, "margin"), -50)

    def test_below_the_price_list(self):
        order = self.order(price=900)
        self.assertEqual(self.fact(order, "price_below_list"), 10)
        order.order_line.price_unit = 666.667
        order.order_line = [
            self.free_line(1000, product_uom_qty=0),
            self.free_line(1000, discount=0),
        ]
        self.assertEqual(self.fact(order, "price_below_list"), 33.33, "the worst sold")
        cheap = self.product("Cheap", 0.5)
        order = self.order(product=cheap, price=0.4)
        self.assertEqual(self.fact(order, "price_below_list"), 20)
        free = self.product("Free", 0)
        order = self.order(product=free, price=0)
        self.assertEqual(self.fact(order, "price_below_list"), 0)
        order = self.order(order_line=[])
        self.assertEqual(self.fact(order, "price_below_list"), 0)

    def test_below_a_price_list_in_euros_by_the_dozen(self):
        euros = self.two_rates()
        order = self.order(
            price=5400, pricelist_id=euros.id, date_order=f"{MONDAY} 12:00:00"
        )
        order.order_line.write(
            {
                "product_uom_id": self.env.ref("uom.product_uom_dozen").id,
                "price_unit": 5400,
            }
        )
        self.assertEqual(self.fact(order, "price_below_list"), 10, "of 12 × 500")

    def test_rules_of_a_price_list_by_day_and_quantity(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "On Tuesday",
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "fixed_price": 500,
                            "min_quantity": 12,
                            "date_start": f"{TUESDAY} 00:00:00",
                        }
                    )
                ],
            }
        )
        for day, quantity, below in (
            (MONDAY, 12, 50),
            (TUESDAY, 11, 50),
            (TUESDAY, 12, 0),
        ):
            order = self.order(
                price=500,
                quantity=quantity,
                pricelist_id=pricelist.id,
                date_order=f"{day} 12:00:00",
            )
            with self.subTest((day, quantity)):
                self.assertEqual(self.fact(order, "price_below_list"), below)

    def test_days_of_payment(self):
        order = self.order(payment_term_id=False)
        self.customer.property_payment_term_id = self.days(45)
        order.payment_term_id = False
        self.assertEqual(self.fact(order, "payment_term"), 0, "at once is no later")
        order.payment_term_id = self.days(30)
        self.assertEqual(self.fact(order, "payment_term"), -15)

    def days(self, number):
        return self.env.ref(f"account.account_payment_term_{number}days")

    def test_the_last_instalment_counts(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value_amount": 50, "nb_days": 10}),
                    Command.create({"value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        self.assertEqual(
            self.fact(self.order(payment_term_id=term.id), "payment_term"), 60
        )

    def test_what_is_missing(self):
        bare = self.env["res.partner"].create({"name": "Nowhere"})
        order = self.order(price=0, partner_id=bare.id)
        order.order_line = [
            Command.create({"product_id": self.laptop.id, "product_uom_qty": 0}),
        ]
        self.assertEqual(self.fact(order, "incomplete"), 5)
        self.assertEqual(order._o2c_incomplete(["price"]), ["a price for Laptop"])
        self.assertEqual(order._o2c_incomplete(["tax"]), ["a tax for Laptop"])
        [address] = order._o2c_incomplete(["address"])
        self.assertIn("of the address of Nowhere", address)

        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "sale")],
            limit=1,
        )
        order.order_line[0].write({"price_unit": 1, "tax_ids": tax})
        order.write({"client_order_ref": "7", "commitment_date": fields.Datetime.now()})
        self.assertEqual(self.fact(order, "incomplete"), 1, "the address")

    def test_credit(self):
        self.assertEqual(self.fact(self.order(), "credit"), 0, "no limits at all")
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 5000
        euros = self.two_rates()
        order = self.order(
            pricelist_id=euros.id, date_order=f"{MONDAY} 12:00:00", price=1000
        )

        self.assertEqual(self.fact(order, "credit"), 2000 - 5000)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        confirmed = self.order(price=100)
        confirmed.action_confirm()
        first = self.fact(confirmed, "credit")
        second = self.fact(self.order(price=100), "credit")
        self.assertEqual(second - first, 100, "what is confirmed is counted once")

    def test_amounts_are_of_the_orders_day(self):
        euros = self.two_rates()
        for day, amount in ((MONDAY, 2000), (TUESDAY, 4000)):
            order = self.order(pricelist_id=euros.id, date_order=f"{day} 12:00:00")
            with self.subTest(day), freeze_time("2026-03-20"):
                self.assertEqual(self.fact(order, "amount"), amount)
                order.date_order = False
                self.assertEqual(self.fact(order, "amount"), 4000, "of today")

    def test_of_who_never_paid(self):
        order = self.order()

        self.assertEqual(self.fact(order, "new_customer"), 1)
        self.assertEqual(self.fact(order, "overdue"), 0)
        self.assertEqual(self.fact(order, "broken_promises"), 0)

    def test_what_an_approver_reads(self):
        self.laptop.standard_price = 600
        order = self.order(quantity=2, payment_term_id=False)
        order.order_line = [self.free_line(10, product_uom_qty=1, discount=12.5)]
        summary = self.summary(order)

        self.assertEqual(
            summary["content"].replace("\xa0", " ").splitlines(),
            [
                "2 Units Laptop at $ 1,000.00: $ 2,000.00",
                "1 Units Laptop at $ 10.00 less 12.5 %: $ 8.75",
                "Payer: Harbor Logistics",
            ],
        )
        self.assertEqual(summary["amount"], 2008.75)
        self.assertEqual(summary["discount"], 0.06)
        self.assertEqual(summary["margin"], 10.39)
        order.payment_term_id = self.days(30)
        self.assertIn("Terms: 30 Days", self.summary(order)["content"])


@tagged(*STANDARD)
class TestAnswers(FactCase):
    def test_what_an_answer_says_of_another_document(self):
        """Of terms T with goods A, at 100."""
        rule = self.rule()
        request = self.env["o2c.approval.request"].new(
            {"rule_id": rule.id, "seal": "T.A", "document_fact": 100}
        )
        for reapproval, state, seal, fact, covered in (
            ("worse", "approved", "T.A", 999, True),
            ("worse", "approved", "T.B", 99, True),
            ("worse", "approved", "T.B", 100, True),
            ("worse", "approved", "T.B", 101, False),
            ("worse", "approved", "U.A", 99, False),
            ("worse", "refused", "T.A", 1, True),
            ("worse", "refused", "T.B", 99, False),
            ("worse", "refused", "T.B", 100, True),
            ("worse", "refused", "T.B", 101, True),
            ("worse", "refused", "U.A", 101, False),
            ("any", "approved", "T.A", 999, True),
            ("any", "approved", "T.B", 99, False),
            ("any", "refused", "T.A", 1, True),
            ("any", "refused", "T.B", 101, False),
        ):
            with self.subTest(reapproval, state=state, seal=seal, fact=fact):
                rule.reapproval, request.state = reapproval, state
                self.assertEqual(request._covers(seal, fact), covered)


@tagged(*STANDARD)
class TestInvoices(FactCase, InvoiceCase):
    def differing(self, number):
        """A draft of so many lines at another price than ordered, one as ordered."""
        lines = [
            Command.create(
                {
                    "product_id": self.product(f"Part {place}", 30, "order").id,
                    "price_unit": 30,
                    "product_uom_qty": 2,
                }
            )
            for place in range(number + 1)
        ]
        order = self.order(order_line=lines)
        order.action_confirm()
        invoice = order.with_user(self.kim).sudo()._create_invoices().sudo(False)
        invoice.invoice_line_ids[1:].price_unit = 31
        return invoice

    def test_discount(self):
        invoice = self.invoice(300)
        self.assertEqual(self.fact(invoice, "discount"), 0)
        invoice.invoice_line_ids = [self.free_line(quantity=2)]
        self.assertEqual(self.fact(invoice, "discount"), 50, "two are given away")
        invoice.invoice_line_ids = [self.free_line(-100, quantity=1, discount=0)]
        self.assertEqual(self.fact(invoice, "discount"), 66.67, "a deduction is one")
        self.assertEqual(self.fact(self.invoice(0), "discount"), 0, "of nothing")
        pennies = self.invoice(0.4)
        pennies.invoice_line_ids.discount = 50
        self.assertEqual(self.fact(pennies, "discount"), 50)

    def test_a_deposit_is_no_discount_and_has_no_price(self):
        order = self.confirmed(quantity=2)
        self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": 25,
            }
        )._create_invoices(order.sudo())
        deposit = order.sudo().invoice_ids
        deposit.invoice_line_ids.price_unit = 600
        self.assertEqual(self.fact(deposit, "price_deviation"), 0)
        self.assertEqual(self.fact(deposit, "quantity_deviation"), 0)
        deposit.action_post()
        self.deliver(order)

        rest = order.sudo()._create_invoices(final=True)

        self.assertEqual(rest.amount_untaxed, 1400)
        self.assertEqual(self.fact(rest, "discount"), 0)

    def test_the_worst_price_counts_and_three_are_named(self):
        self.invoice_rule("price_deviation", 0)
        for number, more in ((3, False), (4, True)):
            invoice = self.differing(number)
            self.assertEqual(self.fact(invoice, "price_deviation"), 3.33)
            invoice.action_post()
            why = invoice.o2c_explain()[0]["reason"]
            with self.subTest(number):
                self.assertEqual(why.count("ordered at"), 3)
                self.assertEqual("…" in why, more)
                self.assertNotIn("invoiced in all", why)
        self.invoice_rule("amount", 1)
        why = [obstacle["reason"] for obstacle in invoice.o2c_explain()]
        self.assertEqual(len(why), 2)
        self.assertEqual(sum("ordered at" in reason for reason in why), 1)

    def test_the_worst_quantity_counts(self):
        invoice = self.differing(1)
        invoice.invoice_line_ids[:1].quantity = 3
        self.assertEqual(self.fact(invoice, "quantity_deviation"), 50)

    def test_nothing_on_it(self):
        empty = self.invoice(1, invoice_line_ids=[])
        for criterion in ("price_deviation", "quantity_deviation", "no_order"):
            self.assertEqual(self.fact(empty, criterion), 0)

    def test_a_price_where_none_was_ordered(self):
        invoice = self.delivered(price=0)
        self.assertEqual(self.fact(invoice, "price_deviation"), 0)
        invoice.invoice_line_ids.price_unit = 1

        self.assertEqual(self.fact(invoice, "price_deviation"), 100)
        half = self.delivered()
        half.invoice_line_ids.write({"price_unit": 2000, "discount": 50})
        self.assertEqual(self.fact(half, "price_deviation"), 0, "the same in the end")

    def test_a_price_in_another_currency_is_that_of_the_day_unrounded(self):
        self.two_rates()
        invoice = self.delivered(price=1001.01)
        invoice.invoice_date = MONDAY
        invoice.currency_id = self.env.ref("base.EUR")
        invoice.invoice_line_ids.price_unit = 500.505
        self.assertEqual(self.fact(invoice, "price_deviation"), 0)

        invoice.invoice_date = False
        invoice.invoice_line_ids.price_unit = 250.25
        with freeze_time("2026-03-20"):
            self.assertEqual(self.fact(invoice, "price_deviation"), 0, "of today")

    def test_amounts_are_of_the_invoices_day(self):
        self.two_rates()
        euro = self.env.ref("base.EUR")
        for day, amount in ((MONDAY, 2000), (TUESDAY, 4000)):
            invoice = self.invoice(1000, invoice_date=day, currency_id=euro.id)
            credit = self.invoice(
                1000, "out_refund", invoice_date=day, currency_id=euro.id
            )
            with self.subTest(day), freeze_time("2026-03-20"):
                self.assertEqual(self.fact(invoice, "amount"), amount)
                self.assertEqual(self.fact(credit, "credit_note"), amount)
                self.assertEqual(self.fact(credit, "amount"), 0)
                self.assertEqual(self.fact(invoice, "credit_note"), 0)
                invoice.invoice_date = False
                self.assertEqual(self.fact(invoice, "amount"), 4000, "of today")

    def test_more_than_is_owed(self):
        for policy, owed, deviation in (
            ("delivery", 0, 100),
            ("order", 3, 33.33),
        ):
            product = self.product("Part", 10, policy)
            order = self.confirmed(quantity=3, product=product)
            invoice = self.invoice(10)
            line = invoice.invoice_line_ids
            self.assertEqual(self.fact(invoice, "quantity_deviation"), 0)
            line.sudo().sale_line_ids = order.order_line
            line.quantity = owed
            self.assertEqual(self.fact(invoice, "quantity_deviation"), 0)
            line.quantity = owed + 1
            with self.subTest(policy):
                self.assertEqual(self.fact(invoice, "quantity_deviation"), deviation)
                self.assertIn(
                    f"{owed + 1} invoiced in all, {owed} to be",
                    invoice._o2c_differences(),
                )

    def test_who_credits_owes_nothing(self):
        invoice = self.delivered(quantity=3)
        invoice.invoice_line_ids.quantity = 4
        invoice.action_post()
        credit = invoice.sudo()._reverse_moves().sudo(False)
        credit.invoice_line_ids.quantity = 0.5

        self.assertEqual(self.fact(credit, "quantity_deviation"), 0)
        self.assertFalse(credit._o2c_differences())

    def test_one_line_on_no_order(self):
        invoice = self.delivered()
        self.assertEqual(self.fact(invoice, "no_order"), 0)
        invoice.invoice_line_ids = [self.free_line(10, quantity=1)]

        self.assertEqual(self.fact(invoice, "no_order"), 1)
        self.assertIn("is on no order", invoice._o2c_differences())
        self.assertEqual(self.fact(self.invoice(1), "price_deviation"), 0)

    def test_what_an_approver_reads(self):
        invoice = self.invoice(100, invoice_payment_term_id=False)
        summary = self.summary(invoice)
        self.assertEqual(
            summary["content"].replace("\xa0", " ").splitlines(),
            ["1 × Advice at $ 100.00: $ 100.00", "Payer: Harbor Logistics"],
        )
        self.assertEqual((summary["amount"], summary["overdue_days"]), (100, 0))
        invoice.invoice_payment_term_id = self.env.ref(
            "account.account_payment_term_30days"
        )
        invoice.action_post()
        credit = invoice._reverse_moves()
        content = self.summary(credit)["content"]
        self.assertIn(f"Credits {invoice.name}", content)
        self.assertIn("Terms: 30 Days", content)

    def test_every_sealed_part_of_an_invoice_changes_the_seal(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "sale")],
            limit=1,
        )
        days = self.env.ref("account.account_payment_term_30days")
        invoice = self.invoice(0)  # of nothing, so that its amount tells nothing
        line = invoice.invoice_line_ids
        keep = {"price_unit": 0, "discount": 0}
        for record, values in (
            (line, keep | {"product_id": self.laptop.id}),
            (line, keep | {"product_uom_id": self.env.ref("uom.product_uom_dozen").id}),
            (line, {"quantity": 2}),
            (line, {"tax_ids": tax.ids}),
            (line, {"discount": 100}),
            (line, {"price_unit": 50}),
            (invoice, {"partner_id": self.sam.partner_id.id}),
            (invoice, {"invoice_payment_term_id": days.id}),
            (invoice, {"fiscal_position_id": self.abroad().id}),
            (invoice, {"currency_id": self.euro_pricelist(1).currency_id.id}),
        ):
            before = invoice.o2c_seal
            record.write(values)
            with self.subTest(values):
                self.assertNotEqual(invoice.o2c_seal, before)
        seal = invoice.o2c_seal
        invoice.invoice_line_ids = [self.free_line(quantity=0)]
        line.name = "Laptop, silver"
        self.assertEqual(invoice.o2c_seal, seal, "nothing else was sold")
        kinds = ("out_invoice", "out_receipt", "in_invoice")
        one, other, bill = (self.invoice(100, kind).o2c_seal for kind in kinds)
        self.assertNotEqual(one, other)
        self.assertIs(bill, False)

    def abroad(self):
        return self.env["account.fiscal.position"].create({"name": "Abroad"})
