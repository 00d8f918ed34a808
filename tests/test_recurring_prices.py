"""New prices of recurring services, and charges somebody has to look at."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .test_recurring_parts import PartsCase


class TestNewPrices(PartsCase):
    def announce(self, order, percent, *day, user=None):
        """As a salesperson does from the list of recurring services."""
        wizard = (
            self.env["o2c.price.revision"]
            .with_user(user or self.sam)
            .create(
                {
                    "line_ids": [Command.set(order.order_line.ids)],
                    "percent": percent,
                    "since": date(2024, *day),
                }
            )
        )
        with self.on(*day):
            return wizard.action_revise()

    def prices(self, order):
        return self.periods(order).mapped("price_unit")

    def rule_of_prices(self, **values):
        return self.rule(
            **{"criterion": "price_revision", "limit": 3, "name": "Prices"} | values
        )

    def request(self, order):
        return order.sudo().o2c_request_ids.sorted("id")[-1:]

    def test_a_price_that_was_agreed_stays_however_many_periods_follow(self):
        """As an import or a shop gives it, without saying that it is a special one."""
        order = self.order(product=self.support, price=45, quantity=10)
        self.assertEqual(order.order_line.price_unit, 45)
        self.assertEqual(order.amount_untaxed, 45 * 120)
        order.action_confirm()

        order.order_line.o2c_per_period = 12

        self.assertEqual(order.order_line.product_uom_qty, 144)
        self.assertEqual(order.order_line.price_unit, 45)

    def test_without_a_price_it_is_the_price_of_the_list(self):
        order = self.agree(1, 1)
        self.assertEqual(order.order_line.price_unit, 50)
        line = self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": self.support.id}
        )
        self.assertEqual(line.price_unit, 50)  # added to a confirmed order

    def test_it_counts_from_the_first_period_that_begins_then(self):
        order = self.agree(1, 1)
        self.charge(order, 1, 1)
        self.announce(order, 10, 1, 20)
        self.assertEqual(order.order_line.price_unit, 50)

        self.charge(order, 2, 1)

        self.assertEqual(self.prices(order), [50, 55])
        self.assertEqual(order.order_line.price_unit, 55)
        self.assertFalse(order.order_line.o2c_next_price_from)
        self.assertIn("revised", self.events(order))

    def test_periods_that_were_missed_keep_the_price_of_their_day(self):
        order = self.agree(1, 1)
        self.announce(order, 10, 2, 15)
        self.charge(order, 4, 1)
        self.assertEqual(self.prices(order), [50, 50, 55, 55])

    def test_up_to_the_limit_nobody_is_asked(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.announce(order, 3, 1, 20)
        self.assertFalse(self.request(order))
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 51.5])

    def test_beyond_it_the_price_of_before_is_charged_until_somebody_said_yes(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.charge(order, 1, 1)
        told = self.announce(order, 10, 1, 20)
        self.assertIn("Ada", told["params"]["message"])
        request = self.request(order)
        self.assertEqual((request.state, request.fact), ("pending", 10))
        self.assertEqual(request.requested_by_id, self.sam)

        self.charge(order, 2, 1)
        self.run_queue()
        self.assertEqual(self.prices(order), [50, 50])
        self.assertEqual(sum(self.invoices(order).mapped("amount_untaxed")), 1000)

        request.with_user(self.ada).action_approve()
        self.charge(order, 3, 1)
        self.assertEqual(self.prices(order), [50, 50, 55])

    def test_refused_it_is_never_charged(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.announce(order, 10, 1, 20)
        self.request(order).with_user(self.ada).action_refuse("Too much")
        self.charge(order, 3, 1)
        self.assertEqual(self.prices(order), [50, 50, 50])

    def test_cheaper_is_asked_as_well(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.announce(order, -10, 1, 20)
        self.assertEqual(self.request(order).fact, 10)

    def test_the_yes_of_last_year_is_none_for_this_year(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.announce(order, 10, 1, 20)
        first = self.request(order)
        first.with_user(self.ada).action_approve()
        self.charge(order, 2, 1)

        self.announce(order, 8, 2, 20)

        self.assertNotEqual(self.request(order), first)
        self.assertEqual(self.request(order).state, "pending")
        self.charge(order, 3, 1)
        self.assertEqual(self.prices(order), [50, 55, 55])

    def test_raised_once_more_after_the_yes_it_is_asked_again(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.announce(order, 10, 1, 20)
        self.request(order).with_user(self.ada).action_approve()
        self.rpc(
            self.sam,
            "sale.order.line",
            "write",
            order.order_line.ids,
            {"o2c_next_price": 90},
        )
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 50])
        self.assertEqual(self.request(order).state, "pending")

    def test_typed_on_the_order_it_is_asked_as_well(self):
        self.rule_of_prices()
        order = self.agree(1, 1)
        self.charge(order, 1, 1)
        self.rpc(
            self.sam,
            "sale.order.line",
            "write",
            order.order_line.ids,
            {"price_unit": 80},
        )
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 50])
        request = self.request(order)
        self.assertEqual((request.state, request.fact), ("pending", 60))

        request.with_user(self.ada).action_approve()
        self.charge(order, 3, 1)
        self.assertEqual(self.prices(order), [50, 50, 80])
        self.assertEqual(request.state, "obsolete")  # used up

    def test_seats_added_cost_what_the_others_do(self):
        order = self.agree(1, 1, o2c_in_between=True)
        self.charge(order, 1, 1)
        self.announce(order, 10, 1, 10)
        self.change(order, 12, 1, 17)
        self.charge(order, 1, 17)
        self.assertEqual(self.prices(order), [50, 50])
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 50, 55])

    def test_nobody_approves_his_own_price(self):
        self.rule_of_prices(approvers=self.sam | self.mia)
        order = self.agree(1, 1)
        self.announce(order, 10, 1, 20, user=self.mia)
        with self.assertRaises(UserError):
            self.request(order).with_user(self.mia).action_approve()
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 50])

    def test_who_needs_no_approval_revises_at_once(self):
        self.rule_of_prices(exempt_user_ids=[Command.set(self.mia.ids)])
        order = self.agree(1, 1)
        self.announce(order, 10, 1, 20, user=self.mia)
        self.assertFalse(self.request(order))
        self.charge(order, 2, 1)
        self.assertEqual(self.prices(order), [50, 55])

    def test_nobody_says_it_was_somebody_else(self):
        order = self.agree(1, 1)
        with self.assertRaises(AccessError):
            self.rpc(
                self.sam,
                "sale.order.line",
                "write",
                order.order_line.ids,
                {"o2c_next_price_by_id": self.mia.id},
            )
        for user in (self.wim, self.kim):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.announce(order, 10, 1, 20, user=user)
        self.assertFalse(order.order_line.o2c_next_price_from)

    def test_what_is_selected_on_the_list_is_in_the_dialog(self):
        lines = self.agree(1, 1).order_line | self.agree(1, 1).order_line
        wizard = (
            self.env["o2c.price.revision"]
            .with_user(self.sam)
            .with_context(active_model="sale.order.line", active_ids=lines.ids)
            .create({"percent": 5})
        )
        self.assertEqual(wizard.line_ids, lines)

    def test_nothing_is_chosen(self):
        with self.assertRaisesRegex(UserError, "running services"):
            self.announce(self.order(), 10, 1, 20)


class TestLook(PartsCase):
    def setUp(self):
        super().setUp()
        self.company.o2c_recurring_deviation = 20

    def held(self, order):
        holds = order.sudo().o2c_hold_ids.filtered(lambda h: h.state == "open")
        return holds.mapped("note")

    def billed(self, order):
        self.run_queue()
        return sum(self.invoices(order).mapped("amount_untaxed"))

    def months(self, seats, **values):
        """Three months of ten seats, invoiced; the fourth of ``seats``."""
        order = self.agree(1, 1, **values)
        self.charge(order, 3, 1)
        self.assertEqual(self.billed(order), 1500)
        order.sudo().order_line.o2c_per_period = seats
        self.charge(order, 4, 1)
        return order

    def test_much_more_than_before_waits_and_the_rest_goes(self):
        other = self.months(11)
        order = self.months(30)

        [note] = self.held(order)
        self.assertRegex(note, "Support: .*1,500.00 a period, before it was .*500.00")
        self.assertEqual(self.billed(order), 1500)
        self.assertEqual(self.billed(other), 2050)
        self.assertFalse(self.held(other))

    def test_much_less_waits_as_well(self):
        self.assertTrue(self.held(self.months(3)))

    def test_another_price_counts(self):
        order = self.months(10)
        order.sudo().order_line.price_unit = 80
        self.charge(order, 5, 1)
        self.assertTrue(self.held(order))

    def test_released_by_accounting_it_goes_and_is_usual_from_then_on(self):
        order = self.months(30)
        hold = order.sudo().o2c_hold_ids
        with self.assertRaises(UserError):
            hold.with_user(self.sam).action_release("Fine")
        self.assertEqual(self.billed(order), 1500)

        hold.with_user(self.kim).action_release("They doubled their staff")
        self.assertEqual(self.billed(order), 3000)
        self.charge(order, 5, 1)
        self.assertFalse(self.held(order))
        self.assertEqual(self.billed(order), 4500)

    def test_nothing_used(self):
        self.assertRegex(self.held(self.months(0))[0], "nothing to charge")

    def test_paused_is_no_surprise(self):
        order = self.agree(1, 1)
        self.charge(order, 3, 1)
        order.sudo().order_line.o2c_paused_from = date(2024, 4, 1)
        self.charge(order, 4, 1)
        self.assertFalse(self.held(order))

    def test_the_first_and_the_last_part_are_no_surprise(self):
        order = self.agree(1, 28, o2c_aligned=True, o2c_ends_on=date(2024, 3, 2))
        self.charge(order, 3, 1)
        self.assertEqual(self.quantities(order), [1.29, 10, 0.65])
        self.assertFalse(self.held(order))

    def test_a_reference_that_has_expired(self):
        order = self.agree(1, 1)
        order.sudo().write(
            {"client_order_ref": "PO-7", "o2c_reference_until": date(2024, 1, 31)}
        )
        self.charge(order, 1, 1)
        self.assertFalse(self.held(order))
        self.charge(order, 2, 1)
        self.assertRegex(self.held(order)[0], "reference PO-7 was valid until")

    def test_an_archived_customer(self):
        order = self.agree(1, 1)
        order.sudo().partner_id.active = False
        self.charge(order, 1, 1)
        self.assertRegex(self.held(order)[0], "archived")

    def test_switched_off_nothing_waits(self):
        self.company.o2c_recurring_deviation = 0
        order = self.months(30)
        self.assertFalse(self.held(order))
        self.assertEqual(self.billed(order), 3000)
