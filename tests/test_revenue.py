"""Recurring revenue by month, and which services are renewed when."""

from datetime import date

from odoo.exceptions import AccessError

from .test_recurring_parts import PartsCase


class TestRevenue(PartsCase):
    def months(self, order, measure, user=None):
        """Measure by month, of this order."""
        self.env.flush_all()
        report = self.env["o2c.revenue.report"]
        if user:
            report = report.with_user(user)
        rows = report.search([("order_id", "=", order.id)], order="month")
        found = {}
        for row in rows:
            found[row.month] = found.get(row.month, 0) + row[measure]
        return {month: round(value, 2) for month, value in found.items() if value}

    def test_a_year_in_advance_is_earned_by_its_days(self):
        order = self.agree(1, 1, seats=1, o2c_every="year")
        order.order_line.price_unit = 3660
        self.charge(order, 1, 1)
        self.run_queue()

        earned = self.months(order, "earned")
        self.assertEqual(len(earned), 12)
        self.assertEqual(earned[date(2024, 2, 1)], 290)  # 29 of 366 days
        self.assertEqual(earned[date(2024, 12, 1)], 310)
        self.assertAlmostEqual(sum(earned.values()), 3660, 2)
        invoiced_in = self.invoices(order).date.replace(day=1)
        self.assertEqual(self.months(order, "invoiced"), {invoiced_in: 3660})
        self.assertEqual(sum(self.months(order, "deferred").values()), 0)
        self.assertEqual(self.months(order, "deferred")[date(2024, 2, 1)], -290)

    def test_what_is_not_invoiced_yet_is_earned_and_not_deferred(self):
        self.company.o2c_invoicing = "manual"
        order = self.agree(1, 20)
        order.order_line.discount = 10
        self.charge(order, 1, 20)

        # 500 less 10 %: 12 and 19 of 31 days
        self.assertEqual(
            self.months(order, "earned"),
            {date(2024, 1, 1): 174.19, date(2024, 2, 1): 275.81},
        )
        self.assertFalse(self.months(order, "invoiced"))

    def test_in_company_currency(self):
        pricelist = self.euro_pricelist(0.5)
        order = self.agree(1, 1)
        foreign = self.order(
            product=self.support, price=50, pricelist_id=pricelist.id, quantity=10
        )
        foreign.order_line.o2c_starts_on = date(2024, 1, 1)
        with self.on(1, 1):
            foreign.action_confirm()
        for each in (order, foreign):
            self.charge(each, 1, 1)
        self.assertEqual(self.months(order, "earned"), {date(2024, 1, 1): 500})
        self.assertEqual(self.months(foreign, "earned"), {date(2024, 1, 1): 1000})
        self.run_queue()
        self.assertEqual(self.months(foreign, "earned"), {date(2024, 1, 1): 1000})

    def test_paused_earns_nothing(self):
        order = self.agree(1, 1)
        order.sudo().order_line.o2c_paused_from = date(2024, 1, 1)
        self.charge(order, 1, 1)
        self.assertFalse(self.months(order, "earned"))

    def test_each_reads_what_he_may_read(self):
        order = self.agree(1, 1)
        self.charge(order, 1, 1)
        other = self.user("ora_t", "Ora", "sales_team.group_sale_salesman")

        self.assertTrue(self.months(order, "earned", self.sam))
        self.assertTrue(self.months(order, "earned", self.kim))
        self.assertFalse(self.months(order, "earned", other))
        with self.assertRaises(AccessError):
            self.months(order, "earned", self.wim)


class TestRenewals(PartsCase):
    def test_until_when_it_is_agreed_and_notice_can_be_given(self):
        order = self.agree(1, 1)
        line = order.order_line
        self.assertEqual(line.o2c_agreed_until, date(2024, 12, 31))
        self.assertEqual(line.o2c_notice_by, date(2024, 12, 1))

        with self.on(12, 1):
            line.with_user(self.sam).action_o2c_give_notice()

        self.assertEqual(line.o2c_agreed_until, date(2024, 12, 31))
        self.assertFalse(line.o2c_notice_by)

    def test_a_day_later_it_is_a_year_later(self):
        order = self.agree(1, 1)
        with self.on(12, 2):
            order.with_user(self.sam).order_line.action_o2c_give_notice()
        self.assertEqual(order.order_line.o2c_agreed_until, date(2025, 12, 31))

    def test_renewed_it_is_agreed_for_a_year_more(self):
        order = self.agree(1, 1)
        with self.on(12, 31):
            order.sudo().order_line._o2c_make_periods()
        self.assertEqual(order.order_line.o2c_agreed_until, date(2024, 12, 31))
        self.charge_in(order, date(2025, 1, 1))
        self.assertEqual(order.order_line.o2c_agreed_until, date(2025, 12, 31))

    def charge_in(self, order, day):
        line = order.sudo().order_line
        with self.on_day(day):
            line._o2c_make_periods()

    def test_what_a_month_of_it_comes_to(self):
        for every, monthly in (
            ("week", 2166.67),
            ("month", 500),
            ("quarter", 166.67),
            ("year", 41.67),
        ):
            with self.subTest(every):
                order = self.agree(1, 1, o2c_every=every)
                self.assertAlmostEqual(order.order_line.o2c_monthly, monthly, 2)
