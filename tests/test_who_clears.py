"""Tables: who ends which hold, who reads which figure; and what cannot be applied."""

import json

from odoo.exceptions import AccessError, UserError

from .common import HEAD_OF_SALES, O2CCase
from .test_fulfillment import DeliveryCase
from .test_holds import HoldCase

ROLES = ("sam", "ada", "wim", "kim", "rae", "mia")

# who ends a hold: the group of its reason, and nobody else
#                                  sam ada wim kim rae mia
MAY_END = {
    "o2c_addon.group_o2c_release": " -   -   -   -   y   y ",
    "o2c_addon.group_o2c_user":    " y   -   y   y   y   y ",
    "account.group_account_invoice": " -  -  -   y   y   - ",
    HEAD_OF_SALES:                 " -   -   -   -   -   y ",
}  # fmt: skip


class TestWhoEndsAHold(HoldCase):
    def documents(self):
        """One hold each of an order, of a delivery and of an invoice."""
        order, delivered = self.confirmed(), self.confirmed()
        self.deliver(delivered)
        delivery = self.confirmed().sudo().picking_ids
        return {
            "deliver": order.sudo() | self.confirmed().sudo(),
            "delivery": delivery,
            "post": delivered.sudo()._create_invoices(),
        }

    def test_every_reason_as_every_role(self):
        documents = self.documents()
        cells = 0
        for group, row in MAY_END.items():
            for gate, held in documents.items():
                reason = self.reason(
                    gate="post" if gate == "post" else "deliver",
                    name=f"{group} {gate}",
                    release_group_id=self.env.ref(group).id,
                )
                hold = held[:1].sudo()._o2c_put_on_hold(reason)
                for role, may in zip(ROLES, row.split(), strict=True):
                    with self.subTest(group, gate=gate, role=role):
                        self.try_to_end(hold, getattr(self, role), may == "y")
                    cells += 1
                hold._release(self.env.user, "next")
        self.assertEqual(cells, 72)

    def try_to_end(self, hold, user, may):
        point = self.env.cr.savepoint()
        if may:
            self.release(hold, user)
        else:
            with self.assertRaises(AccessError):
                self.release(hold, user)
        self.env.invalidate_all()
        self.assertEqual(hold.state, "released" if may else "open")
        point.close(rollback=True)
        self.env.invalidate_all()

    def test_people_are_named_and_groups_are_not(self):
        group = self.env["res.groups"].create({"name": "Customs desk"})
        reason = self.reason(release_group_id=group.id)
        delivery = self.ordered()
        self.hold(delivery, reason, user=self.wim)

        def remedy():
            [said] = self.rpc(self.wim, delivery._name, "o2c_explain", delivery.ids)
            return said["remedy"]

        self.assertEqual(remedy(), "Somebody an administrator names can release it.")
        for name in ("Bea", "Cleo", "Dora"):
            self.user(f"{name}_clears", name, "base.group_user").group_ids += group
        self.assertEqual(remedy(), "Bea, Cleo, or Dora can release it.")
        for name in ("Emil", "Finn"):
            self.user(f"{name}_clears", name, "base.group_user").group_ids += group
        self.assertEqual(remedy(), "Bea, Cleo, or one of 3 others can release it.")
        self.wim.group_ids += group
        self.assertEqual(remedy(), "You can release it.")

    def test_who_can_help_is_called_by_his_name_by_others_only(self):
        delivery = self.ordered()
        self.check("tracking", responsible_id=self.wim.id)
        named = {self.wim: "You can help.", self.rae_on_stock: "Wim can help."}

        for user, sentence in named.items():
            [said] = self.rpc(user, delivery._name, "o2c_explain", delivery.ids)
            self.assertIn(sentence, said["remedy"])

    def test_who_is_kept_apart_reads_who_else_releases(self):
        self.company.o2c_apart_release = True
        delivery = self.ordered()
        self.check("tracking")
        delivery.sudo()._o2c_orders().o2c_author_ids += self.rae_on_stock
        groups = "base.group_user,o2c_addon.group_o2c_release"
        others = self.user("oda_clears", "Oda", groups)

        [said] = self.rpc(
            self.rae_on_stock, delivery._name, "o2c_explain", delivery.ids
        )

        self.assertIn(others.name, said["who"])
        self.assertNotIn(self.rae_on_stock.name, said["who"])
        self.assertNotIn("You can release", said["remedy"])
        self.assertNotIn(self.rae_on_stock.name, said["remedy"])


class TestWhoReadsTheFigures(DeliveryCase):
    """All that ``o2c_explain`` answers by RPC, per role: no debt, no margin."""

    def told(self, document, user):
        return json.dumps(self.rpc(user, document._name, "o2c_explain", document.ids))

    def test_what_customers_owe(self):
        self.company.account_use_credit_limit = True
        self.customer.write({"use_partner_credit_limit": True, "credit_limit": 11})
        self.owe(7654.32, days_ago=55)
        order = self.confirmed(price=4321.5)
        delivery = self.delivery(order)
        for code, figure in (
            ("prepayment", "4,321.5"),
            ("credit", "11,964.82"),
            ("overdue", "55 days"),
        ):
            check = self.check(code, value=100 if code == "prepayment" else 0)
            for document in (order.sudo(), delivery.sudo()):
                for user, knows in (
                    (self.sam, False),
                    (self.wim, False),
                    (self.rae_on_stock, True),
                ):
                    if user == self.wim and document == order:
                        continue  # reads no orders
                    with self.subTest(code, document=document, user=user.name):
                        said = self.told(document, user)
                        self.assertIn(check.name, said if not knows else check.name)
                        self.assertEqual(figure in said, knows, said)
            check.active = False

    def test_the_margin(self):
        self.laptop.standard_price = 876.54
        self.rule(limit=30, criterion="margin", name="Thin margins")
        order = self.order()
        order.action_confirm()
        self.assertEqual(order.o2c_approval_state, "pending")

        self.assertIn("12.35", self.told(order, self.sam))
        said = self.told(order, self.kim)
        self.assertIn("Thin margins", said)
        for figure in ("12.35", "17.65", "876"):
            self.assertNotIn(figure, said)

    def test_who_reads_no_delivery_is_told_nothing(self):
        self.check("overdue")
        self.owe(7654.32, days_ago=55)
        delivery = self.ordered()
        customer = self.user("pia_reads", "Pia", "base.group_portal")
        for user in (self.ada, customer):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.told(delivery, user)


class TestCannotBeApplied(DeliveryCase):
    """A broken condition or a missing setting: seen by all, a crash for nobody."""

    def broken(self, policy):
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE {policy._table} SET domain = '[(''gone'', ''='', 1)]' "
            "WHERE id = %s",
            [policy.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return policy

    def ways(self, severity):
        """What is wrong with a check → the words for it."""
        self.company.account_use_credit_limit = False
        values = {"severity": severity, "responsible_id": self.mia.id}
        yield (
            self.broken(self.check("tracking", domain="[(1,'=',1)]", **values)),
            "broken",
        )
        yield self.check("credit", **values), "switched off in the settings"
        if "expiration_date" not in self.env["stock.lot"]._fields:
            yield self.check("lots", value=5, **values), "are not installed"

    def test_stops_and_says_whom_to_ask(self):
        for check, words in self.ways("block"):
            with self.subTest(check.code):
                delivery = self.ordered()

                self.assert_stops(delivery, words)
                [said] = self.rpc(self.wim, delivery._name, "o2c_explain", delivery.ids)
                self.assertEqual(said["kind"], "broken")
                self.assertIn("Ask Mia to mend it", said["remedy"])
                self.assertIn(words, delivery.o2c_status)
                self.assertEqual(check.activity_ids.user_id, self.mia)
            check.active = False

    def test_only_warns_is_told_in_one_sentence_and_stops_nothing(self):
        for check, words in self.ways("warn"):
            with self.subTest(check.code):
                delivery = self.ordered()

                [said] = self.rpc(self.wim, delivery._name, "o2c_explain", delivery.ids)
                self.assertFalse(said["blocking"])
                self.assertIn(words, said["reason"])
                self.assertEqual(
                    said["remedy"], "You may go on without it; Mia can mend it."
                )
                self.assertTrue(self.leaves(delivery))
                self.assertEqual(check.activity_ids.user_id, self.mia)
            check.active = False

    def test_a_rule_that_only_warns_is_told_on_the_order(self):
        rule = self.rule(limit=1, effect="warn", responsible_id=self.mia.id)
        rule.domain = "[('note', '=', 'x')]"
        self.broken(rule)
        order = self.order()

        [said] = self.rpc(self.sam, order._name, "o2c_explain", order.ids)

        self.assertIn("“Large orders” is broken", said["reason"])
        self.assertEqual(said["remedy"], "You may go on without it; Mia can mend it.")
        order.action_confirm()
        self.assertEqual(order.state, "sale")


class TestCorrectedAfterwards(O2CCase):
    def corrections(self, order):
        return self.env["o2c.event"].search(
            [("order_key", "=", order.id), ("activity", "=", "corrected")]
        )

    def test_a_quantity_changed_after_it_left_is_remembered_and_billed(self):
        self.company.o2c_invoicing = "post"
        order = self.confirmed(5)
        delivery = self.deliver(order)
        self.assertFalse(self.corrections(order))

        delivery.move_ids.move_line_ids.quantity = 7

        event = self.corrections(order)
        self.assertEqual(event.user_id, self.wim)
        self.assertEqual(event.note, "Laptop: 7 instead of 5 Units")
        self.assertEqual(event.res_name, delivery.name)
        self.assertTrue(
            order.sudo().o2c_billing_task_ids.filtered(
                lambda t: t.kind == "service" and t.state == "todo"
            )
        )
        self.assertEqual(order.order_line.qty_delivered, 7)

    def test_a_line_added_to_what_left_is_remembered(self):
        order = self.confirmed(5)
        delivery = self.deliver(order)
        move = delivery.move_ids

        self.rpc(
            self.wim,
            "stock.move.line",
            "create",
            {
                "move_id": move.id,
                "picking_id": delivery.id,
                "product_id": self.laptop.id,
                "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id,
                "quantity": 2,
            },
        )

        self.assertEqual(self.corrections(order).note, "Laptop: 2 instead of 0 Units")

    def test_the_same_quantity_and_what_did_not_leave_are_no_correction(self):
        order = self.confirmed(5)
        delivery = self.delivery_of(order)
        delivery.move_ids.move_line_ids.quantity = 4
        delivery = self.deliver(order)
        delivery.move_ids.move_line_ids.quantity = 4

        self.assertFalse(self.corrections(order))

    def delivery_of(self, order):
        return order.sudo().picking_ids.with_user(self.wim).sudo(False)

    def test_what_came_back_is_told_as_well(self):
        order = self.confirmed(5)
        delivery = self.deliver(order).sudo()
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=delivery.id, active_model=delivery._name)
            .create({})
        )
        wizard.product_return_moves.quantity = 3
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.button_validate()
        self.assertFalse(self.corrections(order))

        back.move_ids.move_line_ids.quantity = 2

        self.assertEqual(self.corrections(order).note, "Laptop: 2 instead of 3 Units")

    def test_nobody_forges_or_erases_it(self):
        order = self.confirmed(5)
        delivery = self.deliver(order)
        delivery.move_ids.move_line_ids.quantity = 7
        event = self.corrections(order)

        for method, *arguments in (("write", {"note": "nothing"}), ("unlink",)):
            with self.subTest(method), self.assertRaises(UserError):
                self.rpc(self.mia, event._name, method, event.ids, *arguments)
