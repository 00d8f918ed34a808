"""The board: how long orders stand where they stand, what is late, what is news."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import SQL

from .common import OWN_SALES, O2CCase

MONDAY = "2026-03-02 09:00:00"


def later(**duration):
    return freeze_time(fields.Datetime.to_datetime(MONDAY) + timedelta(**duration))


class TestStageAge(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "o2c_target_quotation": 1,
                "o2c_target_approval": 2,
                "o2c_target_delivery": 5,
                "o2c_target_invoicing": 1,
                "o2c_target_payment": 0,
            }
        )

    def board(self, *filters):
        """What the board shows to Sam under these filters, of what was made here."""
        domain = [("partner_id", "=", self.customer.id)]
        domain += [(name, "=", True) for name in filters]
        return self.env["sale.order"].with_user(self.sam).search(domain)

    def assertLate(self, order, late=True):
        """The filter, the card and the negated filter say the same."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(order in self.board("o2c_is_late"), late)
        self.assertEqual(order.with_user(self.sam).o2c_is_late, late)
        on_time = self.env["sale.order"].search([("o2c_is_late", "=", False)])
        self.assertEqual(order in on_time, not late)

    def test_since_is_when_it_came_into_its_stage_and_nothing_else_moves_it(self):
        with later():
            order = self.order()
            order.flush_recordset()
        with later(days=1):
            order.client_order_ref = "PO 7"
            order.order_line.product_uom_qty = 2
            order.flush_recordset()
        self.assertEqual(order.o2c_stage_since, fields.Datetime.to_datetime(MONDAY))

        with later(days=3):
            order.action_confirm()
            order.flush_recordset()

        self.assertEqual(order.o2c_stage, "delivery")
        self.assertEqual(
            fields.Datetime.to_string(order.o2c_stage_since)[:10], "2026-03-05"
        )
        self.assertFalse(order.o2c_stage_is_about)

    def test_age_in_words(self):
        with later():
            order = self.order()
            order.flush_recordset()
            self.assertEqual(order.o2c_age, "today")
        for days, words in ((1, "1 day"), (12, "12 days")):
            with later(days=days):
                order.invalidate_recordset()
                self.assertEqual(order.o2c_age, words)

    def test_what_is_done_ages_no_more(self):
        order = self.order()
        order._action_cancel()

        self.assertFalse(order.o2c_age)

    def test_the_demo_shows_late_orders_and_others(self):
        for name, age, late in (
            ("order_missing", "9 days", True),
            ("order_ready", "3 days", True),
            ("order_large", "1 day", False),
        ):
            order = self.env.ref(f"o2c_addon.{name}")
            order.company_id.o2c_target_delivery = 5
            with self.subTest(name):
                self.assertEqual((order.o2c_age, order.o2c_is_late), (age, late))

    def test_nobody_writes_it(self):
        order = self.order()
        for name, value in (
            ("o2c_stage_since", MONDAY),
            ("o2c_stage_is_about", True),
            ("o2c_stage", "done"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                self.rpc(self.sam, "sale.order", "write", order.ids, {name: value})

    def test_each_stage_has_its_target(self):
        self.rule(limit=10000)
        with later():
            quotation = self.order()
            approval = self.order(quantity=12)
            approval.action_confirm()
            delivery = self.confirmed()
            invoicing = self.confirmed()
            self.deliver(invoicing)
            self.env.flush_all()
        found = (quotation + approval + delivery + invoicing).mapped("o2c_stage")
        self.assertEqual(found, ["quotation", "approval", "delivery", "invoicing"])

        for days, late in (
            (1, ""),
            (1.1, "quotation invoicing"),
            (2.1, "quotation invoicing approval"),
            (5.1, "quotation invoicing approval delivery"),
        ):
            with later(days=days):
                for order in quotation + approval + delivery + invoicing:
                    with self.subTest(days=days, stage=order.o2c_stage):
                        self.assertLate(order, order.o2c_stage in late.split())

    def test_no_target_means_as_long_as_it_takes(self):
        self.company.o2c_target_quotation = 0
        with later():
            order = self.order()
            order.flush_recordset()

        with later(days=400):
            self.assertLate(order, False)

    def test_a_promised_date_that_passed_is_late_until_it_is_delivered(self):
        with later():
            order = self.confirmed()
            order.commitment_date = fields.Datetime.now() + timedelta(hours=2)
            order.flush_recordset()
            self.assertLate(order, False)
        with later(hours=3):
            self.assertLate(order)
            self.deliver(order)
            self.assertLate(order, False)

    def test_payment_is_late_by_what_was_agreed(self):
        terms = self.env.ref("account.account_payment_term_30days")
        with later():
            order = self.confirmed(payment_term_id=terms.id)
            self.deliver(order)
            invoice = order._create_invoices()
            invoice.sudo().action_post()
            self.env.flush_all()
        self.assertEqual(order.o2c_stage, "payment")

        with later(days=29):
            self.assertLate(order, False)
        with later(days=32):
            self.assertLate(order)
            self.company.o2c_target_payment = 7
            self.assertLate(order, False)
        with later(days=39):
            self.assertLate(order)
            self.pay(invoice)
            self.assertLate(order, False)

    def test_stuck_money_is_confirmed_and_does_not_move(self):
        with later():
            late, quotation = self.confirmed(), self.order()
            self.env.flush_all()
        with later(days=6):
            held, fine = self.confirmed(), self.confirmed()
            held.sudo()._o2c_put_on_hold(self.reason())
            unbilled = self.confirmed(o2c_invoicing="draft")
            self.deliver(unbilled)
            unbilled.sudo().o2c_billing_task_ids._park("No account")
            self.env.flush_all()
            self.env.invalidate_all()

            self.assertEqual(self.board("o2c_has_stuck_money"), unbilled + held + late)
            self.assertTrue(held.o2c_has_stuck_money)
            self.assertFalse((fine + quotation).filtered("o2c_has_stuck_money"))

    def test_each_company_has_its_own_targets(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        other.o2c_target_quotation = 30
        with later():
            here = self.order()
            there = self.env["sale.order"].create(
                {"partner_id": self.customer.id, "company_id": other.id}
            )
            self.env.flush_all()

        with later(days=2):
            self.env.invalidate_all()
            orders = here.sudo() + there
            found = orders.with_context(
                allowed_company_ids=(self.company + other).ids
            ).search([("id", "in", orders.ids), ("o2c_is_late", "=", True)])
            self.assertEqual(orders.mapped("o2c_is_late"), [True, False])
        self.assertEqual(found, here)


class TestNews(O2CCase):
    def news(self, user=None):
        self.env.flush_all()
        return self.rpc(user or self.sam, "sale.order", "o2c_news")

    def touch(self, records):
        """As if changed by somebody in another transaction, which has another time."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date + interval '1s' WHERE id IN %s",
                SQL.identifier(records._table),
                tuple(records.ids),
            )
        )

    def test_no_news_where_nothing_changed(self):
        self.order()

        self.assertEqual(self.news(), self.news())

    def test_what_cards_are_made_of_is_news(self):
        self.rule(limit=10000)
        self.check("available")
        asked = self.order(quantity=12)
        asked.action_confirm()
        order = self.confirmed()
        before = self.news()
        for what, records in (
            ("an order", order),
            ("a delivery", order.sudo().picking_ids),
            ("a question", asked.o2c_request_ids),
        ):
            with self.subTest(what):
                self.touch(records)
                self.assertNotEqual(before, before := self.news())

        with self.subTest("a new order"):
            self.order()
            self.assertNotEqual(before, before := self.news())
        with self.subTest("a hold"):
            order.sudo()._o2c_put_on_hold(self.reason())
            self.assertNotEqual(before, before := self.news())
        with self.subTest("the fault of an invoice"):
            delivered = self.confirmed(o2c_invoicing="draft")
            self.deliver(delivered)
            before = self.news()
            self.touch(delivered.sudo().o2c_billing_task_ids)
            self.assertNotEqual(before, self.news())

    def test_who_began_first_may_finish_last(self):
        """The last date of change would not tell; their sum does."""
        old, new = self.order(), self.order()
        self.touch(new)
        self.touch(new)
        before = self.news()

        self.touch(old)

        self.assertNotEqual(before, self.news())

    def test_what_one_may_not_read_is_no_news(self):
        tim = self.user("tim_t", "Tim", OWN_SALES)
        self.order(user=tim)
        before = self.news(tim)

        self.order()

        self.assertEqual(before, self.news(tim))
        with self.assertRaises(AccessError):
            self.news(self.ada)

    def test_asking_is_cheap(self):
        self.order()
        self.news()

        before = self.cr.sql_log_count
        self.env["sale.order"].with_user(self.sam).o2c_news()

        self.assertLessEqual(self.cr.sql_log_count - before, 3)


class TestColumns(O2CCase):
    def test_cancelled_orders_have_no_column_until_asked_for(self):
        order = self.order()
        order._action_cancel()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.sale_order_action"
        )
        self.assertIn("search_default_not_cancelled", action["context"])

        def columns(domain):
            groups = order.with_context(read_group_expand=True).web_read_group(
                domain, ["o2c_stage"], ["__count"]
            )["groups"]
            return [group["o2c_stage"] for group in groups]

        stages = ["quotation", "approval", "delivery", "invoicing", "payment", "done"]
        self.assertEqual(columns([("state", "!=", "cancel")]), stages)
        self.assertIn("cancelled", columns([]))


class TestStatusOnCards(O2CCase):
    """How far it is comes before why it waits."""

    def three_lines(self):
        order = self.order(quantity=1)
        for number in (2, 3):
            product = self.product(f"Rack {number}", 10)
            self.stock(product, 9)
            order.order_line = [
                Command.create({"product_id": product.id, "product_uom_qty": 1})
            ]
        order.action_confirm()
        return order

    def deliver_one(self, order):
        delivery = order.sudo().picking_ids.with_user(self.wim).sudo(False)
        delivery.move_ids[1:].quantity = 0
        delivery.with_context(skip_backorder=True).button_validate()

    def status(self, order, user=None):
        self.env.invalidate_all()
        return order.with_user(user or self.sam).sudo(False).o2c_status

    def test_how_much_is_delivered_is_said_once_some_of_it_is(self):
        order = self.three_lines()
        self.assertNotIn("delivered", self.status(order))

        self.deliver_one(order)

        for user in (self.sam, self.wim):
            with self.subTest(user.name):
                self.assertTrue(self.status(order, user).startswith("1 of 3 delivered"))

    def test_what_is_overdue_is_said_to_who_may_know(self):
        order = self.three_lines()
        self.deliver_one(order)
        invoice = order.sudo()._create_invoices()
        invoice.invoice_date = invoice.invoice_date_due = "2020-01-01"
        invoice.action_post()

        words = "1 of 3 delivered · 1 invoice overdue · "
        self.assertTrue(self.status(order).startswith(words), self.status(order))
        self.assertNotIn("overdue", self.status(order, self.wim))

        self.pay(invoice)
        self.assertNotIn("overdue", self.status(order))
