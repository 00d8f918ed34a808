"""Shop, till, projects, hours, kits, batches, expiration dates: run by
`test_channels.py`, where they are installed."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, tagged

from .common import SALES, STANDARD, World

SECRETS = ("Ada", "Ben", "Large orders", "10,000.00", "1,000.00 above")


class AtListPrice(World):
    @classmethod
    def _switch_everything_off(cls):
        """The shop's demo data has discounts too."""
        super()._switch_everything_off()
        cls.env["product.pricelist"].search([]).action_archive()


@tagged(*STANDARD)
class TestShop(AtListPrice, HttpCase):
    """A customer buys in the shop and pays online; what he buys needs an approval."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.rule(limit=10000, name="Large orders")
        cls.laptop.product_tmpl_id.write({"is_published": True, "sale_ok": True})
        cls.provider = cls.env.ref("payment.payment_provider_demo")
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.provider.write(
            {"state": "test", "is_published": True, "journal_id": journal.id}
        )
        cls.pia = cls.user("pia", "Pia Portal", "base.group_portal")
        cls.pia.partner_id.write(
            {
                "street": "Quay 1",
                "city": "Harbortown",
                "zip": "1000",
                "phone": "+3225550100",
                "country_id": cls.env.ref("base.be").id,
            }
        )

    def fill_cart(self, quantity):
        self.authenticate("pia", "pia")
        self.make_jsonrpc_request(
            "/shop/cart/add",
            {
                "product_template_id": self.laptop.product_tmpl_id.id,
                "product_id": self.laptop.id,
                "quantity": quantity,
            },
        )
        order = self.env["sale.order"].search(
            [("partner_id", "=", self.pia.partner_id.id)], order="id desc", limit=1
        )
        order.user_id = self.sam
        self.assertEqual(order.order_line.product_id[:1], self.laptop)
        for page in ("/shop/checkout", "/shop/payment"):
            self.assertEqual(self.url_open(page).status_code, 200)
        return order

    def pay_online(self, order):
        """Pay in the browser as Pia: what the demo provider's form does."""
        values = self.make_jsonrpc_request(
            f"/shop/payment/transaction/{order.id}",
            {
                "access_token": order._portal_ensure_token(),
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids[0].id,
                "token_id": None,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/shop/payment/validate",
                "is_validation": False,
            },
        )
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": values["reference"],
                "payment_details": "1234",
                "simulated_state": "done",
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        page = self.url_open("/shop/payment/validate").text
        self.env.invalidate_all()
        return page

    def test_a_small_order_is_confirmed_by_its_payment(self):
        order = self.fill_cart(1)

        self.pay_online(order)

        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)

    def test_a_large_order_waits_and_its_payment_is_kept(self):
        order = self.fill_cart(12)

        page = self.pay_online(order)

        self.assertIn(order.state, ("draft", "sent"))
        transaction = order.transaction_ids
        self.assertEqual(
            (transaction.state, transaction.amount), ("done", order.amount_total)
        )
        self.assertEqual(transaction.payment_id.amount, order.amount_total)
        request = order.o2c_request_ids
        self.assertEqual(
            (request.state, request.intent["channel"]), ("pending", "payment")
        )
        self.assertEqual(request.requested_by_id, self.env.ref("base.user_root"))
        self.assertIn("Thank you for your order", page)
        portal = self.url_open(order.get_portal_url()).text
        self.assertIn("We are reviewing it and will confirm it by e-mail", portal)
        self.assertIn("has been received", portal)
        mails = "\n".join(
            order.message_ids.filtered(lambda m: not m.subtype_id.internal).mapped(
                "body"
            )
        )
        for secret in SECRETS:
            for text in (page, portal, mails):
                self.assertNotIn(secret, text)

        request.with_user(self.ada).action_approve()

        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.mapped("state"), ["assigned"])
        self.assertNotIn("reviewing", self.url_open(order.get_portal_url()).text)

    def test_refused_after_the_payment_the_money_stays_as_credit(self):
        order = self.fill_cart(12)
        self.pay_online(order)

        order.o2c_request_ids.with_user(self.ada).action_refuse("Too risky")

        self.assertIn(order.state, ("draft", "sent"))
        payment = order.transaction_ids.payment_id
        self.assertIn(payment.state, ("in_process", "paid"))
        line = payment.move_id.line_ids.filtered(
            lambda li: li.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(-line.amount_residual, order.amount_total)
        self.assertIn("signed or paid", order.activity_ids.summary)
        self.assertEqual(order.activity_ids.user_id, self.sam)
        portal = self.url_open(order.get_portal_url()).text
        self.assertIn("We cannot confirm it as it stands", portal)
        self.assertNotIn("Too risky", portal)


@tagged(*STANDARD)
class TestTill(AtListPrice, TransactionCase):
    """A quotation settled at the counter: the goods and the money are gone already."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.rule(limit=10000, name="Large orders")
        cls.laptop.available_in_pos = True
        journal = cls.env["account.journal"].create(
            {"name": "Till", "type": "cash", "code": "TILL"}
        )
        method = cls.env["pos.payment.method"].create(
            {"name": "Cash at the till", "journal_id": journal.id}
        )
        cls.till = cls.env["pos.config"].create(
            {"name": "Counter", "payment_method_ids": [Command.set(method.ids)]}
        )
        cls.till.open_ui()

    def settle(self, order, paid=True, price=None):
        line = order.order_line
        price = line.price_unit if price is None else price
        total = price * line.product_uom_qty
        values = {
            "amount_paid": total if paid else 0,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": total,
            "state": "paid" if paid else "draft",
            "session_id": self.till.current_session_id.id,
            "date_order": fields.Datetime.to_string(fields.Datetime.now()),
            "fiscal_position_id": False,
            "name": f"Order {order.id}",
            "partner_id": order.partner_id.id,
            "sequence_number": 2,
            "uuid": f"12345-123-{order.id:04}",
            "last_order_preparation_change": "{}",
            "user_id": self.env.uid,
            "to_invoice": False,
            "lines": [
                Command.create(
                    {
                        "discount": 0,
                        "pack_lot_ids": [],
                        "price_unit": price,
                        "price_subtotal": total,
                        "price_subtotal_incl": total,
                        "product_id": line.product_id.id,
                        "tax_ids": [],
                        "qty": line.product_uom_qty,
                        "sale_order_line_id": line.id,
                        "sale_order_origin_id": order.id,
                    }
                )
            ],
            "payment_ids": [
                Command.create(
                    {
                        "amount": total,
                        "name": fields.Datetime.now(),
                        "payment_method_id": self.till.payment_method_ids.id,
                    }
                )
            ]
            if paid
            else [],
        }
        self.env["pos.order"].sync_from_ui([values])
        self.env.invalidate_all()

    def test_what_left_over_the_counter_is_confirmed_and_reviewed_afterwards(self):
        order = self.order(quantity=11).sudo()

        self.settle(order)

        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.qty_delivered, 11)
        self.assertFalse(order.picking_ids.filtered(lambda p: p.state == "assigned"))
        request = order.o2c_request_ids
        self.assertEqual(request.state, "pending")
        self.assertFalse(request.intent, "nothing is left to go on with")

        request.with_user(self.ada).action_refuse("Never without asking")
        self.assertEqual(order.state, "sale")
        self.assertIn("signed or paid", order.activity_ids.summary)

    def test_a_small_one_asks_nobody(self):
        order = self.order(quantity=1).sudo()

        self.settle(order)

        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)

    def test_what_a_till_hands_over_is_no_delivery(self):
        self.till.current_session_id.update_stock_at_closing = False
        self.check("tracking")
        order = self.order(quantity=1).sudo()

        self.settle(order)

        session = self.till.current_session_id
        self.assertEqual(session.order_ids.picking_ids.state, "done")

        delivery = self.confirmed().sudo().picking_ids
        delivery.pos_session_id = session
        self.rpc(self.wim, "stock.picking", "button_validate", delivery.ids)
        self.assertNotEqual(delivery.state, "done", "a note on it is no till")

    def test_the_warehouse_hands_nothing_over_at_a_till(self):
        """Neither moved there nor made there: the till's checks are for tills."""
        self.till.current_session_id.update_stock_at_closing = False
        self.check("tracking")
        kind = self.till.picking_type_id
        places = {
            "location_id": kind.default_location_src_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
        }
        move = {"product_id": self.laptop.id, "product_uom_qty": 1, **places}

        for first in (kind, kind.warehouse_id.out_type_id):
            values = {"picking_type_id": first.id, **places}
            values["move_ids"] = [Command.create(move)]
            ids = self.rpc(self.wim, "stock.picking", "create", [values])
            self.rpc(self.wim, "stock.picking", "action_confirm", ids)
            forged = {
                "picking_type_id": kind.id,
                "pos_session_id": self.till.current_session_id.id,
                "location_dest_id": places["location_dest_id"],
            }
            self.rpc(self.wim, "stock.picking", "write", ids, forged)
            self.rpc(self.wim, "stock.picking", "button_validate", ids)
            delivery = self.env["stock.picking"].browse(ids)
            self.assertNotEqual(delivery.state, "done")

        order = self.order(quantity=1).sudo()
        self.settle(order)
        orders = self.till.current_session_id.order_ids
        self.assertEqual(orders.picking_ids.state, "done", "a till still does")

    def test_what_is_not_paid_confirms_nothing(self):
        order = self.order(quantity=11).sudo()

        self.settle(order, paid=False)

        self.assertEqual(order.state, "draft")

    def test_what_was_paid_for_in_part_waits(self):
        """Dearer on the order than at the counter: the till approves no price."""
        order = self.order(quantity=11).sudo()

        self.settle(order, price=1)

        self.assertEqual(order.state, "draft")
        self.assertEqual(order.o2c_request_ids.state, "pending")

    def test_a_till_order_written_by_hand_confirms_nothing(self):
        """Whatever it says of itself: nobody paid."""
        pos = self.user("pos_t", "Pos", f"{SALES},point_of_sale.group_pos_user")
        for price in (0, 1000):
            order = self.order(quantity=11, user=pos)
            line = {
                "product_id": self.laptop.id,
                "qty": 11,
                "price_unit": price,
                "price_subtotal": 11 * price,
                "price_subtotal_incl": 11 * price,
                "sale_order_line_id": order.order_line.id,
                "sale_order_origin_id": order.id,
            }
            forged = {
                "name": f"Forged {order.id}",
                "session_id": self.till.current_session_id.id,
                "state": "paid",
                "amount_total": 0,
                "amount_tax": 0,
                "amount_paid": 0,
                "amount_return": 0,
                "lines": [Command.create(line)],
            }
            with self.subTest(price):
                self.rpc(pos, "pos.order", "create", forged)
                self.rpc(pos, "sale.order", "action_confirm", order.ids)
                self.assertEqual(order.state, "draft")
                self.assertEqual(order.sudo().o2c_request_ids.state, "pending")

    def test_the_till_is_no_way_around_for_what_was_not_taken(self):
        """More on the order than what was settled at the counter."""
        order = self.order(quantity=11).sudo()
        self.settle(order, paid=False)
        order.with_user(self.sam).sudo(False).action_confirm()

        self.assertEqual(order.state, "draft")
        self.assertEqual(order.o2c_request_ids.state, "pending")


@tagged(*STANDARD)
class TestProject(AtListPrice, TransactionCase):
    def test_no_project_and_no_task_before_the_approval(self):
        self.build_world()
        self.rule(limit=10000)
        advice = self.env["product.product"].create(
            {
                "name": "Rollout",
                "type": "service",
                "list_price": 1000,
                "service_tracking": "task_in_project",
                "taxes_id": False,
            }
        )
        projects, tasks = self.env["project.project"], self.env["project.task"]
        before = projects.search_count([]), tasks.search_count([])
        order = self.order(quantity=12, product=advice)
        order.action_confirm()

        self.assertEqual(order.state, "draft")
        self.assertEqual((projects.search_count([]), tasks.search_count([])), before)

        order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(order.state, "sale")
        self.assertEqual(order.sudo().tasks_count, 1)
        self.assertEqual(order.sudo().project_count, 1)


@tagged(*STANDARD)
class TestKits(AtListPrice, TransactionCase):
    """What is sold as one and leaves in parts is invoiced as one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.company.write({"o2c_invoicing": "post", "o2c_crediting": "post"})
        cls.kit = cls.product("Desk set", 300)
        cls.desk, cls.legs = cls.product("Desk", 0), cls.product("Legs", 0)
        cls.stock(cls.desk, 100)
        cls.stock(cls.legs, 100)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": cls.desk.id, "product_qty": 1}),
                    Command.create({"product_id": cls.legs.id, "product_qty": 4}),
                ],
            }
        )

    def deliver_parts(self, order, desks, legs):
        picking = order.sudo().picking_ids.filtered(lambda p: p.state == "assigned")
        for move in picking.move_ids:
            move.quantity = desks if move.product_id == self.desk else legs
        picking = picking.with_user(self.wim).sudo(False)
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def invoiced(self, order):
        invoices = order.sudo().invoice_ids.sorted("id")
        return [invoice.amount_untaxed for invoice in invoices]

    def test_each_delivery_bills_the_kits_it_completes(self):
        order = self.confirmed(5, product=self.kit, price=300)

        self.deliver_parts(order, 2, 8)
        self.assertEqual(self.invoiced(order), [600])
        self.deliver_parts(order, 3, 4)
        self.assertEqual(self.invoiced(order), [600, 300])
        self.deliver_parts(order, 0, 8)

        self.assertEqual(self.invoiced(order), [600, 300, 600])
        self.assertEqual(order.order_line.qty_invoiced, 5)
        tasks = order.sudo().o2c_billing_task_ids
        self.assertEqual(tasks.mapped("kind"), ["delivery"] * 3)
        self.assertEqual(set(tasks.mapped("state")), {"done"})

    def test_parts_alone_are_no_kit(self):
        order = self.confirmed(1, product=self.kit, price=300)

        self.deliver_parts(order, 1, 0)
        self.assertFalse(order.sudo().invoice_ids)
        self.deliver_parts(order, 0, 4)

        self.assertEqual(self.invoiced(order), [300])

    def test_whole_kits_that_come_back_are_credited(self):
        order = self.confirmed(3, product=self.kit, price=300)
        delivery = self.deliver_parts(order, 3, 12)
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        for line in wizard.product_return_moves:
            line.quantity = 1 if line.product_id == self.desk else 4
            line.to_refund = True
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )

        back.with_user(self.wim).with_context(skip_backorder=True).button_validate()

        credit = (
            order.sudo()._o2c_invoices().filtered(lambda m: m.move_type == "out_refund")
        )
        self.assertEqual(credit.mapped("amount_untaxed"), [300])
        self.assertEqual(credit.state, "posted")

    def test_what_follows_a_return_is_billed(self):
        order = self.confirmed(5, product=self.kit, price=300)
        delivery = self.deliver_parts(order, 3, 12)
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        for line in wizard.product_return_moves:
            line.quantity = 1 if line.product_id == self.desk else 4
            line.to_refund = True
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.with_user(self.wim).with_context(skip_backorder=True).button_validate()

        self.deliver_parts(order, 2, 8)

        self.assertEqual(order.order_line.qty_invoiced, 4)

    def test_parts_of_what_is_on_hold_leave_with_nothing_else(self):
        held, other = (self.confirmed(1, product=self.kit, price=0) for _ in "ab")
        held.action_o2c_hold(self.reason().id)
        sample = self.env["stock.picking"].create(
            {
                "partner_id": self.customer.id,
                "picking_type_id": held.sudo().picking_ids.picking_type_id.id,
                "move_ids": [
                    Command.create({"product_id": self.desk.id, "product_uom_qty": 1})
                ],
            }
        )
        sample.action_confirm()

        sample.with_user(self.wim).sudo(False).button_validate()
        more = self.deliver_parts(other, 2, 4)

        self.assertNotIn("done", (sample | more).mapped("state"))
        self.assertEqual(self.deliver_parts(other, 1, 4).state, "done")


@tagged(*STANDARD)
class TestBatch(AtListPrice, TransactionCase):
    def test_what_waits_stays_and_the_others_leave(self):
        self.build_world()
        orders = self.confirmed() | self.confirmed()
        orders[0].action_o2c_hold(self.reason().id)
        waits, goes = orders.sudo().picking_ids.sorted("id")
        batch = self.env["stock.picking.batch"].create(
            {
                "picking_ids": (waits | goes).ids,
                "picking_type_id": goes.picking_type_id.id,
            }
        )
        batch.action_confirm()

        batch.with_user(self.wim).action_done()

        self.assertEqual(goes.state, "done")
        self.assertEqual(waits.state, "assigned")
        self.assertFalse(orders[0].order_line.qty_delivered)


@tagged(*STANDARD)
class TestExpiry(AtListPrice, TransactionCase):
    """Lots with expiration dates: what is expired, or soon will be, does not leave."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.policy = cls.check("lots")
        cls.milk = cls.product("Milk", 10, tracking="lot", use_expiration_date=True)
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.place = warehouse.lot_stock_id

    def lot(self, name, days):
        """Five of a lot that lasts so many more days."""
        lot = self.env["stock.lot"].create(
            {
                "name": name,
                "product_id": self.milk.id,
                "company_id": self.company.id,
                "expiration_date": fields.Datetime.now() + timedelta(days=days),
            }
        )
        self.env["stock.quant"]._update_available_quantity(
            self.milk, self.place, 5, lot_id=lot
        )
        return lot

    def delivery(self, quantity=1):
        order = self.confirmed(quantity, product=self.milk)
        return order.sudo().picking_ids.with_user(self.wim).sudo(False)

    def give(self, delivery, lot):
        """What leaves is of this lot: the host reserves none that is expired."""
        delivery.move_line_ids.unlink()
        delivery.move_line_ids.create(
            {
                "move_id": delivery.move_ids.id,
                "picking_id": delivery.id,
                "product_id": self.milk.id,
                "lot_id": lot.id,
                "quantity": delivery.move_ids.product_uom_qty,
                "location_id": self.place.id,
                "location_dest_id": delivery.location_dest_id.id,
            }
        )
        self.env.flush_all()

    def leaves(self, delivery):
        """With every word the host's own page about expired lots would send."""
        self.env.invalidate_all()
        keys = {"skip_expired": True, "skip_backorder": True}
        delivery.with_context(**keys).button_validate()
        return delivery.state == "done"

    def reasons(self, delivery):
        rows = self.rpc(self.wim, delivery._name, "o2c_explain", delivery.ids)
        return [row["reason"] for row in rows]

    def test_expired_stops_and_names_the_lot(self):
        old, fresh = self.lot("OLD", -2), self.lot("FRESH", 30)
        delivery = self.delivery()
        self.give(delivery, old)
        self.assertIn("OLD of Milk expires on", self.reasons(delivery)[0])
        self.assertFalse(self.leaves(delivery))
        with self.assertRaisesRegex(UserError, "OLD of Milk"):
            delivery.sudo()._action_done()

        self.give(delivery, fresh)

        self.assertTrue(self.leaves(delivery))

    def test_has_to_last_so_many_more_days(self):
        self.policy.value = 10
        delivery = self.delivery()
        self.give(delivery, self.lot("SOON", 9))
        self.assertFalse(self.leaves(delivery))

        self.give(delivery, self.lot("LATER", 11))

        self.assertTrue(self.leaves(delivery))

    def test_a_release_is_for_that_lot_and_stands_tomorrow(self):
        old, older = self.lot("OLD", -2), self.lot("OLDER", -300)
        delivery = self.delivery()
        self.give(delivery, old)
        arguments = ("action_o2c_release", delivery.ids, "They want it")
        with self.assertRaises(AccessError):
            self.rpc(self.wim, delivery._name, *arguments)
        self.rpc(self.rae, delivery._name, *arguments)
        self.assertEqual(self.reasons(delivery), [])
        old.expiration_date -= timedelta(days=1)
        self.assertEqual(self.reasons(delivery), [])

        self.give(delivery, older)

        self.assertIn("OLDER of Milk", self.reasons(delivery)[0])

    def test_what_does_not_leave_may_be_expired(self):
        old, fresh = self.lot("OLD", -2), self.lot("FRESH", 30)
        delivery = self.delivery(2)
        self.give(delivery, fresh)
        line = delivery.move_line_ids[0]
        line.write({"quantity": 1, "picked": True})
        line.copy({"lot_id": old.id, "quantity": 1, "picked": False})

        self.assertTrue(self.leaves(delivery))
        self.assertEqual(delivery.move_line_ids.lot_id, fresh)


class ServiceCase(AtListPrice, TransactionCase):
    """Work that the host's projects count: billed like any other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.company.o2c_invoicing = "post"

    def sold(self, service_type, **values):
        product = self.product(
            "Rollout",
            100,
            type="service",
            is_storable=False,
            service_type=service_type,
            **values,
        )
        return self.confirmed(quantity=10, price=100, product=product).sudo()

    def billed(self, order):
        """What is invoiced once the day is over."""
        self.env.flush_all()  # as the end of a request
        waiting = order.o2c_billing_task_ids.filtered(lambda t: t.state == "todo")
        waiting.due_on = fields.Datetime.now()
        waiting._bill_or_park()
        tasks = order.o2c_billing_task_ids
        self.assertFalse(tasks.filtered(lambda t: t.state == "parked").mapped("error"))
        return sum(order._o2c_invoices().mapped("amount_untaxed"))


@tagged(*STANDARD)
class TestMilestones(ServiceCase):
    def setUp(self):
        super().setUp()
        project = self.env["project.project"].create(
            {"name": "Rollout", "allow_milestones": True, "allow_billable": True}
        )
        self.project = project

    def milestones(self, order):
        self.project.partner_id = order.partner_id
        return self.env["project.milestone"].create(
            [
                {
                    "name": name,
                    "project_id": self.project.id,
                    "sale_line_id": order.order_line.id,
                    "quantity_percentage": share,
                }
                for name, share in (("Concept", 0.3), ("Go-live", 0.7))
            ]
        )

    def test_each_is_billed_when_it_is_reached(self):
        order = self.sold("milestones")
        concept, golive = self.milestones(order)

        concept.is_reached = True
        self.assertEqual(self.billed(order), 300)
        golive.is_reached = True
        self.assertEqual(self.billed(order), 1000)

    def planned(self):
        """Two services, and half of the order invoiced with the milestone of each."""
        of_service = {"type": "service", "is_storable": False}
        services = [
            self.product(name, price, service_type="milestones", **of_service)
            for name, price in (("Concept", 400), ("Go-live", 600))
        ]
        lines = [Command.create({"product_id": service.id}) for service in services]
        order = self.order(order_line=lines)
        order.o2c_plan_ids = [
            Command.create(
                {
                    "sequence": number,
                    "name": line.name,
                    "percentage": 50,
                    "due": "done",
                    "line_id": line.id,
                }
            )
            for number, line in enumerate(order.order_line)
        ]
        order.action_confirm()
        return order.sudo()

    def test_a_part_of_a_plan_comes_with_its_milestone_once(self):
        order = self.planned()
        self.project.partner_id = order.partner_id
        concept, golive = self.env["project.milestone"].create(
            [
                {
                    "name": line.name,
                    "project_id": self.project.id,
                    "sale_line_id": line.id,
                    "quantity_percentage": 1,
                }
                for line in order.order_line
            ]
        )
        self.assertEqual(self.billed(order), 0)

        for is_reached in (True, False, True):
            concept.is_reached = is_reached
            self.assertEqual(self.billed(order), 500)
        golive.is_reached = True
        self.assertEqual(self.billed(order), 1000)
        self.assertEqual(order.o2c_plan_ids.mapped("state"), ["invoiced"] * 2)

    def test_accepted_it_is_billed_and_refused_it_is_not(self):
        order = self.sold("milestones", o2c_needs_acceptance=True)
        concept, golive = self.milestones(order)
        concept.is_reached = True
        self.assertEqual(self.billed(order), 0)
        asked = order.order_line.o2c_acceptance_ids
        self.assertIn("Concept", asked.work)

        asked._accept(
            "Pat",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4"
            "2mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            asked.quantity,
        )
        self.assertEqual(self.billed(order), 300)

        golive.is_reached = True
        self.env.flush_all()
        asked = order.order_line.o2c_acceptance_ids.filtered(
            lambda a: a.state == "asked"
        )
        self.assertEqual(asked.quantity, 7)
        asked._refuse("Pat", "Two sites are missing")
        self.assertEqual(self.billed(order), 300)


@tagged(*STANDARD)
class TestTime(ServiceCase):
    """Only hours that somebody else approved."""

    def setUp(self):
        super().setUp()
        hour = self.env.ref("uom.product_uom_hour")
        self.order_ = self.sold(
            "timesheet", service_tracking="task_in_project", uom_id=hour.id
        )
        self.max = self.user("max_t", "Max", "hr_timesheet.group_hr_timesheet_approver")
        self.mona = self.user("mona_t", "Mona", "hr_timesheet.group_hr_timesheet_user")
        for user in (self.max, self.mona):
            self.env["hr.employee"].create({"name": user.name, "user_id": user.id})

    def log(self, hours, user=None):
        user = user or self.mona
        task = self.order_.tasks_ids
        return self.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": task.project_id.id,
                "task_id": task.id,
                "unit_amount": hours,
                "user_id": user.id,
                "employee_id": user.employee_id.id,
            }
        )

    def approve(self, time, user=None):
        lines = self.env["account.analytic.line"].with_user(user or self.max)
        lines.browse(time.ids).action_o2c_approve_time()

    def test_approved_hours_are_billed_and_listed_the_others_are_not(self):
        first, second = self.log(3), self.log(2)
        self.assertEqual(self.order_.order_line.qty_delivered, 5)
        self.assertEqual(self.billed(self.order_), 0)

        self.approve(first)
        self.assertEqual(self.billed(self.order_), 300)
        self.assertEqual(first.timesheet_invoice_id, self.order_._o2c_invoices())
        self.assertFalse(second.timesheet_invoice_id)

        self.approve(second)
        self.assertEqual(self.billed(self.order_), 500)

    def test_nobody_approves_his_own_hours_and_not_everybody_those_of_others(self):
        own, other = self.log(3, self.max), self.log(2)
        with self.assertRaisesRegex(UserError, "Somebody else"):
            self.approve(own)
        with self.assertRaises(AccessError):
            self.approve(own, self.mona)
        with self.assertRaises(AccessError):
            self.rpc(
                self.mona,
                "account.analytic.line",
                "write",
                other.ids,
                {"o2c_approved_on": "2020-01-01"},
            )
        self.assertEqual(self.billed(self.order_), 0)

    def test_hours_changed_after_they_were_approved_are_approved_again(self):
        time = self.log(3)
        self.approve(time)
        time.unit_amount = 8
        self.assertFalse(time.o2c_approved_on)
        self.assertEqual(self.billed(self.order_), 0)

    def test_where_the_company_wants_it_hours_need_no_approval(self):
        self.company.o2c_only_approved_time = False
        self.log(4)
        self.assertEqual(self.billed(self.order_), 400)

    def test_hours_to_approve_are_in_the_menu(self):
        menus = self.env["ir.ui.menu"].with_user(self.env.ref("base.user_admin"))
        self.assertIn(
            self.env.ref("o2c_addon.menu_o2c_time").id, menus._visible_menu_ids()
        )
        self.assertNotIn(
            self.env.ref("o2c_addon.menu_o2c_time").id, menus._load_menus_blacklist()
        )
