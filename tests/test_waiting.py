"""Waiting for me: approvals, holds and failed invoices in one list."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .common import OWN_SALES, O2CCase


class TestWaiting(O2CCase):
    def waiting(self, user):
        """(kind, document, why) of what waits for ``user``, oldest first."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (row["kind"], row["res_name"], row["reason"])
            for row in self.rpc(
                user, "o2c.waiting", "search_read", [], ["kind", "res_name", "reason"]
            )
            if row["res_name"] in self.ours()
        ]

    def ours(self):
        """Demo data waits too."""
        orders = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        return orders.mapped("name") + orders.picking_ids.mapped("name")

    def row(self, user, order):
        names = [order.name, *order.sudo().picking_ids.mapped("name")]
        rows = self.env["o2c.waiting"].with_user(user)
        return rows.search([("res_name", "in", names)])

    def failed(self, order):
        """``order`` is delivered, and its invoice cannot be made."""
        self.deliver(order)
        order.sudo().o2c_billing_task_ids._park("No account for Laptop")
        return order

    def test_an_approval_waits_for_who_is_asked_until_it_is_answered(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()

        [(kind, name, why)] = self.waiting(self.ada)
        self.assertEqual((kind, name), ("approval", order.name))
        self.assertIn("above", why)
        row = self.row(self.ada, order)
        self.assertEqual((row.amount, row.partner_name), (12000, self.customer.name))
        self.assertFalse(self.waiting(self.sam))
        self.assertFalse(self.waiting(self.mia))

        row.action_approve()

        self.assertEqual(order.state, "sale")
        self.assertFalse(self.waiting(self.ada))

    def test_an_approver_without_rights_on_orders_reads_the_frozen_words_only(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        row = self.row(self.ada, order)

        self.assertEqual(row.action_open()["res_model"], "o2c.approval.request")
        with self.assertRaises(AccessError):
            order.with_user(self.ada).read(["name"])

    def test_what_the_asker_says_stands_with_the_question(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_refuse("Too much")
        order.o2c_request_ids.with_user(self.sam).action_ask_again("They paid today")

        [(_kind, _name, why)] = self.waiting(self.ada)

        self.assertIn("“They paid today”", why)

    def test_a_hold_waits_for_who_may_release_it(self):
        order = self.confirmed(quantity=3)
        order.sudo()._o2c_put_on_hold(self.reason(), "Stamp is missing")

        found = [("hold", order.name, "Papers missing (Stamp is missing)")]
        self.assertEqual(self.waiting(self.rae), found)
        self.assertFalse(self.waiting(self.sam))
        row = self.row(self.rae, order)
        self.assertEqual(row.amount, 3000)
        page = row.action_open_release()
        wizard = (
            self.env[page["res_model"]]
            .with_user(self.rae)
            .with_context(page["context"])
            .create({"note": "Stamp came"})
        )
        wizard.action_release()

        self.assertFalse(self.waiting(self.rae))

    def test_the_warehouse_releases_without_reading_amounts(self):
        group = self.env.ref("stock.group_stock_user")
        order = self.confirmed()
        order.sudo()._o2c_put_on_hold(self.reason(release_group_id=group.id))

        self.assertEqual(len(self.waiting(self.wim)), 1)
        self.assertFalse(self.row(self.wim, order).amount)

    def stopped(self, *codes, **values):
        """A delivery that Wim could not let go, for these checks."""
        for code in codes:
            self.check(code, **values)
        delivery = self.confirmed(quantity=3).sudo().picking_ids
        page = self.rpc(self.wim, delivery._name, "button_validate", delivery.ids)
        self.assertEqual(page["res_model"], "o2c.delivery.stop")
        return delivery

    def test_what_a_check_stopped_at_the_door_waits_for_who_may_release_it(self):
        self.check("prepayment", value=100)
        quiet = self.confirmed().sudo().picking_ids
        self.assertFalse(self.waiting(self.rae), "nobody was stopped with it so far")

        delivery = self.stopped()

        [(kind, name, why)] = self.waiting(self.rae)
        self.assertEqual((kind, name), ("delivery", delivery.name))
        self.assertIn("still to be paid before it leaves", why)
        self.assertNotEqual(name, quiet.name)
        for user in (self.sam, self.wim, self.kim, self.ada):
            self.assertFalse(self.waiting(user))
        row = self.row(self.rae, delivery.sale_id)
        self.assertEqual((row.amount, row.partner_name), (3000, self.customer.name))
        self.assertEqual(row.action_open()["res_model"], "stock.picking")

        page = row.action_open_release()
        wizard = (
            self.env[page["res_model"]]
            .with_user(self.rae)
            .with_context(page["context"])
            .create({"note": "They pay on Friday"})
        )
        self.assertIn("still to be paid", wizard.reasons)
        wizard.action_release()

        self.assertFalse(self.waiting(self.rae))
        self.rpc(self.wim, delivery._name, "button_validate", delivery.ids)
        self.assertEqual(delivery.state, "done")

    def test_what_is_paid_or_gone_or_mended_waits_for_nobody(self):
        delivery = self.stopped("tracking")
        self.assertEqual(len(self.waiting(self.rae)), 1)

        delivery.o2c_tracking_ref = "1Z"
        self.assertFalse(self.waiting(self.rae))
        delivery.o2c_tracking_ref = False
        self.assertEqual(len(self.waiting(self.rae)), 1)
        delivery.action_cancel()
        self.assertFalse(self.waiting(self.rae))

    def test_who_may_release_need_not_read_deliveries_nor_what_is_owed(self):
        group = self.env["res.groups"].create({"name": "Door"})
        delivery = self.stopped("prepayment", value=100, release_group_id=group.id)
        self.assertFalse(self.waiting(self.rae))
        self.ada.group_ids += group

        [(kind, name, why)] = self.waiting(self.ada)

        self.assertEqual((kind, name), ("delivery", delivery.name))
        self.assertEqual(why, f"{delivery.name} waits for: Check prepayment")
        row = self.row(self.ada, delivery.sale_id)
        self.assertFalse(row.amount)
        self.assertEqual(row.action_open()["res_model"], "o2c.release")
        with self.assertRaises(AccessError):
            delivery.with_user(self.ada).read(["name"])

    def test_what_is_kept_apart_or_of_another_company_waits_for_others(self):
        self.company.o2c_apart_release = True
        delivery = self.stopped("tracking")
        self.assertEqual(len(self.waiting(self.rae)), 1)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.rae.company_ids += other
        rows = self.env["o2c.waiting"].with_user(self.rae)
        there = rows.with_context(allowed_company_ids=other.ids)
        self.assertFalse(there.search([("res_name", "=", delivery.name)]))

        delivery.sale_id.with_user(self.rae).sudo().order_line.price_unit = 9

        self.assertFalse(self.waiting(self.rae))

    def test_nobody_releases_by_a_row_that_waits_for_another(self):
        delivery = self.stopped("tracking")
        row = self.row(self.rae, delivery.sale_id)

        for method in ("action_open", "action_open_release"):
            with self.subTest(method), self.assertRaises(UserError):
                self.env.invalidate_all()
                self.rpc(self.wim, "o2c.waiting", method, row.ids)
        wizard = (
            self.env["o2c.release"]
            .with_user(self.wim)
            .create({"picking_keys": delivery.ids, "note": "please"})
        )
        with self.assertRaises(AccessError):
            wizard.action_release()
        self.assertFalse(delivery.o2c_hold_ids)

    def test_a_failed_invoice_waits_for_its_owner(self):
        order = self.failed(self.confirmed(quantity=2, o2c_invoicing="draft"))
        delivery = order.picking_ids.name

        found = [("invoicing", delivery, "No account for Laptop")]
        self.assertEqual(self.waiting(self.sam), found)
        self.assertFalse(self.waiting(self.kim))

        self.company.o2c_billing_owner_id = self.kim
        self.assertEqual(self.waiting(self.kim), found)
        self.assertFalse(self.waiting(self.sam))
        row = self.row(self.kim, order)
        self.assertEqual(row.amount, 2000)
        self.assertEqual(row.action_open()["res_model"], "sale.order")

        row.action_retry()

        self.assertFalse(self.waiting(self.kim))
        self.assertEqual(len(order.invoice_ids), 1)

    def test_who_may_not_read_the_queue_owns_nothing_of_it(self):
        self.company.o2c_billing_owner_id = self.ada
        self.failed(self.confirmed(o2c_invoicing="draft"))

        self.assertFalse(self.waiting(self.ada))

    def test_nobody_answers_by_a_row_that_waits_for_another(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        row = self.row(self.ada, order)

        for method in ("action_approve", "action_open", "action_open_answer"):
            with self.subTest(method), self.assertRaises(UserError):
                self.env.invalidate_all()
                self.rpc(self.sam, "o2c.waiting", method, row.ids)

        self.assertEqual(order.state, "draft")

    def test_many_of_different_kinds_are_approved_and_the_others_left_alone(self):
        self.rule(limit=10000)
        orders = self.order(quantity=12) + self.order(quantity=13)
        orders.action_confirm()
        held = self.confirmed()
        held.sudo()._o2c_put_on_hold(self.reason())
        self.ada.group_ids += self.env.ref("o2c_addon.group_o2c_release")
        rows = self.row(self.ada, orders[0]) + self.row(self.ada, orders[1])
        rows += self.row(self.ada, held)
        self.assertEqual(rows.mapped("kind"), ["approval", "approval", "hold"])

        rows.action_approve()

        self.assertEqual(orders.mapped("state"), ["sale", "sale"])
        self.assertTrue(held.o2c_on_hold)

    def test_other_companies_wait_elsewhere(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.rae.company_ids += other
        order = self.confirmed()
        order.sudo()._o2c_put_on_hold(self.reason())
        self.assertEqual(len(self.waiting(self.rae)), 1)

        here = self.row(self.rae, order)
        there = here.with_context(allowed_company_ids=other.ids)

        self.assertFalse(there.search([("id", "in", here.ids)]))

    def test_own_orders_only_for_who_reads_own_orders_only(self):
        tim = self.user("tim_t", "Tim", OWN_SALES)
        mine = self.failed(self.confirmed(o2c_invoicing="draft", user=tim))
        self.failed(self.confirmed(o2c_invoicing="draft"))

        names = [name for _kind, name, _why in self.waiting(tim)]
        self.assertEqual(names, mine.sudo().picking_ids.mapped("name"))

    def test_counting_is_cheap_and_does_not_grow(self):
        self.rule(limit=10000)

        def cost():
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.env["o2c.waiting"].with_user(self.ada).search_count([])
            return self.cr.sql_log_count - before

        cost()
        few = cost()
        for _each in range(5):
            self.order(quantity=12).action_confirm()

        self.assertLessEqual(cost(), few + 1)

    def test_counting_deliveries_does_not_grow_and_costs_others_nothing(self):
        for code in ("prepayment", "available", "address"):
            self.check(code, value=100)
        self.stopped("tracking")

        def cost(user):
            self.env.flush_all()
            self.env.invalidate_all()
            user.mapped("company_id.currency_id.name")  # read by every request
            before = self.cr.sql_log_count
            self.env["o2c.waiting"].with_user(user).search_count([])
            return self.cr.sql_log_count - before

        for user in (self.rae, self.sam):
            cost(user)
        few, others = cost(self.rae), cost(self.sam)
        for _each in range(4):
            self.stopped()

        self.assertLessEqual(cost(self.rae), few)
        self.assertLessEqual(few, 18)
        self.assertLessEqual(cost(self.sam), others)
        self.assertLessEqual(others, 3)

    def test_portal_users_have_no_list(self):
        customer = self.user("pia_t", "Pia", "base.group_portal")
        customer.group_ids = [Command.set(self.env.ref("base.group_portal").ids)]
        with self.assertRaises(AccessError):
            self.rpc(customer, "o2c.waiting", "search_read", [], ["res_name"])
