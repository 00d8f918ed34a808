"""Who did everything alone, and who could."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ACCOUNTING, SALES, STANDARD, O2CCase


@tagged(*STANDARD)
class TestDuties(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.user(
            "aud_t", "Aud", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        cls.una = cls.user(
            "una_t", "Una", f"{SALES},{ACCOUNTING},o2c_addon.group_o2c_release"
        )

    def did(self, order, user):
        rows = self.env["o2c.duty.report"].with_user(self.auditor)
        return rows.search([("order_id", "=", order.id), ("user_id", "=", user.id)])

    def test_duties_shared_among_several_are_nothing_to_look_at(self):
        self.rule(limit=1000)
        order = self.order(quantity=5)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.deliver(order)

        approved = self.did(order, self.ada)

        self.assertTrue(approved.approved)
        self.assertFalse(approved.is_own_check or approved.created)
        self.assertEqual((approved.duties, approved.amount), (1, 5000))
        self.assertEqual(self.did(order, self.wim).duties, 0, "delivered, no duty")

    def test_who_releases_the_own_order_stands_out(self):
        order = self.order(user=self.una)
        hold = self.hold(order, self.una)
        hold.with_user(self.una).action_release("It is fine")

        row = self.did(order, self.una)

        self.assertTrue(row.created and row.released and row.is_own_check)
        self.assertEqual(row.duties, 2)
        found = self.env["o2c.duty.report"].search([("is_own_check", "=", True)])
        self.assertIn(row, found)

    def hold(self, order, user):
        order = order.with_user(user)
        order.action_o2c_hold(self.reason("confirm").id, "Look at it", "confirm")
        return order.o2c_hold_ids

    def test_written_invoiced_and_credited_alone_are_three_duties(self):
        licence = self.product("Licence", 10, policy="order")
        own = self.order(product=licence, user=self.una)
        own.action_confirm()
        invoice = own._create_invoices()
        invoice = invoice.with_user(self.una).sudo(False)
        invoice.action_post()
        reversal = (
            self.env["account.move.reversal"]
            .with_user(self.una)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": "Mine"})
        )
        reversal.refund_moves()
        reversal.new_move_ids.action_post()

        row = self.did(own, self.una)

        self.assertTrue(row.created and row.invoiced and row.credited)
        self.assertFalse(row.paid, "a credit note is no payment")
        self.assertEqual(row.duties, 3)
        self.assertTrue(row.is_own_check)

    def test_the_robot_has_no_duties(self):
        order = self.confirmed()
        order.with_user(self.env.ref("base.user_root"))._o2c_log("released")

        people = self.env["o2c.duty.report"].search([("order_id", "=", order.id)])

        self.assertNotIn(self.env.ref("base.user_root"), people.user_id)

    def test_what_is_left_of_a_deleted_order(self):
        order = self.order(user=self.una)
        order.with_user(self.una)._o2c_log("released")
        name = order.name
        order.sudo().unlink()
        self.env.invalidate_all()

        row = self.env["o2c.duty.report"].search([("order_name", "=", name)])

        self.assertEqual((row.user_id, row.order_id.id), (self.una, False))
        self.assertTrue(row.released)
        action = row.with_user(self.auditor).action_open_history()
        events = self.env["o2c.event"].search(action["domain"])
        self.assertEqual(events.mapped("activity"), ["released"])

    def could(self, user):
        rows = self.env["o2c.duty.person"].with_user(self.auditor)
        return rows.search(
            [("user_id", "=", user.id), ("company_id", "=", self.company.id)]
        )

    def test_who_could(self):
        before = self.could(self.una)
        self.assertTrue(before.sells and before.releases and before.invoices)
        self.assertFalse(before.approves)
        self.assertFalse(before.sets_rules or before.sets_rights)
        self.assertEqual(before.duties, 3)

        self.rule(approvers=self.una)
        self.env.flush_all()
        self.env.invalidate_all()

        after = self.could(self.una)
        self.assertTrue(after.approves)
        self.assertEqual(after.duties, 4)
        self.assertFalse(self.could(self.auditor), "no duty, no row")
        self.assertTrue(self.could(self.mia).sets_rules)

    def test_how_often_it_happened_stands_beside_it(self):
        order = self.order(user=self.una)
        order.with_user(self.una)._o2c_log("released")
        self.env.flush_all()

        row = self.could(self.una)

        self.assertEqual(row.own_checks, 1)
        action = row.action_open_orders()
        found = self.env["o2c.duty.report"].search(
            [*action["domain"], ("is_own_check", "=", True)]
        )
        self.assertEqual(found.order_id, order.sudo(False).with_user(self.env.user))

    def test_nobody_but_auditors_and_administrators(self):
        for model in ("o2c.duty.report", "o2c.duty.person"):
            for user in (self.sam, self.wim, self.kim, self.rae):
                with (
                    self.subTest(f"{user.name} {model}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, model, "search_read", [])
            for user in (self.mia, self.auditor):
                self.rpc(user, model, "search_read", [])
