"""No default, of a context key or of a person's own, says what nobody may write."""

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD, O2CCase

LONG_AGO = "2001-01-01 00:00:00"
OURS = (
    "o2c.event",
    "o2c.approval.request",
    "o2c.approval.turn",
    "o2c.approval.decision",
    "o2c.hold",
    "o2c.billing.task",
    "o2c.notice",
)
BY_NATURE = {"create_date", "write_date", "id", "display_name"}


@tagged(*STANDARD)
class TestDefaults(O2CCase):
    def set_default(self, user, model, field, value):
        defaults = self.env["ir.default"].with_user(user)
        return defaults.set(model, field, value, user_id=True)

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_has_a_default_for_what_he_may_not_write(self):
        """An order created confirmed, with the fingerprint of its twin, has passed."""
        twin = self.order(quantity=11)
        for user in (self.sam, self.mia, self.env.ref("base.user_admin")):
            for model, field, value in (
                ("sale.order", "o2c_passed_on", LONG_AGO),
                ("sale.order", "o2c_passed_seal", twin.o2c_seal),
                ("stock.picking", "o2c_passed_on", LONG_AGO),
                ("account.move", "o2c_passed_on", LONG_AGO),
                ("account.analytic.line", "o2c_approved_on", LONG_AGO),
                ("o2c.approval.request", "state", "approved"),
                ("o2c.event", "date", LONG_AGO),
            ):
                cell = f"{model} {field} as {user.name}"
                with self.subTest(cell), self.assertRaises(AccessError):
                    self.set_default(user, model, field, value)

    def test_settings_may_have_a_default(self):
        self.set_default(self.mia, "sale.order", "o2c_invoicing", "draft")

        self.assertEqual(self.order(user=self.mia).o2c_invoicing, "draft")

    def absurd(self, spared=()):
        """A default for every field of ours, other than anybody would write."""
        values = {
            "datetime": LONG_AGO,
            "date": LONG_AGO[:10],
            "char": "absurd",
            "text": "absurd",
            "json": {"absurd": 7},
            "boolean": True,
        }
        hosts = {name for model in spared for name in self.env[model]._fields}
        found = {}
        for model in OURS:
            for field in self.env[model]._fields.values():
                value = values.get(field.type)
                if field.type == "selection":
                    value = field.get_values(self.env)[-1]
                if field.store and value and field.name not in hosts:
                    found[f"default_{field.name}"] = value
        return found

    def written(self, act):
        """The rows of ours that ``act`` leaves behind."""
        known = {name: self.env[name].sudo().search([]) for name in OURS}
        act()
        self.env.flush_all()
        return [
            (record._name, self.told(record))
            for name in OURS
            for record in self.env[name].sudo().search([]) - known[name]
        ]

    def told(self, record):
        """What it says, but for when and of which record."""
        values = {
            field.name: record[field.name]
            for field in record._fields.values()
            if field.store
            and field.type in ("char", "text", "selection", "boolean", "json")
            and not field.name.endswith("_name")
            and field.name not in ("key", "billed")
        }
        if isinstance(values.get("data"), dict):
            values["data"] = set(values["data"])
        return values

    def assert_same(self, plain, sent):
        self.assertEqual([name for name, _row in plain], [name for name, _row in sent])
        for (name, expected), (_name, found) in zip(plain, sent, strict=True):
            with self.subTest(name):
                self.assertEqual(expected, found)

    def test_a_context_from_outside_answers_nothing(self):
        self.rule(limit=10000)
        reason = self.reason(gate="confirm")

        def approved(context):
            def act():
                order = self.order(quantity=11)
                order.with_context(**context).action_o2c_hold(reason.id)
                hold = order.sudo().o2c_hold_ids.with_user(self.mia).sudo(False)
                hold.with_context(**context).action_release("Fine")
                order.with_context(**context).action_confirm()
                request = order.o2c_request_ids.with_user(self.ada)
                request.with_context(**context).action_approve("Fine")

            return self.written(act)

        self.assert_same(approved({}), approved(self.absurd()))

    def test_a_context_from_outside_bills_nothing(self):
        """Where the host knows a field of the same name, the key is for the host."""
        self.company.o2c_invoicing = "post"
        hosts = ("sale.order", "stock.picking", "stock.move", "account.move")
        stamp = {"default_o2c_passed_on": LONG_AGO, "default_o2c_passed_seal": False}

        def billed(context):
            def act():
                order = self.order().with_context(**context)
                order.action_confirm()
                picking = order.sudo().picking_ids.with_user(self.wim).sudo(False)
                self.assertFalse(picking.sudo().o2c_passed_on)
                picking.with_context(skip_backorder=True, **context).button_validate()

            return self.written(act)

        context = self.absurd(hosts) | stamp
        self.assert_same(billed({}), billed(context))

    def test_a_context_from_outside_wakes_no_archived_rule(self):
        """What is remembered for all does not depend on who asked first."""
        rule = self.rule(limit=10000)
        check = self.check("tracking")
        rule.active = False
        check.active = False
        order = self.order(quantity=11).with_context(active_test=False)

        order.action_confirm()
        delivery = order.sudo().picking_ids.with_user(self.wim).sudo(False)
        delivery.with_context(active_test=False, skip_backorder=True).button_validate()

        self.assertEqual((order.state, delivery.state), ("sale", "done"))
