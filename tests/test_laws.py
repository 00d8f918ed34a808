"""The laws of the design. Each test fails when its law's line is deleted."""

from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OWN_SALES, SALES, STANDARD, O2CCase


@tagged(*STANDARD)
class TestNeutral(O2CCase):
    """1. Nothing switched on: nothing changes for anybody."""

    def test_nothing_switched_on_changes_nothing(self):
        before = self.env["mail.activity"].search_count([])
        order = self.confirmed(quantity=50)
        self.deliver(order)

        self.assertEqual((order.state, order.picking_ids.state), ("sale", "done"))
        self.assertFalse(order.invoice_ids)
        self.assertFalse(order.sudo().o2c_billing_task_ids)
        self.assertEqual(self.env["mail.activity"].search_count([]), before)

    def test_drafts_can_be_deleted_and_cancelled_orders_unlinked(self):
        draft, cancelled = self.order(), self.order()
        cancelled._action_cancel()

        (draft | cancelled).with_user(self.mia).unlink()

        self.assertFalse((draft | cancelled).exists())

    def test_contacts_can_be_merged(self):
        twin = self.env["res.partner"].create({"name": "Harbor Logistics Ltd."})
        self.confirmed(partner_id=twin.id)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})

        merge._merge((self.customer | twin).ids, self.customer)

        self.assertFalse(twin.exists())


@tagged(*STANDARD)
class TestGate(O2CCase):
    """2. The gate parts: what waits is parked, the rest goes on, nothing is raised."""

    def test_one_large_order_does_not_stop_the_others(self):
        self.rule(limit=10000)
        small, large = self.order(quantity=1), self.order(quantity=11)

        (small | large).action_confirm()

        self.assertEqual((small.state, large.state), ("sale", "draft"))
        self.assertEqual(large.o2c_request_ids.state, "pending")

    def test_parking_gives_no_rights(self):
        self.rule(limit=10000)
        order = self.order(quantity=11)
        readers = self.env["res.groups"].create({"name": "Readers"})
        self.env["ir.model.access"].create(
            {
                "name": "Readers",
                "model_id": self.env["ir.model"]._get("sale.order").id,
                "group_id": readers.id,
                "perm_read": True,
            }
        )
        self.ada.group_ids += readers

        with self.assertRaises(AccessError):
            order.with_user(self.ada).action_confirm()

        self.assertFalse(order.o2c_request_ids)

    def test_what_the_host_would_refuse_is_not_parked(self):
        self.rule(limit=10000)
        order = self.order(quantity=11)
        order.order_line = [Command.create({"name": "No product", "price_unit": 1})]

        with self.assertRaisesRegex(UserError, "missing a product"):
            order.action_confirm()

        self.assertFalse(order.o2c_request_ids)

    def test_one_delivery_that_waits_does_not_stop_the_others(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        ready = self.confirmed(quantity=1)
        missing = self.confirmed(product=self.product("Server", 5000))
        missing.picking_ids.move_ids.quantity = 1
        deliveries = (ready | missing).picking_ids

        deliveries.with_user(self.wim).button_validate()

        self.assertEqual(ready.picking_ids.state, "done")
        self.assertNotEqual(missing.picking_ids.state, "done")
        self.assertIn("Server", missing.picking_ids.message_ids[0].body)

    def test_an_internal_transfer_is_not_a_delivery(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        transfer = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": warehouse.wh_pack_stock_loc_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.product("Server", 1).id,
                            "product_uom_qty": 1,
                            "quantity": 1,
                            "location_id": warehouse.lot_stock_id.id,
                            "location_dest_id": warehouse.wh_pack_stock_loc_id.id,
                        }
                    )
                ],
            }
        )

        transfer.button_validate()

        self.assertEqual(transfer.state, "done")


@tagged(*STANDARD)
class TestStampAndLaw(O2CCase):
    """3. Whatever brings a document behind the gate: it passed, or it is refused."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000)
        self.large = self.order(quantity=11)

    def assertNotConfirmed(self, order=None):
        order = order or self.large
        self.env.invalidate_all()
        self.assertNotEqual(order.state, "sale")
        self.assertFalse(order.picking_ids)

    def test_writing_the_state_is_refused(self):
        with self.assertRaises(ValidationError) as refusal:
            self.rpc(self.sam, "sale.order", "write", self.large.ids, {"state": "sale"})
        self.assertIn("has to wait", str(refusal.exception))
        self.assertNotConfirmed()

    def test_saving_the_state_from_a_form_is_refused(self):
        with self.assertRaises(ValidationError):
            self.rpc(
                self.sam,
                "sale.order",
                "web_save",
                self.large.ids,
                {"state": "sale"},
                {},
            )
        self.assertNotConfirmed()

    def _values(self):
        line = {"product_id": self.laptop.id, "product_uom_qty": 11, "price_unit": 1000}
        return {"partner_id": self.customer.id, "order_line": [Command.create(line)]}

    def test_creating_it_confirmed_is_refused(self):
        with self.assertRaises(ValidationError):
            self.rpc(
                self.sam, "sale.order", "create", [self._values() | {"state": "sale"}]
            )

    def test_a_default_in_the_context_is_refused(self):
        with self.assertRaises(ValidationError):
            self.rpc(
                self.sam,
                "sale.order",
                "create",
                [self._values()],
                context={"default_state": "sale"},
            )

    def test_importing_it_confirmed_is_refused(self):
        columns = ["partner_id", "state", "order_line/product_id/.id"]
        columns += ["order_line/product_uom_qty", "order_line/price_unit"]
        row = [self.customer.name, "Sales Order", str(self.laptop.id), "11", "1000"]

        result = self.rpc(self.sam, "sale.order", "load", columns, [row])

        self.assertFalse(result["ids"])
        self.assertIn("has to wait", str(result["messages"]))

    def test_the_superuser_is_refused_too(self):
        with self.assertRaises(ValidationError):
            self.large.sudo().write({"state": "sale"})
        self.assertNotConfirmed()

    def test_a_stamp_falls_with_the_state(self):
        order = self.confirmed(quantity=10)
        order.action_cancel()
        order.action_draft()
        self.assertFalse(order.o2c_passed_on)

        order.order_line.product_uom_qty = 11

        with self.assertRaises(ValidationError):
            self.rpc(self.sam, "sale.order", "write", order.ids, {"state": "sale"})

    def test_going_back_and_forth_in_one_go_keeps_no_stamp(self):
        order = self.confirmed(quantity=10)

        with self.assertRaises(ValidationError):
            order.write({"state": "cancel"})
            order.write({"state": "draft"})
            order.order_line.product_uom_qty = 11
            order.write({"state": "sale"})

    def test_a_stamp_is_not_copied(self):
        order = self.confirmed(quantity=10)

        self.assertTrue(order.o2c_passed_on)
        self.assertFalse(order.copy().o2c_passed_on)

    def test_what_does_not_arrive_keeps_no_stamp(self):
        order = self.order(quantity=1)
        confirm = type(self.env["sale.order"])._prepare_confirmation_values

        def never(orders):
            return confirm(orders) | {"state": "sent"}

        with patch.object(type(order), "_prepare_confirmation_values", never):
            order.action_confirm()

        self.assertFalse(order.o2c_passed_on)

    def test_rules_never_reach_back(self):
        order = self.confirmed(quantity=10)
        self.rule(limit=1, name="Newer")

        order.write({"state": "sale"})
        self.deliver(order)

        self.assertEqual(order.picking_ids.state, "done")

    def test_orders_older_than_the_addon_have_passed(self):
        order = self.confirmed(quantity=10)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET o2c_passed_on = NULL, o2c_passed_facts = NULL, "
            "o2c_passed_seal = NULL, o2c_seal = NULL, o2c_stage = NULL WHERE id = %s",
            order.ids,
        )
        self.env.invalidate_all()
        self.rule(limit=1, name="Newer")

        self.env["sale.order"]._o2c_take_over()
        order.write({"state": "sale"})

        self.assertEqual(order.o2c_passed_on, order.date_order)
        self.assertEqual(order.o2c_passed_facts, {"amount": 10000})
        self.assertFalse(order.o2c_seal, "untouched since the addon came")
        self.assertEqual(order.o2c_stage, "delivery")

    def test_writing_a_delivery_done_is_refused(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        order = self.confirmed(product=self.product("Server", 50))
        for model, ids in (
            ("stock.picking", order.picking_ids.ids),
            ("stock.move", order.picking_ids.move_ids.ids),
        ):
            with self.subTest(model), self.assertRaises(ValidationError):
                self.rpc(self.wim, model, "write", ids, {"state": "done"})
            self.env.invalidate_all()
        self.assertNotEqual(order.picking_ids.state, "done")


@tagged(*STANDARD)
class TestNothingWeakens(O2CCase):
    """4. Status fields are read by all and written by none."""

    STATUS = {
        "o2c_passed_on": "2020-01-01",
        "o2c_passed_seal": "x",
        "o2c_passed_facts": {"amount": 1e9},
        "o2c_seal": "x",
        "o2c_approval_state": "approved",
        "o2c_author_ids": [Command.clear()],
        "o2c_has_authors": False,
        "o2c_request_ids": [Command.clear()],
        "o2c_stage": "done",
    }

    @mute_logger("odoo.models")
    def test_no_status_can_be_written_saved_created_or_defaulted(self):
        order = self.order()
        values = {"partner_id": self.customer.id}
        for field, value in self.STATUS.items():
            for user in (self.sam, self.mia, self.env.ref("base.user_admin")):
                ways = {
                    "write": ([order.id], {field: value}),
                    "web_save": ([order.id], {field: value}, {}),
                    "create": ([values | {field: value}],),
                }
                for way, args in ways.items():
                    cell = f"{way} {field} as {user.name}"
                    with self.subTest(cell), self.assertRaises(AccessError):
                        self.rpc(user, "sale.order", way, *args)

    def test_no_figure_of_a_rule_is_typed(self):
        """The host computes them, and lets anybody who edits write them as well."""
        self.rule(limit=10000)
        order = self.order(quantity=11)
        totals = {"amount_untaxed": 1, "amount_total": 1, "amount_tax": 0}
        of_lines = {"price_subtotal": 1, "price_total": 1, "price_tax": 0}
        for record, values in ((order, totals), (order.order_line, of_lines)):
            for name, value in values.items():
                for way, *more in (["write"], ["web_save", {}]):
                    with self.subTest(name, way=way), self.assertRaises(AccessError):
                        vals = {name: value}
                        self.rpc(self.sam, record._name, way, record.ids, vals, *more)

        order.action_confirm()
        self.assertEqual((order.state, order.amount_untaxed), ("draft", 11000))

    def test_a_line_called_a_deposit_hides_no_discount(self):
        self.rule(criterion="discount_line", limit=5)
        self.rule(criterion="discount", limit=5)
        order = self.order(quantity=2)
        order.order_line.discount = 50
        order.order_line.is_downpayment = True

        order.action_confirm()

        self.assertEqual((order.state, len(order.o2c_request_ids)), ("draft", 2))

    def test_what_a_program_says_a_line_costs_is_a_discount(self):
        """The host takes that for the price, and shows the other one."""
        criteria = ("discount_line", "discount", "price_below_list")
        for criterion in criteria:
            self.rule(criterion=criterion, limit=5)
        order = self.order(quantity=11)
        seal = order.o2c_seal
        self.dictate(order.order_line, 1)

        order.action_confirm()

        self.assertEqual(order.amount_untaxed, 1)
        self.assertNotEqual(order.o2c_seal, seal)
        self.assertEqual((order.state, len(order.o2c_request_ids)), ("draft", 3))

    @mute_logger("odoo.models")
    def test_no_status_can_be_slipped_in_by_a_default(self):
        for field, value in self.STATUS.items():
            with self.subTest(field):
                try:
                    order = self.rpc(
                        self.sam,
                        "sale.order",
                        "create",
                        {"partner_id": self.customer.id},
                        context={f"default_{field}": value},
                    )
                except AccessError:
                    continue
                order = self.env["sale.order"].browse(order)
                self.assertFalse(order.o2c_passed_on or order.o2c_passed_facts)
                self.assertNotEqual(order.o2c_seal, "x")
                self.assertEqual(order.o2c_approval_state, "none")
                self.assertEqual(order.o2c_stage, "quotation")

    @mute_logger("odoo.models")
    def test_a_delivery_cannot_be_stamped_from_outside(self):
        order = self.confirmed()
        for field in ("o2c_passed_on", "o2c_passed_seal", "o2c_passed_facts"):
            with self.subTest(field), self.assertRaises(AccessError):
                self.rpc(
                    self.wim,
                    "stock.picking",
                    "write",
                    order.picking_ids.ids,
                    {field: 1},
                )

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_nobody_writes_requests_steps_or_answers(self):
        self.rule(limit=10000)
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids
        request.with_user(self.ada).action_refuse("No")
        records = (request, request.turn_ids, request.decision_ids)
        for user in (self.sam, self.ada, self.mia, self.env.ref("base.user_admin")):
            for record in records:
                for way, args in (
                    ("write", ({"state": "approved"},)),
                    ("unlink", ()),
                    ("create", ()),
                ):
                    with self.subTest(f"{way} {record._name} as {user.name}"):
                        first = [{}] if way == "create" else record.ids
                        with self.assertRaises(UserError):
                            self.rpc(user, record._name, way, first, *args)


@tagged(*STANDARD)
class TestFourEyes(O2CCase):
    """5. Nobody decides on what he wrote, changed or asked for."""

    def test_who_asked_does_not_decide(self):
        self.rule(limit=10000, approvers=self.mia | self.sam)
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids

        self.assertEqual(request.approver_ids, self.mia)
        with self.assertRaisesRegex(UserError, "somebody else approves it"):
            request.with_user(self.sam).action_approve()
        self.assertEqual(order.state, "draft")

    def test_who_changed_a_price_does_not_decide(self):
        self.rule(limit=10000, approvers=self.mia | self.ada)
        order = self.order(quantity=11)
        order.with_user(self.mia).order_line.price_unit = 1100
        order.action_confirm()

        self.assertEqual(order.o2c_author_ids, self.mia)
        with self.assertRaises(UserError):
            order.o2c_request_ids.with_user(self.mia).action_approve()
        self.assertEqual(order.state, "draft")

    def test_who_removed_a_line_does_not_decide(self):
        self.rule(limit=10000)
        order = self.order(quantity=11)
        extra = order.order_line.copy({"order_id": order.id})

        extra.with_user(self.mia).unlink()

        self.assertEqual(order.o2c_author_ids, self.mia)

    def test_a_typo_in_a_note_makes_nobody_a_party(self):
        order = self.order()

        order.with_user(self.mia).note = "Thank you!"

        self.assertFalse(order.o2c_author_ids)

    def test_the_superuser_is_no_approver(self):
        self.rule(limit=10000)
        order = self.confirmed(quantity=11)

        with self.assertRaises(UserError):
            order.o2c_request_ids.sudo().action_approve()
        with self.assertRaises(UserError):
            order.o2c_request_ids.with_user(
                self.env.ref("base.user_root")
            ).action_approve()

    def test_where_every_approver_is_an_author_the_managers_step_in(self):
        self.rule(limit=10000, approvers=self.sam)
        order = self.confirmed(quantity=11)

        self.assertIn(self.mia, order.o2c_request_ids.approver_ids)
        self.assertNotIn(self.sam, order.o2c_request_ids.approver_ids)


@tagged(*STANDARD)
class TestSealed(O2CCase):
    """6. A yes covers what was seen, and anything smaller on the same terms."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000)
        self.asked = self.confirmed(quantity=12)
        self.request = self.asked.o2c_request_ids

    def test_a_larger_order_voids_the_question_and_asks_anew(self):
        self.asked.order_line.product_uom_qty = 13

        answer = self.request.with_user(self.ada).action_approve()

        self.assertEqual(answer["tag"], "display_notification")
        self.assertEqual((self.request.state, self.asked.state), ("obsolete", "draft"))
        self.assertFalse(self.request.decision_ids)
        new = self.asked.o2c_request_ids - self.request
        self.assertEqual((new.state, new.fact, new.round), ("pending", 13000, 2))

    def test_a_smaller_order_is_still_covered(self):
        self.asked.order_line.product_uom_qty = 11

        self.request.with_user(self.ada).action_approve()

        self.assertEqual(self.asked.state, "sale")
        self.assertEqual(self.request.decision_ids.fact, 11000)

    def test_other_terms_are_another_question(self):
        abroad = self.env["account.fiscal.position"].create({"name": "Abroad"})
        for field, value in (
            ("partner_invoice_id", self.env["res.partner"].create({"name": "Other"})),
            ("payment_term_id", self.env.ref("account.account_payment_term_45days")),
            ("pricelist_id", self.euro_pricelist(1)),
            ("fiscal_position_id", abroad),
        ):
            with self.subTest(field):
                order = self.confirmed(quantity=12)
                order[field] = value
                order.o2c_request_ids.with_user(self.ada).action_approve()
                self.assertEqual(order.state, "draft")

    def test_every_sealed_field_of_a_line_changes_the_seal(self):
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "sale")],
            limit=1,
        )
        changes = {
            "product_id": self.product("Other", 1000),
            "product_uom_id": self.env.ref("uom.product_uom_dozen"),
            "product_uom_qty": 13,
            "price_unit": 999,
            "discount": 1,
            "tax_ids": tax,
        }
        for field, value in changes.items():
            with self.subTest(field):
                order = self.order(quantity=12)
                line, seal = order.order_line, order.o2c_seal
                prices = {"price_unit": line.price_unit, "discount": line.discount}
                line.write(prices | {field: value})
                self.assertNotEqual(order.o2c_seal, seal)

    def test_a_remark_does_not_change_the_seal(self):
        seal = self.asked.o2c_seal
        self.assertRegex(seal, r"^[0-9a-f]{24}\.[0-9a-f]{24}$")

        self.asked.order_line = [
            Command.create({"display_type": "line_note", "name": "Handle with care"}),
            Command.create({"product_id": self.laptop.id, "product_uom_qty": 0}),
        ]
        self.asked.order_line[0].name = "Laptop, silver"
        self.asked.client_order_ref = "PO 4711"

        self.assertEqual(self.asked.o2c_seal, seal)

    def test_a_new_exchange_rate_asks_nobody(self):
        euros = self.euro_pricelist(0.5)
        order = self.order(quantity=6, pricelist_id=euros.id)
        order.action_confirm()
        self.assertEqual(order.o2c_request_ids.fact, 12000)

        euros.currency_id.rate_ids.rate = 0.4
        order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(order.state, "sale")


@tagged(*STANDARD)
class TestReplay(O2CCase):
    """7. What was parked goes on by itself, with the rights it was asked with."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000)

    def test_it_is_confirmed_as_who_asked(self):
        order = self.confirmed(quantity=11)

        order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(order.state, "sale")
        confirmed = self.env["o2c.event"].search(
            [("order_key", "=", order.id), ("activity", "=", "confirmed")]
        )
        self.assertEqual(confirmed.user_id, self.sam)

    def test_rights_lost_meanwhile_are_lost(self):
        order = self.confirmed(quantity=11)
        self.sam.group_ids = [
            Command.unlink(self.env.ref(SALES).id),
            Command.unlink(self.env.ref(OWN_SALES).id),
        ]

        with mute_logger("odoo.addons.base.models.ir_model"):
            order.sudo().o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(order.sudo().state, "draft")
        self.assertEqual(order.sudo().o2c_request_ids.state, "approved")
        self.assertEqual(self.events(order)[-2:], ["confirmation_failed", "held"])
        self.assertIn("could not be confirmed", order.sudo().activity_ids[-1].summary)

    def test_the_customers_signature_is_kept_and_the_order_waits(self):
        order = self.order(quantity=11)
        public = self.env.ref("base.public_user")
        portal = order.with_user(public).sudo()
        portal.write({"signed_by": "Harriet", "signed_on": fields.Datetime.now()})

        portal._validate_order()

        self.assertEqual((order.state, order.signed_by), ("draft", "Harriet"))
        request = order.o2c_request_ids
        self.assertEqual(request.requested_by_id, self.env.ref("base.user_root"))
        self.assertEqual(request.intent["channel"], "portal")
        self.assertTrue(request.intent["send_email"])

        request.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")

    def test_a_paid_order_that_waits_is_not_called_confirmed(self):
        order = self.order(quantity=11, require_payment=True, prepayment_percent=1)
        provider = self.env["payment.provider"].search([], limit=1)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": self.customer.id,
                "sale_order_ids": [Command.link(order.id)],
                "state": "done",
            }
        )

        confirmed = transaction._check_amount_and_confirm_order()

        self.assertFalse(confirmed)
        self.assertEqual(order.o2c_request_ids.state, "pending")


@tagged(*STANDARD)
class TestAppendOnly(O2CCase):
    """8. What happened is neither changed nor deleted, by ORM or by SQL."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000)
        order = self.known = self.confirmed(quantity=11)
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.rows = {
            "o2c.approval.decision": order.o2c_request_ids.decision_ids,
            "o2c.event": self.env["o2c.event"].search([("order_key", "=", order.id)]),
        }

    def test_the_orm_refuses(self):
        for model, rows in self.rows.items():
            with (
                self.subTest(model),
                self.assertRaisesRegex(UserError, "nobody changes"),
            ):
                rows.sudo().write({"company_id": self.company.id})
            with (
                self.subTest(model),
                self.assertRaisesRegex(UserError, "nobody changes"),
            ):
                rows.sudo().with_context(_force_unlink=True).unlink()

    @mute_logger("odoo.sql_db")
    def test_postgresql_refuses(self):
        for model in self.rows:
            table = self.env[model]._table
            for statement in (
                f"UPDATE {table} SET company_id = company_id",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with (
                    self.subTest(statement),
                    self.assertRaisesRegex(psycopg2.Error, "never changed"),
                    self.env.cr.savepoint(),
                ):
                    self.env.cr.execute(statement)

    def test_an_answer_freezes_the_rule_as_it_was(self):
        decision = self.rows["o2c.approval.decision"]
        self.assertEqual((decision.user_id, decision.fact), (self.ada, 11000))
        text = decision.rule_text

        self.env["o2c.approval.rule"].search([("name", "=", "Large orders")]).write(
            {"name": "Huge orders", "limit": 20000}
        )

        self.assertIn("Large orders", text)
        self.assertEqual((decision.rule_text, decision.limit), (text, 10000))

    def test_all_that_happened_to_an_order_is_read_together(self):
        events = self.env["o2c.event"].search([("order_id", "=", self.known.id)])

        self.assertEqual(events, self.rows["o2c.event"])
        self.assertEqual(events.order_id, self.known)
        self.assertEqual(
            self.env["o2c.event"].search_count(
                [("order_id.user_id", "=", self.sam.id)]
            ),
            len(self.rows["o2c.event"]),
        )

    def test_cancelling_and_deleting_keep_it(self):
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids
        request.with_user(self.ada).action_refuse("No")
        name, key = order.name, order.id

        order._action_cancel()
        order.with_user(self.mia).unlink()

        self.assertEqual(request.decision_ids.reason, "No")
        self.assertEqual((request.res_name, request.order_id.id), (name, False))
        event = self.env["o2c.event"].search([("order_key", "=", key)], limit=1)
        self.assertEqual((event.order_name, event.order_id.id), (name, False))


@tagged(*STANDARD)
class TestBilledOnce(O2CCase):
    """9. A delivery is billed once, exactly."""

    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "post"

    def test_each_part_is_billed_as_it_leaves(self):
        order = self.confirmed(quantity=10)

        self.deliver(order, quantity=7)
        self.assertEqual(order.invoice_ids.amount_total, 7000)

        self.deliver(order, quantity=3)
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [3000, 7000])
        self.assertEqual(order.order_line.qty_invoiced, 10)

    @mute_logger("odoo.sql_db")
    def test_a_second_task_for_a_delivery_is_impossible(self):
        order = self.confirmed()
        delivery = self.deliver(order)

        twin = {"picking_id": delivery.id, "order_id": order.id}
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env["o2c.billing.task"].create(twin)

    def test_what_is_billed_by_hand_is_not_billed_again(self):
        self.company.o2c_invoicing = "manual"
        order = self.confirmed(quantity=2)
        self.deliver(order)
        by_hand = order.sudo()._create_invoices()
        task = self.env["o2c.billing.task"].create(
            {"picking_id": order.picking_ids.id, "order_id": order.id}
        )
        self.company.o2c_invoicing = "post"

        task._bill_or_park()

        self.assertEqual(task.state, "done")
        self.assertIn("Already on", task.error)
        self.assertEqual(order.invoice_ids, by_hand)
        self.assertEqual(
            by_hand.state, "draft", "a draft it did not make is not touched"
        )

    def test_a_credit_note_does_not_make_it_bill_again(self):
        order = self.confirmed(quantity=2)
        self.deliver(order)
        order.sudo().invoice_ids._reverse_moves(cancel=True)
        self.assertEqual(order.invoice_status, "to invoice")

        for _round in range(3):
            with self.enter_registry_test_mode():
                self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()

        self.assertEqual(len(order.invoice_ids), 2)

    def test_retry_does_not_bill_again_what_was_billed_and_credited(self):
        order = self.confirmed(quantity=2)
        self.deliver(order)
        order.sudo().invoice_ids._reverse_moves(cancel=True)

        order.sudo().o2c_billing_task_ids.with_user(self.kim).action_retry()

        self.assertEqual(len(order.invoice_ids), 2)

    def test_a_deleted_draft_does_not_make_it_bill_again(self):
        self.company.o2c_invoicing = "draft"
        order = self.confirmed(quantity=2)
        self.deliver(order)
        order.sudo().invoice_ids.unlink()

        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()

        self.assertFalse(order.invoice_ids)

    def test_a_deposit_is_not_forgotten(self):
        order = self.confirmed(quantity=2)
        self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        ).create(
            {"advance_payment_method": "percentage", "amount": 50}
        ).create_invoices()
        order.sudo().invoice_ids.action_post()

        self.deliver(order)

        self.assertEqual(len(order.invoice_ids), 2)
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 2000)

    def test_the_link_to_the_invoice_cannot_be_forged(self):
        order = self.confirmed()
        self.deliver(order)
        line = order.invoice_ids.invoice_line_ids
        self.assertEqual(line.o2c_task_id, order.sudo().o2c_billing_task_ids)

        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.rpc(
                self.kim, "account.move.line", "write", line.ids, {"o2c_task_id": False}
            )

    def test_a_context_from_outside_changes_no_quantity(self):
        self.company.o2c_invoicing = "manual"
        order = self.confirmed(quantity=5)
        self.deliver(order)
        forged = [0, {str(order.order_line.id): 1}]

        order.sudo().with_context(o2c_slice=forged)._create_invoices()

        self.assertEqual(order.invoice_ids.amount_total, 5000)


@tagged(*STANDARD)
class TestTheTruckLeaves(O2CCase):
    """10. Accounting never stops the truck; one bad record never stops the others."""

    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "post"

    def _unbillable(self):
        """A product that cannot be billed: its income account is archived."""
        account = self.laptop._get_product_accounts()["income"].copy({"code": "499999"})
        product = self.product("Cursed", 1, property_account_income_id=account.id)
        self.stock(product, 10)
        account.active = False
        return product

    def test_the_bad_one_is_parked_and_the_others_are_billed(self):
        good, bad = self.confirmed(), self.confirmed(product=self._unbillable())

        (good | bad).picking_ids.with_user(self.wim).button_validate()

        self.assertEqual(set((good | bad).picking_ids.mapped("state")), {"done"})
        self.assertEqual(good.invoice_ids.state, "posted")
        self.assertFalse(bad.invoice_ids)
        task = bad.sudo().o2c_billing_task_ids
        self.assertEqual((task.state, task.attempts), ("parked", 1))
        self.assertTrue(task.next_try_on)
        self.assertIn("could not be invoiced", bad.activity_ids.mapped("summary")[-1])

    def test_after_five_attempts_a_person_has_to_look(self):
        bad = self.confirmed(product=self._unbillable())
        self.deliver(bad)
        task = bad.sudo().o2c_billing_task_ids

        for _attempt in range(4):
            task._bill_or_park()

        self.assertEqual((task.attempts, task.next_try_on), (5, False))
        self.assertNotIn(task, task.search(task._domain_due()))

    def test_a_refusal_nobody_foresaw_is_told_in_its_own_words(self):
        order = self.confirmed()

        def refused(*args, **kwargs):
            raise UserError("The books of July are closed.")

        with patch.object(type(self.env["account.move"]), "action_post", refused):
            self.deliver(order)

        self.assertEqual(order.picking_ids.state, "done")
        self.assertFalse(order.invoice_ids, "nothing half")
        task = order.sudo().o2c_billing_task_ids
        self.assertEqual(task.error, "The books of July are closed.")

    def test_an_unexpected_error_does_not_stop_it_either(self):
        order = self.confirmed()

        def broken(*args, **kwargs):
            raise KeyError("third party")

        with (
            patch.object(type(self.env["account.move"]), "action_post", broken),
            mute_logger("odoo.addons.o2c_addon.models.billing_run"),
        ):
            self.deliver(order)

        self.assertEqual(order.picking_ids.state, "done")
        self.assertFalse(order.invoice_ids, "nothing half")
        self.assertIn("KeyError", order.sudo().o2c_billing_task_ids.error)


@tagged(*STANDARD)
class TestBrokenRule(O2CCase):
    """11. A broken rule stops only what it selects, and crashes nothing."""

    def test_a_broken_rule_is_a_visible_problem(self):
        rule = self.rule(limit=10000)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE o2c_approval_rule SET domain = %s WHERE id = %s",
            ("[('no_such_field', '=', 1)]", rule.id),
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        small, large = self.order(quantity=1), self.order(quantity=11)

        with mute_logger("odoo.addons.o2c_addon.models.approval_mixin"):
            (small | large).action_confirm()
            [problem] = large.o2c_explain()

        self.assertEqual((small.state, large.state), ("sale", "draft"))
        self.assertEqual(problem["kind"], "broken")
        self.assertIn("is broken", problem["reason"])

    def test_a_broken_rule_cannot_be_saved(self):
        for domain in ("[('no_such_field', '=', 1)]", "__import__('os')", "[(", "x"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self.rule(domain=domain)


@tagged(*STANDARD)
class TestMoney(O2CCase):
    """14. Money is compared in company currency at the document's date."""

    def test_the_limit_is_in_company_currency(self):
        self.rule(limit=10000)
        euros = self.euro_pricelist(0.5)
        small = self.order(quantity=5, pricelist_id=euros.id)
        large = self.order(quantity=6, pricelist_id=euros.id)

        (small | large).action_confirm()

        self.assertEqual((small.state, large.state), ("sale", "draft"))
        self.assertEqual(large.o2c_request_ids.fact, 12000)
        self.assertEqual(large.o2c_request_ids.document_fact, 6000)


class TestWhoReadsWhat(O2CCase):
    """Law 13: explanations tell each reader only what he may read."""

    def setUp(self):
        super().setUp()
        self.rule(limit=30, criterion="margin", name="Thin margins")
        self.laptop.standard_price = 900
        self.one = self.order(1, price=1000)
        self.one.action_confirm()
        self.assertEqual(self.one.o2c_approval_state, "pending")

    def reasons(self, user):
        told = self.rpc(user, "sale.order", "o2c_explain", self.one.ids)
        return " ".join(line["reason"] for line in told)

    def test_the_margin_is_for_who_sees_cost(self):
        self.assertIn("10 %", self.reasons(self.sam))
        for reader in (self.wim, self.kim):
            with self.subTest(reader.name):
                self.assertEqual(
                    self.reasons(reader), "Waiting for approval: Thin margins"
                )
                status = self.one.with_user(reader).sudo(False)
                status.invalidate_recordset(["o2c_status"])
                self.assertNotIn("10", status.o2c_status)

    def test_what_a_customer_owes_is_not_for_the_warehouse(self):
        rule = self.rule(limit=5, criterion="overdue", name="Late payers")
        [obstacle] = [
            self.one.sudo()._o2c_obstacle_unanswered(rule, 12.0),
        ]
        for reader, knows in ((self.wim, False), (self.kim, True), (self.sam, True)):
            with self.subTest(reader.name):
                said = self.one.with_user(reader)._o2c_sentence(obstacle)
                self.assertEqual("12" in said, knows)
        self.assertNotIn("12", self.one._o2c_sentence_for_all(obstacle))

    def test_customers_read_nothing_of_it_on_their_delivery_slip(self):
        reason = self.env["o2c.hold.reason"].create(
            {"name": "Fraud suspected", "gate": "deliver"}
        )
        self.env["o2c.approval.rule"].search([]).action_archive()
        order = self.confirmed()
        order.with_user(self.mia).action_o2c_hold(reason.id)
        slip = order.sudo().picking_ids
        visitor = self.env.ref("base.public_user")

        self.assertIn("Fraud", slip.with_user(self.wim).sudo()._o2c_stop_for_print())
        self.assertFalse(slip.with_user(visitor).sudo()._o2c_stop_for_print())
