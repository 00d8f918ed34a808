"""Recurring services: each period that comes is charged once, and invoiced."""

from datetime import date, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from odoo.addons.o2c_addon.models.period import A_YEAR, Calendar

from .common import STANDARD
from .test_billing import BillingCase


@tagged(*STANDARD)
class TestCalendar(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(
        st.dates(date(2019, 1, 1), date(2040, 12, 31)),
        st.sampled_from(sorted(A_YEAR)),
        st.integers(0, 200),
    )
    def test_every_day_lies_in_exactly_one_period(self, first, every, number):
        calendar = Calendar(first, every)
        start, end = calendar.start_of(number), calendar.end_of(number)

        self.assertLessEqual(start, end)
        self.assertEqual(calendar.start_of(number + 1), end + timedelta(days=1))
        for day in (start, end):
            self.assertEqual(calendar.number_of(day), number)
        self.assertEqual(calendar.number_of(start - timedelta(days=1)), number - 1)

    @settings(max_examples=100, deadline=None)
    @given(st.dates(date(2019, 1, 1), date(2040, 12, 31)))
    def test_the_end_of_a_month_and_a_leap_day_come_back(self, first):
        months = Calendar(first, "month")
        for number in range(0, 120, 12):
            self.assertEqual(
                months.start_of(number), first + relativedelta(years=number // 12)
            )


class RecurringCase(BillingCase):
    def setUp(self):
        super().setUp()
        self.support = self.service(
            "Support", 50, o2c_every="month", o2c_charged="advance", o2c_notice_days=30
        )
        self.today = self.company._o2c_today()

    def contract(self, ago=None, seats=10, **values):
        """A confirmed order of support, which began ``ago``."""
        line = {
            "product_id": self.support.id,
            "o2c_per_period": seats,
            "o2c_starts_on": self.today - (ago or relativedelta()),
        }
        order = self.order(order_line=[Command.create(line | values)])
        order.action_confirm()
        return order

    def tick(self, order):
        """What the server does when it comes by: the calendar, then the queue."""
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_periods").method_direct_trigger()
        self.run_queue()
        order.invalidate_recordset()

    def periods(self, order):
        return order.sudo().order_line.o2c_period_ids.sorted("starts_on")


class TestAgreed(RecurringCase):
    """How much is ordered, and that it follows from what was agreed."""

    def test_open_ended_is_a_year(self):
        order = self.contract(seats=10)

        self.assertEqual(order.order_line.product_uom_qty, 120)
        self.assertEqual(order.amount_untaxed, 6000)
        self.assertEqual(order.order_line.qty_delivered_method, "schedule")

    def test_until_an_end(self):
        end = self.today + relativedelta(months=3, days=-1)
        order = self.contract(o2c_ends_on=end, seats=2)
        self.assertEqual(order.order_line.product_uom_qty, 6)

    def test_weeks_quarters_and_years(self):
        for every, number in A_YEAR.items():
            order = self.contract(o2c_every=every, seats=1)
            self.assertEqual(order.order_line.product_uom_qty, number)

    def test_a_quantity_without_one_per_period_is_for_each(self):
        """As a shop, a template or an import gives it."""
        order = self.order(quantity=4, product=self.support, price=50)
        self.assertEqual(order.order_line.o2c_per_period, 4)
        self.assertEqual(order.order_line.product_uom_qty, 48)

    def test_chosen_in_the_form(self):
        with Form(self.env["sale.order"].with_user(self.sam)) as form:
            form.partner_id = self.customer
            with form.order_line.new() as line:
                line.product_id = self.support
                self.assertEqual(line.product_uom_qty, 12)
                line.o2c_per_period = 3
                self.assertEqual(line.product_uom_qty, 36)

        self.assertEqual(form.record.order_line.product_uom_qty, 36)

    def test_the_ordered_quantity_is_not_typed_in(self):
        order = self.contract()
        with self.assertRaisesRegex(UserError, "follows from its periods"):
            self.rpc(
                self.sam,
                "sale.order.line",
                "write",
                order.order_line.ids,
                {"product_uom_qty": 1},
            )
        self.assertEqual(order.order_line.product_uom_qty, 120)

    def test_it_begins_when_the_order_is_confirmed(self):
        order = self.contract(o2c_starts_on=False)
        self.assertEqual(order.order_line.o2c_starts_on, self.today)

    def test_goods_and_timesheets_do_not_recur(self):
        with self.assertRaisesRegex(ValidationError, "again and again"):
            self.laptop.o2c_every = "month"
        with self.assertRaisesRegex(ValidationError, "again and again"):
            self.order().order_line.o2c_every = "month"
        with self.assertRaisesRegex(ValidationError, "again and again"):
            self.support.invoice_policy = "order"

    def test_a_larger_contract_needs_its_approval(self):
        self.rule(limit=5000)
        order = self.contract(seats=10)
        self.assertEqual(order.o2c_approval_state, "pending")
        self.assertFalse(self.periods(order))


class TestCharging(RecurringCase):
    def test_in_advance_from_the_first_day(self):
        order = self.contract()

        self.tick(order)

        [period] = self.periods(order)
        self.assertEqual((period.starts_on, period.quantity), (self.today, 10))
        invoice = self.invoices(order)
        self.assertEqual((invoice.state, invoice.amount_untaxed), ("posted", 500))
        self.assertEqual(period.move_id, invoice)
        self.assertIn(period._in_words("en_US"), invoice.invoice_line_ids.name)
        self.assertNotIn("days)", period._in_words(), "a whole one")
        self.assertEqual(
            order.order_line.o2c_next_due_on, self.today + relativedelta(months=1)
        )

    def test_in_arrears_when_it_is_over(self):
        order = self.contract(relativedelta(days=1), o2c_charged="arrears")
        self.tick(order)
        self.assertFalse(self.periods(order))

        order = self.contract(relativedelta(months=1), o2c_charged="arrears")
        self.tick(order)
        self.assertEqual(len(self.periods(order)), 1)
        self.assertEqual(self.invoices(order).amount_untaxed, 500)

    def test_what_was_missed_is_charged_period_by_period(self):
        order = self.contract(relativedelta(months=2))

        self.tick(order)

        self.assertEqual(len(self.periods(order)), 3)
        lines = self.invoices(order).invoice_line_ids
        self.assertEqual(lines.mapped("quantity"), [10, 10, 10])
        self.assertEqual(lines.o2c_period_ids, self.periods(order))

    def test_again_and_again_it_is_charged_once(self):
        order = self.contract(relativedelta(months=1))
        for _again in range(3):
            self.tick(order)
            order.sudo().order_line._o2c_make_periods()

        self.assertEqual(len(self.periods(order)), 2)
        self.assertEqual(sum(self.invoices(order).mapped("amount_untaxed")), 1000)

    def test_a_period_is_there_once_whoever_writes_it(self):
        order = self.contract()
        self.tick(order)
        period = self.periods(order)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.cr.savepoint(),
        ):
            period.copy({"line_id": period.line_id.id, "starts_on": period.starts_on})

    def test_a_deleted_draft_or_a_credit_note_charges_nothing_again(self):
        self.company.o2c_invoicing = "draft"
        order = self.contract()
        self.tick(order)
        self.invoices(order).unlink()
        self.tick(order)
        self.assertFalse(self.invoices(order))

    def test_seats_that_change_are_charged_from_the_next_period(self):
        order = self.contract(relativedelta(days=5))
        self.tick(order)

        order.order_line.o2c_per_period = 12

        self.assertEqual(order.order_line.product_uom_qty, 10 + 11 * 12)
        self.assertEqual(self.periods(order).quantity, 10)

    def test_each_period_has_the_price_of_its_day(self):
        order = self.contract(relativedelta(months=1))
        line = order.sudo().order_line
        with patch.object(
            type(self.company),
            "_o2c_today",
            return_value=(self.today - relativedelta(months=1)),
        ):
            line._o2c_make_periods()
        line.price_unit = 60
        line._o2c_make_periods()

        self.run_queue()

        billed = self.invoices(order).invoice_line_ids
        self.assertEqual(billed.mapped("price_unit"), [50, 60])

    def test_paused_it_charges_nothing_and_goes_on_afterwards(self):
        order = self.contract(relativedelta(months=2))
        order.order_line.write(
            {
                "o2c_paused_from": self.today - relativedelta(months=1),
                "o2c_paused_until": self.today - timedelta(days=1),
            }
        )
        self.assertEqual(order.order_line.product_uom_qty, 110)

        self.tick(order)

        self.assertEqual(self.periods(order).mapped("quantity"), [10, 0, 10])
        self.assertEqual(self.invoices(order).amount_untaxed, 1000)
        self.assertEqual(order.order_line.product_uom_qty, 110)

    def test_renewed_for_another_year(self):
        order = self.contract(relativedelta(years=1))

        self.tick(order)

        line = order.order_line
        self.assertEqual(len(self.periods(order)), 13)
        self.assertEqual(line.product_uom_qty, 240)
        self.assertIn("renewed", self.events(order))

    def test_a_renewal_above_the_limit_waits_for_its_approval(self):
        self.rule(limit=8000)
        order = self.contract(relativedelta(years=1))
        self.assertEqual(order.state, "sale")

        self.tick(order)

        self.assertFalse(order.sudo().activity_ids.mapped("note"))
        self.assertEqual(len(self.periods(order)), 13)
        self.assertFalse(self.invoices(order))
        self.assertEqual(
            order.o2c_approval_state, "pending", self.tasks(order).mapped("why")
        )
        order.o2c_request_ids.filtered(lambda r: r.state == "pending").with_user(
            self.ada
        ).action_approve()
        self.run_queue()
        self.assertEqual(self.invoices(order).amount_untaxed, 6500)

    def test_notice_in_time_ends_it_with_its_year(self):
        order = self.contract(relativedelta(months=3))
        order.with_user(self.sam).order_line.action_o2c_give_notice()

        end = self.today - relativedelta(months=3) + relativedelta(years=1, days=-1)
        self.assertEqual(order.order_line.o2c_ends_on, end)
        self.assertIn("noticed", self.events(order))

    def test_notice_too_late_ends_it_a_year_after(self):
        order = self.contract(relativedelta(months=11, days=20))
        order.with_user(self.sam).order_line.action_o2c_give_notice()

        first = order.order_line.o2c_starts_on
        self.assertEqual(
            order.order_line.o2c_ends_on, first + relativedelta(years=2, days=-1)
        )

    def test_after_its_end_nothing_is_charged(self):
        order = self.contract(
            relativedelta(months=4),
            o2c_ends_on=self.today - relativedelta(months=2, days=1),
        )
        self.tick(order)
        self.assertEqual(len(self.periods(order)), 2)
        self.assertFalse(order.order_line.o2c_next_due_on)

    def test_a_cancelled_order_is_not_charged_any_more(self):
        order = self.contract(relativedelta(months=1))
        order.sudo()._action_cancel()
        self.tick(order)
        self.assertFalse(self.periods(order))

    def test_what_was_charged_fixes_its_calendar(self):
        order = self.contract()
        self.tick(order)
        for values in (
            {"o2c_starts_on": self.today - timedelta(days=3)},
            {"o2c_every": "week"},
            {"o2c_ends_on": self.today - timedelta(days=1)},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                order.order_line.write(values)

    def test_one_bad_contract_stops_only_itself(self):
        self.company.o2c_billing_owner_id = self.kim
        good, bad = self.contract(), self.contract()
        line = bad.sudo().order_line
        real = type(line)._o2c_prepare_periods

        def prepare(self):
            if self == line:
                raise UserError("The moon is full.")
            return real(self)

        with patch.object(type(line), "_o2c_prepare_periods", prepare):
            self.tick(good)

        self.assertEqual(len(self.periods(good)), 1)
        self.assertFalse(self.periods(bad))
        told = bad.sudo().activity_ids
        self.assertEqual(told.user_id, self.kim)
        self.assertIn("The moon is full.", told.note)

    def test_invoiced_by_hand_the_periods_are_parted_as_well(self):
        self.company.o2c_invoicing = "manual"
        order = self.contract(relativedelta(months=1))
        self.tick(order)
        self.assertFalse(self.invoices(order))

        order.sudo()._create_invoices()

        lines = self.invoices(order).invoice_line_ids
        self.assertEqual(lines.mapped("quantity"), [10, 10])
        self.assertEqual(lines.o2c_period_ids, self.periods(order))

    def test_when_the_order_is_complete_does_not_mean_in_a_year(self):
        self.company.o2c_invoicing_period = "order"
        order = self.contract()
        self.tick(order)
        self.assertEqual(self.invoices(order).amount_untaxed, 500)


class TestWhereItStands(RecurringCase):
    def test_between_two_periods_it_waits_for_the_next_and_is_not_late(self):
        order = self.contract(relativedelta(days=20))
        self.tick(order)
        self.assertEqual(order.o2c_stage, "payment")
        self.pay(self.invoices(order))

        self.assertEqual(order.o2c_stage, "delivery")
        self.assertIn(
            "Support is charged next on", order.with_user(self.sam).o2c_status
        )
        order.sudo().o2c_stage_since -= timedelta(days=30)
        self.env.flush_all()
        self.assertFalse(order.o2c_is_late)

    def test_what_recurs_is_not_said_to_be_undelivered(self):
        self.company.o2c_invoicing = "manual"
        order = self.mixed_order((self.service(), 1), (self.support, 1))
        order.order_line[1].o2c_charged = "arrears"
        order.action_confirm()
        order.order_line[0].qty_delivered = 1
        order.sudo()._create_invoices().action_post()
        self.pay(self.invoices(order))

        self.assertEqual(order.o2c_stage, "delivery")
        status = order.with_user(self.sam).o2c_status
        self.assertRegex(status, "^Support is charged next on")

    def test_after_the_last_one_it_is_done(self):
        order = self.contract(
            relativedelta(months=1), o2c_ends_on=self.today - timedelta(days=1)
        )
        self.tick(order)
        self.pay(self.invoices(order))
        self.assertEqual(order.o2c_stage, "done")


class TestForged(RecurringCase):
    """What no user may do by any way."""

    def test_a_delivered_quantity_typed_in_bills_nothing(self):
        order = self.contract()
        self.tick(order)
        self.rpc(
            self.sam,
            "sale.order.line",
            "write",
            order.order_line.ids,
            {"qty_delivered": 120},
        )
        order.sudo()._o2c_collect()
        self.tick(order)

        self.assertEqual(sum(self.invoices(order).mapped("amount_untaxed")), 500)

    def test_nobody_writes_periods_or_the_calendar(self):
        order = self.contract()
        self.tick(order)
        for user in (self.sam, self.kim, self.mia):
            with self.subTest(user.name):
                with self.assertRaises(AccessError):
                    self.rpc(
                        user,
                        "o2c.period",
                        "write",
                        self.periods(order).ids,
                        {"quantity": 0},
                    )
                with self.assertRaises(AccessError):
                    self.rpc(user, "o2c.period", "unlink", self.periods(order).ids)
        for name in ("o2c_renewals", "o2c_next_due_on"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.rpc(
                    self.sam,
                    "sale.order.line",
                    "write",
                    order.order_line.ids,
                    {name: False},
                )

    def test_who_reads_no_orders_of_others_reads_no_periods_of_theirs(self):
        order = self.contract()
        self.tick(order)
        other = self.user("ora_t", "Ora", "sales_team.group_sale_salesman")
        self.assertFalse(
            self.env["o2c.period"]
            .with_user(other)
            .search([("order_id", "=", order.id)])
        )
        with self.assertRaises(AccessError):
            self.periods(order).with_user(self.wim).read(["quantity"])
