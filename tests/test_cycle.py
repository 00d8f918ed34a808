"""Lead times: when each step of an order was passed, and what was done twice."""

from datetime import date, datetime, timedelta

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import SALES, O2CCase


def hours(start, end):
    return (end - start).total_seconds() / 3600


class TestLeadTimes(O2CCase):
    def row(self, order, user=None):
        self.env.flush_all()
        report = self.env["o2c.cycle.report"].with_user(user or self.mia)
        report.invalidate_model()
        return report.search([("order_id", "=", order.id)])

    def invoice(self, order, user=None):
        invoice = order.with_user(user or self.kim)._create_invoices(final=True)
        invoice = self.env["account.move"].browse(invoice.ids)
        invoice.with_user(user or self.kim).action_post()
        return invoice

    def test_each_step_leaves_its_date(self):
        order = self.confirmed(quantity=3)
        picking = self.deliver(order)
        invoice = self.invoice(order)
        self.pay(invoice)

        row = self.row(order)

        self.assertEqual(row.stage, "done")
        self.assertEqual(row.confirmed_on, order.date_order)
        self.assertEqual(row.delivered_on, picking.date_done)
        self.assertEqual(row.invoiced_on, invoice.o2c_passed_on)
        self.assertEqual(row.paid_on.date(), fields.Date.today())
        self.assertEqual(row.amount, 3000)

    def test_a_step_not_passed_in_full_is_empty_and_never_zero(self):
        order = self.confirmed(quantity=3)
        self.deliver(order, quantity=2)

        row = self.row(order)
        [values] = row.read(["delivered_on", "hours_to_deliver", "hours_to_pay"])
        [(average, waiting)] = row._read_group(
            [("order_id", "=", order.id)], [], ["hours_to_pay:avg", "unbilled:sum"]
        )

        self.assertEqual(row.stage, "delivery")
        self.assertIs(values["delivered_on"], False)
        self.assertIs(values["hours_to_deliver"], False)
        self.assertIs(values["hours_to_pay"], False)
        self.assertFalse(average)
        self.assertEqual(waiting, 2000)

    def test_empty_steps_do_not_lower_the_average(self):
        slow, quick = self.confirmed(), self.confirmed()
        self.deliver(slow)
        self.back(slow, "date_order", timedelta(hours=10))

        [[average]] = self.row(slow)._read_group(
            [("order_id", "in", (slow | quick).ids)], [], ["hours_to_deliver:avg"]
        )

        self.assertAlmostEqual(average, 10, 1)

    def back(self, record, field, distance):
        """Set the date ``field`` of ``record`` back, as if it happened earlier."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {record._table} SET {field} = {field} - %s WHERE id = %s",
            [distance, record.id],
        )
        self.env.invalidate_all()

    def test_the_steps_add_up_and_none_is_negative(self):
        order = self.confirmed(product=self.product("Licence", 50, policy="order"))
        invoice = self.invoice(order)  # before it is delivered
        self.stock(order.order_line.product_id, 1)
        order.picking_ids.action_assign()
        self.deliver(order)
        self.pay(invoice)

        row = self.row(order)

        self.assertEqual(row.hours_to_invoice, 0)
        self.assertGreaterEqual(row.hours_total, 0)
        self.assertEqual(
            row.hours_total,
            hours(row.created_on, row.paid_on.replace(microsecond=0))
            if row.paid_on > row.created_on
            else 0,
        )

    def test_what_was_dated_back_counts_from_that_day(self):
        order = self.confirmed()
        self.deliver(order)
        invoice = self.invoice(order)
        day = date.today() - timedelta(40)

        invoice.with_user(SUPERUSER_ID).button_draft()
        invoice.invoice_date = day
        invoice.with_user(self.kim).action_post()

        self.assertEqual(
            self.row(order).invoiced_on, datetime.combine(day, datetime.min.time())
        )

    def test_a_payment_taken_back_is_no_payment(self):
        order = self.confirmed()
        self.deliver(order)
        invoice = self.invoice(order)
        self.pay(invoice)
        self.assertTrue(self.row(order).paid_on)

        invoice.line_ids.remove_move_reconcile()

        row = self.row(order)
        self.assertFalse(row.paid_on)
        self.assertTrue(row.invoiced_on)

    def test_services_have_no_delivery(self):
        work = self.product("Advice", 80, policy="order", type="service", is_storable=0)
        order = self.confirmed(product=work)
        self.back(order, "date_order", timedelta(hours=5))
        self.invoice(order)

        row = self.row(order)

        self.assertFalse(row.delivered_on)
        self.assertIs(row.read(["hours_to_deliver"])[0]["hours_to_deliver"], False)
        self.assertAlmostEqual(row.hours_to_invoice, 5, 1)

    def test_approvals_lie_within_the_confirmation(self):
        self.rule(limit=1000)
        order = self.order(quantity=5)
        order.action_confirm()
        request = order.o2c_request_ids
        self.back(request, "requested_on", timedelta(hours=3))
        self.assertFalse(self.row(order).approved_on)

        request.with_user(self.ada).action_approve()
        row = self.row(order)

        self.assertEqual(row.asked_on, request.requested_on)
        self.assertEqual(row.approved_on, request.decided_on)
        self.assertAlmostEqual(row.hours_to_approve, 3, 1)
        self.assertEqual((row.refusals, row.rework), (0, 0))

    def test_sending_counts_however_it_was_sent(self):
        order = self.confirmed()
        self.deliver(order)
        invoice = self.invoice(order)
        self.assertFalse(self.row(order).sent_on)

        invoice.is_move_sent = True
        sent_on = self.row(order).sent_on
        invoice.is_move_sent = True

        self.assertTrue(sent_on)
        self.assertEqual(self.row(order).sent_on, sent_on)

    def test_a_second_invoice_unsends_the_order(self):
        order = self.confirmed(quantity=4)
        self.deliver(order, quantity=3)
        self.invoice(order).is_move_sent = True
        self.deliver(order)
        self.invoice(order)

        self.assertFalse(self.row(order).sent_on)

    # -- done twice ------------------------------------------------------------------

    def test_changes_after_the_confirmation_count_once_a_save(self):
        order = self.order(quantity=2)
        order.order_line.price_unit = 900  # still a quotation
        order.action_confirm()
        self.assertEqual(self.row(order).changes, 0)

        order.write(
            {
                "order_line": [
                    Command.update(order.order_line.id, {"price_unit": 800}),
                    Command.create({"product_id": self.laptop.id}),
                ]
            }
        )

        row = self.row(order)
        self.assertEqual((row.changes, row.rework), (1, 1))
        self.assertEqual(self.events(order).count("changed"), 1)

    def test_what_odoo_changes_by_itself_is_no_manual_change(self):
        order = self.confirmed(quantity=2)

        order.with_user(SUPERUSER_ID).order_line.price_unit = 800

        self.assertEqual(self.row(order).changes, 0)

    def test_taken_back_and_confirmed_again_is_a_change(self):
        order = self.confirmed()
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.action_draft()
        order.action_confirm()

        self.assertEqual(self.row(order).changes, 1)

    def test_refused_and_asked_again(self):
        self.rule(limit=1000)
        order = self.order(quantity=5)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_refuse("Too much")
        order.o2c_request_ids.with_user(self.sam).action_ask_again("They paid")
        order.o2c_request_ids.sorted("id")[-1].with_user(self.ada).action_approve()

        row = self.row(order)

        self.assertEqual((row.refusals, row.repeats, row.rework), (1, 1, 2))

    def test_credit_notes(self):
        order = self.confirmed(quantity=2)
        self.deliver(order)
        invoice = self.invoice(order)
        self.assertEqual(self.row(order).credit_notes, 0)

        credit = invoice._reverse_moves()
        self.assertEqual(self.row(order).credit_notes, 0, "still a draft")
        credit.invoice_date = fields.Date.today()
        credit.action_post()

        self.assertEqual((self.row(order).credit_notes, self.row(order).rework), (1, 1))

    def test_ran_by_itself(self):
        self.company.o2c_invoicing = "post"
        by_itself = self.confirmed()
        self.deliver(by_itself)
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()
        self.company.o2c_invoicing = "manual"
        by_hand = self.confirmed()
        self.deliver(by_hand)
        self.invoice(by_hand)
        waiting = self.confirmed()

        self.assertEqual(by_itself.o2c_stage, "payment")
        self.assertEqual(self.row(by_itself).by_itself, "yes")
        self.assertEqual(self.row(by_hand).by_itself, "no")
        self.assertFalse(self.row(waiting).by_itself)

    def test_a_hold_released_before_the_invoice_is_no_running_by_itself(self):
        self.company.o2c_invoicing = "post"
        order = self.confirmed()
        order.with_user(self.mia).sudo()._o2c_put_on_hold(self.reason())
        hold = order.sudo().o2c_hold_ids
        self.assertTrue(self.row(order).is_held)
        hold.with_user(self.mia).action_release("Papers are here")
        self.assertFalse(self.row(order).is_held)
        self.deliver(order)
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()

        self.assertEqual(self.row(order).by_itself, "no")

    def test_orders_without_a_history_did_not_run_by_themselves(self):
        order = self.confirmed()
        self.deliver(order)
        self.invoice(order)
        self.env.cr.execute("ALTER TABLE o2c_event DISABLE TRIGGER USER")
        self.env.cr.execute("DELETE FROM o2c_event WHERE order_key = %s", [order.id])
        self.env.cr.execute("ALTER TABLE o2c_event ENABLE TRIGGER USER")

        self.assertFalse(self.row(order).by_itself)

    def test_on_time_by_the_promised_day(self):
        promised = self.confirmed(commitment_date=fields.Datetime.now())
        late = self.confirmed(commitment_date=fields.Datetime.now() - timedelta(2))
        without = self.confirmed()
        open_ = self.confirmed(commitment_date=fields.Datetime.now() - timedelta(2))
        for order in (promised, late, without):
            self.deliver(order)

        punctual = [
            self.row(order).on_time for order in (promised, late, without, open_)
        ]

        self.assertEqual(punctual, ["yes", "no", False, False])

    # -- money, people, companies ----------------------------------------------------

    def test_money_by_the_rate_on_the_order(self):
        order = self.confirmed(
            quantity=2, price=1000, pricelist_id=self.euro_pricelist(0.5).id
        )
        self.deliver(order, quantity=1)
        self.env.flush_all()
        self.env["res.currency.rate"].create(
            {"currency_id": self.env.ref("base.EUR").id, "rate": 0.1}
        )

        row = self.row(order)

        self.assertEqual(order.currency_id.name, "EUR")
        self.assertEqual(row.currency_id, self.company.currency_id)
        self.assertAlmostEqual(row.amount, 4000, 2)
        self.assertAlmostEqual(row.unbilled, 2000, 2)

    def test_the_category_is_that_of_most_of_the_money(self):
        big = self.env["product.category"].create({"name": "Big"})
        order = self.order(quantity=1, price=10)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product("Crane", 900, categ_id=big.id).id,
                    "price_unit": 900,
                }
            )
        ]

        self.assertEqual(self.row(order).categ_id, big)

    def test_times_per_person_only_where_the_company_wants_it(self):
        order = self.confirmed()
        self.company.o2c_times_per_person = False
        self.assertFalse(self.row(order).user_id)
        self.assertFalse(self.row(order, self.sam).user_id)

        self.company.o2c_times_per_person = True

        self.assertEqual(self.row(order).user_id, self.sam)

    def test_salespeople_see_the_times_of_their_own_orders(self):
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        self.company.o2c_times_per_person = False
        mine, others = self.confirmed(user=own), self.confirmed()

        self.assertTrue(self.row(mine, own))
        self.assertFalse(self.row(others, own))
        self.assertTrue(self.row(others, self.wim))

    def test_the_warehouse_is_not_told_when_customers_pay(self):
        order = self.confirmed()
        self.deliver(order)
        self.pay(self.invoice(order))
        self.assertTrue(self.row(order).paid_on)

        [row] = self.row(order, self.wim).read()
        ours = [("order_id", "=", order.id)]
        answer = self.rpc(self.wim, "o2c.cycle.report", "dashboard", ours)

        self.assertTrue(row["invoiced_on"])
        self.assertEqual(
            [row["paid_on"], row["hours_to_pay"], row["hours_total"]], [False] * 3
        )
        paid = [*ours, ("paid_on", "!=", False)]
        self.assertFalse(self.rpc(self.wim, "o2c.cycle.report", "search", paid))
        self.assertEqual(answer["figures"]["payment"]["count"], 0)
        self.assertIn("Sales and accounting", answer["figures"]["payment"]["none"])
        self.assertFalse(answer["trend"])
        headline = self.rpc(self.wim, "o2c.cycle.report", "headline")
        self.assertNotIn("paid", headline)
        self.assertNotIn("to pay", headline)
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "sale.order", "read", order.ids, ["o2c_paid_on"])

    def test_another_company_is_another_world(self):
        other = self.env["res.company"].create({"name": "Other"})
        order = self.confirmed()
        stranger = self.user("str_t", "Stranger", SALES)
        stranger.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )

        self.assertFalse(self.row(order, stranger))

    def test_nobody_writes_the_dates(self):
        order = self.confirmed()
        for name in ("delivered", "invoiced", "sent", "paid"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.rpc(
                    self.mia,
                    "sale.order",
                    "write",
                    order.ids,
                    {f"o2c_{name}_on": "2020-01-01"},
                )

    def test_a_row_opens_what_its_reader_may_read(self):
        order = self.confirmed()
        auditor = self.user("aud_t", "Audrey", "o2c_addon.group_o2c_auditor")

        models = [
            self.row(order, user).action_open_order()["res_model"]
            for user in (self.sam, self.wim, auditor)
        ]

        self.assertEqual(models, ["sale.order", "stock.picking", "o2c.event"])

    def test_orders_older_than_the_addon(self):
        """The update at installation answers what the fields answer, to the day."""
        orders = self.env["sale.order"]
        steps = [self.deliver, self.invoice, lambda o: self.pay(o.sudo().invoice_ids)]
        for number in range(4):
            order = self.confirmed()
            for step in steps[:number]:
                step(order)
            orders |= order
        names = ("o2c_delivered_on", "o2c_invoiced_on", "o2c_paid_on")
        self.env.flush_all()
        now = {o.id: [o[name] and o[name].date() for name in names] for o in orders}
        self.assertEqual(
            [sum(map(bool, dates)) for dates in now.values()], [0, 1, 2, 3]
        )
        self.env.cr.execute(
            "UPDATE sale_order SET o2c_delivered_on = NULL, o2c_invoiced_on = NULL,"
            " o2c_paid_on = NULL, o2c_stage = NULL WHERE id IN %s",
            [orders._ids],
        )

        orders._o2c_take_over()

        then = {o.id: [o[name] and o[name].date() for name in names] for o in orders}
        self.assertEqual(then, now)
