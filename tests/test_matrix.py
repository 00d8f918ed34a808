"""Nobody slips past: every way × every role, against one table of expectations.

Each cell is tried as a restricted user, as another program would. Whatever happens, the
order is not confirmed, nothing leaves, no answer is forged and no yes is kept.
"""

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD
from .matrix import ALLOWED, KEYS, NOTHING, PARKED, MatrixCase

#                             s c h w a e p A m S
TABLE = """
action_confirm                p - p p p - - - p p
action_confirm_every_key      p - p p p - - - p p
write_state                   - - - - - - - - - -
web_save_state                - - - - - - - - - -
create_confirmed              - - - - - - - - - -
default_state                 - - - - - - - - - -
load_confirmed                . . . . . . . . . .
copy_confirmed                - - - - - - - - - -
copy_with_default_state       - - - - - - - - - -
name_create_confirmed         - - - - - - - - - -
web_save_multi_state          - - - - - - - - - -
resequence_by_the_total       - - - - - - - - - -
type_the_total_then_confirm   - - - - - - - - - -
type_a_line_then_confirm      - - - - - - - - - -
cancel_reset_and_go_on        . - . - . - - - . .
server_action                 p - p p p - - - p p
mark_as_sent_then_confirm     p - p p p - - - p p
private_method                - - - - - - - - - -
fake_badge                    - - - - - - - - - -
fake_stamp                    - - - - - - - - - -
fake_seal                     - - - - - - - - - -
forge_line_state_and_deliver  . - . . - - - - . .
approve                       - - - - - - - y - -
approve_in_a_context          - - - - - - - y - -
write_request                 - - - - - - - - - -
create_request                - - - - - - - - - -
unlink_request                - - - - - - - - - -
write_turn                    - - - - - - - - - -
create_decision               - - - - - - - - - -
write_decision                - - - - - - - - - -
clear_authors                 - - - - - - - - - -
raise_the_limit               - - - - - - - - y y
unlink_the_rule               - - - - - - - - - -
write_event                   - - - - - - - - - -
create_event                  - - - - - - - - - -
"""


@tagged(*STANDARD)
class TestMatrix(MatrixCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.rule(limit=10000)
        cls.large = cls.confirmed(quantity=11)
        cls.large.with_user(cls.mia).order_line.name = "Laptop, silver"
        cls.asked = cls.large.o2c_request_ids
        refused = cls.confirmed(quantity=11)
        refused.o2c_request_ids.with_user(cls.ben).action_refuse("No")
        cls.answer = refused.o2c_request_ids.decision_ids
        cls.env.flush_all()

    # -- the ways --------------------------------------------------------------------

    def call(self, method, *args, model="sale.order", ids=None, **context):
        ids = self.large.ids if ids is None else ids
        return self.rpc(self.actor, model, method, ids, *args, context=context)

    def values(self, **values):
        line = {"product_id": self.laptop.id, "product_uom_qty": 11, "price_unit": 1000}
        return {
            "partner_id": self.customer.id,
            "order_line": [Command.create(line)],
            **values,
        }

    def way_action_confirm(self):
        self.call("action_confirm")

    def way_action_confirm_every_key(self):
        keys = KEYS | {"allowed_company_ids": self.company.ids}
        self.call("action_confirm", **keys)

    def way_write_state(self):
        self.call("write", {"state": "sale"})

    def way_web_save_state(self):
        self.call("web_save", {"state": "sale"}, {})

    def way_create_confirmed(self):
        self.create("sale.order", self.values(state="sale"))

    def way_default_state(self):
        self.create("sale.order", self.values(), default_state="sale")

    def way_load_confirmed(self):
        columns = ["partner_id", "state", "order_line/product_id/.id"]
        columns += ["order_line/product_uom_qty", "order_line/price_unit"]
        row = [self.customer.name, "Sales Order", str(self.laptop.id), "11", "1000"]
        result = self.rpc(self.actor, "sale.order", "load", columns, [row])
        self.assertFalse(result["ids"])

    def way_copy_confirmed(self):
        self.call("copy", {"state": "sale"})

    def way_copy_with_default_state(self):
        self.call("copy", default_state="sale")

    def way_name_create_confirmed(self):
        values = self.values(state="sale").items()
        defaults = {f"default_{name}": value for name, value in values}
        self.rpc(self.actor, "sale.order", "name_create", "New", context=defaults)

    def way_web_save_multi_state(self):
        self.call("web_save_multi", [{"state": "sale"}], {})

    def way_resequence_by_the_total(self):
        self.call("web_resequence", {}, "amount_untaxed")

    def way_type_the_total_then_confirm(self):
        self.call("write", {"amount_untaxed": 1, "amount_total": 1})
        self.call("action_confirm")

    def way_type_a_line_then_confirm(self):
        line = self.large.order_line
        self.call("write", {"price_subtotal": 1}, model=line._name, ids=line.ids)
        self.call("action_confirm")

    def way_cancel_reset_and_go_on(self):
        self.call("action_cancel")
        self.call("action_draft")
        self.call("action_confirm")

    def way_server_action(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Confirm",
                "model_id": self.env["ir.model"]._get("sale.order").id,
                "state": "code",
                "code": "records.action_confirm()",
            }
        )
        self.rpc(
            self.actor,
            "ir.actions.server",
            "run",
            action.ids,
            context={
                "active_model": "sale.order",
                "active_id": self.large.id,
                "active_ids": self.large.ids,
            },
        )

    def way_mark_as_sent_then_confirm(self):
        self.call("action_quotation_sent")
        self.call("action_confirm")

    def way_private_method(self):
        self.call("_action_confirm")

    def way_fake_badge(self):
        self.call("write", {"o2c_approval_state": "approved"})

    def way_fake_stamp(self):
        self.call("write", {"o2c_passed_on": "2026-01-01", "o2c_passed_seal": "x"})

    def way_fake_seal(self):
        self.call("write", {"o2c_seal": self.asked.seal})

    def way_forge_line_state_and_deliver(self):
        """The host lets anybody who edits lines say that they are confirmed."""
        line = self.large.order_line
        self.call("write", {"state": "sale"}, model=line._name, ids=line.ids)
        self.call("write", {"product_uom_qty": 12}, model=line._name, ids=line.ids)
        for picking in self.large.sudo().picking_ids:
            picking.move_ids.quantity = 12
            picking.with_context(skip_backorder=True).button_validate()
            with self.assertRaises(UserError):
                picking._action_done()

    def answer_as_asked(self, **context):
        self.call(
            "action_approve", model=self.asked._name, ids=self.asked.ids, **context
        )

    def way_approve(self):
        self.answer_as_asked()

    def way_approve_in_a_context(self):
        self.answer_as_asked(**KEYS | {"allowed_company_ids": self.company.ids})

    def way_write_request(self):
        self.call(
            "write", {"state": "approved"}, model=self.asked._name, ids=self.asked.ids
        )

    def way_create_request(self):
        self.create(
            self.asked._name,
            {
                "rule_id": self.policy.id,
                "order_id": self.large.id,
                "state": "approved",
                "seal": self.large.o2c_seal,
                "company_id": self.company.id,
                "requested_by_id": self.actor.id,
            },
        )

    def way_unlink_request(self):
        self.call("unlink", model=self.asked._name, ids=self.asked.ids)

    def way_write_turn(self):
        turn = self.asked.turn_ids
        self.call("write", {"state": "approved"}, model=turn._name, ids=turn.ids)

    def way_create_decision(self):
        self.create(
            self.answer._name,
            {
                "request_id": self.asked.id,
                "user_id": self.ada.id,
                "company_id": self.company.id,
                "verdict": "approved",
            },
        )

    def way_write_decision(self):
        self.call(
            "write",
            {"verdict": "approved"},
            model=self.answer._name,
            ids=self.answer.ids,
        )

    def way_clear_authors(self):
        self.call("write", {"o2c_author_ids": [Command.clear()]})

    def way_raise_the_limit(self):
        self.call("write", {"limit": 1e9}, model=self.policy._name, ids=self.policy.ids)

    def way_unlink_the_rule(self):
        self.call("unlink", model=self.policy._name, ids=self.policy.ids)

    def way_write_event(self):
        event = self.env["o2c.event"].search([], limit=1)
        self.call("write", {"user_id": self.ada.id}, model=event._name, ids=event.ids)

    def way_create_event(self):
        self.create(
            "o2c.event",
            {
                "order_key": self.large.id,
                "res_model": "sale.order",
                "res_id": self.large.id,
                "activity": "approved",
                "user_id": self.ada.id,
                "company_id": self.company.id,
            },
        )

    # -- the cells -------------------------------------------------------------------

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.http")
    def test_every_way_as_every_role(self):
        self.assertGreaterEqual(self.try_every_cell(TABLE), 200)

    def judge(self, way):
        self.env.invalidate_all()
        if self.asked.state == "approved":
            self.assertEqual(self.asked.decision_ids.user_id, self.ada)
            return ALLOWED
        if self.policy.limit == 1e9:
            return ALLOWED
        confirms = "confirm" in way or way == "server_action"
        waits = self.asked.state == "pending" and self.large.state != "sale"
        return PARKED if confirms and way != "load_confirmed" and waits else NOTHING

    def check_nothing_happened(self):
        self.assertNotEqual(self.large.state, "sale")
        self.assertNotIn("done", self.large.picking_ids.mapped("state"))
        self.assertFalse(self.asked.decision_ids)
        self.assertNotEqual(self.asked.state, "approved")
        self.assertFalse(
            self.env["sale.order"].search_count(
                [("state", "=", "sale"), ("amount_untaxed", ">", 10000)]
                + [("partner_id", "=", self.customer.id)]
            )
        )
