"""The order beside its invoices: what is still to come, and what should not be so."""

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import OWN_SALES
from .test_settlement import SettlementCase


class DifferenceCase(SettlementCase):
    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "manual"
        self.licence = self.service("Licence", 100, "order")

    def rows(self, order, user=None):
        reports = self.env["o2c.difference.report"].with_user(user or self.env.user)
        self.env.flush_all()
        self.env.invalidate_all()
        found = reports.search([("order_id", "=", order.id)])
        return found.filtered("is_different")

    def sentence(self, order):
        return self.rows(order).mapped("sentence")

    def compare(self, order, user=None):
        return self.rpc(user or self.sam, "o2c.difference.report", "compare", order.id)

    def draft(self, order):
        return order.sudo()._create_invoices()

    def assert_columns(self, order, **columns):
        """Of the only line of ``order``."""
        [line] = self.compare(order)["lines"]
        self.assertEqual({name: line[name] for name in columns}, columns)


class TestDifferences(DifferenceCase):
    def test_a_new_order_of_goods_has_none(self):
        order = self.confirmed(5)

        self.assertFalse(self.rows(order))
        self.assert_columns(
            order, ordered=5, delivered=0, invoiced=0, to_deliver=5, to_bill=0
        )

    def test_delivered_and_not_invoiced(self):
        order = self.confirmed(5)
        self.deliver(order, 3)

        self.assertEqual(self.sentence(order), ["3.00 Units to be invoiced"])
        self.assertEqual(self.rows(order).amount, 3000)
        self.assert_columns(order, delivered=3, to_deliver=2, to_bill=3)

    def test_a_draft_counts_as_invoiced_and_is_told(self):
        order = self.confirmed(5)
        self.deliver(order, 3)

        self.draft(order)

        self.assertFalse(self.rows(order))
        self.assert_columns(order, invoiced=3, drafted=3, to_bill=0)

    def test_several_invoices_of_a_line_add_up(self):
        order = self.confirmed(5)
        self.deliver(order, 3)
        self.invoice(order)
        self.deliver(order)
        self.invoice(order)

        self.assertFalse(self.rows(order))
        [line] = self.compare(order)["lines"]
        self.assertEqual((line["invoiced"], len(line["invoices"])), (5, 2))
        self.assertEqual(line["invoice_subtotal"], 5000)

    def test_a_cancelled_invoice_does_not_count(self):
        order = self.confirmed(5, 100, self.licence)
        self.draft(order).button_cancel()

        self.assertEqual(self.sentence(order), ["5.00 Units to be invoiced"])

    def test_more_than_is_due(self):
        order = self.confirmed(5, 100, self.licence)
        draft = self.draft(order)
        draft.invoice_line_ids.quantity = 7
        draft.action_post()

        self.assertEqual(self.sentence(order), ["2.00 Units too much invoiced"])
        self.assertEqual(self.rows(order).amount, -200)
        [line] = self.compare(order)["lines"]
        self.assertTrue(line["bad"]["invoiced"])

    def test_what_came_back_and_is_credited_is_no_difference(self):
        order = self.confirmed(5)
        delivery = self.deliver(order)
        invoice = self.invoice(order)
        self.bring_back(delivery, 2)
        self.assertEqual(self.sentence(order), ["2.00 Units too much invoiced"])

        self.credit(invoice, quantity=2)

        self.assertFalse(self.rows(order))
        self.assert_columns(order, delivered=3, invoiced=5, credited=2, to_bill=0)

    def test_a_credit_note_for_nothing_is_to_be_invoiced_again(self):
        order = self.confirmed(5, 100, self.licence)
        self.credit(self.invoice(order), quantity=1)

        self.assertEqual(self.sentence(order), ["1.00 Units to be invoiced"])

    def test_another_price(self):
        order = self.confirmed(5, 100, self.licence)
        draft = self.draft(order)
        draft.invoice_line_ids.price_unit = 110
        draft.action_post()

        self.assertEqual(
            self.sentence(order),
            ["Invoiced at $\xa0110.00 instead of $\xa0100.00"],
        )
        self.assertEqual(self.rows(order).amount, -50)
        self.assertTrue(self.compare(order)["lines"][0]["bad"]["price"])

    def test_a_discount_is_part_of_the_price(self):
        order = self.order(5, 100, self.licence)
        order.order_line.discount = 12.5
        order.action_confirm()
        draft = self.draft(order)
        self.assertFalse(self.rows(order))

        draft.invoice_line_ids.discount = 0

        self.assertEqual(
            self.sentence(order), ["Invoiced at $\xa0100.00 instead of $\xa087.50"]
        )

    def test_less_than_a_cent_is_none(self):
        order = self.confirmed(3, 33.333333, self.licence)
        draft = self.draft(order)

        draft.invoice_line_ids.price_unit += 0.001

        self.assertFalse(self.rows(order))

    def test_other_taxes(self):
        ten, twenty = self.env["account.tax"].create(
            [{"name": "Ten", "amount": 10}, {"name": "Twenty", "amount": 20}]
        )
        order = self.order(5, 100, self.licence)
        order.order_line.tax_ids = ten
        order.action_confirm()
        draft = self.draft(order)
        self.assertFalse(self.rows(order))

        draft.invoice_line_ids.tax_ids = twenty

        self.assertEqual(self.sentence(order), ["Other taxes"])
        [line] = self.compare(order)["lines"]
        self.assertEqual((line["taxes"], line["invoice_taxes"]), ("Ten", "Twenty"))
        self.assertTrue(line["bad"]["taxes"])

    def test_taxes_included_in_the_price(self):
        tax = self.env["account.tax"].create(
            {
                "name": "In it",
                "amount": 10,
                "price_include_override": "tax_included",
            }
        )
        order = self.order(4, 110, self.licence)
        order.order_line.tax_ids = tax
        order.action_confirm()
        self.assertEqual(self.rows(order).amount, 400)

        self.invoice(order)

        self.assertFalse(self.rows(order))

    def test_dozens_ordered_pieces_invoiced(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        unit = self.env.ref("uom.product_uom_unit")
        order = self.order(2, 120, self.licence)
        order.order_line.product_uom_id = dozen
        order.order_line.price_unit = 120
        order.action_confirm()
        draft = self.draft(order)
        draft.invoice_line_ids.write(
            {"product_uom_id": unit.id, "quantity": 24, "price_unit": 10}
        )
        draft.action_post()

        self.assertFalse(self.rows(order))
        self.assert_columns(order, ordered=2, invoiced=2, invoice_price=120)

        draft.button_draft()
        draft.invoice_line_ids.price_unit = 11
        self.assertEqual(
            self.sentence(order), ["Invoiced at $\xa0132.00 instead of $\xa0120.00"]
        )

    def test_a_foreign_order_is_compared_in_its_own_currency(self):
        pricelist = self.euro_pricelist(0.5)
        order = self.confirmed(5, 100, self.licence, pricelist_id=pricelist.id)
        self.assertEqual(self.rows(order).amount, 1000)

        self.invoice(order)

        self.assertFalse(self.rows(order))
        compared = self.compare(order)
        self.assertEqual(compared["currency_id"], pricelist.currency_id.id)

    def test_another_currency_is_told(self):
        self.euro_pricelist(0.5)
        order = self.confirmed(5, 100, self.licence)
        draft = self.draft(order)
        draft.currency_id = self.env.ref("base.EUR")
        draft.invoice_line_ids.price_unit = 50
        draft.action_post()

        self.assertEqual(self.sentence(order), ["Invoiced in another currency"])
        self.assertAlmostEqual(self.rows(order).amount, 0)
        self.assertAlmostEqual(self.compare(order)["lines"][0]["invoice_subtotal"], 500)

    def test_what_is_not_on_the_order(self):
        order = self.confirmed(5, 100, self.licence)
        draft = self.draft(order)
        draft.invoice_line_ids = [
            Command.create({"name": "Express", "price_unit": 40, "tax_ids": False})
        ]
        draft.action_post()

        self.assertEqual(self.sentence(order), ["Not on the order"])
        self.assertEqual(self.rows(order).amount, -40)
        extra = self.compare(order)["lines"][-1]
        self.assertEqual((extra["name"], extra["invoice_subtotal"]), ("Express", 40))
        self.assertEqual(extra["invoices"][0]["name"], draft.name)

    def test_of_an_invoice_of_two_orders_it_is_told_once(self):
        first = self.confirmed(5, 100, self.licence)
        second = self.confirmed(5, 100, self.licence)
        draft = (first | second).sudo()._create_invoices()
        draft.invoice_line_ids = [
            Command.create({"name": "Express", "price_unit": 40, "tax_ids": False})
        ]

        self.assertEqual(self.sentence(first), ["Not on the order"])
        self.assertFalse(self.rows(second))

    def test_a_deposit_is_no_difference(self):
        order = self.confirmed(10, 100, self.licence)
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 30,
            }
        )
        deposit = wizard._create_invoices(order.sudo())
        deposit.action_post()
        self.assertEqual(self.sentence(order), ["10.00 Units to be invoiced"])
        line = next(x for x in self.compare(order)["lines"] if x["is_deposit"])
        self.assertEqual(line["invoice_subtotal"], 300)

        order.sudo()._create_invoices(final=True).action_post()

        self.assertFalse(self.rows(order))
        line = next(x for x in self.compare(order)["lines"] if x["is_deposit"])
        self.assertEqual(line["invoice_subtotal"], 0)

    def test_a_deposit_that_is_paid_back_is_no_difference(self):
        order = self.confirmed(10, 100, self.licence)
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
        self.invoice(order)

        self.assertFalse(self.rows(order))

    def test_a_cancelled_order_that_stays_invoiced(self):
        order = self.confirmed(5, 100, self.licence)
        invoice = self.invoice(order)
        order._action_cancel()

        self.assertEqual(self.sentence(order), ["5.00 Units too much invoiced"])

        self.credit(invoice)
        self.assertFalse(self.rows(order))

    def test_the_figures_above_the_lines(self):
        order = self.confirmed(10, 100, self.licence)
        invoice = self.invoice(
            order, invoice_date_due=fields.Date.subtract(fields.Date.today(), days=9)
        )
        self.credit(invoice, quantity=1)
        self.pay_part(invoice, 400)

        figures = self.compare(order)["figures"]

        self.assertEqual(
            [(f["label"], f["amount"], f["bad"]) for f in figures],
            [
                ("Order", 1000, False),
                ("Invoiced", 900, False),
                ("Credit notes in it", -100, False),
                ("Received", 400, False),
                ("To pay", 500, False),
                ("Overdue", 500, True),
            ],
        )


class TestWhoComparesWhat(DifferenceCase):
    def test_sales_sees_own_orders_only(self):
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        mine, theirs = (
            self.confirmed(5, 100, self.licence, user=user) for user in (own, self.sam)
        )

        self.assertTrue(self.rows(mine, own))
        self.assertFalse(self.rows(theirs, own))
        self.assertTrue(self.compare(mine, own)["lines"])
        with self.assertRaises(AccessError):
            self.compare(theirs, own)

    def test_invoices_are_linked_for_who_can_open_them(self):
        order = self.confirmed(5, 100, self.licence)
        invoice = self.invoice(order)
        self.kim.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

        for user, is_linked in ((self.sam, False), (self.kim, True)):
            [named] = self.compare(order, user)["lines"][0]["invoices"]
            self.assertEqual(
                (named["name"], named["is_linked"]), (invoice.name, is_linked)
            )
        opened = self.rpc(self.sam, "sale.order", "action_o2c_open_unpaid", order.ids)
        self.assertIn(f"/my/invoices/{invoice.id}", opened["url"])
        opened = self.rpc(self.kim, "sale.order", "action_o2c_open_unpaid", order.ids)
        self.assertEqual(opened["res_id"], invoice.id)
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "sale.order", "action_o2c_open_unpaid", order.ids)

    def test_an_invoice_with_orders_of_others_is_asked_of_accounting(self):
        own = self.user("own_t", "Own", OWN_SALES)
        mine = self.confirmed(5, 100, self.licence, user=own)
        theirs = self.confirmed(7, 100, self.licence)
        (mine | theirs).sudo()._create_invoices().action_post()

        with self.assertRaisesRegex(AccessError, "ask accounting"):
            self.rpc(own, "sale.order", "action_o2c_open_unpaid", mine.ids)
        opened = self.rpc(self.sam, "sale.order", "action_o2c_open_unpaid", mine.ids)
        self.assertIn("/my/invoices/", opened["url"])

    def test_the_warehouse_reads_no_debt(self):
        order = self.confirmed(5)
        self.assertTrue(order.with_user(self.wim).has_access("read"))

        with self.assertRaises(AccessError):
            self.compare(order, self.wim)
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "sale.order", "read", order.ids, ["o2c_residual"])
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "o2c.difference.report", "search_read", [])

    def test_other_companies_are_not_seen(self):
        order = self.confirmed(5, 100, self.licence)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        mia = self.user("far_t", "Far", "sales_team.group_sale_manager")
        mia.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere}
        )

        self.assertFalse(self.rows(order, mia))
        with self.assertRaises(AccessError):
            self.compare(order, mia)

    def test_customers_read_nothing_of_ours_by_rpc(self):
        order = self.confirmed(5)
        portal = self.user("portal_t", "Paula", "base.group_portal")
        portal.partner_id.parent_id = self.customer
        self.assertTrue(order.with_user(portal).has_access("read"))

        for model, method, *args in (
            ("o2c.difference.report", "compare", order.id),
            ("sale.order", "o2c_explain", order.ids),
            ("sale.order", "read", order.ids, ["o2c_status"]),
            ("sale.order", "read", order.ids, ["o2c_approval_state"]),
            ("sale.order", "read", order.ids, ["o2c_settlement"]),
            ("sale.order", "search", [("o2c_is_held", "=", True)]),
        ):
            with self.subTest(f"{method} {args}"), self.assertRaises(AccessError):
                self.rpc(portal, model, method, *args)
