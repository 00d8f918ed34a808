"""Billing plans: an order that is invoiced in parts, and comes to its amount."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger

from .test_acceptance import DOT
from .test_billing import BillingCase
from .test_billing_properties import STEADY


class PlanCase(BillingCase):
    def setUp(self):
        super().setUp()
        self.today = self.company._o2c_today()
        self.concept = self.service("Concept", 4000)
        self.building = self.service("Building", 6000)

    def parts(self, *parts):
        """(name, percentage or amount, when): so many days from now, or a product."""
        return [
            Command.create(
                {
                    "sequence": number,
                    "name": name,
                    **self.share(share),
                    **self.when(when),
                }
            )
            for number, (name, share, when) in enumerate(parts)
        ]

    def share(self, share):
        if isinstance(share, str):
            return {"amount": float(share)}
        return {"percentage": share}

    def when(self, when):
        if when is None:
            return {"due": "confirmed"}
        return {"due": "date", "due_on": self.today + timedelta(days=when)}

    def planned(self, *parts, lines=None, **values):
        order = self.mixed_order(*(lines or [(self.concept, 1), (self.building, 1)]))
        plan = self.parts(*parts)
        self.rpc(self.sam, "sale.order", "write", order.ids, {"o2c_plan_ids": plan})
        if values:
            order.write(values)
        return order

    def project(self):
        """30 % at once, 40 % when the concept is done, the rest in a month."""
        order = self.planned(("Start", 30, None), ("Concept", 40, 90), ("End", 30, 30))
        order.o2c_plan_ids[1].write(
            {"due": "done", "line_id": order.order_line[0].id, "due_on": False}
        )
        return order

    def come(self, order, days):
        """So many days pass, and the server comes by."""
        for part in order.o2c_plan_ids.filtered("due_on").sudo():
            earlier = part.due_on - timedelta(days=days)
            self.env.cr.execute(
                "UPDATE o2c_plan_line SET due_on = %s WHERE id = %s", (earlier, part.id)
            )
        self.env.invalidate_all()
        self.server_comes_by()

    def work(self, order):
        """All of it is done."""
        for line in order._o2c_planned_lines():
            line.qty_delivered = line.product_uom_qty

    def server_comes_by(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_plans").method_direct_trigger()
        self.run_queue()

    def tonight(self, order):
        """What is collected until the evening is invoiced."""
        self.tasks(order).filtered(lambda t: t.state == "todo").due_on = "2020-01-01"
        self.run_queue()

    def totals(self, order):
        return self.invoices(order).mapped("amount_untaxed")

    def assert_exact(self, order):
        """The invoices are the order, taxes too, and nothing of a deposit is left."""
        invoices = self.invoices(order)
        self.assertEqual(set(invoices.mapped("state")), {"posted"})
        for figure in ("amount_untaxed", "amount_tax", "amount_total"):
            self.assertAlmostEqual(
                sum(invoices.mapped(figure)), order[figure], 2, figure
            )
        self.assertFalse(order._o2c_deposits())


class TestPlan(PlanCase):
    def test_one_that_cannot_be_followed_stops_no_other(self):
        good, bad = (  # the newest order comes first
            self.planned(("Start", 30, 5), ("End", 70, 60)) for _each in range(2)
        )
        (bad | good).with_user(self.sam).action_confirm()
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE o2c_billing_task ADD CHECK (order_id != %s)", bad.ids
        )
        parts = (bad | good).o2c_plan_ids.filtered(lambda part: part.name == "Start")
        self.env.cr.execute(
            "UPDATE o2c_plan_line SET due_on = %s WHERE id IN %s",
            (self.today, parts._ids),
        )
        self.env.invalidate_all()
        with mute_logger("odoo.addons.o2c_addon.models.plan_line", "odoo.sql_db"):
            self.server_comes_by()

        self.assertEqual(self.totals(good), [3000])
        self.assertFalse(self.invoices(bad))
        self.assertFalse(bad.o2c_plan_ids.task_id)

    def test_from_the_first_part_to_the_last(self):
        order = self.project()
        self.assertEqual(order.o2c_plan_ids.mapped("value"), [3000, 4000, 3000])
        order.action_confirm()
        self.run_queue()
        self.assertEqual(self.totals(order), [3000])
        first = order.o2c_plan_ids[0]
        self.assertEqual((first.state, first.move_id), ("invoiced", order.invoice_ids))
        self.assertIn(
            "Start (30\N{NO-BREAK SPACE}% · ", order.invoice_ids.invoice_line_ids.name
        )

        order.order_line[0].qty_delivered = 1  # the concept
        self.tonight(order)
        self.assertEqual(self.totals(order), [3000, 4000])

        order.order_line[1].qty_delivered = 1
        self.tonight(order)
        self.assertEqual(self.totals(order), [3000, 4000])  # the day is to come
        self.assertEqual(order.o2c_stage, "invoicing")
        self.assertIn("“End” is to be invoiced", order.with_user(self.sam).o2c_status)

        self.come(order, 30)
        self.assertEqual(self.totals(order), [3000, 4000, 3000])
        self.assertEqual(order.o2c_plan_ids.mapped("state"), ["invoiced"] * 3)
        self.assert_exact(order)
        self.assertEqual(order.o2c_stage, "payment")

        for invoice in self.invoices(order):
            self.pay(invoice)
        self.assertEqual((order.o2c_stage, order.o2c_settlement), ("done", "paid"))
        self.assertEqual(order.sudo().o2c_paid, order.amount_total)

    def test_nothing_before_its_day_and_again_and_again_once(self):
        order = self.planned(("Half", 50, 5), ("Rest", 50, 10))
        order.action_confirm()
        self.work(order)
        self.come(order, 4)
        self.tonight(order)
        self.assertFalse(self.invoices(order))

        for _again in range(3):
            self.come(order, 1 if not self.invoices(order) else 0)
            self.tonight(order)
        self.assertEqual(self.totals(order), [5000])

        for _again in range(3):
            self.come(order, 5)
            self.tonight(order)
        self.assertEqual(self.totals(order), [5000, 5000])
        self.assert_exact(order)

    def test_a_run_that_dies_leaves_nothing_and_the_next_bills_it_once(self):
        order = self.planned(("Half", 50, None), ("Rest", 50, 10))
        order.action_confirm()
        task = self.tasks(order)
        point = self.env.cr.savepoint()
        task._bill_together()
        self.assertEqual(self.totals(order), [5000])
        point.close(rollback=True)
        self.env.invalidate_all()
        self.assertFalse(self.invoices(order) or order.o2c_plan_ids.task_id)

        self.run_queue()
        self.run_queue()
        self.assertEqual(self.totals(order), [5000])

    def test_the_last_part_waits_for_the_work(self):
        order = self.planned(("Half", 50, None), ("Rest", 50, None))
        order.action_confirm()
        self.run_queue()
        self.server_comes_by()
        self.assertEqual(self.totals(order), [5000])

        self.work(order)
        self.tonight(order)
        self.assertEqual(self.totals(order), [5000, 5000])
        self.assert_exact(order)

    def test_services_invoiced_as_ordered_wait_for_their_part(self):
        self.company.o2c_ordered_lines = "confirm"
        flat = self.service("Flat rate", 1000, "order")
        order = self.planned(("A", 25, None), ("B", 75, 10), lines=[(flat, 1)])
        order.action_confirm()
        self.tonight(order)
        self.assertEqual(self.totals(order), [250])

        order.order_line[0].qty_delivered = 1
        self.come(order, 10)
        self.tonight(order)
        self.assertEqual(self.totals(order), [250, 750])
        self.assert_exact(order)

    def test_what_the_customer_accepts_brings_its_part(self):
        self.concept.o2c_needs_acceptance = True
        order = self.project()
        order.action_confirm()
        self.run_queue()
        order.order_line[0].qty_delivered = 1
        self.tonight(order)
        self.assertEqual(self.totals(order), [3000])

        asked = order.sudo().o2c_acceptance_ids
        asked._accept("Pat", DOT, asked.quantity)
        self.run_queue()
        self.assertEqual(self.totals(order), [3000, 4000])

    def test_the_last_part_is_one_invoice_when_all_is_accepted(self):
        (self.concept | self.building).o2c_needs_acceptance = True
        order = self.planned(("A", 50, None), ("B", 50, None))
        order.action_confirm()
        self.run_queue()
        self.work(order)
        self.tonight(order)

        for asked, total in zip(
            order.sudo().o2c_acceptance_ids, ([5000], [5000, 5000]), strict=True
        ):
            asked._accept("Pat", DOT, asked.quantity)
            self.tonight(order)
            self.assertEqual(self.totals(order), total)
        self.assert_exact(order)

    def test_goods_leave_and_wait_for_the_last_part(self):
        order = self.planned(
            ("Start", 40, None), ("Rest", 60, 10), lines=[(self.laptop, 2)]
        )
        order.action_confirm()
        self.run_queue()
        self.deliver(order)
        self.run_queue()
        self.assertEqual(self.totals(order), [order.amount_untaxed * 0.4])
        delivery = self.tasks(order).filtered(lambda t: t.kind == "delivery")
        self.assertIn("“Rest” is to be invoiced", delivery.waits_for)

        self.come(order, 10)
        self.assertEqual(len(self.invoices(order)), 2)
        self.assert_exact(order)

    def test_parts_that_come_at_the_same_moment_are_each_invoiced_once(self):
        """And what was delivered long before waits until they can be deducted."""
        support = self.service("Support", 50, o2c_every="month", o2c_charged="arrears")
        for invoicing, other in (("post", self.concept), ("draft", support)):
            with self.subTest(invoicing, other=other.name):
                self.company.o2c_invoicing = invoicing
                self.come_together([(self.laptop, 3), (other, 1)])

    def come_together(self, lines):
        order = self.planned(("A", 30, 10), ("B", 30, 10), ("End", 40, 10), lines=lines)
        order.action_confirm()
        self.deliver(order)
        services = order.order_line.filtered(
            lambda line: line.product_id == self.concept
        )
        services.qty_delivered = 1
        self.run_queue()
        self.assertFalse(self.invoices(order))

        self.come(order, 10)
        for _round in range(2):
            self.tonight(order)
            self.invoices(order).filtered(lambda m: m.state == "draft").action_post()

        whole = order._o2c_planned_total()
        shares = [order.currency_id.round(whole * part) for part in (0.3, 0.3, 0.4)]
        self.assertEqual(
            sorted(self.invoices(order).mapped("amount_total")), sorted(shares)
        )
        self.assertEqual(len(order.o2c_plan_ids[:2].move_id), 2)
        self.assertEqual(order.o2c_plan_ids.mapped("state"), ["invoiced"] * 3)
        self.assertFalse(order._o2c_deposits())

    def test_what_recurs_is_invoiced_as_it_comes_and_deducts_nothing(self):
        tax = self.env["account.tax"].create({"name": "7 %", "amount": 7})
        support = self.service(
            "Support", 50, o2c_every="month", o2c_charged="advance", taxes_id=tax.ids
        )
        order = self.planned(
            ("A", 50, None), ("B", 50, 10), lines=[(self.concept, 1), (support, 2)]
        )
        self.assertEqual(order.o2c_plan_ids.mapped("value"), [2000, 2000])
        order.action_confirm()
        order.sudo().order_line.filtered("o2c_every")._o2c_make_periods()
        for _round in range(3):
            self.tonight(order)
        self.assertEqual(sorted(self.totals(order)), [100, 2000])
        deposits = order.order_line.filtered("is_downpayment")
        self.assertFalse(deposits.tax_ids & tax)

        order.order_line[0].qty_delivered = 1
        self.come(order, 10)
        self.tonight(order)
        self.assertEqual(sorted(self.totals(order)), [100, 2000, 2000])

    def test_amounts_instead_of_percentages(self):
        order = self.planned(
            ("A", "2500", None), ("B", "1234.56", 5), ("C", "6265.44", 6)
        )
        order.action_confirm()
        self.work(order)
        for _day in range(7):
            self.come(order, 1)
        self.assertEqual(self.totals(order), [2500, 1234.56, 6265.44])
        self.assert_exact(order)

    def test_drafts_where_drafts_are_wanted(self):
        self.company.o2c_invoicing = "draft"
        order = self.planned(("A", 50, None), ("B", 50, None))
        order.action_confirm()
        self.work(order)
        self.tonight(order)
        self.server_comes_by()
        self.assertEqual(self.invoices(order).mapped("state"), ["draft"])

        order.sudo().invoice_ids.action_post()
        self.tonight(order)
        self.assertEqual(self.totals(order), [5000, 5000])

    def test_by_hand_a_part_is_invoiced_when_accounting_says_so(self):
        self.company.o2c_invoicing = "manual"
        order = self.planned(("Due", 20, None), ("A", 50, 20), ("B", 30, 30))
        order.action_confirm()
        self.come(order, 0)
        self.assertFalse(self.invoices(order))

        _due, part, last = order.o2c_plan_ids
        with self.assertRaisesRegex(UserError, "“B” settles the rest .* first"):
            self.rpc(self.kim, "o2c.plan.line", "action_invoice", last.ids)
        self.assertFalse(self.invoices(order))
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "o2c.plan.line", "action_invoice", part.ids)
        self.assertFalse(self.invoices(order))
        opened = self.rpc(self.kim, "o2c.plan.line", "action_invoice", part.ids)
        self.assertEqual(self.totals(order), [5000])
        self.assertEqual(self.invoices(order).state, "draft")
        self.assertEqual(opened["res_id"], part.move_id.id)
        with self.assertRaisesRegex(UserError, "invoiced already"):
            self.rpc(self.kim, "o2c.plan.line", "action_invoice", part.ids)
        self.assertEqual(self.totals(order), [5000])

    def test_the_last_part_asked_for_by_hand_says_that_it_waits_for_the_work(self):
        order = self.planned(("A", 50, None), ("B", 50, 30))
        order.action_confirm()
        self.run_queue()
        last = order.o2c_plan_ids[1]
        said = self.rpc(self.kim, "o2c.plan.line", "action_invoice", last.ids)
        self.assertIn("“B” settles", said["params"]["message"])
        self.assertEqual(self.totals(order), [5000])

        self.work(order)
        self.tonight(order)
        self.assertEqual(self.totals(order), [5000, 5000])  # not only in 30 days

    def test_a_hold_on_invoices_holds_its_parts(self):
        order = self.planned(("A", 50, None), ("B", 50, 30))
        reason = self.reason("post")
        order.sudo().with_user(self.mia).action_o2c_hold(reason.id)
        order.action_confirm()
        self.run_queue()
        self.assertFalse(self.invoices(order))

        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("fine")
        self.run_queue()
        self.assertEqual(self.totals(order), [5000])


class TestAgreement(PlanCase):
    def test_what_does_not_add_up_is_said_and_not_confirmed(self):
        order = self.planned(("A", 30, None), ("B", 60, 30))
        self.assertEqual(order.o2c_plan_ids.mapped("value"), [3000, 6000])
        self.assertRegex(order.o2c_plan_fault, "adds up to .*9,000.00, and the order")
        for way in ("action_confirm", "action_quotation_send"):
            with self.assertRaisesRegex(UserError, "Change a part"):
                self.rpc(self.sam, "sale.order", way, order.ids)
        self.assertEqual(order.state, "draft")

        order.o2c_plan_ids[1].percentage = 70
        self.assertFalse(order.o2c_plan_fault)
        self.rpc(self.sam, "sale.order", "action_confirm", order.ids)
        self.assertEqual(order.state, "sale")

    def test_without_a_date_it_never_comes(self):
        order = self.planned(("A", 30, None), ("B", 70, 30))
        order.o2c_plan_ids[1].due_on = False
        with self.assertRaisesRegex(UserError, "Say when “B”"):
            self.rpc(self.sam, "sale.order", "action_confirm", order.ids)
        self.assertEqual(order.state, "draft")

    def test_a_customers_signature_is_taken_and_the_last_part_settles(self):
        order = self.planned(("A", 30, None), ("B", 60, None))
        order.sudo().with_user(self.env.ref("base.user_root")).action_confirm()
        self.assertEqual(order.state, "sale")
        self.work(order)
        self.tonight(order)
        self.tonight(order)
        self.assertEqual(self.totals(order), [3000, 7000])

    def test_parts_to_come_may_change_and_what_was_invoiced_stays(self):
        order = self.planned(("A", 30, None), ("B", 30, 10), ("C", 40, 20))
        order.action_confirm()
        self.run_queue()
        first, second, third = order.o2c_plan_ids

        for values in ({"percentage": 10}, {"due_on": self.today}, {"sequence": 9}):
            with self.assertRaisesRegex(UserError, "was invoiced already"):
                self.rpc(self.sam, "o2c.plan.line", "write", first.ids, values)
        with self.assertRaisesRegex(UserError, "was invoiced already"):
            self.rpc(self.sam, "o2c.plan.line", "unlink", first.ids)
        point = self.env.cr.savepoint
        with self.assertRaisesRegex(ValidationError, "adds up to"), point():
            self.change(order, Command.update(second.id, {"percentage": 20}))
        self.assertEqual((first.percentage, second.percentage), (30, 30))

        self.change(
            order,
            Command.update(second.id, {"percentage": 20}),
            Command.update(third.id, {"percentage": 50}),
        )
        self.work(order)
        self.come(order, 10)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [3000, 2000, 5000])
        self.assert_exact(order)

    def test_parts_written_one_by_one_add_up_as_well(self):
        order = self.planned(("A", 30, None), ("B", 70, 30))
        other = self.planned(("C", 100, 30))
        (order | other).action_confirm()
        self.run_queue()
        last = order.o2c_plan_ids[1]
        extra = {"order_id": order.id, "name": "D", "percentage": 5, "due": "confirmed"}
        for user in (self.sam, self.env.ref("base.user_admin")):
            for method, args in (
                ("write", [last.ids, {"percentage": 60}]),
                ("write", [last.ids, {"amount": 500, "percentage": 0}]),
                ("write", [last.ids, {"due_on": False}]),
                ("write", [last.ids, {"order_id": other.id}]),
                ("unlink", [last.ids]),
                ("create", [[extra]]),
            ):
                point = self.env.cr.savepoint
                said = self.assertRaisesRegex(ValidationError, "adds up to|Say when")
                with self.subTest(method=method, args=args), said, point():
                    context = {"o2c_plan": True}
                    self.rpc(user, "o2c.plan.line", method, *args, context=context)
        self.assertEqual(order.o2c_plan_ids.mapped("percentage"), [30, 70])
        self.assertEqual(other.o2c_plan_ids.mapped("percentage"), [100])

    def test_a_day_written_on_its_part_is_followed_at_once(self):
        order = self.planned(("A", 30, 10), ("B", 70, 30))
        order.action_confirm()
        part = order.o2c_plan_ids[0]
        today = {"due_on": self.today}
        self.rpc(self.sam, "o2c.plan.line", "write", part.ids, today)
        self.run_queue()
        self.assertEqual(self.totals(order), [3000])

    def test_a_part_waits_for_no_service_of_another_order(self):
        order, other = self.project(), self.project()
        foreign = {"line_id": other.order_line[0].id}
        part = order.o2c_plan_ids[1]
        self.rpc(self.sam, "o2c.plan.line", "write", part.ids, foreign)
        with self.assertRaisesRegex(UserError, "Say when “Concept”"):
            self.rpc(self.sam, "sale.order", "action_confirm", order.ids)
        self.assertEqual(order.state, "draft")

    def test_on_its_order_a_service_is_called_by_its_own_name(self):
        line = self.project().order_line[0]
        self.assertIn(self.customer.name, line.display_name)
        here = line.with_context(o2c_of_this_order=True)
        self.assertEqual(here.display_name, "Concept")

    def change(self, order, *commands):
        values = {"o2c_plan_ids": list(commands)}
        self.rpc(self.sam, "sale.order", "write", order.ids, values)

    def test_a_larger_order_is_settled_by_what_is_to_come(self):
        order = self.planned(("A", 30, None), ("B", 30, 10), ("C", 40, 20))
        order.action_confirm()
        self.run_queue()
        order.order_line[0].product_uom_qty = 2  # 14,000
        self.assertEqual(order.o2c_plan_ids.mapped("value"), [3000, 4200, 6800])
        self.work(order)
        self.come(order, 10)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [3000, 4200, 6800])
        self.assert_exact(order)

    def test_a_smaller_order_is_never_invoiced_beyond_its_amount(self):
        order = self.planned(("A", "6000", None), ("B", "3000", 10), ("C", "1000", 20))
        order.action_confirm()
        self.run_queue()
        order.order_line[1].product_uom_qty = 0.5  # 7,000
        self.work(order)
        self.come(order, 10)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [6000, 1000, 0])
        self.assert_exact(order)

    def test_a_credited_part_comes_with_the_last_one_and_never_by_itself(self):
        order = self.planned(("A", 50, None), ("B", 20, 10), ("C", 30, 20))
        order.action_confirm()
        self.run_queue()
        credit = order.sudo().invoice_ids._reverse_moves(cancel=True)
        self.assertEqual(credit.state, "posted")
        self.server_comes_by()
        self.assertEqual(self.totals(order), [5000])

        self.work(order)
        self.come(order, 10)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [5000, 2000, 8000])

    def test_a_deleted_draft_comes_with_the_last_one_and_never_by_itself(self):
        self.company.o2c_invoicing = "draft"
        order = self.planned(("A", 50, None), ("B", 50, 10))
        order.action_confirm()
        self.run_queue()
        order.sudo().invoice_ids.unlink()
        self.server_comes_by()
        self.assertFalse(self.invoices(order))

        self.company.o2c_invoicing = "post"
        self.work(order)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [10000])

    def test_invoiced_by_hand_in_full_no_part_comes_on_top(self):
        order = self.planned(("A", 50, 10), ("B", 50, 20))
        order.action_confirm()
        self.work(order)
        order.sudo()._create_invoices(final=True).action_post()
        self.come(order, 10)
        self.come(order, 10)
        self.assertEqual(self.totals(order), [10000])
        self.assertFalse(self.tasks(order).filtered(lambda t: t.state != "done"))

    def test_a_cancelled_order_has_no_parts_to_come(self):
        order = self.planned(("A", 50, 10), ("B", 50, 20))
        order.action_confirm()
        order._action_cancel()
        self.come(order, 30)
        self.assertFalse(self.invoices(order))

    def test_another_plan_is_another_agreement(self):
        self.rule(limit=1000)
        order = self.planned(("A", 50, None), ("B", 50, 20))
        order.with_user(self.sam).action_confirm()
        request = order.sudo().o2c_request_ids
        request.with_user(self.ada).action_approve()
        self.run_queue()
        self.assertEqual((order.state, self.totals(order)), ("sale", [5000]))

        last = order.o2c_plan_ids[1]
        self.change(
            order, Command.update(last.id, {"due_on": self.today + timedelta(days=900)})
        )
        self.assertNotEqual(order.sudo().o2c_seal, request.seal)

    def test_nobody_says_himself_that_it_was_invoiced(self):
        order = self.planned(("A", 50, 10), ("B", 50, 20))
        part = order.o2c_plan_ids[0]
        for name in ("billed", "picked", "task_id", "move_id"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.rpc(self.sam, "o2c.plan.line", "write", part.ids, {name: 1})
        with self.assertRaises(AccessError):
            self.rpc(self.kim, "o2c.plan.line", "write", part.ids, {"percentage": 1})
        with self.assertRaises(AccessError):
            part.with_user(self.wim).read(["percentage"])
        self.assertEqual(part.percentage, 50)

    def test_a_locked_order_keeps_its_plan(self):
        order = self.planned(("A", 50, 10), ("B", 50, 20))
        order.action_confirm()
        order.action_lock()
        with self.assertRaisesRegex(UserError, "unlock it"):
            later = {"due_on": "2030-01-01"}
            self.change(order, Command.update(order.o2c_plan_ids[0].id, later))
        self.assertEqual(order.o2c_plan_ids[0].due_on, self.today + timedelta(days=10))


class TestCopy(PlanCase):
    def test_an_order_is_copied_with_its_plan_and_each_lives_its_own_life(self):
        order = self.project()
        order.action_confirm()
        self.run_queue()
        shift = timedelta(days=100)
        order.date_order -= shift

        [copied] = self.rpc(self.sam, "sale.order", "copy", order.ids)
        copied = order.browse(copied)
        parts = copied.o2c_plan_ids
        self.assertEqual(parts.mapped("percentage"), [30, 40, 30])
        self.assertEqual(parts.mapped("state"), ["planned"] * 3)
        self.assertFalse(parts.task_id or parts.move_id or copied.o2c_plan_fault)
        self.assertEqual(parts[1].line_id, copied.order_line[0])
        self.assertEqual(parts[2].due_on, order.o2c_plan_ids[2].due_on + shift)

        copied.action_confirm()
        self.run_queue()
        self.assertEqual(self.totals(copied), [3000])
        self.assertEqual(self.totals(order), [3000])

    def test_a_copy_without_its_lines_says_what_is_to_be_mended(self):
        order = self.project()
        copied = order.copy({"order_line": []})
        self.assertRegex(copied.o2c_plan_fault, "Say when “Concept”")

    def test_of_two_lines_alike_each_part_waits_for_its_own(self):
        order = self.planned(
            ("A", 50, 1), ("B", 50, 1), lines=[(self.concept, 1), (self.concept, 1)]
        )
        for part, line in zip(order.o2c_plan_ids, order.order_line, strict=True):
            part.write({"due": "done", "line_id": line.id})
        copied = order.copy()
        self.assertEqual(copied.o2c_plan_ids.line_id, copied.order_line)


class TestTemplate(PlanCase):
    def setUp(self):
        super().setUp()
        items = [
            {"name": "Start", "percentage": 30, "due": "confirmed"},
            {"name": "Later", "percentage": 30, "due": "date", "days": 20},
            {"name": "End", "percentage": 40, "due": "done"},
        ]
        items[2]["product_id"] = self.building.id
        lines = [{"product_id": each.id} for each in (self.concept, self.building)]
        self.template = self.env["sale.order.template"].create(
            {
                "name": "Project",
                "o2c_plan_ids": [Command.create(item) for item in items],
                "sale_order_template_line_ids": [
                    Command.create(each) for each in lines
                ],
            }
        )

    def assert_taken(self, order):
        parts = order.o2c_plan_ids
        self.assertEqual(parts.mapped("name"), ["Start", "Later", "End"])
        self.assertEqual(parts.mapped("value"), [3000, 3000, 4000])
        later = order.date_order.date() + timedelta(days=20)
        self.assertEqual(parts.mapped("due_on"), [False, later, False])
        self.assertEqual(parts.line_id, order.order_line[1])
        self.assertFalse(order.o2c_plan_fault)

    def test_an_order_made_from_it_has_its_plan(self):
        with Form(self.env["sale.order"].with_user(self.sam)) as form:
            form.partner_id = self.customer
            form.sale_order_template_id = self.template
        self.assert_taken(form.record)
        self.assert_taken(form.record.copy())

    def test_another_template_is_another_plan_until_it_is_confirmed(self):
        order = self.planned(("A", 50, None), ("B", 50, 30))
        chosen = {"sale_order_template_id": self.template.id}
        self.rpc(self.sam, "sale.order", "write", order.ids, chosen)
        self.assert_taken(order)

        order.action_confirm()
        self.template.o2c_plan_ids[0].percentage = 40
        self.rpc(self.sam, "sale.order", "write", order.ids, chosen)
        self.assert_taken(order)

    def test_what_is_agreed_otherwise_counts(self):
        plan = self.parts(("All", 100, None))
        order = self.order(sale_order_template_id=self.template.id, o2c_plan_ids=plan)
        self.assertEqual(order.o2c_plan_ids.name, "All")

    def test_a_salesperson_uses_it_and_does_not_change_it(self):
        item = self.template.o2c_plan_ids[0]
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "o2c.plan.item", "write", item.ids, {"percentage": 1})
        self.assertEqual(item.percentage, 30)


class TestCents(PlanCase):
    def setUp(self):
        super().setUp()
        create = self.env["account.tax"].create
        self.taxes = [
            create({"name": f"Plan {rate}", "amount": rate}) for rate in (0, 7, 21)
        ]

    def test_whatever_the_parts_all_invoices_are_the_order(self):
        prices = st.sampled_from([0.99, 7, 33.33, 333.35, 1999.95])
        lines = st.lists(
            st.tuples(prices, st.integers(0, 2), st.integers(1, 7)),
            min_size=1,
            max_size=3,
        )
        shares = st.lists(st.integers(1, 33), min_size=1, max_size=3)

        @settings(max_examples=4, suppress_health_check=list(HealthCheck), **STEADY)
        @given(lines, shares)
        def check(sold, shares):
            point = self.env.cr.savepoint()
            try:
                self.live(sold, shares)
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()

        check()

    def live(self, sold, shares):
        products = [self.service(f"S{n}", line[0]) for n, line in enumerate(sold)]
        parts = [(f"P{n}", share / 1.0 + 0.33, None) for n, share in enumerate(shares)]
        rest = round(100 - sum(share for _n, share, _w in parts), 2)
        order = self.planned(
            *parts,
            ("Rest", rest, None),
            lines=[(p, s[2]) for p, s in zip(products, sold, strict=True)],
        )
        for line, (_price, rate, _q) in zip(order.order_line, sold, strict=True):
            line.tax_ids = self.taxes[rate]
        order.action_confirm()
        self.work(order)
        for _round in range(3):
            self.tonight(order)
        self.assertEqual(len(self.invoices(order)), len(shares) + 1)
        self.assert_exact(order)
