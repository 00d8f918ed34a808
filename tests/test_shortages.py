"""What is short, and which deliveries will be late for it before they are."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools.safe_eval import safe_eval

from .common import ACCOUNTING, OWN_SALES, O2CCase


class PlanCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.check("available")
        cls.now = fields.Datetime.now()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.rack = cls.product("Rack", 100)

    def promised(self, days, quantity=1, **values):
        """A confirmed order, promised in so many days from now."""
        values = {"product": self.rack, "price": 100} | values
        day = self.now + timedelta(days=days)
        return self.confirmed(quantity, commitment_date=day, **values)

    def delivery(self, order):
        return order.sudo().picking_ids.with_user(self.wim).sudo(False)

    def arrives(self, quantity, days, product=None):
        """So many are on the way to us."""
        supplier = self.env.ref("stock.stock_location_suppliers")
        move = self.env["stock.move"].create(
            {
                "product_id": (product or self.rack).id,
                "product_uom_qty": quantity,
                "date": self.now + timedelta(days=days),
                "location_id": supplier.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "picking_type_id": self.warehouse.in_type_id.id,
            }
        )
        move._action_confirm()
        return move

    def shortage(self, user=None, product=None):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["o2c.shortage"].with_user(user or self.wim)
        return rows.search([("product_id", "=", (product or self.rack).id)])


class TestShortages(PlanCase):
    def test_what_is_there_is_not_short(self):
        self.stock(self.rack, 5)
        self.promised(3, quantity=5)

        self.assertFalse(self.shortage())

    def test_what_is_ordered_and_not_there(self):
        self.stock(self.rack, 2)
        self.promised(3, quantity=5)
        self.promised(1, quantity=4)

        row = self.shortage()

        self.assertEqual((row.to_deliver, row.on_hand, row.missing), (9, 2, 7))
        self.assertEqual((row.orders, row.incoming, row.incoming_on), (2, 0, False))
        self.assertEqual(row.promised_on.date(), (self.now + timedelta(1)).date())
        self.assertEqual(row.sentence, "7 Units: nothing is on the way")
        self.assertTrue(row.will_be_late)

    def test_what_lies_there_free_is_not_missing(self):
        self.promised(3, quantity=5)
        self.stock(self.rack, 4)  # nobody has reserved it yet

        self.assertEqual(self.shortage().missing, 1)

    def test_what_somebody_else_reserved_is_missing(self):
        self.stock(self.rack, 4)
        self.promised(1, quantity=4)
        self.promised(3, quantity=5)

        row = self.shortage()

        self.assertEqual((row.on_hand, row.missing, row.orders), (4, 5, 1))

    def test_what_has_left_is_no_longer_asked_for(self):
        self.stock(self.rack, 2)
        order = self.promised(3, quantity=5)
        self.company.o2c_invoicing = "manual"
        self.env["o2c.fulfillment.check"].search([]).action_archive()
        self.deliver(order, quantity=2)

        row = self.shortage()

        self.assertEqual((row.to_deliver, row.missing, row.on_hand), (3, 3, 0))
        self.assertEqual(self.shortage(self.sam).amount, 300)

    def test_cancelled_orders_ask_for_nothing(self):
        self.promised(3)._action_cancel()

        self.assertFalse(self.shortage())

    def test_comes_in_time(self):
        self.promised(5, quantity=3)
        self.arrives(10, days=2)

        row = self.shortage()

        self.assertEqual(row.incoming, 10)
        self.assertEqual(row.incoming_on.date(), (self.now + timedelta(2)).date())
        self.assertIn("All of it comes by", row.sentence)
        self.assertFalse(row.will_be_late)

    def test_comes_too_late(self):
        self.promised(5, quantity=3)
        self.arrives(10, days=8)

        self.assertTrue(self.shortage().will_be_late)

    def test_comes_in_part(self):
        self.promised(5, quantity=2)
        self.promised(6, quantity=3)
        self.arrives(4, days=2)

        self.assertIn(
            "1 Units: nothing is on the way; the rest comes by",
            self.shortage().sentence,
        )

    def test_picked_and_packed_inside_asks_once(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        self.stock(self.rack, 2)
        order = self.promised(3, quantity=5)
        first = self.shortage()
        self.assertEqual((first.to_deliver, first.missing, first.orders), (5, 3, 1))

        picking = order.sudo().picking_ids.filtered(lambda p: p.state == "assigned")
        picking.with_context(skip_backorder=True).button_validate()

        row = self.shortage()
        self.assertEqual((row.to_deliver, row.missing, row.on_hand), (5, 3, 2))

    def test_dropshipped_and_services_are_no_shortage(self):
        service = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "list_price": 10}
        )
        order = self.promised(3, product=service)
        loose = self.product("Screws", 1, is_storable=False)
        self.promised(3, product=loose)

        self.assertTrue(order)
        self.assertFalse(self.shortage(product=service))
        self.assertFalse(self.shortage(product=loose))

    def test_another_currency(self):
        pricelist = self.euro_pricelist(0.5)
        self.promised(3, quantity=2, pricelist_id=pricelist.id)

        self.assertEqual(self.shortage(self.sam).amount, 400)

    def test_in_dozens(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        line = Command.create(
            {
                "product_id": self.rack.id,
                "product_uom_qty": 2,
                "product_uom_id": dozen.id,
                "price_unit": 1200,
            }
        )
        self.stock(self.rack, 4)
        self.promised(3, order_line=[line])

        row = self.shortage(self.sam)

        self.assertEqual((row.to_deliver, row.missing), (24, 20))
        self.assertAlmostEqual(row.amount, 2000)

    def test_who_reads_what(self):
        cora = self.user("cora_t", "Cora", OWN_SALES)
        self.promised(3, quantity=5)

        self.assertFalse(self.shortage(cora), "none of her orders waits for it")
        self.promised(3, quantity=2, user=cora)
        hers = self.shortage(cora)
        self.assertEqual(hers.sentence, "7 Units: nothing is on the way")
        self.assertEqual((hers.orders, hers.amount, hers.missing), (1, 200, 7))
        all_of_it = self.shortage(self.sam)
        self.assertEqual((all_of_it.orders, all_of_it.amount), (2, 700))
        self.assertEqual(self.shortage(self.kim).amount, 700)
        self.assertEqual(self.shortage(self.wim).orders, 2)
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "o2c.shortage", "read", hers.ids, ["amount"])
        for user in (self.ada, self.user("pia_t", "Pia", "base.group_portal")):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.shortage", "search_read", [], ["product_id"])

    def test_another_company_sees_nothing(self):
        self.promised(3)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        eli = self.user("eli_t", "Eli", f"stock.group_stock_user,{ACCOUNTING}")
        eli.write(
            {"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id}
        )

        self.assertFalse(self.shortage(eli))

    def test_nobody_writes_it(self):
        self.promised(3)
        row = self.shortage()
        for user in (self.wim, self.mia):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, row._name, "write", row.ids, {"missing": 0})

    def test_its_buttons(self):
        order = self.promised(3, quantity=5)
        row = self.shortage()

        deliveries = row.action_open()
        self.assertEqual(
            deliveries["domain"], [("id", "in", order.sudo().picking_ids.ids)]
        )
        asked = row.action_replenish()
        wizard = self.env[asked["res_model"]].with_user(self.wim)
        wizard = wizard.with_context(asked["context"]).create({})
        self.assertEqual((wizard.product_id, wizard.quantity), (self.rack, 5))
        self.assertEqual(
            row.action_open_forecast()["context"]["active_id"], self.rack.id
        )
        panel = self.rpc(
            self.wim, "stock.picking", "o2c_explain", order.sudo().picking_ids.ids
        )
        self.assertIn(
            "action_o2c_open_shortages", [a["name"] for a in panel[0]["actions"]]
        )
        shown = self.delivery(order).action_o2c_open_shortages()
        self.assertEqual(self.env["o2c.shortage"].search(shown["domain"]).ids, row.ids)

    def read(self, products):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["o2c.shortage"].with_user(self.wim)
        before = self.cr.sql_log_count
        rows = rows.search([("product_id", "in", products.ids)])
        columns = ("on_hand", "incoming", "incoming_on", "sentence", "will_be_late")
        rows.read(["product_id", "to_deliver", "missing", "orders", *columns])
        self.assertEqual(len(rows), len(products))
        return self.cr.sql_log_count - before

    def test_no_query_for_each_row(self):
        products = self.rack.browse()
        for number in range(12):
            products |= self.product(f"Part {number}", 10)
            self.promised(3, product=products[-1])
            self.arrives(1, days=number, product=products[-1])
        self.read(products)

        self.assertLessEqual(self.read(products), self.read(products[:2]) + 2)


class TestDeliveryPlan(PlanCase):
    def outlook(self, order, user=None):
        self.env.invalidate_all()
        delivery = order.sudo().picking_ids.with_user(user or self.wim).sudo(False)
        return delivery.o2c_outlook, delivery.o2c_outlook_reason

    def test_ready(self):
        self.stock(self.rack, 5)
        order = self.promised(3)

        name = order.sudo().picking_ids.name
        self.assertEqual(self.outlook(order), ("ready", f"{name} is ready to leave"))

    def test_waiting_says_for_what(self):
        self.stock(self.rack, 5)
        order = self.promised(3)
        order.action_o2c_hold(self.reason().id)

        outlook, reason = self.outlook(order)

        self.assertEqual(outlook, "waiting")
        self.assertIn("is on hold: Papers missing", reason)

    def test_late(self):
        self.stock(self.rack, 5)
        order = self.promised(3)
        order.sudo().picking_ids.move_ids.date_deadline = self.now - timedelta(days=2)

        self.assertEqual(self.outlook(order)[0], "late")

    def test_promised_today_is_not_late(self):
        self.stock(self.rack, 5)
        order = self.promised(3)
        order.sudo().picking_ids.move_ids.date_deadline = self.now

        self.assertEqual(self.outlook(order)[0], "ready")

    def test_will_be_late_where_nothing_is_on_the_way(self):
        order = self.promised(3, quantity=2)

        self.assertEqual(
            self.outlook(order),
            ("will_be_late", "2 Units of Rack: not in stock and not on the way"),
        )

    def test_will_be_late_where_it_comes_after_the_promised_day(self):
        order = self.promised(3)
        self.arrives(5, days=6)

        outlook, reason = self.outlook(order)

        self.assertEqual(outlook, "will_be_late")
        self.assertIn("Rack is expected on", reason)

    def test_on_the_way_in_time_is_waiting(self):
        order = self.promised(6)
        self.arrives(5, days=3)

        outlook, reason = self.outlook(order)

        self.assertEqual(outlook, "waiting")
        self.assertIn("not in stock: 1 Units of Rack", reason)

    def test_what_another_order_takes_first_is_not_counted_on(self):
        self.arrives(3, days=1)
        first, second = self.promised(3, quantity=3), self.promised(3, quantity=1)

        self.assertEqual(self.outlook(first)[0], "waiting")
        self.assertEqual(self.outlook(second)[0], "will_be_late")

    def test_picked_inside_first(self):
        self.warehouse.delivery_steps = "pick_ship"
        self.stock(self.rack, 5)
        order = self.promised(3)

        outlook, reason = self.outlook(order)

        self.assertEqual(outlook, "waiting")
        self.assertIn("has to be done before it can leave", reason)

    def test_found_by_its_outlook(self):
        self.stock(self.rack, 1)
        ready, short = self.promised(3), self.promised(4)
        self.env.flush_all()
        deliveries = self.env["stock.picking"].with_user(self.wim)
        orders = ready | short
        for outlook, expected in (
            ("ready", ready),
            ("will_be_late", short),
            ("late", orders.browse()),
        ):
            with self.subTest(outlook):
                found = deliveries.search([("o2c_outlook", "=", outlook)])
                self.assertEqual(found.sudo()._o2c_orders() & orders, expected)

    def test_sales_finds_orders_that_will_be_late(self):
        self.stock(self.rack, 1)
        ready, short = self.promised(3), self.promised(4)
        orders = self.env["sale.order"].with_user(self.sam)
        both = [("id", "in", (ready | short).ids)]

        self.assertEqual(orders.search([*both, ("o2c_will_be_late", "=", True)]), short)
        self.assertEqual(
            orders.search([*both, ("o2c_will_be_late", "=", False)]), ready
        )
        self.assertEqual((ready | short).mapped("o2c_will_be_late"), [False, True])

    def test_the_plan_has_what_is_to_leave_and_nothing_else(self):
        self.stock(self.rack, 5)
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.delivery_plan_action"
        )
        open_, gone = self.promised(3), self.promised(3)
        self.deliver(gone)
        receipt = self.arrives(1, 1).picking_id
        deliveries = self.env["stock.picking"]
        mine = (open_ | gone).sudo().picking_ids | receipt

        planned = deliveries.search([("id", "in", mine.ids)]).filtered_domain(
            deliveries._o2c_domain_planned()
        )

        self.assertEqual(planned, open_.sudo().picking_ids)
        domain = fields.Domain(safe_eval(action["domain"]))
        self.assertEqual(mine.filtered_domain(domain), planned)
        self.assertFalse(gone.sudo().picking_ids.o2c_outlook)

    def test_what_is_owed_is_not_told_in_the_plan(self):
        self.stock(self.rack, 5)
        self.check("prepayment", value=100)
        order = self.promised(3)

        self.assertNotIn("100", self.outlook(order)[1])
        self.rae.group_ids += self.env.ref("stock.group_stock_user")
        self.assertIn("100.00", self.outlook(order, self.rae)[1])

    def test_dragging_is_for_the_host(self):
        """The calendar shows the promised day, which nobody writes here."""
        delivery = self.delivery(self.promised(3))
        field = delivery.fields_get(["date_deadline"])["date_deadline"]

        self.assertTrue(field["readonly"])

    def read(self, orders):
        self.env.flush_all()
        self.env.invalidate_all()
        deliveries = orders.sudo().picking_ids.with_user(self.wim).sudo(False)
        before = self.cr.sql_log_count
        deliveries.read(["o2c_outlook", "o2c_outlook_reason", "partner_id"])
        return self.cr.sql_log_count - before

    def test_no_query_for_each_delivery(self):
        self.arrives(3, days=2)
        orders = self.env["sale.order"].union(*(self.promised(3) for _ in range(12)))
        self.read(orders)

        self.assertLessEqual(self.read(orders), self.read(orders[:2]) + 2)
