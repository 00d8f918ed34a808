"""Duties on one order that the company keeps apart."""

from odoo.exceptions import AccessError, ValidationError

from .common import ACCOUNTING, SALES, O2CCase


class TestDutiesApart(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.una = cls.user(
            "una_t", "Una", f"{SALES},{ACCOUNTING},o2c_addon.group_o2c_release"
        )
        cls.licence = cls.product("Licence", 10, policy="order")

    def invoice(self, order, user=None):
        """An invoice of the order, confirmed or not as it may be, by ``user``."""
        invoice = order._create_invoices().with_user(user or self.una).sudo(False)
        invoice.action_post()
        return invoice

    def held(self, order, gate="confirm"):
        order = order.with_user(self.rae)
        order.action_o2c_hold(self.reason(gate).id, "Look at it", gate)
        return order.sudo().o2c_hold_ids

    def words(self, document, user):
        rows = self.rpc(user, document._name, "o2c_explain", document.ids)
        return "\n".join(row["reason"] for row in rows)

    # -- releasing -------------------------------------------------------------------

    def test_who_wrote_an_order_does_not_release_it(self):
        self.company.o2c_apart_release = True
        order = self.order(user=self.una)
        hold = self.held(order)

        with self.assertRaisesRegex(AccessError, "somebody else releases it"):
            self.rpc(self.una, "o2c.hold", "action_release", hold.ids, "Fine")
        self.assertEqual(hold.state, "open")
        [row] = self.rpc(self.una, order._name, "o2c_explain", order.ids)
        self.assertNotIn("Una", row["who"])
        self.assertIn("Rae", row["who"])
        self.assertFalse(row["actions"])

        self.rpc(self.rae, "o2c.hold", "action_release", hold.ids, "Fine")
        self.assertEqual(hold.state, "released")

    def test_who_changed_an_order_does_not_release_its_delivery(self):
        self.company.o2c_apart_release = True
        self.check("domain", domain="[('state', '!=', 'done')]")
        order = self.confirmed()
        order.order_line.with_user(self.una).price_unit = 900
        delivery = order.sudo().picking_ids
        arguments = ("action_o2c_release", delivery.ids, "They wait for it")

        with self.assertRaisesRegex(AccessError, "somebody else releases it"):
            self.rpc(self.una, delivery._name, *arguments)
        self.assertFalse(delivery.o2c_hold_ids)

        self.rpc(self.rae, delivery._name, *arguments)
        self.assertEqual(delivery.o2c_hold_ids.state, "released")

    def test_what_everybody_may_end_is_no_check(self):
        self.company.o2c_apart_release = True
        order = self.order(user=self.una).sudo()
        order._o2c_put_on_hold(self.env.ref("o2c_addon.hold_reason_failed"))

        self.rpc(self.una, "o2c.hold", "action_release", order.o2c_hold_ids.ids, "Ok")

        self.assertEqual(order.o2c_hold_ids.state, "released")

    # -- invoicing -------------------------------------------------------------------

    def test_who_wrote_an_order_does_not_confirm_its_invoice(self):
        self.company.o2c_apart_invoice = True
        order = self.confirmed(product=self.licence, user=self.una)

        invoice = self.invoice(order)

        self.assertEqual(invoice.state, "draft")
        self.assertIn(
            "somebody else confirms its invoice", self.words(invoice, self.una)
        )
        self.assertEqual(self.words(invoice, self.kim), "")
        [row] = self.rpc(self.una, invoice._name, "o2c_explain", invoice.ids)
        self.assertIn("Kim", row["who"])
        self.assertNotIn("Una", row["who"])

        invoice.with_user(self.kim).action_post()
        self.assertEqual(invoice.state, "posted")

    def test_no_other_way_leads_past_it(self):
        self.company.o2c_apart_invoice = True
        order = self.confirmed(product=self.licence, user=self.una)
        invoice = order._create_invoices().with_user(self.una).sudo(False)

        for way in (
            lambda: invoice.write({"state": "posted"}),
            lambda: invoice.sudo().write({"state": "posted"}),
            lambda: invoice.web_save({"state": "posted"}, {}),
            lambda: invoice.with_context(sudo=True, o2c_bypass=1).action_post(),
            lambda: invoice.sudo().action_post(),
        ):
            try:  # refused is as good as kept back
                with self.env.cr.savepoint():
                    way()
            except ValidationError as error:
                self.assertIn("somebody else", str(error))
            self.env.invalidate_all()
            self.assertEqual(invoice.state, "draft")

    def test_what_is_invoiced_by_itself_goes_on(self):
        self.company.write({"o2c_apart_invoice": True, "o2c_invoicing": "post"})
        order = self.confirmed()

        self.deliver(order)

        self.assertEqual(order.sudo().invoice_ids.mapped("state"), ["posted"])

    # -- crediting -------------------------------------------------------------------

    def credit(self, invoice, user):
        reversal = (
            self.env["account.move.reversal"]
            .with_user(user)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "reason": "Mine"})
        )
        reversal.refund_moves()
        credit = reversal.new_move_ids.with_user(user).sudo(False)
        credit.action_post()
        return credit

    def test_who_invoiced_an_order_does_not_credit_it(self):
        self.company.o2c_apart_credit = True
        invoice = self.invoice(self.confirmed(product=self.licence), self.kim)
        self.assertEqual(invoice.state, "posted")

        credit = self.credit(invoice, self.kim)

        self.assertEqual(credit.state, "draft")
        self.assertIn("its credit note", self.words(credit, self.kim))
        credit.with_user(self.rae).action_post()
        self.assertEqual(credit.state, "posted")

    # -- each is a choice ------------------------------------------------------------

    def test_not_switched_on_one_person_may_do_it_all(self):
        order = self.order(product=self.licence, user=self.una)
        hold = self.held(order)
        self.rpc(self.una, "o2c.hold", "action_release", hold.ids, "Fine")
        order.action_confirm()
        invoice = self.invoice(order)
        self.assertEqual(self.credit(invoice, self.una).state, "posted")

        self.company.o2c_apart_credit = True
        again = self.invoice(self.confirmed(product=self.licence, user=self.una))
        self.assertEqual(again.state, "posted", "invoicing is not kept apart")
        self.assertEqual(self.credit(again, self.una).state, "draft")
