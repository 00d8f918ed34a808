"""Nothing leaves past a check or a hold: every way × every role, one table."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD
from .matrix import ALLOWED, KEYS, NOTHING, MatrixCase

#                             s c h w a e p A m S
TABLE = """
validate                      . . . . . - - - . .
validate_every_key            . . . . . - - - . .
validate_with_another         . . . . . - - - . .
backorder_wizard              - - - . - - - - - .
write_state                   - - - - - - - - - -
web_save_state                - - - - - - - - - -
create_done                   - - - - - - - - - -
default_state                 . . . . . - - - . .
write_move_state              - - - - - - - - - -
create_done_move              - - - - - - - - - -
private_method                - - - - - - - - - -
private_method_of_moves       - - - - - - - - - -
server_action                 . . . . . - - - . .
elsewhere_then_customer       - - - - - - - - - -
fake_stamp                    - - - - - - - - - -
fake_no_hold                  - - - - - - - - - -
fake_order_without_hold       - - - - - - - - - -
take_goods_off_the_order      - - - - - - - - - -
give_goods_to_another_order   - - - - - - - - - -
take_delivery_off_the_order   - - - - - - - - - -
through_the_delivery          - - - - - - - - - -
pack_then_validate            - - - . - - - - - .
goods_by_another_delivery     . . . . . - - - . .
lines_by_another_delivery     . . . . . - - - . .
create_done_line              . . . . . - - - . .
another_address_then_validate - - - - - - - - - -
release_the_check             - - - - - - - - y y
release_the_hold              - - - - - - - - y y
write_hold                    - - - - - - - - - -
create_release                - - - - - - - - - -
unlink_hold                   - - - - - - - - - -
switch_the_check_off          - - - - - - - - y y
weaken_the_reason             - - - - - - - - y y
"""


@tagged(*STANDARD)
class TestDeliveryMatrix(MatrixCase):
    """A delivery whose tracking reference is missing, of an order that is on hold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.check("tracking")
        cls.why = cls.reason()
        cls.held = cls.confirmed()
        cls.held.action_o2c_hold(cls.why.id)
        cls.hold = cls.held.sudo().o2c_hold_ids
        cls.delivery = cls.held.sudo().picking_ids
        cls.goods = cls.delivery.move_ids
        cls.env.flush_all()

    # -- the ways --------------------------------------------------------------------

    def call(self, method, *args, model="stock.picking", ids=None, **context):
        ids = self.delivery.ids if ids is None else ids
        return self.rpc(self.actor, model, method, ids, *args, context=context)

    def way_validate(self):
        self.call("button_validate")

    def way_validate_every_key(self):
        self.call("button_validate", **KEYS | {"allowed_company_ids": self.company.ids})

    def way_validate_with_another(self):
        """Together with one that may go, so that no page opens."""
        other = self.confirmed().sudo().picking_ids
        other.o2c_tracking_ref = "1Z"
        ids = (self.delivery | other).ids
        self.call("button_validate", ids=ids, skip_backorder=True)
        self.assertEqual(other.state, "done")

    def way_backorder_wizard(self):
        """The host's own page, which goes on where the button stopped."""
        context = {"button_validate_picking_ids": self.delivery.ids}
        line = (0, 0, {"picking_id": self.delivery.id, "to_backorder": True})
        wizard = self.rpc(
            self.actor,
            "stock.backorder.confirmation",
            "create",
            {
                "pick_ids": [(6, 0, self.delivery.ids)],
                "backorder_confirmation_line_ids": [line],
            },
            context=context,
        )
        ids = [wizard] if isinstance(wizard, int) else wizard
        self.rpc(
            self.actor,
            "stock.backorder.confirmation",
            "process",
            ids,
            context=context,
        )

    def way_write_state(self):
        self.call("write", {"state": "done"})

    def way_web_save_state(self):
        self.call("web_save", {"state": "done"}, {})

    def values(self, **values):
        return {
            "picking_type_id": self.delivery.picking_type_id.id,
            "location_id": self.delivery.location_id.id,
            "location_dest_id": self.delivery.location_dest_id.id,
            "move_ids": [(0, 0, self.move())],
            **values,
        }

    def move(self, **values):
        return {
            "product_id": self.laptop.id,
            "product_uom_qty": 1,
            "location_id": self.delivery.location_id.id,
            "location_dest_id": self.delivery.location_dest_id.id,
            **values,
        }

    def way_create_done(self):
        values = self.values(move_ids=[(0, 0, self.move(state="done"))], state="done")
        self.create("stock.picking", values)

    def way_default_state(self):
        self.create("stock.picking", self.values(), default_state="done")

    def way_write_move_state(self):
        moves = self.delivery.move_ids
        self.call("write", {"state": "done"}, model="stock.move", ids=moves.ids)

    def way_create_done_move(self):
        values = self.move(picking_id=self.delivery.id, state="done", quantity=1)
        self.delivery.move_ids.state = "cancel"
        self.create("stock.move", values)

    def way_private_method(self):
        self.call("_action_done")

    def way_private_method_of_moves(self):
        moves = self.delivery.move_ids
        self.call("_action_done", model="stock.move", ids=moves.ids)

    def way_server_action(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Validate",
                "model_id": self.env["ir.model"]._get("stock.picking").id,
                "state": "code",
                "code": "records.button_validate()",
            }
        )
        context = {
            "active_model": "stock.picking",
            "active_id": self.delivery.id,
            "active_ids": self.delivery.ids,
        }
        self.rpc(self.actor, "ir.actions.server", "run", action.ids, context=context)

    def way_elsewhere_then_customer(self):
        """First to the shelf beside the door, and only then to the customer."""
        shelf = self.delivery.location_id
        customer = self.delivery.location_dest_id
        moves = self.delivery.move_ids
        self.call("write", {"location_dest_id": shelf.id})
        self.call(
            "write", {"location_dest_id": shelf.id}, model="stock.move", ids=moves.ids
        )
        self.call("write", {"location_dest_id": customer.id})
        self.call("button_validate")

    def way_fake_stamp(self):
        self.call("write", {"o2c_passed_on": "2026-01-01"})

    def way_fake_no_hold(self):
        self.call("write", {"o2c_on_hold": False, "o2c_hold_ids": [(5,)]})

    def way_fake_order_without_hold(self):
        self.call(
            "write", {"o2c_on_hold": False}, model="sale.order", ids=self.held.ids
        )

    def rewire(self, line, model="stock.move", **values):
        """Goods of no order, or of one that is not on hold, would not wait for it."""
        ids = self.delivery.move_ids.ids if model == "stock.move" else None
        values = values or {"sale_line_id": line}
        self.call("write", values, model=model, ids=ids)
        self.delivery.sudo().o2c_tracking_ref = "1Z"
        self.call("button_validate")

    def way_take_goods_off_the_order(self):
        self.rewire(False)

    def way_give_goods_to_another_order(self):
        self.rewire(self.confirmed().order_line.id)

    def way_take_delivery_off_the_order(self):
        self.rewire(False, "stock.picking", sale_id=False)

    def way_through_the_delivery(self):
        off = {"sale_line_id": False}
        commands = [(1, move, off) for move in self.delivery.move_ids.ids]
        self.rewire(False, "stock.picking", move_ids=commands)

    def way_pack_then_validate(self):
        self.call("action_put_in_pack")
        self.call("button_validate")

    def by_another(self, model, ids, **values):
        """With a delivery that may leave."""
        other = self.confirmed().sudo().picking_ids
        other.o2c_tracking_ref = "1Z"
        self.call("write", {"picking_id": other.id, **values}, model=model, ids=ids)
        self.call("button_validate", ids=other.ids)

    def way_goods_by_another_delivery(self):
        self.by_another("stock.move", self.goods.ids)

    def way_lines_by_another_delivery(self):
        self.by_another("stock.move.line", self.goods.move_line_ids.ids)

    def way_create_done_line(self):
        values = self.move(
            picking_id=self.delivery.id,
            move_id=self.goods.id,
            state="done",
            quantity=1,
            picked=True,
        )
        del values["product_uom_qty"]
        self.create("stock.move.line", values)

    def way_another_address_then_validate(self):
        self.call("write", {"partner_id": self.company.partner_id.id})
        self.call("button_validate")

    def way_release_the_check(self):
        self.call("action_o2c_release", "please")

    def way_release_the_hold(self):
        self.call("action_release", "please", model="o2c.hold", ids=self.hold.ids)

    def way_write_hold(self):
        self.call("write", {"state": "released"}, model="o2c.hold", ids=self.hold.ids)

    def way_create_release(self):
        self.create(
            "o2c.hold",
            {
                "picking_id": self.delivery.id,
                "check_id": self.policy.id,
                "gate": "deliver",
                "company_id": self.company.id,
                "user_id": self.actor.id,
                "state": "released",
                "size": 9,
                "seal": self.delivery._o2c_goods_seal(self.policy),
            },
        )

    def way_unlink_hold(self):
        self.call("unlink", model="o2c.hold", ids=self.hold.ids)

    def way_switch_the_check_off(self):
        self.call(
            "write", {"active": False}, model=self.policy._name, ids=self.policy.ids
        )

    def way_weaken_the_reason(self):
        group = self.env.ref("base.group_user")
        self.call(
            "write",
            {"release_group_id": group.id},
            model=self.why._name,
            ids=self.why.ids,
        )

    # -- the cells -------------------------------------------------------------------

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.http")
    def test_every_way_as_every_role(self):
        self.assertGreaterEqual(self.try_every_cell(TABLE), 240)

    def judge(self, way):
        self.env.invalidate_all()
        released = self.delivery.o2c_hold_ids or self.hold.state == "released"
        group = self.env.ref("o2c_addon.group_o2c_release")
        weakened = not self.policy.active or self.why.release_group_id != group
        return ALLOWED if released or weakened else NOTHING

    def check_nothing_happened(self):
        self.assertNotEqual(self.delivery.state, "done")
        goods = self.delivery.move_ids | self.goods
        self.assertNotIn("done", goods.mapped("state"))
        self.assertNotIn("done", goods.move_line_ids.mapped("state"))
        self.assertEqual(self.hold.state, "open")
        self.assertTrue(self.held.o2c_on_hold)
        with self.assertRaises(UserError):
            self.goods.picking_id._action_done()
