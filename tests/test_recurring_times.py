"""Recurring services wherever the company is and whenever the server comes by."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from freezegun import freeze_time
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odoo.fields import Command

from odoo.addons.o2c_addon.models.period import Calendar

from .test_billing_properties import STEADY
from .test_recurring import RecurringCase

zones = st.sampled_from(
    [
        "Pacific/Kiritimati",  # the first to see a day
        "Pacific/Pago_Pago",  # the last
        "Europe/Berlin",
        "America/St_Johns",
        "Asia/Kathmandu",
    ]
)
terms = st.fixed_dictionaries(
    {
        "o2c_every": st.sampled_from(["week", "month", "month", "quarter", "year"]),
        "o2c_charged": st.sampled_from(["advance", "arrears"]),
        "o2c_aligned": st.booleans(),
        "o2c_per_period": st.sampled_from([1, 7, 10.5]),
        "o2c_starts_on": st.dates(date(2023, 11, 28), date(2024, 3, 2)),
    }
)
lengths = st.none() | st.integers(0, 400)  # days; none: open-ended
pauses = st.none() | st.tuples(st.integers(0, 100), st.none() | st.integers(0, 100))
# hours after the start, in any order: also back in time, also twice
visits = st.lists(st.integers(-30, 24 * 420), min_size=1, max_size=5)


class TestTimes(RecurringCase):
    def test_each_period_is_charged_once_where_and_when_it_has_come(self):
        @settings(max_examples=12, suppress_health_check=list(HealthCheck), **STEADY)
        @given(zones, zones, terms, lengths, pauses, visits)
        @example(  # midnight of a leap day, on both ends of the world
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
            {
                "o2c_every": "month",
                "o2c_charged": "advance",
                "o2c_aligned": False,
                "o2c_per_period": 10,
                "o2c_starts_on": date(2024, 1, 31),
            },
            None,
            None,
            [-14, -15, 29 * 24 - 14, 29 * 24 - 15, 29 * 24 - 14],
        )
        def check(zone, other, terms, length, pause, hours):
            point = self.env.cr.savepoint()
            try:
                self.live(zone, other, terms, length, pause, hours)
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()

        check()

    def live(self, zone, other, terms, length, pause, hours):
        self.company.resource_calendar_id.tz = zone
        self.customer.tz = other
        start = terms["o2c_starts_on"]
        values = {"product_id": self.support.id, **terms}
        if length is not None:
            values["o2c_ends_on"] = start + timedelta(days=length)
        if pause:
            since, days = pause
            values["o2c_paused_from"] = start + timedelta(days=since)
            values["o2c_paused_until"] = days is not None and (
                values["o2c_paused_from"] + timedelta(days=days)
            )
        moments = [datetime.combine(start, time()) + timedelta(hours=h) for h in hours]
        with freeze_time(datetime.combine(start, time(12))):
            order = self.order(order_line=[Command.create(values)])
            order.action_confirm()

        for moment in [*moments, moments[-1]]:
            with freeze_time(moment):
                self.server_comes_by(order)

        seen = max(m.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)) for m in moments)
        self.assert_charged(order.order_line, values, seen.date())

    def server_comes_by(self, order):
        lines = self.env["sale.order.line"].sudo()
        due = lines.search(lines._o2c_domain_period_due()) & order.order_line
        due._o2c_claim_due()._o2c_make_periods()

    def assert_charged(self, line, values, seen):
        calendar = Calendar(
            values["o2c_starts_on"], values["o2c_every"], values["o2c_aligned"]
        )
        end = values.get("o2c_ends_on") or date.max
        agreed = takewhile(lambda n: calendar.start_of(n) <= end, range(10**6))
        expected = []
        for number in agreed:
            first, last = calendar.start_of(number), min(calendar.end_of(number), end)
            in_arrears = values["o2c_charged"] == "arrears"
            if (last + timedelta(days=1) if in_arrears else first) > seen:
                break
            part = ((last - first).days + 1) / calendar.days_of(number)
            paused = self.is_paused(values, first)
            quantity = 0 if paused else values["o2c_per_period"] * part
            expected.append((first, last, line.product_uom_id.round(quantity)))

        periods = line.sudo().o2c_period_ids.sorted("starts_on")
        charged = [(p.starts_on, p.ends_on, p.quantity) for p in periods]
        self.assertEqual(charged, expected)
        for before, after in zip(charged, charged[1:], strict=False):
            self.assertEqual(before[1] + timedelta(days=1), after[0])
        total = sum(quantity for _first, _last, quantity in charged)
        self.assertAlmostEqual(line.qty_delivered, total, 2)
        self.assertGreaterEqual(line.product_uom_qty + 0.001, total)

    def is_paused(self, values, day):
        since, until = values.get("o2c_paused_from"), values.get("o2c_paused_until")
        return bool(since) and since <= day and (not until or day <= until)

    @settings(max_examples=200, deadline=None)
    @given(
        st.dates(date(2023, 1, 2), date(2032, 12, 31)),
        st.sampled_from(["week", "month", "quarter", "year"]),
        st.integers(1, 500),
    )
    def test_what_ends_and_what_begins_on_the_next_day_are_a_whole(
        self, day, every, quantity
    ):
        unit = self.env.ref("uom.product_uom_unit")
        calendar = Calendar(day, every, True)
        whole = calendar.days_of(0)
        begins = (calendar.end_of(0) - day).days + 1

        parts = [
            unit.round(quantity * days / whole) for days in (whole - begins, begins)
        ]
        self.assertAlmostEqual(sum(parts), quantity, delta=0.0101)
