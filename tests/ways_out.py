"""Every way by which the warehouse could bring goods to a customer."""

from contextlib import suppress

from odoo.exceptions import UserError
from odoo.fields import Command

from .test_holds import HoldCase

WAYS = (
    "a_delivery_of_its_own",
    "to_a_contact_of_theirs",
    "to_nobody",
    "on_the_delivery_of_another_order",
    "more_than_another_order_says",
    "more_asked_for_than_another_order_says",
    "with_another_operation_type",
    "by_an_internal_transfer",
    "to_the_shelf_and_then_to_them",
    "as_if_they_had_it",
    "lines_that_go_elsewhere",
    "a_move_of_its_own",
    "a_move_of_its_own_for_the_order",
    "scrapped_at_the_customer",
    "relocated_to_the_customer",
    "counted_at_the_customer",
    "added_to_a_delivery_that_left",
    "a_move_added_to_a_delivery_that_left",
    "more_on_a_delivery_that_left",
    "more_of_a_move_that_left",
    "in_a_bigger_unit_on_a_delivery_that_left",
    "elsewhere_after_it_left",
    "lines_that_go_elsewhere_on_another_delivery",
    "put_in_a_pack",
    "a_part_of_it",
    "for_another_customer",
    "on_another_delivery_too",
    "as_part_of_another_move",
    "pushed_on_from_the_shelf",
    "pushed_through",
    "called_delivered_on_the_order",
    "a_line_of_the_stopped_delivery",
)
REASONS = ("hold", "prepayment", "credit", "overdue")
ALIKE = WAYS[1:5]  # where the customer is judged whatever it is: some are enough


class WithoutOrder(HoldCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Gate 3", "parent_id": cls.customer.id, "type": "delivery"}
        )
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.out, cls.inside = warehouse.out_type_id, warehouse.int_type_id
        cls.stock_place = warehouse.lot_stock_id
        cls.customers = cls.env.ref("stock.stock_location_customers")
        cls.shelf = cls.env["stock.location"].create(
            {"name": "Beside the door", "location_id": warehouse.view_location_id.id}
        )
        cls.boss = cls.user("boss_t", "Boss", "stock.group_stock_manager")

    def stop(self, reason):
        """An order of a laptop that waits for ``reason``."""
        order = self.confirmed()
        if reason == "hold":
            self.hold(order)
        if reason == "prepayment":
            self.check("prepayment", value=50)
        if reason == "credit":
            self.company.account_use_credit_limit = True
            self.customer.credit_limit = 1
            self.check("credit")
        if reason == "overdue":
            self.owe(10, 3)
            self.check("overdue")
        return order

    # -- what the warehouse does, as another program would ---------------------------

    @classmethod
    def rpc(cls, *args, **kwargs):
        """Each call is a transaction of its own: what came before a refusal stays."""
        with cls.env.cr.savepoint():
            return super().rpc(*args, **kwargs)

    def make(self, model, values, user=None):
        return self.rpc(user or self.wim, model, "create", [values])[0]

    def move(self, **values):
        return {
            "product_id": self.laptop.id,
            "product_uom_qty": 1,
            "location_id": self.stock_place.id,
            "location_dest_id": self.customers.id,
            **values,
        }

    def transfer(self, **values):
        """A transfer without an order, validated; as it stands afterwards."""
        move = self.move(
            product_id=values.pop("product_id", self.laptop.id),
            location_id=values.get("location_id", self.stock_place.id),
            location_dest_id=values.get("location_dest_id", self.customers.id),
        )
        values = {
            "picking_type_id": self.out.id,
            "partner_id": self.customer.id,
            "location_id": move["location_id"],
            "location_dest_id": move["location_dest_id"],
            "move_ids": [Command.create(move)],
            **values,
        }
        return self.env["stock.picking"].browse(self.make("stock.picking", values))

    def validate(self, transfer):
        self.rpc(self.wim, transfer._name, "action_confirm", transfer.ids)
        self.rpc(self.wim, transfer._name, "action_assign", transfer.ids)
        context = {"skip_backorder": True}
        self.rpc(
            self.wim, transfer._name, "button_validate", transfer.ids, context=context
        )
        return transfer

    def write(self, records, values):
        self.rpc(self.wim, records._name, "write", records.ids, values)

    # -- the ways --------------------------------------------------------------------

    def way_a_delivery_of_its_own(self, order):
        self.validate(self.transfer())

    def way_to_a_contact_of_theirs(self, order):
        self.validate(self.transfer(partner_id=self.contact.id))

    def way_to_nobody(self, order):
        self.validate(self.transfer(partner_id=False))

    def another_delivery(self):
        """Of an order of theirs that nothing stops but what they owe."""
        other = self.confirmed(price=0).sudo()
        return other.picking_ids

    def way_on_the_delivery_of_another_order(self, order):
        delivery = self.another_delivery()
        self.make("stock.move", self.move(picking_id=delivery.id, quantity=1))
        self.validate(delivery)

    def way_more_than_another_order_says(self, order):
        delivery = self.another_delivery()
        self.write(delivery.move_ids, {"quantity": 2})
        self.validate(delivery)

    def way_more_asked_for_than_another_order_says(self, order):
        delivery = self.another_delivery()
        self.write(delivery.move_ids, {"product_uom_qty": 2})
        self.validate(delivery)

    def way_with_another_operation_type(self, order):
        """To one no check was made for."""
        checks = self.env["o2c.fulfillment.check"].search([("company_id", "!=", False)])
        checks.picking_type_ids = self.out
        delivery = order.sudo().picking_ids
        self.write(delivery, {"picking_type_id": self.inside.id})
        self.write(delivery, {"location_dest_id": self.customers.id})
        self.validate(delivery)

    def way_by_an_internal_transfer(self, order):
        self.validate(self.transfer(picking_type_id=self.inside.id))

    def way_to_the_shelf_and_then_to_them(self, order):
        delivery = order.sudo().picking_ids
        self.write(delivery, {"location_dest_id": self.shelf.id})
        self.validate(delivery)
        self.validate(self.transfer(location_id=self.shelf.id))

    def way_as_if_they_had_it(self, order):
        delivery = order.sudo().picking_ids
        self.write(delivery.move_ids, {"location_id": self.customers.id})
        self.validate(delivery)

    def way_lines_that_go_elsewhere(self, order):
        transfer = self.transfer(
            picking_type_id=self.inside.id, location_dest_id=self.shelf.id
        )
        self.rpc(self.wim, transfer._name, "action_confirm", transfer.ids)
        self.write(transfer.move_line_ids, {"location_dest_id": self.customers.id})
        self.validate(transfer)

    def way_a_move_of_its_own(self, order, **values):
        move = self.make("stock.move", self.move(state="done", **values))
        line = self.move(move_id=move, quantity=1)
        del line["product_uom_qty"]
        self.make("stock.move.line", line)

    def way_a_move_of_its_own_for_the_order(self, order):
        self.way_a_move_of_its_own(order, sale_line_id=order.order_line.id)

    def way_scrapped_at_the_customer(self, order):
        scrap = self.make(
            "stock.scrap",
            {
                "product_id": self.laptop.id,
                "location_id": self.stock_place.id,
                "scrap_location_id": self.customers.id,
            },
        )
        self.rpc(self.wim, "stock.scrap", "do_scrap", [scrap])

    def way_relocated_to_the_customer(self, order):
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.laptop.id),
                ("location_id", "=", self.stock_place.id),
            ]
        )
        values = {"quant_ids": quants.ids, "dest_location_id": self.customers.id}
        wizard = self.make("stock.quant.relocate", values, self.boss)
        self.rpc(self.boss, "stock.quant.relocate", "action_relocate_quants", [wizard])

    def way_counted_at_the_customer(self, order):
        values = {
            "product_id": self.laptop.id,
            "location_id": self.customers.id,
            "inventory_quantity": 1,
        }
        context = {"inventory_mode": True}
        [quant] = self.rpc(
            self.boss, "stock.quant", "create", [values], context=context
        )
        self.rpc(
            self.boss, "stock.quant", "action_apply_inventory", [quant], context=context
        )

    def left(self):
        """A delivery of theirs that left rightly."""
        delivery = self.validate(self.another_delivery())
        self.assertEqual(delivery.state, "done")
        self.rightly = self.at_customers()
        return delivery

    def way_added_to_a_delivery_that_left(self, order, **values):
        line = self.move(picking_id=self.left().id, quantity=1, **values)
        del line["product_uom_qty"]
        self.make("stock.move.line", line)

    def way_a_move_added_to_a_delivery_that_left(self, order):
        delivery = self.left()
        values = self.move(picking_id=delivery.id, state="done")
        move = self.make("stock.move", values)
        self.write(self.env["stock.move"].browse(move), {"quantity": 1})

    def way_more_on_a_delivery_that_left(self, order):
        self.write(self.left().move_line_ids, {"quantity": 2})

    def way_more_of_a_move_that_left(self, order):
        self.write(self.left().move_ids, {"quantity": 2})

    def way_in_a_bigger_unit_on_a_delivery_that_left(self, order):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.write(self.left().move_line_ids, {"product_uom_id": dozen.id})

    def way_elsewhere_after_it_left(self, order):
        """It brought something rightly, and laptops to the shelf, they said."""
        delivery = self.another_mixed_delivery()
        self.validate(delivery)
        self.rightly = self.at_customers()
        inside = delivery.move_line_ids.filtered(
            lambda li: li.location_dest_id == self.shelf
        )
        self.write(inside, {"location_dest_id": self.customers.id})

    def another_mixed_delivery(self):
        delivery = self.another_delivery()
        move = self.move(
            picking_id=delivery.id, location_dest_id=self.shelf.id, quantity=1
        )
        self.make("stock.move", move)
        return delivery

    def way_lines_that_go_elsewhere_on_another_delivery(self, order):
        delivery = self.another_mixed_delivery()
        before = self.at_customers()
        self.write(delivery.move_line_ids, {"location_dest_id": self.customers.id})
        self.validate(delivery)
        self.rightly = before + (delivery.state == "done")  # of the other order

    def way_put_in_a_pack(self, order):
        delivery = order.sudo().picking_ids
        self.rpc(self.wim, delivery._name, "action_put_in_pack", delivery.ids)
        self.validate(delivery)

    def way_a_part_of_it(self, order):
        delivery = order.sudo().picking_ids
        self.write(delivery.move_line_ids, {"quantity": 0.5})
        self.rpc(self.wim, delivery._name, "button_validate", delivery.ids)
        wizard = self.make("stock.backorder.confirmation", {"pick_ids": delivery.ids})
        for method in ("process", "process_cancel_backorder"):
            with suppress(UserError):
                self.rpc(
                    self.wim,
                    "stock.backorder.confirmation",
                    method,
                    [wizard],
                    context={"button_validate_picking_ids": delivery.ids},
                )

    def way_for_another_customer(self, order):
        somebody = self.env["res.partner"].create({"name": "Somebody else"})
        delivery = order.sudo().picking_ids
        self.write(delivery, {"partner_id": somebody.id})
        self.write(delivery.move_ids, {"partner_id": somebody.id})
        self.validate(delivery)

    def way_on_another_delivery_too(self, order):
        other, moves = self.another_delivery(), order.sudo().picking_ids.move_ids
        with suppress(UserError):
            self.write(moves, {"picking_id": other.id})
        with suppress(UserError):
            self.write(moves.move_line_ids, {"picking_id": other.id})
        self.validate(other)

    def way_as_part_of_another_move(self, order):
        other, lines = self.another_delivery(), order.sudo().picking_ids.move_line_ids
        self.write(lines, {"move_id": other.move_ids.id, "picking_id": other.id})
        self.validate(other)

    def way_pushed_on_from_the_shelf(self, order, auto="manual"):
        """A rule of the warehouse brings on to customers what comes to the shelf."""
        route = self.env["stock.route"].create(
            {
                "name": "On to them",
                "product_selectable": True,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "On",
                            "action": "push",
                            "auto": auto,
                            "location_src_id": self.shelf.id,
                            "location_dest_id": self.customers.id,
                            "picking_type_id": self.out.id,
                        }
                    )
                ],
            }
        )
        self.laptop.route_ids |= route
        first = self.validate(
            self.transfer(
                picking_type_id=self.inside.id, location_dest_id=self.shelf.id
            )
        )
        if next_moves := first.move_ids.move_dest_ids:
            self.validate(next_moves.picking_id)

    def way_pushed_through(self, order):
        self.way_pushed_on_from_the_shelf(order, "transparent")

    def way_called_delivered_on_the_order(self, order):
        self.rpc(
            self.sam,
            "sale.order.line",
            "write",
            order.order_line.ids,
            {"qty_delivered": 1},
        )

    def way_a_line_of_the_stopped_delivery(self, order):
        line = self.move(
            picking_id=order.sudo().picking_ids.id,
            quantity=1,
            state="done",
            picked=True,
        )
        del line["product_uom_qty"]
        self.make("stock.move.line", line)
        self.validate(order.sudo().picking_ids)

    # -- what comes of them ----------------------------------------------------------

    def at_customers(self, product=None):
        """How many of it have reached customers, by the books."""
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", (product or self.laptop).id),
                ("location_id", "=", self.customers.id),
            ]
        )
        return sum(quants.mapped("quantity"))

    def gone(self, way, order):
        """Whether goods or the order say that something reached the customer."""
        self.rightly = 0
        with self.env.cr.savepoint() as point:
            with suppress(UserError):
                getattr(self, f"way_{way}")(order)
            self.env.invalidate_all()
            gone = self.at_customers() - self.rightly, order.order_line.qty_delivered
            point.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return gone
