"""Recurring services that are charged for what was used."""

from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import mute_logger

from .test_recurring_parts import PartsCase


class TestUsage(PartsCase):
    def setUp(self):
        super().setUp()
        self.support.write({"o2c_metered": True, "o2c_charged": "arrears"})

    def use(self, order, quantity, *day, reference=None, user=None):
        values = {
            "line_id": order.order_line.ids[0],
            "used_on": str(date(2024, *day)),
            "quantity": quantity,
            "reference": reference or f"{day} {quantity}",
        }
        ids = self.rpc(user or self.sam, "o2c.usage", "create", [values])
        return self.env["o2c.usage"].browse(ids)

    def test_a_month_is_charged_for_what_was_used(self):
        order = self.agree(1, 1, seats=10)
        self.assertEqual(order.order_line.product_uom_qty, 120)  # expected
        self.use(order, 3, 1, 1)
        self.use(order, 4.5, 1, 31)
        self.use(order, 9, 2, 1)
        self.charge(order, 1, 31)
        self.assertFalse(self.periods(order))

        self.charge(order, 2, 1)
        self.charge(order, 2, 2)
        self.assertEqual(self.quantities(order), [7.5])
        self.run_queue()
        self.run_queue()
        self.assertEqual(self.invoices(order).amount_untaxed, 375)
        self.assertEqual(order.order_line.product_uom_qty, 7.5 + 110)

    def test_what_comes_late_goes_into_the_next_one_once(self):
        order = self.agree(1, 1)
        self.use(order, 3, 1, 10)
        self.charge(order, 2, 1)
        late = self.use(order, 2, 1, 20)
        self.use(order, 5, 2, 5)
        self.charge(order, 3, 1)
        self.charge(order, 4, 1)
        self.assertEqual(self.quantities(order), [3, 7, 0])
        self.assertEqual(late.period_id, self.periods(order)[1])

    def test_a_server_that_was_away_charges_each_month_for_its_own(self):
        order = self.agree(1, 1)
        for month in (1, 2, 3):
            self.use(order, month, month, 15)
        self.charge(order, 4, 1)
        self.assertEqual(self.quantities(order), [1, 2, 3])

    def test_imported_again_it_is_refused_and_charged_once(self):
        order = self.agree(1, 1)
        self.use(order, 3, 1, 10, reference="meter 17")
        self.refuse_again(order)
        self.charge(order, 2, 1)
        self.refuse_again(order)
        self.charge(order, 3, 1)
        self.assertEqual(self.quantities(order), [3, 0])

    def refuse_again(self, order):
        point, quiet = self.env.cr.savepoint, mute_logger("odoo.sql_db")
        with quiet, self.assertRaises(IntegrityError), point():
            self.use(order, 3, 1, 10, reference="meter 17")

    def test_a_correction_of_what_was_charged_waits_for_more_usage(self):
        order = self.agree(1, 1)
        usage = self.use(order, 10, 1, 10)
        self.charge(order, 2, 1)
        for method, args in (("write", [{"quantity": 1}]), ("unlink", [])):
            with self.assertRaisesRegex(UserError, "enter the difference"):
                self.rpc(self.sam, "o2c.usage", method, usage.ids, *args)
        self.assertEqual(usage.quantity, 10)

        self.use(order, -4, 1, 10)
        self.charge(order, 3, 1)
        self.use(order, 6, 3, 3)
        self.charge(order, 4, 1)
        self.assertEqual(self.quantities(order), [10, 0, 2])

    def test_nothing_used_is_looked_at(self):
        self.company.o2c_recurring_deviation = 50
        order = self.agree(1, 1)
        self.charge(order, 2, 1)
        self.assertIn("nothing to charge", order.sudo().o2c_hold_ids.note)

    def test_after_the_end_nothing_is_taken_that_would_be_lost(self):
        order = self.agree(1, 1, o2c_ends_on=date(2024, 1, 31))
        self.use(order, 1, 1, 5)
        self.charge(order, 2, 1)
        point = self.env.cr.savepoint
        with self.assertRaisesRegex(ValidationError, "ended on"), point():
            self.use(order, 2, 1, 6)
        self.assertEqual(len(order.sudo().order_line.o2c_usage_ids), 1)

    def test_more_than_was_approved_waits_for_its_approval(self):
        self.rule(limit=6000)
        order = self.agree(1, 1, seats=10)
        self.use(order, 50, 1, 5)
        self.charge(order, 2, 1)
        self.run_queue()
        self.assertEqual(order.o2c_approval_state, "pending")
        self.assertFalse(self.invoices(order))

    def test_in_advance_nobody_knows_what_will_be_used(self):
        with self.assertRaisesRegex(ValidationError, "in arrears"):
            self.agree(1, 1, o2c_charged="advance")

    def test_only_what_is_metered_and_by_whom(self):
        self.support.o2c_metered = False
        order = self.agree(1, 1)
        point = self.env.cr.savepoint
        with self.assertRaisesRegex(ValidationError, "not charged by usage"), point():
            self.use(order, 2, 1, 6)
        order.order_line.o2c_metered = True
        usage = self.use(order, 2, 1, 6, user=self.kim)
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "o2c.usage", "write", usage.ids, {"period_id": 1})
        with self.assertRaises(AccessError):
            self.use(order, 2, 1, 7, user=self.wim)
        self.assertEqual(usage.quantity, 2)
