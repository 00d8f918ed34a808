"""Holds: somebody stops a document at one place; who may ends it, or a fact does."""

from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from .common import OWN_SALES, O2CCase
from .test_fulfillment import DeliveryCase


class HoldCase(DeliveryCase):
    def hold(self, document, reason=None, user=None, **values):
        """Put on hold as ``user``, over RPC; the hold, with all rights."""
        reason = reason or self.reason()
        self.rpc(
            user or self.sam,
            document._name,
            "action_o2c_hold",
            document.ids,
            reason.id,
            **values,
        )
        return document.sudo().o2c_hold_ids[:1]

    def release(self, hold, user, note="Papers are here"):
        return self.rpc(user, "o2c.hold", "action_release", hold.ids, note)

    def sweep(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_holds").method_direct_trigger()
        self.env.invalidate_all()


class TestHoldOfAnOrder(HoldCase):
    def test_delivery_waits_and_goods_stay_reserved(self):
        order = self.confirmed()
        delivery = self.delivery(order)
        hold = self.hold(order, note="Export licence")

        self.assert_stops(delivery, "is on hold: Papers missing .Export licence.")
        self.assertEqual(delivery.move_ids.quantity, 1, "still reserved")
        self.assertTrue(order.o2c_on_hold)

        self.release(hold, self.rae)
        self.assertTrue(self.leaves(delivery))
        self.assertEqual(self.events(order)[-3:], ["held", "released", "delivered"])

    def test_the_page_at_the_door_releases_holds_and_checks_at_once(self):
        self.check("tracking")
        order = self.confirmed()
        delivery = self.delivery(order)
        hold = self.hold(order)

        def page(user):
            shown = self.rpc(user, delivery._name, "button_validate", delivery.ids)
            pages = self.env[shown["res_model"]].with_user(user)
            return pages.with_context(shown["context"]).create({"note": "Seen"})

        at_the_door = page(self.wim)
        self.assertFalse(at_the_door.can_release)
        with self.assertRaises(AccessError):
            at_the_door.action_release()
        self.env.invalidate_all()
        self.assertEqual((hold.state, delivery.state), ("open", "assigned"))

        self.wim.group_ids += self.env.ref("o2c_addon.group_o2c_release")
        self.assertTrue(page(self.wim).can_release)
        page(self.wim).action_release()

        self.assertEqual(delivery.state, "done")
        self.assertEqual(hold.release_note, "Seen")
        released = delivery.o2c_hold_ids
        self.assertEqual(released.mapped("released_by_id"), self.wim)

    def test_the_page_of_many_releases_them_all(self):
        self.wim.group_ids += self.env.ref("o2c_addon.group_o2c_release")
        orders = self.confirmed() | self.confirmed()
        for order in orders:
            self.hold(order)
        deliveries = self.delivery(orders)

        shown = self.rpc(self.wim, deliveries._name, "button_validate", deliveries.ids)
        pages = self.env[shown["res_model"]].with_user(self.wim)
        page = pages.with_context(shown["context"]).create({"note": "Seen"})
        for order in orders:
            self.assertIn(f"{order.name} is on hold", page.reasons)
        page.action_release()

        self.assertEqual(set(deliveries.mapped("state")), {"done"})

    def test_confirmation_waits_and_goes_on_by_itself(self):
        order = self.order()
        hold = self.hold(order, self.reason("confirm"))
        order.action_confirm()
        self.assertEqual(order.state, "draft")

        self.release(hold, self.rae)

        self.assertEqual(order.state, "sale")

    def test_released_before_anybody_confirmed_confirms_nothing(self):
        order = self.order()
        hold = self.hold(order, self.reason("confirm"))

        self.release(hold, self.rae)

        self.assertEqual(order.state, "draft")

    def test_no_state_is_written_past_it(self):
        order = self.order()
        self.hold(order, self.reason("confirm"))

        with self.assertRaisesRegex(ValidationError, "Papers missing"):
            self.rpc(self.sam, "sale.order", "write", order.ids, {"state": "sale"})

    def test_releasing_gives_no_approval(self):
        self.rule()
        order = self.order(20)
        hold = self.hold(order, self.reason("confirm"))
        order.action_confirm()
        self.assertEqual(order.o2c_approval_state, "pending")

        self.release(hold, self.rae)
        self.assertEqual(order.state, "draft")

        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")

    def test_an_approved_order_stays_on_hold(self):
        self.rule()
        order = self.order(20)
        order.action_confirm()
        hold = self.hold(order, self.reason("confirm"))
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "draft")

        self.release(hold, self.rae)
        self.assertEqual(order.state, "draft", "nobody pressed Confirm since")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_invoice_waits_and_is_posted_by_itself(self):
        order = self.confirmed(product=self.product("Licence", 100, "order"))
        hold = self.hold(order, self.reason("post"))
        invoice = order.sudo()._create_invoices().with_user(self.kim).sudo(False)
        invoice.action_post()
        self.assertEqual(invoice.state, "draft")
        self.assertIn("Papers missing", self.why(invoice, self.kim)[0])

        self.release(hold, self.rae)
        invoice.action_post()

        self.assertEqual(invoice.state, "posted")

    def test_automatic_billing_waits_for_it(self):
        self.company.o2c_invoicing = "post"
        order = self.confirmed()
        self.hold(order, self.reason("post"))
        self.assertTrue(self.leaves(self.delivery(order)))

        self.assertNotIn("posted", order.sudo().invoice_ids.mapped("state"))

    def test_what_has_passed_is_not_held(self):
        order = self.confirmed()
        with self.assertRaisesRegex(UserError, "choose the delivery or the invoice"):
            self.hold(order, self.reason("confirm"))
        delivery = self.delivery(order)
        self.assertTrue(self.leaves(delivery))
        with self.assertRaisesRegex(UserError, "nothing is left to hold"):
            self.hold(delivery, user=self.wim)

    def test_held_twice_for_the_same_reason_is_one_hold(self):
        order, reason = self.confirmed(), self.reason()
        self.hold(order, reason), self.hold(order, reason)

        self.assertEqual(len(order.o2c_hold_ids), 1)

    def test_cancelled_or_deleted_leaves_nothing_on_hold(self):
        order, draft = self.confirmed(), self.order()
        holds = self.hold(order) | self.hold(draft, self.reason("confirm"))
        order._action_cancel()
        draft.with_user(self.mia).unlink()

        self.assertEqual(set(holds.mapped("state")), {"released"})
        self.assertFalse(holds.released_by_id)

    def test_a_copy_is_not_on_hold(self):
        order = self.confirmed()
        self.hold(order)

        self.assertFalse(order.copy().o2c_on_hold)

    def test_the_order_shows_what_stops_its_delivery(self):
        self.check("tracking")
        order = self.confirmed()
        self.hold(order)

        said = "\n".join(self.why(order, self.sam))
        self.assertIn("Papers missing", said)
        self.assertIn("no tracking reference", said)


class TestHoldOfADelivery(HoldCase):
    def test_one_of_two_waits(self):
        first, second = self.ordered(), self.ordered()
        self.hold(first, user=self.wim)

        (first | second).with_context(skip_backorder=True).button_validate()

        self.assertEqual((first.state, second.state), ("assigned", "done"))

    def test_its_goods_leave_by_no_delivery_beside_it(self):
        held, free = self.ordered(2), self.ordered()
        self.hold(held, user=self.wim)
        goods = held.sudo().move_ids
        held.with_user(self.wim).move_ids.quantity = 1

        with self.assertRaisesRegex(UserError, "its goods stay with"):
            self.rpc(self.wim, held._name, "action_split_transfer", held.ids)
        for model, ids, values in (
            ("stock.move", goods.ids, {"picking_id": free.id}),
            (free._name, free.ids, {"move_ids": [Command.link(goods.id)]}),
        ):
            with self.subTest(model), self.assertRaises(UserError):
                self.rpc(self.wim, model, "write", ids, values)
        lines = goods.move_line_ids
        self.rpc(self.wim, lines._name, "write", lines.ids, {"picking_id": free.id})

        self.assertEqual(goods.picking_id, held)
        self.assertTrue(self.leaves(free))
        self.assertNotIn("done", [goods.state, *goods.move_line_ids.mapped("state")])

    def test_who_was_stopped_is_told(self):
        delivery = self.ordered()
        hold = self.hold(delivery, user=self.wim)
        self.assertFalse(self.leaves(delivery))

        self.release(hold, self.rae)

        message = delivery.sudo().message_ids[0]
        self.assertIn(self.wim.partner_id, message.notified_partner_ids)

    def test_only_deliveries(self):
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": self.env["stock.picking.type"]
                .search([("code", "=", "incoming")], limit=1)
                .id
            }
        )
        with self.assertRaisesRegex(UserError, "only deliveries"):
            self.hold(receipt, user=self.wim)

    def test_it_is_printed(self):
        delivery = self.ordered()
        self.hold(delivery, user=self.wim, note="Wrong colour")
        self.env["o2c.checklist.item"].create({"name": "Charger is in the box"})

        for report in ("stock.action_report_picking", "stock.action_report_delivery"):
            html = self.env["ir.actions.report"]._render_qweb_html(
                report, delivery.ids
            )[0]
            with self.subTest(report):
                self.assertIn("ON HOLD – do not ship:", html.decode())
                self.assertIn("Wrong colour", html.decode())
        html = self.env["ir.actions.report"]._render_qweb_html(
            "stock.action_report_picking", delivery.ids
        )[0]
        self.assertIn("Charger is in the box", html.decode())

    def test_nothing_is_printed_where_nothing_stops(self):
        html = self.env["ir.actions.report"]._render_qweb_html(
            "stock.action_report_picking", self.ordered().ids
        )[0]
        self.assertNotIn("ON HOLD", html.decode())


class TestHoldOfAnInvoice(HoldCase):
    def test_posted_by_itself_as_who_wanted_it(self):
        order = self.confirmed(product=self.product("Licence", 100, "order"))
        invoice = order.sudo()._create_invoices().with_user(self.kim).sudo(False)
        hold = self.hold(invoice, user=self.kim)
        invoice.action_post()
        self.assertEqual(invoice.state, "draft")

        self.release(hold, self.rae)

        self.assertEqual(invoice.state, "posted")

    def test_no_state_is_written_past_it(self):
        order = self.confirmed(product=self.product("Licence", 100, "order"))
        invoice = order.sudo()._create_invoices()
        self.hold(invoice, user=self.kim)

        with self.assertRaisesRegex(ValidationError, "Papers missing"):
            self.rpc(self.kim, invoice._name, "write", invoice.ids, {"state": "posted"})

    def test_vendor_bills_are_not_ours(self):
        bill = self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.customer.id}
        )
        with self.assertRaisesRegex(UserError, "Only invoices to customers"):
            self.hold(bill, user=self.kim)


class TestWhoReleases(HoldCase):
    def test_the_group_of_the_reason(self):
        hold = self.hold(self.confirmed())
        for user in (self.sam, self.wim, self.kim):
            with (
                self.subTest(user.name),
                self.assertRaisesRegex(
                    AccessError, "Papers missing” on .* is released by [A-Z]"
                ),
            ):
                self.release(hold, user)
        with self.assertRaises(AccessError):
            self.release(hold, self.ada)
        self.release(hold, self.rae)
        self.assertEqual(hold.released_by_id, self.rae)

    def test_who_may_not_reads_no_amount(self):
        hold = self.hold(self.confirmed(price=1234))
        values = {"hold_ids": [Command.set(hold.ids)]}

        for user, is_told in ((self.rae, True), (self.wim, False)):
            page = self.rpc(user, "o2c.release", "create", values)
            [read] = self.rpc(user, "o2c.release", "read", [page], ["reasons"])
            self.assertIn("Papers missing", read["reasons"])
            self.assertIs("1,234" in read["reasons"], is_told)

    def test_a_reason_for_everybody(self):
        everybody = self.env.ref("o2c_addon.group_o2c_user")
        order = self.confirmed()
        hold = self.hold(order, self.reason(release_group_id=everybody.id))

        self.release(hold, self.sam)
        self.assertFalse(order.o2c_on_hold)

    def test_says_why_and_only_once(self):
        hold = self.hold(self.confirmed())
        with self.assertRaisesRegex(UserError, "Say why"):
            self.release(hold, self.rae, " ")
        self.release(hold, self.rae)
        with self.assertRaisesRegex(AccessError, "no longer on hold"):
            self.release(hold, self.rae)

    def test_by_hand_nobody_writes_one(self):
        hold = self.hold(self.confirmed())
        for user in (self.sam, self.wim, self.kim, self.rae, self.mia):
            for method, arguments in (
                ("write", ({"state": "released"},)),
                ("unlink", ()),
                ("copy", ()),
            ):
                case = self.subTest(user=user.name, method=method)
                with case, self.assertRaises(AccessError):
                    self.rpc(user, "o2c.hold", method, hold.ids, *arguments)

    def test_the_flag_is_not_writable(self):
        order = self.confirmed()
        self.hold(order)
        for values in (
            {"o2c_on_hold": False},
            {"o2c_hold_ids": [Command.clear()]},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                self.rpc(self.sam, "sale.order", "write", order.ids, values)

    def test_who_holds_reads_the_document(self):
        own = self.user("olli_t", "Olli", OWN_SALES)
        order = self.confirmed()

        with self.assertRaises(AccessError):
            self.hold(order, user=own)
        with self.assertRaises(AccessError):
            self.hold(order, user=self.ada)

    def test_own_documents_only(self):
        own = self.user("olli_t", "Olli", OWN_SALES)
        hold = self.hold(self.confirmed())
        mine = self.hold(self.confirmed(user=own), user=own)

        seen = self.env["o2c.hold"].with_user(own).search([])
        self.assertIn(mine, seen)
        self.assertNotIn(hold, seen)
        self.assertIn(hold, self.env["o2c.hold"].with_user(self.sam).search([]))

    def test_another_company_sees_nothing(self):
        hold = self.hold(self.confirmed())
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.rae.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )

        self.assertFalse(self.env["o2c.hold"].with_user(self.rae).search([]))
        with self.assertRaises(AccessError):
            self.release(hold, self.rae)

    def test_found_by_who_can_release(self):
        hold = self.hold(self.confirmed())
        find = [("can_release", "=", True)]

        self.assertIn(hold, self.env["o2c.hold"].with_user(self.rae).search(find))
        self.assertNotIn(hold, self.env["o2c.hold"].with_user(self.sam).search(find))


class TestEndsByItself(HoldCase):
    def test_on_a_date(self):
        order, today = self.confirmed(), fields.Date.today()
        reason = self.reason(lift="date")
        with self.assertRaisesRegex(UserError, "until which day"):
            self.hold(order, reason)
        hold = self.hold(order, reason, until=str(today + timedelta(2)))
        self.sweep()
        self.assertEqual(hold.state, "open")

        hold.until = today
        self.sweep()
        self.assertEqual(hold.state, "released")
        self.assertEqual(hold.released_by_id, self.env.ref("base.user_root"))

    def test_when_paid(self):
        order = self.confirmed(product=self.product("Licence", 100, "order"))
        hold = self.hold(order, self.reason(lift="paid"))
        invoice = self.invoice(order)
        self.sweep()
        self.assertEqual(hold.state, "open")

        with self.assert_woken():
            self.pay(invoice)
        self.sweep()
        self.assertEqual(hold.state, "released")

    def test_when_nothing_is_overdue(self):
        late = self.owe(100, 10)
        order = self.confirmed()
        hold = self.hold(order, self.reason(lift="overdue", lift_days=5))
        self.sweep()
        self.assertEqual(hold.state, "open")

        self.pay(late)
        self.sweep()
        self.assertEqual(hold.state, "released")

    def test_when_the_limit_is_raised(self):
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 500
        hold = self.hold(self.confirmed(), self.reason(lift="credit"))
        self.sweep()
        self.assertEqual(hold.state, "open")

        with self.assert_woken():
            self.customer.credit_limit = 5000
        self.sweep()
        self.assertEqual(hold.state, "released")

    def test_a_bad_one_stops_no_other(self):
        bad, good = self.confirmed(), self.confirmed()
        reason = self.reason(lift="date")
        held = self.hold(bad, reason, until="2020-01-01")
        other = self.hold(good, reason, until="2020-01-01")
        self.patch(
            type(self.env["o2c.hold"]),
            "_ended_by",
            lambda hold: 1 / 0 if hold == held else "The date is reached.",
        )
        with self.assertLogs("odoo.addons.o2c_addon.models.hold", "ERROR"):
            self.env["o2c.hold"]._release_one(held)
            self.env["o2c.hold"]._release_one(other)

        self.assertEqual((held.state, other.state), ("open", "released"))

    @contextmanager
    def assert_woken(self):
        cron = self.env.ref("o2c_addon.ir_cron_o2c_holds")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        yield
        self.assertGreater(triggers.search_count([("cron_id", "=", cron.id)]), before)


class TestPutOnByItself(HoldCase):
    def test_orders_that_match(self):
        self.reason(
            is_automatic=True,
            domain=str([("partner_id.country_id.code", "=", "BE")]),
        )
        order = self.confirmed()
        self.assertTrue(order.o2c_on_hold)
        self.assertFalse(self.leaves(self.delivery(order)))

        self.customer.country_id = self.env.ref("base.fr")
        self.assertFalse(self.confirmed().o2c_on_hold)

    def test_a_broken_one_holds(self):
        reason = self.reason(is_automatic=True, domain="[('note', '=', 'x')]")
        self.env.cr.execute(
            "UPDATE o2c_hold_reason SET domain = '[(''gone'', ''='', 1)]' "
            "WHERE id = %s",
            [reason.id],
        )
        reason.invalidate_recordset()

        self.assertTrue(self.confirmed().o2c_on_hold)

    def test_cannot_hold_a_confirmation(self):
        with self.assertRaises(ValidationError):
            self.reason("confirm", is_automatic=True)


class TestFinding(HoldCase):
    def test_stopped_and_mine_to_clear(self):
        self.check("tracking")
        order, free = self.confirmed(), self.order()
        delivery = self.delivery(order)

        def find(user, field, model="sale.order"):
            records = self.env[model].with_user(user)
            return records.search([(field, "=", True)])

        self.assertIn(order, find(self.sam, "o2c_is_held"))
        self.assertNotIn(free, find(self.sam, "o2c_is_held"))
        self.assertIn(delivery, find(self.wim, "o2c_is_held", "stock.picking"))
        self.assertNotIn(order, find(self.sam, "o2c_is_mine_to_clear"))
        self.assertIn(order, find(self.rae, "o2c_is_mine_to_clear"))


class TestFailedReplay(O2CCase):
    def test_is_on_hold_until_tried_again(self):
        self.rule()
        order = self.order(20)
        order.action_confirm()
        self.sam.group_ids -= self.env.ref("sales_team.group_sale_salesman_all_leads")
        order.sudo().o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.sudo().state, "draft")
        self.assertTrue(order.sudo().o2c_on_hold)

        self.sam.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        hold = order.sudo().o2c_hold_ids
        self.rpc(self.sam, "o2c.hold", "action_release", hold.ids, "I may again")

        self.assertEqual(order.state, "sale")


class TestIncomplete(O2CCase):
    """Complete at confirmation: it stops, and nobody is asked."""

    def incomplete(self, *things, **values):
        needs = {
            f"needs_{thing}": thing in things
            for thing in ("reference", "date", "address", "price", "tax")
        }
        none = self.env["res.users"]
        return self.rule(
            criterion="incomplete", limit=0, approvers=none, **needs, **values
        )

    def why(self, order):
        return [reason["reason"] for reason in order.o2c_explain()]

    def test_each_thing_until_it_is_there(self):
        tax = self.env["account.tax"].search([("type_tax_use", "=", "sale")], limit=1)
        address = {
            "street": "Quay 1",
            "city": "Harbortown",
            "zip": "1000",
            "country_id": self.env.ref("base.be").id,
        }
        for thing, words, mend in (
            ("reference", "Add the customer's reference", {"client_order_ref": "PO 7"}),
            ("date", "Add the delivery date", {"commitment_date": "2030-01-01"}),
            ("address", "Add street, city, and country of the address", address),
            ("price", "Add a price for Laptop", {"price_unit": 5}),
            ("tax", "Add a tax for Laptop", {"tax_ids": [Command.set(tax.ids)]}),
        ):
            with self.subTest(thing):
                rule = self.incomplete(thing)
                order = self.order(price=0 if thing == "price" else 1000)
                order.action_confirm()
                self.assertEqual(order.state, "draft")
                self.assertIn(words, self.why(order)[0])
                self.assertFalse(order.o2c_request_ids, "nobody is asked")

                mended = {"address": self.customer, "price": order.order_line}
                mended["tax"] = order.order_line
                mended.get(thing, order).write(mend)
                order.action_confirm()
                self.assertEqual(order.state, "sale")
                rule.active = False

    def test_no_state_is_written_past_it(self):
        self.incomplete("reference")
        order = self.order()
        with self.assertRaisesRegex(ValidationError, "customer's reference"):
            self.rpc(self.sam, "sale.order", "write", order.ids, {"state": "sale"})

    def test_a_yes_may_stand_in_where_somebody_is_named(self):
        rule = self.incomplete("reference")
        rule.step_ids = [Command.create({"user_ids": [Command.set(self.ada.ids)]})]
        order = self.order()
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(order.state, "sale")

    def test_a_rule_that_needs_nothing_is_not_saved(self):
        with self.assertRaisesRegex(ValidationError, "may not be missing"):
            self.incomplete()

    def test_a_customer_who_signed_is_thanked_and_sales_is_told(self):
        self.incomplete("reference")
        order = self.order()
        portal = order.with_user(self.env.ref("base.public_user")).sudo()
        portal.write({"signed_by": "Harriet", "signed_on": fields.Datetime.now()})
        portal._validate_order()

        self.assertEqual(order.state, "draft")
        self.assertTrue(order._o2c_is_being_reviewed())
        told = order.message_ids.filtered(
            lambda m: self.sam.partner_id in m.notified_partner_ids
        )
        self.assertIn("Add the customer's reference", told[:1].body)

    def test_confirmed_before_is_left_alone(self):
        order = self.confirmed()
        self.incomplete("reference")

        self.assertEqual(self.why(order), [])
