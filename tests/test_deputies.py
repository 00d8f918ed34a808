"""Deputies and deadlines: what waits for somebody who is not there."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SALES, STANDARD
from .test_steps import StepsCase


class AwayCase(StepsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["o2c.delegation"].search([]).action_archive()
        cls.today = cls.company._o2c_today()

    @classmethod
    def away(cls, user, deputy, days=7, **values):
        """``user`` names ``deputy`` from yesterday on."""
        return (
            cls.env["o2c.delegation"]
            .with_user(user)
            .create(
                {
                    "deputy_id": deputy.id,
                    "date_from": cls.today - timedelta(days=1),
                    "date_to": cls.today + timedelta(days=days),
                    **values,
                }
            )
        )


@tagged(*STANDARD)
class TestDeputies(AwayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.rule(approvers=cls.ada)

    def test_what_waits_for_ada_goes_to_ben_and_comes_back(self):
        request = self.asked()
        absence = self.away(self.ada, self.ben)
        self.keep()

        self.assertEqual(request.approver_ids, self.ben)
        self.assertEqual(request.activity_ids.user_id, self.ben)
        self.assertIn("Waiting for Ben (for Ada)", request.order_id.o2c_status)
        with self.assertRaisesRegex(UserError, r"waits for Ben \(for Ada\)"):
            self.yes(request, self.ada)

        absence.action_end()
        self.keep()

        self.assertEqual(request.approver_ids, self.ada)
        self.assertEqual(request.activity_ids.user_id, self.ada)
        with self.assertRaises(UserError):
            self.yes(request, self.ben)
        self.yes(request, self.ada)
        self.assertFalse(request.decision_ids.on_behalf_of_id)

    def test_for_whom_it_was_answered_stays_with_the_answer(self):
        self.away(self.ada, self.ben)
        request = self.asked()
        self.assertEqual(request.with_user(self.ben).answers_for_id, self.ada)

        self.yes(request, self.ben)

        answer = request.decision_ids
        self.assertEqual((answer.user_id, answer.on_behalf_of_id), (self.ben, self.ada))
        self.assertEqual(request.order_id.state, "sale")
        said = "".join(request.order_id.message_ids.mapped("body"))
        self.assertIn("Ben (for Ada) approved", said)
        with self.assertRaises(UserError):
            answer.sudo().write({"on_behalf_of_id": False})

    def test_a_deputy_whose_days_are_over_answers_no_more(self):
        absence = self.away(self.ada, self.ben)
        request = self.asked()
        absence.date_to = self.today - timedelta(days=1)

        with self.assertRaisesRegex(UserError, "waits for"):  # before any cron ran
            self.yes(request, self.ben)

        self.assertFalse(request.decision_ids)

    def test_nobody_decides_for_who_became_an_author_or_left(self):
        """Before the server has looked who is asked now."""
        self.ada.group_ids += self.env.ref(SALES)
        self.away(self.ada, self.ben)
        edited, left = self.asked(quantity=12), self.asked()
        edited.order_id.with_user(self.ada).order_line.product_uom_qty = 11
        with self.assertRaisesRegex(UserError, "waits for"):
            self.yes(edited, self.ben)

        self.ada.active = False
        with self.assertRaisesRegex(UserError, "waits for"):
            self.yes(left, self.ben)

        self.assertFalse((edited | left).decision_ids)
        self.assertEqual((edited | left).mapped("state"), ["pending", "pending"])

    def test_who_is_deleted_is_asked_nothing_more_and_others_answer(self):
        people = self.ada | self.ben
        self.policy.step_ids = [
            Command.clear(),
            Command.create(self.of(people, quorum=2, sequence=1)),
            Command.create(self.of(self.cyn, sequence=1)),
        ]
        request, answered = self.asked(), self.asked(quantity=12)

        self.ben.unlink()

        self.assertEqual(request.approver_ids, self.ada | self.cyn)
        self.assertEqual(request._waiting_for(), "2 of Ada and Cyn")
        self.yes(answered, self.cyn)
        self.assertNotIn(self.cyn, answered.approver_ids)
        self.keep()
        managers = request._managers()
        self.assertLess(self.ada | self.cyn, request.approver_ids)
        self.assertLessEqual(request.approver_ids, self.ada | self.cyn | managers)

    def test_who_is_asked_after_his_own_deputy_answered_can_answer(self):
        people = self.ada | self.cyn
        self.policy.step_ids = [
            Command.clear(),
            Command.create(self.of(people, quorum=2)),
        ]
        self.away(self.ada, self.ben)
        self.away(self.ben, self.cyn)
        request = self.asked()

        self.yes(request, self.cyn)
        self.assertEqual(request._waiting_for(), "Ben (for Ada)")
        self.yes(request, self.ben)

        self.assertEqual((request.state, request.order_id.state), ("approved", "sale"))

    def test_only_in_its_days(self):
        for first, last in ((1, 3), (-5, -1)):
            absence = self.away(
                self.ada,
                self.ben,
                date_from=self.today + timedelta(days=first),
                date_to=self.today + timedelta(days=last),
            )
            self.assertEqual(self.asked().approver_ids, self.ada)
            self.assertFalse(absence.is_now)

    def test_an_author_decides_nothing_not_even_for_somebody_else(self):
        self.away(self.ada, self.sam)

        request = self.asked()

        self.assertEqual(request.approver_ids, self.ada)
        with self.assertRaisesRegex(UserError, "somebody else approves it"):
            self.yes(request, self.sam)

    def test_nobody_decides_for_an_author(self):
        self.policy.step_ids.user_ids = self.sam
        self.away(self.sam, self.ben)

        request = self.asked()

        self.assertNotIn(self.ben, request.approver_ids)
        self.assertIn(self.mia, request.approver_ids)

    def test_a_deputy_of_a_deputy(self):
        self.away(self.ada, self.ben)
        self.away(self.ben, self.cyn)

        request = self.asked()

        self.assertEqual(request.approver_ids, self.cyn)
        self.assertEqual(request._waiting_for(), "Cyn (for Ada)")
        self.yes(request, self.cyn)
        self.assertEqual(request.order_id.state, "sale")

    def test_deputies_in_a_circle(self):
        self.away(self.ada, self.ben)
        self.away(self.ben, self.cyn)
        self.away(self.cyn, self.ada)

        request = self.asked()

        self.assertEqual(len(request.approver_ids), 1)
        self.yes(request, request.approver_ids)
        self.assertEqual(request.order_id.state, "sale")

    def test_two_yeses_are_of_two_people(self):
        self.policy.step_ids = [
            Command.clear(),
            Command.create(self.of(self.ada | self.ben, quorum=2)),
        ]
        self.away(self.ada, self.ben)
        request = self.asked()
        self.assertNotIn(self.sam, request.approver_ids)

        self.yes(request, self.ben)

        self.assertEqual((request.state, request.order_id.state), ("pending", "draft"))
        self.assertNotIn(self.ben, request.approver_ids)
        self.assertIn(self.ada, request.approver_ids)
        self.yes(request, self.ada)
        self.assertEqual(request.order_id.state, "sale")

    def test_who_is_asked_himself_is_not_named_for_others_too(self):
        self.policy.step_ids.user_ids |= self.ben
        self.away(self.ada, self.ben)

        request = self.asked()

        self.assertEqual(request._waiting_for(), "Ben")
        self.yes(request, self.ben)
        self.assertEqual(request.order_id.state, "sale")
        self.assertFalse(request.decision_ids.on_behalf_of_id)

    def test_who_is_asked_himself_and_for_somebody_answers_both_at_once(self):
        self.policy.step_ids = [
            Command.clear(),
            Command.create(self.of(self.ada, sequence=1)),
            Command.create(self.of(self.ben, sequence=1)),
        ]
        self.away(self.ada, self.ben)
        request = self.asked()

        self.yes(request, self.ben)

        self.assertEqual(request.order_id.state, "sale")
        self.assertEqual(len(request.decision_ids), 2)
        self.assertEqual(request.decision_ids.on_behalf_of_id, self.ada)

    def test_a_deputy_without_the_company_is_not_asked(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.ben.write({"company_id": other.id, "company_ids": other.ids})
        self.away(self.ada, self.ben)

        request = self.asked()

        self.assertEqual(request.approver_ids, self.ada)

    def test_only_for_one_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.ada.company_ids += other
        self.away(self.ada, self.ben, company_id=other.id)

        self.assertEqual(self.asked().approver_ids, self.ada)

    def test_whenever_out_of_office(self):
        self.away(self.ada, self.ben, period="away")
        request = self.asked()
        self.assertEqual(request.approver_ids, self.ada)

        self.ada.out_of_office_from = fields.Datetime.now() - timedelta(hours=1)
        self.keep()
        self.assertEqual(request.approver_ids, self.ben)

        self.ada.out_of_office_from = False
        self.keep()
        self.assertEqual(request.approver_ids, self.ada)

    def test_time_off_in_the_working_calendar(self):
        self.away(self.ada, self.ben, period="away")
        resource = self.env["resource.resource"].create(
            {"name": "Ada", "user_id": self.ada.id}
        )
        now = fields.Datetime.now()
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "resource_id": resource.id,
                "date_from": now - timedelta(days=1),
                "date_to": now + timedelta(days=1),
            }
        )
        request = self.asked()
        self.assertEqual(request.approver_ids, self.ben)

        leave.unlink()
        self.keep()

        self.assertEqual(request.approver_ids, self.ada)

    def test_an_approver_who_left_has_no_deputy(self):
        self.away(self.ada, self.ben)
        self.ada.active = False

        self.assertNotIn(self.ben, self.asked().approver_ids)

    def test_everybody_names_only_his_own_deputy(self):
        eve = self.user("eva_t", "Eva", "base.group_user")
        with self.assertRaises(UserError):
            self.away(eve, eve, user_id=self.ada.id)
        own = self.away(eve, self.ben)
        with self.assertRaises(AccessError):
            self.rpc(eve, own._name, "write", own.ids, {"user_id": self.ada.id})
        with self.assertRaises(AccessError):
            self.rpc(self.ben, own._name, "write", own.ids, {"date_to": False})
        with self.assertRaises(AccessError):
            self.rpc(self.cyn, own._name, "read", own.ids, ["date_to"])
        with self.assertRaises(AccessError):
            self.away(self.user("pip_t", "Pip", "base.group_portal"), self.ben)

        self.assertEqual(self.asked().approver_ids, self.ada)
        self.away(self.mia, self.ben, user_id=self.ada.id)
        self.assertEqual(self.asked().approver_ids, self.ben)

    def test_nobody_is_his_own_deputy_and_customers_are_none(self):
        customer = self.user("pat_t", "Pat", "base.group_portal")
        with self.assertRaisesRegex(ValidationError, "no employee"):
            self.away(self.ada, customer)

    def test_archived_ones_are_not_kept_in_memory(self):
        """What a client sends in its context decides nothing."""
        absence = self.away(self.ada, self.ben)
        absence.action_end()
        found = self.env["o2c.delegation"].with_context(active_test=False)

        self.assertFalse(found._deputy_of(self.ada, self.company))


@tagged(*STANDARD)
class TestAnyDelegations(AwayCase):
    """Whoever names whom: looking for a deputy ends, and never at an author."""

    def test_any_graph(self):
        people = [
            self.user(f"any_{n}", f"Any {n}", SALES if n < 2 else "base.group_user")
            for n in range(6)
        ]
        edges = st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=12
        )

        @settings(
            max_examples=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            edges,
            st.sets(st.integers(0, 5), min_size=1),
            st.integers(0, 1),
            st.integers(1, 3),
        )
        def check(graph, asked, seller, quorum):
            point = self.env.cr.savepoint()
            try:
                self._check(people, graph, asked, seller, quorum)
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()
                self.env.registry.clear_cache()

        check()

    def _check(self, people, graph, asked, seller, quorum):
        for absent, deputy, also_over in graph:
            if absent != deputy:
                ends = {"date_to": self.today - timedelta(days=1)} if also_over else {}
                self.away(people[absent], people[deputy], **ends)
        users = self.env["res.users"].union(*(people[n] for n in asked))
        self.rule_of(self.of(users, quorum=min(quorum, len(users))))
        order = self.confirmed(quantity=11, user=people[seller])
        request = order.o2c_request_ids.sudo()
        authors = request._parties()
        self.assertIn(people[seller], authors)
        for _each in range(quorum):
            self.assertFalse(request.approver_ids & authors)
            self.assertTrue(request.approver_ids)
            self.yes(request, request.approver_ids[0])
            if request.state != "pending":
                break
        self.assertEqual((request.state, order.state), ("approved", "sale"))
        answers = request.decision_ids
        self.assertFalse((answers.user_id | answers.on_behalf_of_id) & authors)
        self.assertEqual(len(answers.user_id), min(quorum, len(users)))


@tagged(*STANDARD)
class TestDeadlines(AwayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.rule_of(
            cls.of(
                cls.ada,
                deadline_hours=8,
                escalation_user_ids=[Command.set(cls.ben.ids)],
            )
        )

    def passes(self, request, *names):
        """The moments ``names`` of the step are over."""
        self.env.flush_all()
        over = fields.Datetime.now() - timedelta(minutes=1)
        request.sudo().turn_ids.write(dict.fromkeys(names, over))
        self.keep()

    def test_it_is_counted_in_working_hours(self):
        calendar = self.company.resource_calendar_id
        request = self.asked()
        turn = request.turn_ids

        self.assertGreater(turn.deadline, turn.remind_on)
        self.assertEqual(request.deadline, turn.deadline)
        worked = calendar.get_work_hours_count(
            request.requested_on, turn.deadline, compute_leaves=True
        )
        self.assertAlmostEqual(worked, 8, delta=0.1)

    def test_his_own_calendar_counts_where_one_is_asked(self):
        nobody_works = self.env["resource.calendar"].create(
            {
                "name": "Mondays only",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Monday",
                            "dayofweek": "0",
                            "hour_from": 8,
                            "hour_to": 16,
                            "day_period": "morning",
                        }
                    )
                ],
            }
        )
        self.env["resource.resource"].create(
            {
                "name": "Ada",
                "user_id": self.ada.id,
                "calendar_id": nobody_works.id,
                "tz": "UTC",
            }
        )

        turn = self.asked().turn_ids

        self.assertEqual(turn.deadline.weekday(), 0)

    def test_who_does_not_answer_is_reminded_once(self):
        request = self.asked()
        self.passes(request, "remind_on")
        self.keep()

        told = self.env["mail.message"].search(
            [
                ("model", "=", request._name),
                ("res_id", "=", request.id),
                ("message_type", "=", "user_notification"),
            ]
        )
        self.assertEqual(told.notified_partner_ids, self.ada.partner_id)
        self.assertEqual(len(told), 1)
        self.assertIn("Please answer by", told.body)
        self.assertEqual(request.approver_ids, self.ada)

    def test_overdue_it_goes_to_the_next_ones_as_well(self):
        request = self.asked()
        order = request.order_id
        self.assertIn("Ben may answer as well", order.o2c_explain()[0]["remedy"])
        with self.assertRaises(UserError):
            self.yes(request, self.ben)

        self.passes(request, "deadline", "remind_on")
        self.keep()

        self.assertEqual(request.approver_ids, self.ada | self.ben)
        self.assertEqual(request.activity_ids.user_id, self.ada | self.ben)
        self.assertIn(
            "Waiting for Ada, or, because nobody answered in time, Ben",
            order.o2c_explain()[0]["reason"],
        )
        self.assertEqual(self.events(order).count("escalated"), 1)
        self.yes(request, self.ben)
        self.assertEqual(order.state, "sale")

    def test_without_anybody_else_it_stays_where_it_is(self):
        self.policy.step_ids.escalation_user_ids = False
        request = self.asked()

        self.passes(request, "deadline")

        self.assertEqual(request.approver_ids, self.ada)
        self.assertTrue(request.is_overdue)
        overdue = request.search([("is_overdue", "=", True), ("id", "=", request.id)])
        self.assertEqual(overdue, request)
        self.assertNotIn("escalated", self.events(request.order_id))

    def test_it_never_goes_to_an_author(self):
        self.policy.step_ids.escalation_user_ids = self.sam
        request = self.asked()

        self.passes(request, "deadline")

        self.assertEqual(request.approver_ids, self.ada)

    def test_what_is_answered_is_passed_on_to_nobody(self):
        request = self.asked()
        self.yes(request, self.ada)

        self.passes(request, "deadline", "remind_on")

        self.assertNotIn("escalated", self.events(request.order_id))

    def test_the_time_of_a_step_begins_when_it_is_asked(self):
        self.policy.step_ids = [
            Command.create(self.of(self.cyn, deadline_hours=2)),
        ]
        request = self.asked()
        later = request.turn_ids[1]
        self.assertFalse(later.deadline)

        self.yes(request, self.ada)

        self.assertTrue(later.deadline)
        self.assertEqual(request.deadline, later.deadline)


@tagged(*STANDARD)
class TestOneBadQuestion(AwayCase):
    """What is wrong with one question stops none of the others, nor the server."""

    def test_it_is_told_to_who_keeps_the_rule_and_the_others_find_their_way(self):
        policy = self.rule(approvers=self.ada, responsible_id=self.mia.id)
        policy.step_ids.deadline_hours = 8
        first, bad, last = (self.asked() for _each in range(3))
        self.break_it(bad)
        self.away(self.ada, self.ben)

        with self.assertLogs("odoo.addons.o2c_addon", "ERROR"):
            self.look()

        self.assertEqual((first | last).approver_ids, self.ben)
        self.assertEqual(bad.approver_ids, self.ada, "as it was")
        self.assertEqual(policy.activity_ids.user_id, self.mia)
        self.assertIn(bad.res_name, policy.activity_ids.note)

        with self.assertLogs("odoo.addons.o2c_addon", "ERROR"):
            self.look()
        self.assertEqual(len(policy.activity_ids), 1, "once a day")

        self.mend_it(bad)
        self.look()
        self.assertEqual(bad.approver_ids, self.ben)

    def break_it(self, request):
        """Who was asked cannot be read any more, as after a repair by hand gone wrong,
        when it is time to remind them."""
        request.sudo().turn_ids.remind_on = fields.Datetime.now()
        self.write_asked(request, '{"missing": 1, "who": [[]]}')

    def mend_it(self, request):
        self.write_asked(request, None)

    def write_asked(self, request, value):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE o2c_approval_turn SET asked = %s WHERE request_id = %s",
            [value, request.id],
        )
        self.env.invalidate_all()

    def look(self):
        """What the server does, in transactions of its own."""
        with self.enter_registry_test_mode():
            cron = self.env.ref("o2c_addon.ir_cron_o2c_keep_approvals")
            cron.method_direct_trigger()
        self.env.invalidate_all()
