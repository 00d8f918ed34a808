"""Steps at the same time, so many of them, whom the document names, nobody twice."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ACCOUNTING, STANDARD, O2CCase


class StepsCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cyn = cls.user("cyn_t", "Cyn", "base.group_user")

    @classmethod
    def rule_of(cls, *steps, **values):
        return cls.rule(step_ids=[Command.create(step) for step in steps], **values)

    @classmethod
    def of(cls, users, **values):
        names = " and ".join(users.mapped("name"))
        return {"user_ids": [Command.set(users.ids)], "name": names, **values}

    def asked(self, quantity=11, **values):
        return self.confirmed(quantity=quantity, **values).o2c_request_ids

    def yes(self, request, *users):
        self.env.flush_all()  # what was edited before was edited by somebody else
        for user in users:
            request.with_user(user).action_approve()


@tagged(*STANDARD)
class TestMemory(StepsCase):
    """What rules and steps say is kept in memory, as it is now."""

    def test_who_was_named_anew_is_asked_next(self):
        rule = self.rule_of(self.of(self.ada))
        self.assertEqual(self.asked().approver_ids, self.ada)

        rule.step_ids.user_ids = self.ben
        self.env.invalidate_all()

        self.assertEqual(self.asked().approver_ids, self.ben)

    def test_who_is_no_more_is_not_asked(self):
        leo = self.user("leo_t", "Leo", "base.group_user")
        self.rule_of(self.of(self.ada | leo))
        self.assertFalse(self.asked(quantity=1), "judged, so remembered")

        leo.unlink()
        self.env.invalidate_all()

        self.assertEqual(self.asked().approver_ids, self.ada)

    def test_steps_made_just_now_are_asked_in_order(self):
        rule = self.rule_of(self.of(self.ada), self.of(self.ben))

        rule._o2c_recall(rule.ids)
        self.env.invalidate_all()

        self.assertEqual(rule._o2c_recall(rule.ids).step_ids.mapped("sequence"), [1, 2])
        self.assertEqual(self.asked().approver_ids, self.ada)


@tagged(*STANDARD)
class TestParallel(StepsCase):
    def test_steps_with_the_same_number_are_asked_at_the_same_time(self):
        self.rule_of(self.of(self.ada, sequence=1), self.of(self.ben, sequence=1))
        request = self.asked()
        self.assertEqual(request.approver_ids, self.ada | self.ben)
        self.assertEqual(request._waiting_for(), "Ada and Ben")

        self.yes(request, self.ben)
        self.assertEqual(request.state, "pending")
        self.assertEqual(request.approver_ids, self.ada)
        self.assertEqual(request.activity_ids.user_id, self.ada)

        self.yes(request, self.ada)
        self.assertEqual((request.state, request.order_id.state), ("approved", "sale"))

    def test_the_next_step_waits_for_all_that_run_at_the_same_time(self):
        self.rule_of(
            self.of(self.ada, sequence=1),
            self.of(self.ben, sequence=1),
            self.of(self.cyn, sequence=2),
        )
        request = self.asked()

        self.yes(request, self.ada)
        with self.assertRaisesRegex(UserError, "waits for Ben"):
            self.yes(request, self.cyn)
        self.yes(request, self.ben)

        self.assertEqual(request.approver_ids, self.cyn)

    def test_a_new_step_is_asked_after_the_others(self):
        rule = self.rule_of(self.of(self.ada), self.of(self.ben))
        rule.step_ids = [Command.create(self.of(self.cyn))]

        self.assertEqual(rule.step_ids.mapped("sequence"), [1, 2, 3])
        self.assertEqual(self.asked().approver_ids, self.ada)

    def test_one_no_is_a_no(self):
        self.rule_of(self.of(self.ada, sequence=1), self.of(self.ben, sequence=1))
        request = self.asked()
        self.yes(request, self.ada)

        request.with_user(self.ben).action_refuse("No")

        self.assertEqual((request.state, request.order_id.state), ("refused", "draft"))
        self.assertFalse(request.approver_ids)

    def test_who_is_in_two_steps_answers_once(self):
        self.rule_of(self.of(self.ada | self.ben), self.of(self.ben), self.of(self.cyn))
        request = self.asked()

        self.yes(request, self.ben)

        self.assertEqual(request.approver_ids, self.cyn)
        self.assertEqual(len(request.decision_ids), 1)


@tagged(*STANDARD)
class TestQuorum(StepsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.three = cls.ada | cls.ben | cls.cyn

    def test_two_of_three_have_to_say_yes(self):
        self.rule_of(self.of(self.three, quorum=2))
        request = self.asked()
        self.assertEqual(request._waiting_for(), "2 of Ada, Ben, and Cyn")

        self.yes(request, self.cyn)
        self.assertEqual((request.state, request.order_id.state), ("pending", "draft"))
        self.assertEqual(request._waiting_for(), "Ada or Ben")

        self.yes(request, self.ada)
        self.assertEqual((request.state, request.order_id.state), ("approved", "sale"))
        self.assertEqual(request.decision_ids.user_id, self.ada | self.cyn)

    def test_nobody_counts_twice(self):
        self.rule_of(self.of(self.three, quorum=2))
        request = self.asked()
        self.yes(request, self.ada)

        with self.assertRaisesRegex(UserError, "waits for Ben or Cyn"):
            self.yes(request, self.ada)

        self.assertEqual(request.state, "pending")
        self.assertEqual(len(request.decision_ids), 1)

    def test_a_group_answers_with_the_members_it_has_when_they_answer(self):
        group = self.env["res.groups"].create(
            {"name": "Board", "user_ids": self.three.ids}
        )
        self.rule_of({"approver": "group", "group_id": group.id, "quorum": 2})
        request = self.asked()
        self.yes(request, self.ada)

        group.user_ids -= self.ben
        with self.assertRaisesRegex(UserError, "waits for"):
            self.yes(request, self.ben)
        self.assertEqual(request.state, "pending")
        self.keep()
        self.assertEqual(request.approver_ids, self.cyn)

        self.yes(request, self.cyn)
        self.assertEqual(request.order_id.state, "sale")

    def test_where_too_few_are_left_the_managers_stand_in(self):
        self.rule_of(self.of(self.ada | self.sam, quorum=2))

        request = self.asked()

        self.assertLessEqual(self.ada | self.mia, request.approver_ids)
        self.assertNotIn(self.sam, request.approver_ids)
        self.yes(request, self.ada)
        self.assertEqual(request.state, "pending")
        self.yes(request, self.mia)
        self.assertEqual(request.state, "approved")

    def test_who_said_yes_and_then_changed_it_does_not_count(self):
        """Correct and approve: the corrector becomes an author."""
        seller = self.user("ann_t", "Ann", "sales_team.group_sale_salesman_all_leads")
        self.rule_of(self.of(self.ada | self.ben | seller, quorum=2))
        request = self.asked(quantity=13)
        self.yes(request, seller)

        request.order_id.with_user(seller).order_line.product_uom_qty = 12
        self.yes(request, self.ada)

        self.assertEqual((request.state, request.order_id.state), ("pending", "draft"))
        with self.assertRaisesRegex(UserError, "somebody else approves it"):
            self.yes(request, seller)
        self.yes(request, self.ben)
        self.assertEqual(request.order_id.state, "sale")

    def test_more_than_are_named_cannot_be_wanted(self):
        with self.assertRaisesRegex(ValidationError, "a yes of 3 people"):
            self.rule_of(self.of(self.ada | self.ben, quorum=3))


@tagged(*STANDARD)
class TestNamedByTheDocument(StepsCase):
    def step(self, name, model="sale.order"):
        field = self.env["ir.model.fields"]._get(model, name)
        return {"approver": "field", "approver_field": field.id}

    def test_whom_the_document_names_is_asked(self):
        self.env["ir.model.fields"].sudo().create(
            {
                "name": "x_expert_id",
                "model_id": self.env["ir.model"]._get("sale.order").id,
                "ttype": "many2one",
                "relation": "res.users",
                "field_description": "Expert",
            }
        )
        self.rule_of(self.step("x_expert_id"))

        request = self.asked(x_expert_id=self.ben.id)

        self.assertEqual(request.approver_ids, self.ben)
        self.assertIn("Expert", request.rule_text)

    def test_where_it_names_its_author_the_managers_are_asked(self):
        self.rule_of(self.step("user_id"))

        request = self.asked()

        self.assertNotIn(self.sam, request.approver_ids)
        self.assertIn(self.mia, request.approver_ids)

    def test_a_field_that_names_nobody_is_refused(self):
        for name, model in (("partner_id", "sale.order"), ("user_id", "stock.picking")):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "nobody"):
                self.rule_of(self.step(name, model))


@tagged(*STANDARD)
class TestNobodyTwice(StepsCase):
    """Who said yes to the document as it is, or to a worse one, is not asked again."""

    def test_only_who_did_not_see_it_is_asked_again(self):
        self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked(quantity=13)
        order = request.order_id
        self.yes(request, self.ada)
        request.with_user(self.ben).action_refuse("Too much")

        order.order_line.product_uom_qty = 12
        order.action_confirm()
        again = order.o2c_request_ids - request

        self.assertEqual(again.approver_ids, self.ben)
        self.assertIn("Untaxed amount: $\xa013,000.00 → $\xa012,000.00", again.changes)
        self.yes(again, self.ben)
        self.assertEqual(order.state, "sale")

    def test_what_grew_is_asked_of_everybody(self):
        self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked(quantity=12)
        order = request.order_id
        self.yes(request, self.ada)

        order.order_line.product_uom_qty = 13
        self.env.flush_all()
        request.with_user(self.ben).action_approve()
        again = order.o2c_request_ids - request

        self.assertEqual(again.approver_ids, self.ada)
        self.assertEqual(order.state, "draft")

    def test_other_terms_are_asked_of_everybody(self):
        self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked(quantity=12)
        order = request.order_id
        self.yes(request, self.ada)

        order.payment_term_id = self.env["account.payment.term"].create(
            {"name": "In a year"}
        )
        self.env.flush_all()
        request.with_user(self.ben).action_approve()

        self.assertEqual((order.o2c_request_ids - request).approver_ids, self.ada)

    def test_who_took_back_his_yes_is_asked_again(self):
        self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked(quantity=12)
        order = request.order_id
        self.yes(request, self.ada)
        request.with_user(self.ben).action_refuse("No")
        request.with_user(self.sam).action_ask_again("They paid")
        second = order.o2c_request_ids - request
        self.assertEqual(second.approver_ids, self.ben)
        second.with_user(self.ben).action_approve()

        order.order_line.product_uom_qty = 14
        order._action_cancel()
        order.action_draft()
        order.action_confirm()

        third = order.o2c_request_ids - request - second
        self.assertEqual(third.approver_ids, self.ada)

    def test_a_question_taken_back_and_put_again_goes_on_where_it_was(self):
        self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked()
        self.yes(request, self.ada)
        request.with_user(self.sam).action_withdraw()

        request.order_id.action_confirm()

        self.assertEqual(
            (request.order_id.o2c_request_ids - request).approver_ids, self.ben
        )

    def test_where_everybody_had_said_yes_it_goes_on_at_once(self):
        rule = self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked()
        self.yes(request, self.ada)
        request.with_user(self.sam).action_withdraw()
        rule.step_ids[1].unlink()

        request.order_id.action_confirm()

        self.assertEqual(request.order_id.state, "sale")
        self.assertFalse(
            request.order_id.o2c_request_ids.filtered(lambda r: r.state == "pending")
        )


@tagged(*STANDARD)
class TestAfterAnyChange(StepsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strict = cls.rule(reapproval="any")

    def test_a_smaller_order_is_asked_again(self):
        request = self.asked(quantity=13)
        order = request.order_id
        order.order_line.product_uom_qty = 12
        self.env.flush_all()

        told = request.with_user(self.ada).action_approve()

        self.assertIn("was changed meanwhile", told["params"]["message"])
        self.assertEqual((order.state, request.state), ("draft", "obsolete"))
        self.yes(order.o2c_request_ids - request, self.ada)
        self.assertEqual(order.state, "sale")

    def test_a_confirmed_order_that_shrank_stops_at_the_delivery(self):
        order = self.asked(quantity=13).order_id
        self.yes(order.o2c_request_ids, self.ada)

        order.order_line.product_uom_qty = 12

        self.deliver(order)
        self.assertNotIn("done", order.picking_ids.mapped("state"))
        again = order.o2c_request_ids.filtered(lambda r: r.state == "pending")
        self.assertEqual(again.fact, 12000)
        self.yes(again, self.ada)
        self.deliver(order)
        self.assertIn("done", order.picking_ids.mapped("state"))

    def test_what_did_not_change_is_not_asked_again(self):
        order = self.asked(quantity=13).order_id
        self.yes(order.o2c_request_ids, self.ada)
        order.note = "Thank you!"
        order._action_cancel()
        order.action_draft()

        order.action_confirm()

        self.assertEqual(order.state, "sale")
        self.assertEqual(len(order.o2c_request_ids), 1)

    def test_only_if_it_gets_worse_a_smaller_order_is_covered(self):
        self.strict.reapproval = "worse"
        request = self.asked(quantity=13)
        request.order_id.order_line.product_uom_qty = 12

        self.yes(request, self.ada)

        self.assertEqual(request.order_id.state, "sale")


@tagged(*STANDARD)
class TestPlanIsKept(StepsCase):
    """Rules may change while questions run: those keep who and how many."""

    def test_other_people_and_another_limit_are_for_later_questions(self):
        rule = self.rule_of(self.of(self.ada), self.of(self.ben))
        request = self.asked()
        text = request.rule_text

        rule.write(
            {
                "limit": 10500,
                "step_ids": [
                    Command.clear(),
                    Command.create(self.of(self.cyn)),
                ],
            }
        )
        self.keep()

        self.assertEqual(request.approver_ids, self.ada)
        self.yes(request, self.ada, self.ben)
        answer = request.decision_ids[:1]
        self.assertEqual((answer.limit, answer.excess), (10000, 1000))
        self.assertEqual(answer.rule_text, text)
        self.assertEqual(request.order_id.state, "sale")
        self.assertEqual(self.asked().approver_ids, self.cyn)

    def test_an_archived_rule_stops_nothing_and_its_question_is_answered_as_asked(self):
        rule = self.rule()
        request = self.asked()
        rule.active = False

        self.yes(request, self.ada)

        self.assertEqual((request.state, request.order_id.state), ("approved", "sale"))

    def test_a_rule_that_asked_is_neither_deleted_nor_turned_into_another(self):
        rule = self.rule()
        self.asked()

        for change in (
            rule.unlink,
            lambda: rule.write({"criterion": "discount"}),
            lambda: rule.write({"document": "account.move"}),
        ):
            with self.assertRaisesRegex(UserError, "already asked for approvals"):
                change()

        rule.write({"criterion": "amount", "limit": 20000})
        self.assertEqual(rule.limit, 20000)


@tagged(*STANDARD)
class TestBeforeAsking(StepsCase):
    def test_everybody_who_will_be_asked_is_said_before(self):
        self.rule_of(
            self.of(self.ada | self.ben, sequence=1),
            self.of(self.ben | self.cyn | self.kim, sequence=2, quorum=2),
            self.of(self.cyn, sequence=2),
            self.of(self.mia, sequence=3, limit=50000),
        )
        order = self.order(quantity=11)

        [obstacle] = order.o2c_explain()

        self.assertIn(
            "Needs the approval of Ada or Ben, then 2 of Ben, Cyn, and Kim and Cyn:",
            obstacle["reason"],
        )
        self.assertNotIn("Mia", obstacle["reason"])
        self.assertFalse(order.o2c_request_ids)

    def test_a_comment_stays_with_the_yes(self):
        self.rule()
        request = self.asked()
        words = (
            self.env["o2c.approval.answer"]
            .with_user(self.ada)
            .create({"request_id": request.id, "reason": "Only this once"})
        )

        words.action_approve()

        self.assertEqual(request.decision_ids.reason, "Only this once")
        self.assertEqual(request.order_id.state, "sale")

    def test_invoices_too_ask_two_of_three(self):
        accountants = self.rae | self.user("fay_t", "Fay", ACCOUNTING) | self.kim
        self.rule_of(
            self.of(accountants, quorum=2),
            document="account.move",
            criterion="credit_note",
            limit=500,
        )
        line = {"name": "Advice", "quantity": 1, "price_unit": 600, "tax_ids": []}
        credit = (
            self.env["account.move"]
            .with_user(self.kim)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": self.customer.id,
                    "invoice_user_id": False,
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )
        credit.action_post()
        request = credit.o2c_request_ids

        self.yes(request, self.rae)
        self.assertEqual(credit.state, "draft")
        with self.assertRaisesRegex(UserError, "somebody else approves it"):
            self.yes(request, self.kim)
        self.yes(request, accountants - self.rae - self.kim)

        self.assertEqual(credit.state, "posted")
