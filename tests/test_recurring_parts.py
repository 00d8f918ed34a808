"""Recurring services in proportion: parts of periods, and quantities that change in
the middle of one."""

from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from odoo.addons.o2c_addon.models.period import A_YEAR, Calendar

from .common import STANDARD
from .test_recurring import RecurringCase

days = st.dates(date(2019, 1, 1), date(2040, 12, 31))
spans = st.sampled_from(sorted(A_YEAR))


@tagged(*STANDARD)
class TestAlignedCalendar(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(days, spans, st.integers(0, 200))
    def test_every_day_lies_in_exactly_one_period(self, first, every, number):
        calendar = Calendar(first, every, True)
        start, end = calendar.start_of(number), calendar.end_of(number)

        self.assertEqual(calendar.start_of(number + 1), end + timedelta(days=1))
        for day in (start, end):
            self.assertEqual(calendar.number_of(day), number)
        self.assertEqual(calendar.number_of(start - timedelta(days=1)), number - 1)

    @settings(max_examples=300, deadline=None)
    @given(days, spans, st.booleans(), st.integers(0, 200))
    def test_only_the_first_one_is_a_part(self, first, every, is_aligned, number):
        calendar = Calendar(first, every, is_aligned)
        length = (calendar.end_of(number) - calendar.start_of(number)).days + 1

        if number or not calendar.begins_amid():
            self.assertEqual(length, calendar.days_of(number))
        else:
            self.assertLess(length, calendar.days_of(number))
        if is_aligned and every != "week" and number:
            self.assertEqual(calendar.start_of(number).day, 1)


class PartsCase(RecurringCase):
    """Contracts of the year 2024, which had a 29th of February."""

    def on(self, *day):
        return self.on_day(date(2024, *day))

    @contextmanager
    def on_day(self, day):
        with patch.object(type(self.company), "_o2c_today", return_value=day):
            yield

    def charge(self, order, *day):
        """The calendar comes by on that day."""
        with self.on(*day):
            order.sudo().order_line._o2c_make_periods()

    def agree(self, *start, seats=10, **values):
        line = {
            "product_id": self.support.id,
            "o2c_per_period": seats,
            "o2c_starts_on": date(2024, *start),
        }
        order = self.order(order_line=[Command.create(line | values)])
        with self.on(*start):
            order.action_confirm()
        return order

    def change(self, order, seats, *day):
        with self.on(*day):
            self.rpc(
                self.sam,
                "sale.order.line",
                "write",
                order.order_line.ids,
                {"o2c_per_period": seats},
            )

    def quantities(self, order):
        return self.periods(order).mapped("quantity")


class TestParts(PartsCase):
    def test_the_first_one_ends_with_the_month(self):
        order = self.agree(1, 20, o2c_aligned=True)
        self.charge(order, 2, 1)

        first, second = self.periods(order)
        self.assertEqual(first.ends_on, date(2024, 1, 31))
        self.assertEqual(first.quantity, 3.87)  # 12 of 31 days
        self.assertEqual((second.starts_on, second.quantity), (date(2024, 2, 1), 10))
        self.assertEqual(order.order_line.product_uom_qty, 123.87)

    def test_the_invoice_says_which_part_it_is(self):
        order = self.agree(1, 20, o2c_aligned=True)
        self.charge(order, 1, 20)
        self.run_queue()

        line = self.invoices(order).invoice_line_ids
        self.assertIn("(12 of 31 days)", line.name)
        self.assertEqual(line.price_subtotal, 193.50)

    def test_a_week_a_quarter_and_a_year_of_the_calendar(self):
        for every, second in (
            ("week", date(2024, 5, 20)),
            ("quarter", date(2024, 7, 1)),
            ("year", date(2025, 1, 1)),
        ):
            with self.subTest(every):
                order = self.agree(5, 15, o2c_aligned=True, o2c_every=every)
                calendar = order.order_line._o2c_calendar()
                self.assertEqual(calendar.start_of(1), second)

    def test_it_ends_in_the_middle_of_a_leap_month(self):
        order = self.agree(1, 1, o2c_ends_on=date(2024, 2, 10))
        self.assertEqual(order.order_line.product_uom_qty, 13.45)  # 10 of 29 days

        self.charge(order, 3, 15)

        self.assertEqual(self.quantities(order), [10, 3.45])
        self.assertFalse(order.order_line.o2c_next_due_on)

    def test_in_arrears_it_is_charged_the_day_after_its_end(self):
        order = self.agree(1, 1, o2c_ends_on=date(2024, 2, 10), o2c_charged="arrears")
        self.charge(order, 2, 10)
        self.assertEqual(self.quantities(order), [10])
        self.assertEqual(order.order_line.o2c_next_due_on, date(2024, 2, 11))

        self.charge(order, 2, 11)
        self.assertEqual(self.quantities(order), [10, 3.45])

    def test_what_ended_and_was_charged_neither_shrinks_nor_goes_on(self):
        order = self.agree(1, 1, o2c_ends_on=date(2024, 2, 10))
        self.charge(order, 2, 1)
        for end in (date(2024, 2, 9), date(2024, 3, 31), False):
            with self.subTest(end), self.assertRaisesRegex(ValidationError, "already"):
                order.order_line.o2c_ends_on = end

    def test_it_cannot_end_before_it_starts(self):
        with self.assertRaisesRegex(ValidationError, "before it starts"):
            self.agree(2, 1, o2c_ends_on=date(2024, 1, 31))

    @settings(max_examples=15, deadline=None)
    @given(
        st.dates(date(2023, 1, 1), date(2024, 12, 31)),
        spans,
        st.integers(0, 500),
        st.booleans(),
        st.sampled_from(["advance", "arrears"]),
    )
    def test_whatever_the_calendar_each_day_is_charged_once(
        self, start, every, length, is_aligned, charged
    ):
        end = start + timedelta(days=length)
        order = self.order(
            order_line=[
                Command.create(
                    {
                        "product_id": self.support.id,
                        "o2c_every": every,
                        "o2c_charged": charged,
                        "o2c_aligned": is_aligned,
                        "o2c_per_period": 7,
                        "o2c_starts_on": start,
                        "o2c_ends_on": end,
                    }
                )
            ]
        )
        order.action_confirm()
        agreed = order.order_line.product_uom_qty
        for day in (end - timedelta(days=length // 2), end + timedelta(days=1)):
            with patch.object(type(self.company), "_o2c_today", return_value=day):
                order.sudo().order_line._o2c_make_periods()

        periods = self.periods(order)
        covered = [
            period.starts_on + timedelta(days=number)
            for period in periods
            for number in range((period.ends_on - period.starts_on).days + 1)
        ]
        self.assertEqual(
            covered, [start + timedelta(days=number) for number in range(length + 1)]
        )
        self.assertAlmostEqual(sum(periods.mapped("quantity")), agreed, 2)
        self.assertFalse(order.order_line.o2c_next_due_on)


class TestChangesInBetween(PartsCase):
    def test_more_seats_are_charged_for_the_days_left(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)

        self.change(order, 12, 1, 17)
        self.assertEqual(order.order_line.o2c_next_due_on, date(2024, 1, 17))
        self.assertEqual(order.order_line.product_uom_qty, 10 + 0.97 + 11 * 12)
        self.charge(order, 1, 17)
        self.charge(order, 1, 18)  # once

        self.assertEqual(self.quantities(order), [10, 0.97])  # 2 × 15 of 31 days
        self.assertEqual(order.order_line.product_uom_qty, 10 + 0.97 + 11 * 12)
        self.charge(order, 2, 1)
        self.assertEqual(self.quantities(order), [10, 0.97, 12])

    def test_it_is_invoiced_with_its_days(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.run_queue()

        added = self.invoices(order).invoice_line_ids.filtered(
            lambda line: line.quantity == 0.97
        )
        self.assertIn("(15 of 31 days)", added.name)
        self.assertEqual(sum(self.invoices(order).mapped("amount_untaxed")), 548.50)

    def test_what_is_typed_twice_a_day_counts_once(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 120, 1, 17)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.quantities(order), [10, 0.97])

        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 120, 1, 17)
        self.change(order, 10, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.quantities(order), [10])

    def test_changed_again_on_a_charged_day_it_counts_from_tomorrow(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.change(order, 14, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.quantities(order), [10, 0.97])
        self.charge(order, 1, 18)
        self.assertEqual(self.quantities(order), [10, 0.97, 0.90])  # 2 × 14 of 31

    def test_fewer_seats_count_from_the_next_period_and_nothing_is_paid_back(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 4, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.quantities(order), [10])
        self.assertEqual(order.order_line.product_uom_qty, 10 + 11 * 4)

        self.change(order, 9, 1, 20)  # paid for until the end of the month
        self.charge(order, 1, 20)
        self.charge(order, 2, 1)
        self.assertEqual(self.quantities(order), [10, 9])

    def test_in_arrears_each_day_counts_with_its_seats(self):
        order = self.agree(1, 1, o2c_in_between=True, o2c_charged="arrears")
        self.change(order, 20, 1, 11)
        self.change(order, 5, 1, 21)
        self.charge(order, 2, 1)

        # 10 × 10, 20 × 10 and 5 × 11 of 31 days
        self.assertEqual(self.quantities(order), [11.45])
        self.charge(order, 3, 1)
        self.assertEqual(self.quantities(order), [11.45, 5])

    def test_a_server_that_was_away_charges_what_was_agreed_for_each_day(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 20, 2, 11)  # February is not charged yet
        self.charge(order, 2, 15)

        # 10 × 10 and 20 × 19 of 29 days, nothing on top
        self.assertEqual(self.quantities(order), [10, 16.55])
        self.charge(order, 2, 16)
        self.assertEqual(self.quantities(order), [10, 16.55])

    def test_not_agreed_so_it_counts_from_the_next_period(self):
        order = self.agree(1, 1)
        self.charge(order, 1, 1)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.assertFalse(self.env["o2c.change"].search([("order_id", "=", order.id)]))
        self.assertEqual(self.quantities(order), [10])

    def test_paused_nothing_is_added(self):
        order = self.agree(1, 1, o2c_in_between=True)
        order.order_line.o2c_paused_from = date(2024, 1, 1)
        self.charge(order, 1, 1)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.quantities(order), [0])

    def test_more_than_was_approved_waits_for_its_approval(self):
        self.rule(limit=6000)
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.run_queue()
        self.assertEqual(self.invoices(order).amount_untaxed, 500)

        self.change(order, 20, 1, 17)
        self.charge(order, 1, 17)
        self.run_queue()

        self.assertEqual(order.o2c_approval_state, "pending")
        self.assertEqual(sum(self.invoices(order).mapped("amount_untaxed")), 500)

    def test_nobody_writes_what_changed_but_the_line(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.change(order, 12, 1, 17)
        change = self.env["o2c.change"].search([("order_id", "=", order.id)])
        self.assertEqual(change.user_id, self.sam)
        for user in (self.sam, self.kim, self.mia):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.change", "write", change.ids, {"quantity": 0})
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.change", "unlink", change.ids)
        with self.assertRaises(AccessError):
            change.with_user(self.wim).read(["quantity"])
