"""What is stopped leaves by no other document: every way the warehouse has, tried."""

from odoo.tools import mute_logger

from .ways_out import ALIKE, REASONS, WAYS, WithoutOrder


class TestWithoutOrder(WithoutOrder):
    @mute_logger("odoo.models", "odoo.http")
    def test_no_way_for_what_is_stopped(self):
        for reason in REASONS:
            with self.env.cr.savepoint() as point:
                order = self.stop(reason)
                ways = WAYS if reason in ("hold", "prepayment") else ALIKE
                for way in ways:
                    with self.subTest(way, reason=reason):
                        self.assertEqual(self.gone(way, order), (0, 0))
                point.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def test_each_way_is_open_where_nothing_stops(self):
        """As after the installation; else the table above would say nothing."""
        self.env["o2c.checklist.item"].search([]).action_archive()
        self.env.ref("o2c_addon.check_checklist").active = True
        order = self.confirmed()
        for way in WAYS:
            with self.subTest(way):
                self.assertNotEqual(self.gone(way, order), (0, 0))

    def returned(self, transfer):
        context = {"active_id": transfer.id, "active_model": transfer._name}
        [wizard] = self.rpc(
            self.wim, "stock.return.picking", "create", [{}], context=context
        )
        wizard = self.env["stock.return.picking"].browse(wizard)
        wizard.product_return_moves.quantity = 1
        action = self.rpc(self.wim, wizard._name, "action_create_returns", wizard.ids)
        return self.env["stock.picking"].browse(action["res_id"])

    def test_what_came_back_is_judged_when_it_is_sent_again(self):
        order = self.confirmed(price=0)
        delivery = self.validate(order.sudo().picking_ids)
        back = self.validate(self.returned(delivery))
        self.assertEqual(back.state, "done")
        self.hold(order)

        again = self.validate(self.returned(back))

        self.assertNotEqual(again.state, "done")
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.release(order.sudo().o2c_hold_ids, self.rae)
        self.assertEqual(self.validate(again).state, "done")

    def test_a_checklist_somebody_wrote_stops_what_has_none(self):
        self.env["o2c.checklist.item"].create({"name": "Sealed"})
        self.check("checklist")
        order = self.confirmed()
        self.assertEqual(self.gone("a_move_of_its_own", order), (0, 0))

    def test_samples_transfers_scrap_and_returns_go_on(self):
        order = self.stop("hold")
        self.check("prepayment", value=50)
        mouse = self.product("Mouse", 5)
        self.stock(mouse, 5)
        somebody = self.env["res.partner"].create({"name": "Somebody else"})

        sample = self.validate(self.transfer(product_id=mouse.id))
        to_another = self.validate(self.transfer(partner_id=somebody.id))
        inside = self.validate(
            self.transfer(
                picking_type_id=self.inside.id, location_dest_id=self.shelf.id
            )
        )
        back = self.validate(
            self.transfer(
                location_id=self.customers.id, location_dest_id=self.stock_place.id
            )
        )
        scrap = self.make("stock.scrap", {"product_id": mouse.id})
        self.rpc(self.wim, "stock.scrap", "do_scrap", [scrap])
        another = self.validate(self.another_delivery())

        for transfer in (sample, to_another, inside, back, another):
            self.assertEqual(transfer.state, "done", transfer.name)
        self.assertEqual(order.order_line.qty_delivered, 0)

    def test_the_order_is_named_and_once_released_it_goes(self):
        order = self.stop("hold")
        delivery = self.transfer()
        self.rpc(self.wim, delivery._name, "action_confirm", delivery.ids)
        delivery = delivery.with_user(self.wim).sudo(False)

        self.assert_stops(delivery, f"{order.name} is on hold.*waits for")

        self.release(order.sudo().o2c_hold_ids, self.rae)
        self.assertTrue(self.leaves(delivery))

    def test_delivered_orders_and_drafts_stop_nothing(self):
        """What has all it ordered, or ordered nothing yet, waits for no goods."""
        delivered, draft = self.confirmed(), self.order()
        self.deliver(delivered)
        self.assertEqual(delivered.order_line.qty_delivered, 1)
        self.hold(draft, self.reason("confirm"))
        self.check("prepayment", value=50)

        self.assertEqual(self.validate(self.transfer()).state, "done")

    def test_who_it_is_for_has_to_be_said_where_customers_are_judged(self):
        self.check("overdue")
        delivery = self.transfer(partner_id=False)
        self.rpc(self.wim, delivery._name, "action_confirm", delivery.ids)
        delivery = delivery.with_user(self.wim).sudo(False)
        self.assert_stops(delivery, "has no contact")

        delivery.partner_id = self.customer

        self.assertTrue(self.leaves(delivery))
