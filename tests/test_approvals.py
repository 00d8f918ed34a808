"""Approvals of orders: what is looked at, who is asked, how they answer."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import SALES, STANDARD, O2CCase


@tagged(*STANDARD)
class TestFigures(O2CCase):
    """Each criterion stops what exceeds its limit and lets go what does not."""

    def assertStops(self, order, criterion, limit, sentence, **values):
        rule = self.rule(limit=limit, criterion=criterion, name=criterion, **values)
        order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertIn(sentence, order.o2c_explain()[0]["reason"])
        rule.action_archive()
        order.o2c_request_ids.action_withdraw()

    def assertLetsGo(self, order, criterion, limit, **values):
        rule = self.rule(limit=limit, criterion=criterion, name=criterion, **values)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        rule.action_archive()

    def test_discount_of_the_whole_order(self):
        order = self.order(quantity=10)
        order.order_line.discount = 10
        order.order_line = [
            Command.create({"product_id": self.laptop.id, "product_uom_qty": 10})
        ]

        self.assertStops(order, "discount", 4, "order: 5 %, limit 4 %")
        self.assertLetsGo(order, "discount", 5)

    def test_a_discount_given_as_a_line_of_its_own_counts(self):
        order = self.order(quantity=10)
        gift = self.product("Discount", 0, type="service", is_storable=False)
        order.order_line = [
            Command.create({"product_id": gift.id, "price_unit": -2000})
        ]

        self.assertStops(order, "discount", 19, "order: 20 %, limit 19 %")

    def test_highest_discount_of_a_line(self):
        order = self.order(quantity=10)
        order.order_line.discount = 15

        self.assertStops(order, "discount_line", 14, "line: 15 %, limit 14 %")
        self.assertLetsGo(order, "discount_line", 15)

    def test_margin(self):
        self.laptop.standard_price = 900
        order = self.order(quantity=10)

        self.assertStops(order, "margin", 12, "margin: 10 %, at least 12 %")
        self.assertLetsGo(order, "margin", 10)

    def test_price_below_the_price_list(self):
        order = self.order(quantity=10, price=950)
        order.order_line.discount = 10

        self.assertStops(order, "price_below_list", 14, "14.50 %, limit 14 %")
        self.assertLetsGo(order, "price_below_list", 15)

    def test_the_price_list_of_the_customer_counts(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Friends",
                "item_ids": [
                    Command.create(
                        {
                            "compute_price": "fixed",
                            "fixed_price": 800,
                            "min_quantity": 10,
                            "applied_on": "1_product",
                            "product_tmpl_id": self.laptop.product_tmpl_id.id,
                        }
                    )
                ],
            }
        )
        many = self.order(quantity=10, price=800, pricelist_id=pricelist.id)
        few = self.order(quantity=9, price=800, pricelist_id=pricelist.id)
        self.rule(limit=1, criterion="price_below_list")

        (many | few).action_confirm()

        self.assertEqual((many.state, few.state), ("sale", "draft"))

    def test_payment_later_than_the_customers_own_terms(self):
        late = self.env.ref("account.account_payment_term_45days")
        order = self.order(payment_term_id=late.id)

        self.assertStops(order, "payment_term", 44, "45 days, limit 44 days")
        self.customer.property_payment_term_id = late
        self.assertLetsGo(order, "payment_term", 0)

    def test_above_the_credit_limit(self):
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 5000
        order = self.order(quantity=6)

        self.assertStops(order, "credit", 0, "$\xa01,000.00 above")
        self.customer.credit_limit = 6000
        self.assertLetsGo(order, "credit", 0)

    def _invoice(self, days_ago):
        due = fields.Date.today() - timedelta(days=days_ago)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create({"name": "Old", "price_unit": 10, "tax_ids": []})
                ],
            }
        )
        invoice.action_post()
        return invoice

    def test_an_overdue_customer(self):
        self._invoice(days_ago=20)

        self.assertStops(self.order(), "overdue", 14, "20 days, limit 14 days")
        self.assertLetsGo(self.order(), "overdue", 20)

    def test_a_customer_who_never_paid(self):
        invoice = self._invoice(days_ago=1)

        self.assertStops(self.order(), "new_customer", 0, "never paid")
        self.pay(invoice)
        self.assertLetsGo(self.order(), "new_customer", 0)

    def test_always_where_it_applies(self):
        domain = f"[('partner_id', '=', {self.customer.id})]"
        other = self.env["res.partner"].create({"name": "Elm Street Clinic"})

        self.assertStops(self.order(), "domain", 0, "always asked", domain=domain)
        self.assertLetsGo(self.order(partner_id=other.id), "domain", 0, domain=domain)


@tagged(*STANDARD)
class TestRules(O2CCase):
    def test_a_rule_of_another_company_asks_nobody(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.rule(limit=1, company_id=other.id)

        self.assertEqual(self.confirmed(quantity=11).state, "sale")

    def test_a_rule_counts_for_the_branches(self):
        self.rule(limit=10000)
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        in_force = self.env["o2c.approval.rule"]._in_force

        self.assertEqual(len(in_force("sale.order", "confirm", branch.id)), 1)

    def test_it_is_not_needed_for_some(self):
        rule = self.rule(limit=10000, exempt_user_ids=[Command.set(self.sam.ids)])
        self.assertEqual(self.confirmed(quantity=11).state, "sale")

        rule.exempt_user_ids = False
        rule.exempt_group_ids = self.env.ref("sales_team.group_sale_manager")
        self.assertEqual(self.confirmed(quantity=11).state, "draft")
        self.assertEqual(self.confirmed(quantity=11, user=self.mia).state, "sale")

    def test_an_empty_rule_cannot_be_saved(self):
        with self.assertRaisesRegex(ValidationError, "Say who approves"):
            self.rule(limit=0, approvers=self.env["res.users"])
        with self.assertRaisesRegex(ValidationError, "would stop everything"):
            self.rule(criterion="domain")
        form = Form(self.env["o2c.approval.rule"])
        form.name = "Half a rule"
        with self.assertRaises(ValidationError):
            form.save()

    def test_a_rule_that_asks_nobody_stops_until_it_is_mended(self):
        self.rule(criterion="discount", limit=30, approvers=self.env["res.users"])
        order = self.order()
        order.order_line.discount = 40
        order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.o2c_request_ids)
        why = order.o2c_explain()[0]
        self.assertIn("40 %, limit 30 %", why["reason"])
        self.assertIn("Nobody is asked about it: change it", why["remedy"])

        order.order_line.discount = 30
        order.action_confirm()
        self.assertEqual(order.state, "sale")

        other = self.order()
        other.order_line.discount = 40
        with self.assertRaisesRegex(ValidationError, "limit 30"):
            self.rpc(self.sam, "sale.order", "write", other.ids, {"state": "sale"})

    def test_an_archived_rule_asks_nobody(self):
        self.rule(limit=10000).action_archive()

        self.assertEqual(self.confirmed(quantity=11).state, "sale")

    def test_a_used_rule_is_archived_not_deleted(self):
        rule = self.rule(limit=10000)
        self.confirmed(quantity=11)

        with self.assertRaisesRegex(UserError, "Archive it instead"):
            rule.unlink()

    def test_what_nobody_had_to_approve_leaves_a_trace(self):
        self.rule(limit=10000)
        self.rule(limit=50, criterion="discount")
        order = self.confirmed(quantity=1)

        event = self.env["o2c.event"].search(
            [("order_key", "=", order.id), ("activity", "=", "auto_approved")]
        )
        self.assertEqual(event.data, {"rules": 2})


@tagged(*STANDARD)
class TestSteps(O2CCase):
    def rule_of(self, *steps):
        return self.rule(step_ids=[Command.create(step) for step in steps])

    def users(self, user, **values):
        return {"user_ids": [Command.set(user.ids)], "name": user.name, **values}

    def test_steps_are_asked_one_after_the_other(self):
        self.rule_of(self.users(self.ada, sequence=1), self.users(self.ben, sequence=2))
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids
        self.assertEqual(request.approver_ids, self.ada)
        with self.assertRaisesRegex(UserError, "waits for Ada"):
            request.with_user(self.ben).action_approve()

        request.with_user(self.ada).action_approve()
        self.assertEqual((order.state, request.approver_ids), ("draft", self.ben))
        self.assertEqual(request.activity_ids.user_id, self.ben)

        request.with_user(self.ben).action_approve()
        self.assertEqual(order.state, "sale")

    def test_a_step_is_asked_only_above_its_own_limit(self):
        self.rule_of(
            self.users(self.ada, sequence=1),
            self.users(self.ben, sequence=2, limit=50000),
        )
        small, large = self.confirmed(quantity=50), self.confirmed(quantity=51)
        for order in (small, large):
            order.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual((small.state, large.state), ("sale", "draft"))
        self.assertEqual(large.o2c_request_ids.approver_ids, self.ben)

    def test_members_of_a_group_are_asked(self):
        group = self.env["res.groups"].create(
            {"name": "Board", "user_ids": self.ben.ids}
        )
        self.rule_of({"approver": "group", "group_id": group.id})

        self.assertEqual(
            self.confirmed(quantity=11).o2c_request_ids.approver_ids, self.ben
        )

    def test_the_leader_of_the_sales_team_is_asked(self):
        team = self.env["crm.team"].create({"name": "North", "user_id": self.ben.id})
        self.rule_of({"approver": "team_leader"})

        order = self.confirmed(quantity=11, team_id=team.id)

        self.assertEqual(order.o2c_request_ids.approver_ids, self.ben)

    def test_what_grows_between_two_answers_was_not_seen_by_both(self):
        self.rule_of(self.users(self.ada, sequence=1), self.users(self.ben, sequence=2))
        order = self.confirmed(quantity=13)
        request = order.o2c_request_ids
        request.with_user(self.ada).action_approve()
        order.order_line.product_uom_qty = 12
        request.with_user(self.ben).action_approve()
        self.assertEqual(order.state, "sale")

        order.action_cancel()
        order.action_draft()
        order.order_line.product_uom_qty = 13
        order.action_confirm()

        self.assertEqual(order.state, "draft", "Ben saw 12, not 13")

    def test_an_approver_who_is_gone_is_replaced(self):
        self.rule_of(self.users(self.ada))
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids
        self.ada.active = False

        self.keep()

        self.assertIn(self.mia, request.approver_ids)
        self.assertNotIn(self.ada, request.approver_ids)
        self.assertIn("Mia", order.o2c_status)
        self.assertIn(self.mia, request.activity_ids.user_id)

    def test_an_approver_who_became_an_author_is_replaced(self):
        self.rule_of(self.users(self.mia))
        order = self.confirmed(quantity=11)
        order.with_user(self.mia).order_line.price_unit = 999

        self.keep()

        self.assertNotIn(self.mia, order.o2c_request_ids.approver_ids)


@tagged(*STANDARD)
class TestAnswers(O2CCase):
    def setUp(self):
        super().setUp()
        self.rule(limit=10000)

    def test_done_on_the_activity_is_no_answer(self):
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids
        activity = request.activity_ids.filtered(lambda a: a.user_id == self.ada)
        with self.assertRaisesRegex(UserError, "press Approve or Refuse"):
            self.rpc(self.ada, activity._name, "action_feedback", activity.ids)

        self.assertTrue(activity.active)
        request.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")

    def test_a_refusal_needs_a_reason_and_reaches_the_salesperson(self):
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids.with_user(self.ada)
        with self.assertRaisesRegex(UserError, "Say why"):
            request.action_refuse("  ")

        request.action_refuse("They still owe us two invoices")

        message = order.message_ids[0]
        self.assertIn("Ada refused", message.body)
        self.assertIn("two invoices", message.body)
        self.assertIn(self.sam.partner_id, message.notified_partner_ids)
        self.assertTrue(message.subtype_id.internal)

    def test_approvers_are_told_as_they_like_to_be(self):
        self.ada.notification_type, self.ben.notification_type = "email", "inbox"
        order = self.confirmed(quantity=11)

        request = order.o2c_request_ids
        self.assertEqual(request.activity_ids.user_id, self.ada | self.ben)
        about = [("model", "=", request._name), ("res_id", "=", request.id)]
        mail = self.env["mail.mail"].sudo().search(about)
        self.assertEqual(
            (mail.state, mail.recipient_ids), ("outgoing", self.ada.partner_id)
        )
        self.assertIn(f"/odoo/approvals/{request.id}", mail.body_html)
        self.assertIn("above", mail.body_html)

        request.with_user(self.ben).action_approve()
        self.assertFalse(request.activity_ids, "nobody needs to look any more")

    def test_asking_again_makes_a_new_round_with_the_refusal_in_sight(self):
        order = self.confirmed(quantity=11)
        old = order.o2c_request_ids
        old.with_user(self.ada).action_refuse("Too much")
        with self.assertRaisesRegex(UserError, "what speaks for it"):
            old.with_user(self.sam).action_ask_again("")

        old.with_user(self.sam).action_ask_again("They paid this morning")

        new = order.o2c_request_ids - old
        self.assertEqual((new.round, new.argument), (2, "They paid this morning"))
        self.assertEqual(
            new.with_user(self.ben).earlier_decision_ids.reason, "Too much"
        )
        new.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")

    def test_a_question_can_be_withdrawn(self):
        order = self.confirmed(quantity=11)
        with (
            self.assertRaises(AccessError),
            mute_logger("odoo.addons.base.models.ir_rule"),
        ):
            order.o2c_request_ids.with_user(self.ada).action_withdraw()

        order.o2c_request_ids.with_user(self.sam).action_withdraw()

        self.assertEqual(order.o2c_request_ids.state, "cancelled")
        self.assertFalse(order.o2c_request_ids.activity_ids)
        self.assertEqual(order.o2c_stage, "quotation")

    def test_what_was_mended_and_confirmed_is_asked_about_no_longer(self):
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids

        order.order_line.product_uom_qty = 9
        order.action_quotation_sent()
        self.assertEqual(request.state, "pending", "it was only sent")
        order.action_confirm()

        self.assertEqual((order.state, request.state), ("sale", "obsolete"))
        self.assertFalse(request.approver_ids | request.activity_ids.user_id)
        self.assertEqual(order.o2c_approval_state, "none")

    def test_asking_without_confirming(self):
        order = self.order(quantity=11)

        told = order.action_o2c_ask()

        self.assertIn("Waiting for Ada or Ben", told["params"]["message"])
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "draft", "it was only asked")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_many_are_answered_each_on_its_own(self):
        good, own = self.confirmed(quantity=11), self.confirmed(quantity=11)
        own.with_user(self.mia).order_line.price_unit = 1001
        requests = (good | own).o2c_request_ids
        self.keep()
        self.ada.group_ids += self.env.ref(SALES)
        own.with_user(self.ada).order_line.price_unit = 1002

        told = requests.with_user(self.ada).action_approve()

        self.assertEqual((good.state, own.state), ("sale", "draft"))
        self.assertIn(own.name, told["params"]["message"])

    def test_the_second_answer_is_told_the_first(self):
        order = self.confirmed(quantity=11)
        order.o2c_request_ids.with_user(self.ada).action_approve()

        with self.assertRaisesRegex(UserError, "no longer waits"):
            order.o2c_request_ids.with_user(self.ben).action_refuse("Too late")

        self.assertEqual(len(order.o2c_request_ids.decision_ids), 1)

    def test_an_approver_sees_what_he_needs_without_rights_on_orders(self):
        order = self.confirmed(quantity=11)
        request = order.o2c_request_ids.with_user(self.ada)

        self.assertFalse(self.env["sale.order"].with_user(self.ada).has_access("read"))
        self.assertIn("11 Units Laptop at", request.content)
        self.assertEqual(request.customer_history, "New: no invoice so far")
        self.assertEqual((request.amount, request.discount), (11000, 0))
        self.assertFalse(request.margin_shown)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            request.read(["margin"])

    def test_what_changed_since_it_was_asked_before_is_shown(self):
        order = self.confirmed(quantity=11)
        order.order_line.product_uom_qty = 12
        order.o2c_request_ids.with_user(self.ada).action_approve()

        new = order.o2c_request_ids.filtered(lambda r: r.state == "pending")

        self.assertIn("\N{MINUS SIGN} 11 Units Laptop", new.changes)
        self.assertIn("+ 12 Units Laptop", new.changes)
        self.assertNotIn("Payer", new.changes)

    def test_cancelling_the_order_ends_the_question(self):
        order = self.confirmed(quantity=11)

        order.action_cancel()

        self.assertEqual(order.o2c_request_ids.state, "cancelled")
        self.assertFalse(order.o2c_request_ids.activity_ids)


@tagged(*STANDARD)
class TestSending(O2CCase):
    """Until a rule before sending is answered, the customer gets nothing."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000, gate="send")
        self.large = self.order(quantity=11)

    def test_sending_waits_and_says_for_whom(self):
        told = self.large.action_quotation_send()

        self.assertEqual(told["tag"], "display_notification")
        self.assertIn("Waiting for Ada or Ben", told["params"]["message"])

        self.large.o2c_request_ids.with_user(self.ada).action_approve()
        composer = self.large.action_quotation_send()
        self.assertEqual(composer["res_model"], "mail.compose.message")
        self.assertEqual(self.large.state, "draft", "it is sent by a person")

    def test_sending_many_leaves_out_what_waits(self):
        small = self.order(quantity=1)

        composer = (small | self.large).action_quotation_send()

        self.assertEqual(composer["context"]["default_res_ids"], small.ids)

    def test_it_cannot_be_marked_as_sent(self):
        self.large.action_quotation_sent()
        self.assertEqual(self.large.state, "draft")
        with self.assertRaises(ValidationError):
            self.rpc(self.sam, "sale.order", "write", self.large.ids, {"state": "sent"})
        with self.assertRaises(ValidationError):
            self.rpc(
                self.sam,
                "sale.order",
                "message_post",
                self.large.ids,
                body="Our offer",
                context={"mark_so_as_sent": True},
            )

    def test_confirming_does_not_pass_it_by(self):
        self.large.action_confirm()

        self.assertEqual(self.large.state, "draft")

    def test_the_printout_says_that_it_is_a_draft(self):
        report = self.env["ir.actions.report"]
        name = "sale.report_saleorder"

        before = report._render_qweb_html(name, self.large.ids)[0].decode()
        self.large.action_o2c_ask()
        self.large.o2c_request_ids.with_user(self.ada).action_approve()
        after = report._render_qweb_html(name, self.large.ids)[0].decode()

        self.assertIn("Draft – not approved", before)
        self.assertNotIn("Draft – not approved", after)


@tagged(*STANDARD)
class TestAfterTheYes(O2CCase):
    """A confirmed order that outgrows its yes stops at delivery and at the invoice."""

    def setUp(self):
        super().setUp()
        self.rule(limit=10000)

    def approved(self, quantity=11):
        order = self.confirmed(quantity=quantity)
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")
        return order

    def test_a_smaller_order_keeps_it(self):
        order = self.approved(12)
        order.order_line.product_uom_qty = 11

        self.deliver(order)

        self.assertEqual(order.picking_ids.mapped("state"), ["done"])

    def test_a_larger_order_is_asked_again_at_the_delivery(self):
        order = self.approved(11)
        order.order_line.product_uom_qty = 12

        self.deliver(order)

        self.assertNotIn("done", order.picking_ids.mapped("state"))
        new = order.o2c_request_ids.filtered(lambda r: r.state == "pending")
        self.assertEqual((new.fact, new.round), (12000, 2))
        new.with_user(self.ada).action_approve()
        self.deliver(order)
        self.assertIn("done", order.picking_ids.mapped("state"))
        self.assertEqual(order.order_line.qty_delivered, 12)

    def grown(self, order, quantity=15):
        """It grew, and was asked about at its delivery."""
        order.order_line.product_uom_qty = quantity
        self.deliver(order)
        question = order.o2c_request_ids.sorted("id")[-1]
        self.assertEqual((question.state, question.fact), ("pending", quantity * 1000))
        return question

    def test_who_shrinks_it_again_leaves_nothing_to_answer(self):
        order = self.approved(12)
        for quantity, still in ((14, "pending"), (11, "obsolete")):
            question = self.grown(order)
            order.with_user(self.sam).order_line.product_uom_qty = quantity
            self.keep()
            self.assertEqual(question.state, still)
        self.assertFalse(question.activity_ids.filtered("active"))
        self.assertEqual(order.o2c_approval_state, "approved")
        self.assertEqual(self.events(order)[-1], "not_needed")
        said = "".join(order.message_ids.mapped("body"))
        self.assertIn("No longer waits for Ada or Ben", said)
        with self.assertRaisesRegex(UserError, "no longer waits"):
            question.with_user(self.ada).action_approve()
        self.assertFalse(question.decision_ids)
        self.deliver(order)
        self.assertEqual(order.order_line.qty_delivered, 11)

    def test_within_the_limit_it_was_never_asked_about(self):
        order = self.confirmed(quantity=9)
        question = self.grown(order)
        order.order_line.product_uom_qty = 10
        self.keep()

        self.assertEqual(question.state, "obsolete")
        self.assertEqual(order.o2c_approval_state, "none")

    def test_a_quotation_that_shrinks_below_its_rule_asks_nobody_any_more(self):
        for by_confirm in (True, False):
            order = self.order(quantity=12)
            ask = "action_confirm" if by_confirm else "action_o2c_ask"
            getattr(order.with_user(self.sam), ask)()
            question = order.o2c_request_ids
            order.with_user(self.sam).order_line.product_uom_qty = 10

            explained = order.with_user(self.sam).o2c_explain()
            self.assertEqual(
                [(line["reason"], line["blocking"]) for line in explained],
                [("No approval is needed: you may go on.", False)],
            )
            self.keep()

            self.assertEqual(question.state, "obsolete")
            self.assertFalse(question.activity_ids.filtered("active"))
            self.assertEqual((order.state, order.o2c_stage), ("draft", "quotation"))
            self.assertFalse(order.with_user(self.sam).o2c_explain())
            self.assertIn("No longer waits for", order.message_ids[0].body)

    def test_a_quotation_that_still_needs_it_keeps_its_question(self):
        order = self.order(quantity=14)
        order.with_user(self.sam).action_confirm()
        question = order.o2c_request_ids
        self.keep()
        self.assertEqual(question.state, "pending")
        order.with_user(self.sam).order_line.product_uom_qty = 12
        self.keep()

        self.assertEqual(question.state, "pending")
        self.assertTrue(order.with_user(self.sam).o2c_explain()[0]["blocking"])

    def test_a_rule_that_is_archived_meanwhile_closes_no_question(self):
        order = self.approved(11)
        question = self.grown(order)
        question.sudo().rule_id.action_archive()
        self.keep()

        self.assertEqual(question.state, "pending")

    def test_the_server_looks_at_once_where_an_asked_order_is_edited(self):
        order = self.approved(11)
        cron = self.env.ref("o2c_addon.ir_cron_o2c_keep_approvals")
        woken = [("cron_id", "=", cron.id)]
        before = self.env["ir.cron.trigger"].search_count(woken)
        order.with_user(self.sam).order_line.product_uom_qty = 10
        self.assertEqual(self.env["ir.cron.trigger"].search_count(woken), before)

        self.grown(order)
        order.with_user(self.sam).order_line.product_uom_qty = 11

        self.assertGreater(self.env["ir.cron.trigger"].search_count(woken), before)

    def test_what_was_below_the_limit_and_grew_above_it_is_asked(self):
        order = self.confirmed(quantity=9)
        order.order_line.product_uom_qty = 12

        self.deliver(order)

        self.assertNotIn("done", order.picking_ids.mapped("state"))
        self.assertEqual(order.o2c_request_ids.state, "pending")

    def test_it_is_not_invoiced_either(self):
        service = self.product(
            "Support", 1000, policy="order", type="service", is_storable=False
        )
        order = self.confirmed(product=service, quantity=9)
        order.order_line.product_uom_qty = 12
        invoice = order._create_invoices().with_user(self.kim).sudo(False)

        invoice.action_post()

        self.assertEqual(invoice.state, "draft")
        self.assertIn("Waiting for Ada", invoice.o2c_explain()[0]["reason"])
        with self.assertRaises(ValidationError):
            self.rpc(
                self.kim, "account.move", "write", invoice.ids, {"state": "posted"}
            )
        self.env.invalidate_all()
        order.o2c_request_ids.with_user(self.ada).action_approve()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
