"""What people see and click, in a real browser."""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


@tagged(*STANDARD)
class TestBrowser(BrowserCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"  # nobody of that name in the demo data
        cls.rule(limit=10000)
        cls.product("Harbor crane", 1000)

    def newest_order(self):
        orders = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        return orders.sorted("id")[-1:]

    def test_sam_asks_and_ada_approves(self):
        self.play("o2c_sam_asks", self.sam)
        order = self.newest_order()
        self.assertEqual((order.state, order.amount_untaxed), ("draft", 12000))

        self.play("o2c_ada_approves", self.ada, "/odoo")

        self.assertEqual(order.state, "sale")
        self.assertEqual(order.o2c_request_ids.decision_ids.user_id, self.ada)

    def test_ada_is_away_and_back_and_answers_too_late(self):
        self.ben.name = "Benedict"  # nobody of that name in the demo data
        step = self.env["o2c.approval.rule"].search([]).step_ids
        step.write(
            {
                "user_ids": [Command.set(self.ada.ids)],
                "deadline_hours": 8,
                "escalation_user_ids": [Command.set(self.mia.ids)],
            }
        )
        order = self.order(quantity=12)
        order.action_confirm()

        self.play("o2c_ada_names_her_deputy", self.ada, "/odoo/deputies")
        self.server_comes_by()
        self.play("o2c_benedict_is_asked_for_ada", self.ben, "/odoo/waiting-for-me")
        self.play("o2c_ada_is_back", self.ada, "/odoo/deputies")
        self.server_comes_by()
        self.assertEqual(order.o2c_request_ids.approver_ids, self.ada)

        order.sudo().o2c_request_ids.turn_ids.deadline = fields.Datetime.now()
        self.server_comes_by()
        self.play(
            "o2c_sam_reads_who_is_asked_as_well",
            self.sam,
            f"/odoo/sale.order/{order.id}",
        )
        self.play("o2c_mia_answers_what_ada_did_not", self.mia, "/odoo/waiting-for-me")

        self.assertEqual(order.state, "sale")
        self.assertEqual(order.o2c_request_ids.decision_ids.user_id, self.mia)

    def server_comes_by(self):
        self.env.ref("o2c_addon.ir_cron_o2c_keep_approvals").method_direct_trigger()
        self.env.invalidate_all()

    def test_who_sells_and_approves_answers_on_the_order(self):
        self.order(quantity=12).action_confirm()
        self.ada.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

        self.play("o2c_ada_approves_on_the_order", self.ada)

        self.assertEqual(self.newest_order().state, "sale")

    def test_kim_corrects_another_price_than_ordered(self):
        self.rule(document="account.move", criterion="price_deviation", limit=2)
        order = self.confirmed(quantity=10)
        self.deliver(order)
        invoice = order.with_user(self.kim).sudo()._create_invoices().sudo(False)
        invoice.invoice_line_ids.price_unit = 950
        invoice.action_post()
        self.assertEqual(
            (invoice.state, invoice.o2c_approval_state), ("draft", "pending")
        )

        self.play(
            "o2c_kim_corrects_the_price", self.kim, f"/odoo/account.move/{invoice.id}"
        )

        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.sudo().o2c_request_ids.state, "obsolete")

    def test_the_board_shows_what_each_order_waits_for(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        self.order(client_order_ref="quotation")
        self.order(quantity=12).action_confirm()
        self.confirmed(product=self.product("Server", 5000), quantity=2)
        self.deliver(self.confirmed(quantity=2))

        self.play("o2c_board", self.sam, "/odoo")

    def test_the_warehouse_opens_deliveries_from_the_board(self):
        self.env["o2c.fulfillment.check"].create({"name": "Only from stock"})
        self.confirmed(product=self.product("Server", 5000), quantity=2)

        self.play("o2c_warehouse", self.wim)

    def test_a_customer_signs_and_reads_that_we_review(self):
        order = self.order(quantity=12, require_signature=True, require_payment=False)
        order.action_quotation_sent()
        order._portal_ensure_token()
        self.env.flush_all()

        self.start_tour(order.get_portal_url(), "o2c_customer_signs", login=None)
        self.env.invalidate_all()

        self.assertEqual((order.state, order.signed_by), ("sent", "Harriet Harbor"))
        self.assertEqual(order.o2c_approval_state, "pending")


@tagged(*STANDARD)
class TestPhone(BrowserCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"
        cls.rule(limit=10000)

    def test_ada_sees_all_without_scrolling_and_approves(self):
        order = self.order(quantity=12)
        order.action_confirm()

        self.play("o2c_ada_answers_on_the_phone", self.ada, "/odoo/waiting-for-me")

        self.assertEqual(order.state, "sale")

    def test_ada_refuses_and_sam_asks_again(self):
        order = self.order(quantity=12)
        order.action_confirm()

        self.play("o2c_ada_refuses_on_the_phone", self.ada, "/odoo/waiting-for-me")
        self.assertEqual(order.o2c_request_ids.state, "refused")
        self.play("o2c_sam_asks_again_on_the_phone", self.sam)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.o2c_request_ids.mapped("round"), [2, 1])
        self.play(
            "o2c_ada_reads_what_she_refused_before", self.ada, "/odoo/waiting-for-me"
        )

        self.assertEqual(order.state, "sale")

    def test_ben_answers_for_ada_about_an_overdue_credit_note(self):
        """Two of three have to say yes; Ada is away, and nobody answered in time."""
        step = {
            "user_ids": [Command.set((self.ada | self.kim | self.rae).ids)],
            "quorum": 2,
            "deadline_hours": 8,
            "escalation_user_ids": [Command.set(self.mia.ids)],
        }
        self.rule(
            document="account.move",
            criterion="credit_note",
            limit=500,
            step_ids=[Command.create(step)],
        )
        line = {"name": "Goodwill", "quantity": 1, "price_unit": 600, "tax_ids": []}
        credit = (
            self.env["account.move"]
            .with_user(self.kim)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": self.customer.id,
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )
        credit.action_post()
        request = credit.sudo().o2c_request_ids
        self.env["o2c.delegation"].with_user(self.ada).create(
            {"deputy_id": self.ben.id}
        )
        request.turn_ids.deadline = fields.Datetime.now() - timedelta(hours=1)
        self.keep()

        tour = "o2c_ben_answers_for_ada_on_the_phone"
        self.play(tour, self.ben, "/odoo/waiting-for-me")

        self.assertEqual((credit.state, request.state), ("draft", "pending"))
        request.with_user(self.rae).action_approve()
        self.assertEqual((credit.state, request.state), ("posted", "approved"))
        self.assertEqual(request.decision_ids.on_behalf_of_id, self.ada)
