"""One invoice for all that a payer got in a day, a week or a month."""

from ast import literal_eval
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

from .test_billing import BillingCase

WEDNESDAY = "2026-03-11 10:00:00"


class TestPeriods(BillingCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(WEDNESDAY))
        self.company.o2c_invoicing_period = "month"
        self.company.resource_calendar_id.tz = "America/Los_Angeles"

    def run_queue_on(self, moment):
        with freeze_time(moment):
            self.run_queue()

    def delivered(self, quantity=1, **values):
        order = self.confirmed(quantity, **values)
        self.deliver(order)
        return order

    def test_a_month_makes_one_invoice_dated_on_its_last_day(self):
        first, second = self.delivered(1), self.delivered(2)
        self.assertFalse(first.sudo().invoice_ids, "not before the month ends")
        self.run_queue_on("2026-04-01 06:30:00")  # still March in San Francisco
        self.assertFalse(first.sudo().invoice_ids)

        self.run_queue_on("2026-04-01 07:30:00")

        invoice = (first | second).sudo().invoice_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.amount_untaxed, 3000)
        self.assertEqual(invoice.invoice_date, date(2026, 3, 31))
        self.assertEqual(set(self.tasks(first | second).mapped("state")), {"done"})

    def test_a_day_and_a_week_end_when_they_end(self):
        for period, before, after in (
            ("day", "2026-03-12 06:30:00", "2026-03-12 07:30:00"),
            ("week", "2026-03-16 06:30:00", "2026-03-16 07:30:00"),
        ):
            with self.subTest(period):
                order = self.delivered(o2c_invoicing_period=period)
                self.run_queue_on(before)
                self.assertFalse(order.sudo().invoice_ids)
                self.run_queue_on(after)
                self.assertEqual(order.sudo().invoice_ids.state, "posted")

    def test_each_delivery_has_its_heading(self):
        mouse = self.product("Mouse", 20)
        self.stock(mouse, 100)
        order = self.order(
            order_line=[
                Command.create({"product_id": self.laptop.id, "product_uom_qty": 5}),
                Command.create({"product_id": mouse.id, "product_uom_qty": 5}),
            ],
            client_order_ref="PO 7",
        )
        order.action_confirm()
        one = self.deliver(order, 2)
        two = self.deliver(order)

        self.run_queue_on("2026-04-02 12:00:00")

        lines = order.sudo().invoice_ids.invoice_line_ids.sorted("sequence")
        self.assertEqual(
            [
                (line.display_type, line.name if line.display_type != "product" else "")
                for line in lines
            ],
            [
                ("line_section", f"{order.name} · PO 7 · {one.name} · 03/11/2026"),
                ("product", ""),
                ("product", ""),
                ("line_section", f"{order.name} · PO 7 · {two.name} · 03/11/2026"),
                ("product", ""),
                ("product", ""),
            ],
        )
        self.assertEqual(lines.mapped("quantity"), [0, 2, 2, 0, 3, 3])
        first, second = self.tasks(order)
        self.assertEqual(first.line_ids, lines[1:3])
        self.assertEqual(second.line_ids, lines[4:6])
        self.assertEqual(order.order_line.mapped("qty_invoiced"), [5, 5])

    def test_what_differs_gets_an_invoice_of_its_own(self):
        other = self.env["res.partner"].create({"name": "Other"})
        days = self.env.ref("account.account_payment_term_30days")
        euro = self.euro_pricelist(2)
        alike = [self.delivered(), self.delivered()]
        address = self.env["res.partner"].create(
            {"name": "Depot", "parent_id": self.customer.id, "type": "delivery"}
        )
        alike.append(self.delivered(partner_shipping_id=address.id))
        different = [
            self.delivered(partner_id=other.id),
            self.delivered(payment_term_id=days.id),
            self.delivered(pricelist_id=euro.id),
            self.delivered(o2c_invoicing="draft"),
        ]

        self.run_queue_on("2026-04-02 12:00:00")

        [shared] = {order.sudo().invoice_ids for order in alike}
        self.assertEqual(len(shared), 1)
        own = {order.sudo().invoice_ids for order in different}
        self.assertEqual(len(own), 4)
        self.assertNotIn(shared, own)
        self.assertEqual(different[-1].sudo().invoice_ids.state, "draft")

    def test_who_shares_an_invoice(self):
        one, two = self.delivered(), self.delivered()
        abroad = self.env["account.fiscal.position"].create({"name": "Abroad"})
        journal = self.env["account.journal"].create(
            {"name": "Export", "code": "EXP", "type": "sale"}
        )
        different = [
            self.delivered(fiscal_position_id=abroad.id),
            self.delivered(journal_id=journal.id),
            self.delivered(o2c_invoicing_period="week"),
        ]
        self.bring_back(two.sudo().picking_ids, 1)
        tasks = self.tasks(one | two | self.env["sale.order"].union(*different))
        keys = [task._key() for task in tasks if task.kind == "delivery"]
        back = tasks.filtered(lambda task: task.kind == "return")

        self.assertEqual(keys[0], keys[1])
        self.assertEqual(len(set(keys)), 4)
        self.assertEqual(back.mapped(lambda task: task._key()), [f"order {two.id}"])
        for size, lengths in ((1, [2, 1, 1, 1]), (2, [2, 2, 1]), (3, [3, 2])):
            parts = (tasks - back)._chunks(size)
            self.assertEqual([len(part) for part in parts], lengths)
        self.assertEqual(len((tasks - back)._parts()), 4, "by what shares one")
        shared = (tasks - back).filtered(lambda task: task.order_id in one | two)
        self.assertEqual(len(shared._parts()), 2, "what shares one by its orders")
        one.o2c_invoicing_period = "delivery"
        self.assertEqual(self.tasks(one)._key(), f"order {one.id}")

    def test_one_broken_order_does_not_stop_the_others(self):
        good, bad = self.delivered(), self.delivered()
        account = self.laptop._get_product_accounts()["income"].copy({"code": "499997"})
        mouse = self.product("Mouse", 20, property_account_income_id=account.id)
        self.stock(mouse, 5)
        worse = self.delivered(product=mouse)
        account.active = False

        self.run_queue_on("2026-04-02 12:00:00")

        self.assertEqual(good.sudo().invoice_ids, bad.sudo().invoice_ids)
        self.assertEqual(good.sudo().invoice_ids.state, "posted")
        self.assertEqual(self.tasks(worse).state, "parked")

    def test_a_return_before_the_end_is_not_billed(self):
        order = self.confirmed(5)
        delivery = self.deliver(order)
        self.bring_back(delivery, 2)

        self.run_queue_on("2026-04-02 12:00:00")

        self.assertEqual(order.sudo().invoice_ids.amount_untaxed, 3000)
        self.assertEqual(set(self.tasks(order).mapped("state")), {"done"})

    def test_each_return_is_credited_whatever_line_billed_it(self):
        self.company.o2c_crediting = "post"
        order = self.confirmed(5)
        one = self.deliver(order, 2)
        two = self.deliver(order)
        self.run_queue_on("2026-04-02 12:00:00")

        self.bring_back(one, 2)
        self.bring_back(two, 3)

        credits = self.invoices(order, "out_refund")
        self.assertEqual(credits.mapped("amount_untaxed"), [2000, 3000])
        self.assertEqual(order.order_line.qty_invoiced, 0)

    def test_goods_invoiced_as_ordered_that_came_back_are_not_billed(self):
        phone = self.product("Phone", 100, policy="order")
        self.stock(phone, 10)
        order = self.confirmed(5, product=phone, price=100)
        self.bring_back(self.deliver(order), 2)

        self.run_queue_on("2026-04-02 12:00:00")

        self.assertEqual(order.sudo().invoice_ids.amount_untaxed, 300)

    def test_one_that_fails_unforeseen_is_put_aside_and_the_rest_shares_one(self):
        good, bad, other = self.delivered(), self.delivered(), self.delivered()
        real = type(bad)._o2c_cut

        def cut(order, part, tasks):
            if order == bad:
                raise UserError("Nobody expected this")
            return real(order, part, tasks)

        with patch.object(type(bad), "_o2c_cut", cut):
            self.run_queue_on("2026-04-02 12:00:00")

        self.assertEqual(len((good | other).sudo().invoice_ids), 1)
        self.assertEqual(good.sudo().invoice_ids.state, "posted")
        self.assertEqual(self.tasks(bad).state, "parked")
        self.assertIn("Nobody expected this", self.tasks(bad).error)

    def test_the_latest_day_of_all_dates_the_invoice(self):
        self.company.o2c_invoice_date = "delivery"
        first = self.delivered()
        with freeze_time("2026-03-28 12:00:00"):
            second = self.delivered()

        self.run_queue_on("2026-04-02 12:00:00")

        invoice = (first | second).sudo().invoice_ids
        self.assertEqual(invoice.mapped("invoice_date"), [date(2026, 3, 28)])

    def test_services_share_the_invoice(self):
        goods = self.delivered()
        work = self.confirmed(product=self.service())
        work.order_line.with_user(self.sam).qty_delivered = 1

        self.run_queue_on("2026-04-02 12:00:00")

        self.assertEqual(len((goods | work).sudo().invoice_ids), 1)

    def test_where_it_stands_says_when_and_with_how_many(self):
        order = self.delivered()
        self.delivered()
        self.delivered()
        self.tasks(self.delivered()).with_user(self.kim).action_retry()  # done
        self.tasks(self.delivered())._reschedule(fields.Datetime.now())  # sooner

        self.assertRegex(
            self.tasks(order)._sentence(),
            rf"{order.sudo().picking_ids.name} will be invoiced after 03/31/2026 "
            "with 2 others",
        )

    def test_sooner_by_hand(self):
        order, other = self.delivered(), self.delivered()

        self.tasks(order).with_user(self.kim).action_retry()

        self.assertEqual(order.sudo().invoice_ids.state, "posted")
        self.assertEqual(order.sudo().invoice_ids.invoice_date, date(2026, 3, 11))
        self.assertFalse(other.sudo().invoice_ids)

    def test_changed_to_per_delivery_it_goes_out_at_once(self):
        order = self.confirmed(2)
        self.deliver(order, 1)
        done = self.tasks(order)
        done.with_user(self.kim).action_retry()
        due_on = done.due_on
        self.deliver(order)

        order.o2c_invoicing_period = "delivery"
        self.run_queue_on(fields.Datetime.now() + timedelta(minutes=1))

        self.assertEqual(set(order.sudo().invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(set(self.tasks(order).mapped("state")), {"done"})
        self.assertEqual(done.due_on, due_on)

    def test_a_deposit_is_deducted(self):
        order = self.confirmed(2)
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": 25,
            }
        )
        wizard._create_invoices(order.sudo()).action_post()
        self.deliver(order)
        other = self.delivered()

        self.run_queue_on("2026-04-02 12:00:00")

        invoice = other.sudo().invoice_ids
        self.assertIn(invoice, order.sudo().invoice_ids)
        self.assertEqual(invoice.amount_untaxed, 2000 + 1000 - 500)
        last = invoice.invoice_line_ids.sorted("sequence")[-1]
        self.assertEqual(last.price_subtotal, -500)


class TestTonight(BillingCase):
    """What will be invoiced, how much, what is held back and why; before it happens."""

    def setUp(self):
        super().setUp()
        self.env["o2c.billing.task"].search([]).unlink()
        self.company.o2c_invoicing_period = "day"
        self.order_a, self.order_b = self.confirmed(2), self.confirmed(3)
        self.deliver(self.order_a)
        self.deliver(self.order_b)

    def queue(self, user=None):
        return self.env["o2c.billing.task"].with_user(user or self.kim)

    def test_how_many_and_how_much(self):
        other = self.env["res.partner"].create({"name": "Other"})
        self.deliver(self.confirmed(1, partner_id=other.id))

        self.assertEqual(
            self.queue().tonight(),
            "To be invoiced: 3, as invoices: 2, amount: $\xa06,000.00.",
        )
        self.assertEqual(self.tasks(self.order_b).amount, 3000)

    def test_what_is_held_back_and_why_and_nothing_changes(self):
        reason = self.reason("post")
        self.order_a.with_user(self.mia).action_o2c_hold(reason.id)
        events = self.events(self.order_a)
        task = self.tasks(self.order_a).with_user(self.kim)
        before = (task.state, task.waits_for)

        self.assertEqual(
            self.queue().tonight(),
            "To be invoiced: 1, as invoices: 1, amount: $\xa03,000.00. "
            "Held back: 1, amount: $\xa02,000.00.",
        )
        self.assertIn("Papers missing", task.held_back)
        self.assertEqual((task.state, task.waits_for), before)
        self.assertEqual(self.events(self.order_a), events)

    def test_what_is_said_is_what_happens(self):
        said = self.queue().tonight()
        self.tasks(self.order_a | self.order_b)._reschedule(fields.Datetime.now())
        self.run_queue()

        invoices = (self.order_a | self.order_b).sudo().invoice_ids
        self.assertEqual(len(invoices), 1)
        self.assertEqual(invoices.amount_untaxed, 5000)
        self.assertEqual(
            said, "To be invoiced: 2, as invoices: 1, amount: $\xa05,000.00."
        )
        self.assertEqual(
            self.queue().tonight(), "Nothing is to be invoiced within a day."
        )

    def test_what_waits_for_the_end_of_the_month_is_not_of_tonight(self):
        self.order_a.o2c_invoicing_period = "month"
        month_end = self.company._o2c_end_of("month")
        if month_end <= fields.Datetime.now() + timedelta(days=1):
            self.tasks(self.order_a).due_on = month_end + timedelta(days=30)

        self.assertEqual(
            self.queue().tonight(),
            "To be invoiced: 1, as invoices: 1, amount: $\xa03,000.00.",
        )

    def test_unbilled_orders_and_the_accrual_of_the_host(self):
        action = self.env.ref("o2c_addon.unbilled_action")
        orders = self.env["sale.order"].search(literal_eval(action.domain))
        self.assertLessEqual(self.order_a | self.order_b, orders)
        self.env["sale.order"].get_view(action.view_id.id)
