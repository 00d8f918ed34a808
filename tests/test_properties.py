"""Properties that hold for any rules and on any way an order may take."""

import os
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command

from .common import SALES, O2CCase

STEADY = {"deadline": None, "derandomize": True, "database": None}
LAX = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

rules = st.lists(
    st.fixed_dictionaries(
        {
            "criterion": st.sampled_from(["amount", "discount_line", "discount"]),
            "limit": st.sampled_from([0, 5, 10, 20, 1000, 5000, 12000]),
            "large": st.booleans(),  # only for orders with a reference
            "exempt": st.booleans(),  # not needed for who asks
            "step_limit": st.sampled_from([0, 8000]),
        }
    ),
    max_size=6,
)
lines = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from([10, 500, 999.99]), st.integers(0, 30)
    ),
    min_size=1,
    max_size=3,
)


def figure(criterion, goods):
    """The oracle: what a criterion says of (quantity, price, discount)."""
    net = [round(q * p * (1 - d / 100), 2) for q, p, d in goods]
    if criterion == "amount":
        return sum(net)
    if criterion == "discount_line":
        return max(d for _q, _p, d in goods)
    # as the order shows it: each line in whole cents
    full = sum(n * 100 / (100 - d) for n, (_q, _p, d) in zip(net, goods, strict=True))
    return round(100 * (1 - sum(net) / full), 2)


class TestRuleSets(O2CCase):
    """F32: none, overlapping, contradictory: who is asked is what the oracle says."""

    def test_who_is_asked(self):
        @settings(max_examples=40, suppress_health_check=LAX, **STEADY)
        @given(rules, lines, st.booleans())
        def check(policy, goods, referenced):
            point = self.env.cr.savepoint()
            try:
                self._compare(policy, goods, referenced)
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()
                self.env.registry.clear_cache()

        check()

    def _compare(self, policy, goods, referenced):
        asks = self.env["o2c.approval.rule"]
        for each in policy:
            made = self.rule(
                criterion=each["criterion"],
                limit=each["limit"],
                domain="[('client_order_ref', '!=', False)]"
                if each["large"]
                else False,
                exempt_user_ids=[Command.set(self.sam.ids if each["exempt"] else [])],
            )
            made.step_ids.limit = each["step_limit"]
            fact = figure(each["criterion"], goods)
            if (
                fact > max(each["limit"], each["step_limit"])
                and not each["exempt"]
                and (referenced or not each["large"])
            ):
                asks |= made
        order = self.order(
            client_order_ref="PO" if referenced else False,
            order_line=[
                Command.create(
                    {
                        "product_id": self.laptop.id,
                        "product_uom_qty": quantity,
                        "price_unit": price,
                        "discount": discount,
                    }
                )
                for quantity, price, discount in goods
            ],
        )
        order.action_confirm()
        self.assertEqual(order.sudo().o2c_request_ids.rule_id, asks)
        self.assertEqual(order.state, "draft" if asks else "sale")
        for request in order.sudo().o2c_request_ids:
            request.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")


SELLERS = ["sam", "sal"]
APPROVERS = ["ada", "ben", "cyn", "sal"]
PEOPLE = ["ada", "ben", "cyn", "sal", "sam", "mia", "wim"]

plans = st.lists(
    st.fixed_dictionaries(
        {
            "people": st.sets(st.sampled_from([*APPROVERS, "sam"]), min_size=1),
            "quorum": st.integers(1, 3),
            "sequence": st.integers(1, 2),
            "then": st.sets(st.sampled_from(["sam", "ben", "wim"]), max_size=1),
        }
    ),
    min_size=1,
    max_size=3,
)


class OrderWalk(RuleBasedStateMachine):
    """F39: an order on any way through asking, editing, answering and giving up, while
    people come, leave, are away and stand in for each other."""

    case = None
    LIMIT = 10000

    def __init__(self):
        super().__init__()
        self.point = self.case.env.cr.savepoint()
        self.said = {}

    @initialize(
        plan=plans,
        reapproval=st.sampled_from(["worse", "any"]),
        seller=st.sampled_from(SELLERS),
    )
    def begin(self, plan, reapproval, seller):
        steps = [Command.create(self.step(**each)) for each in plan]
        self.policy = self.case.rule(
            limit=self.LIMIT, step_ids=steps, reapproval=reapproval
        )
        self.order = self.case.order(5, user=self.user(seller))

    def step(self, people, quorum, sequence, then):
        return {
            "user_ids": [Command.set(self.users(people).ids)],
            "quorum": min(quorum, len(people)),
            "sequence": sequence,
            "deadline_hours": 8,
            "escalation_user_ids": [Command.set(self.users(then).ids)],
        }

    def teardown(self):
        self.point.close(rollback=True)
        self.case.env.invalidate_all()
        self.case.env.registry.clear_cache()

    def user(self, name):
        return getattr(self.case, name)

    def users(self, names):
        return self.case.env["res.users"].union(*map(self.user, names))

    def attempt(self, action):
        """What the host or we refuse, with a sentence, is no way either."""
        was = self.order.state
        point = self.case.env.cr.savepoint()
        try:
            action()
            self.case.env.flush_all()
            point.close(rollback=False)
        except UserError:
            point.close(rollback=True)
        self.case.env.invalidate_all()
        if was != "sale" and self.order.state == "sale":
            self.check_may_be_confirmed()

    @property
    def requests(self):
        return self.order.sudo().o2c_request_ids

    @property
    def pending(self):
        return self.requests.filtered(lambda r: r.state == "pending")

    # -- what people do ----------------------------------------------------------------

    @rule(seller=st.sampled_from(SELLERS))
    def confirm(self, seller):
        self.attempt(self.order.with_user(self.user(seller)).action_confirm)

    @rule(quantity=st.integers(1, 30), seller=st.sampled_from(SELLERS))
    def edit(self, quantity, seller):
        line = self.order.with_user(self.user(seller)).order_line
        self.attempt(lambda: line.write({"product_uom_qty": quantity}))

    @rule(who=st.sampled_from(PEOPLE))
    def approve(self, who):
        self.answer(who, lambda request: request.action_approve())

    @rule(who=st.sampled_from(APPROVERS))
    def approve_if_asked(self, who):
        if self.user(who) in self.pending.approver_ids:
            self.approve(who)

    @rule(who=st.sampled_from(PEOPLE))
    def refuse(self, who):
        self.answer(who, lambda request: request.action_refuse("No"))

    def answer(self, who, verb):
        """Whoever answers had no part in it, and stands in only for such people."""
        user, request = self.user(who), self.pending
        parties = self.order.sudo()._o2c_authors() | request.requested_by_id
        before = self.requests.decision_ids
        self.attempt(lambda: verb(request.with_user(user)))
        for decision in self.requests.decision_ids - before:
            assert decision.user_id == user and user.active
            assert not (user | decision.on_behalf_of_id) & parties, "an author decided"

    @rule()
    def ask_again(self):
        refused = self.requests.filtered(lambda r: r.state == "refused")[:1]
        if refused:
            again = refused.with_user(self.case.sam)
            self.attempt(lambda: again.action_ask_again("They paid"))

    @rule()
    def withdraw(self):
        self.attempt(lambda: self.pending.with_user(self.case.sam).action_withdraw())

    @rule()
    def cancel(self):
        self.attempt(self.order._action_cancel)

    @precondition(lambda self: self.order.state == "cancel")
    @rule()
    def reset(self):
        self.attempt(self.order.action_draft)

    @rule(active=st.booleans())
    def archive_the_rule(self, active):
        self.attempt(lambda: self.policy.write({"active": active}))

    # -- who is there ------------------------------------------------------------------

    @rule(who=st.sampled_from(["ada", "ben", "cyn"]), active=st.booleans())
    def archive_an_approver(self, who, active):
        self.attempt(lambda: self.user(who).write({"active": active}))

    @rule(absent=st.sampled_from(APPROVERS), deputy=st.sampled_from(PEOPLE))
    def leave(self, absent, deputy):
        values = {"user_id": self.user(absent).id, "deputy_id": self.user(deputy).id}
        if absent != deputy:
            self.attempt(lambda: self.case.env["o2c.delegation"].create(values))

    @rule(absent=st.sampled_from(APPROVERS))
    def come_back(self, absent):
        away = self.case.env["o2c.delegation"].search(
            [("user_id", "=", self.user(absent).id)]
        )
        self.attempt(away.action_archive)

    @rule()
    def let_time_pass(self):
        over = fields.Datetime.now() - timedelta(minutes=1)
        turns = self.pending.turn_ids.filtered("deadline")
        turns.write({"deadline": over, "remind_on": over})
        self.keep()

    @rule()
    def keep(self):
        self.attempt(self.case.keep)
        request = self.pending
        asked = request.approver_ids
        assert all(user.active for user in asked)
        if request:
            parties = self.order.sudo()._o2c_authors() | request.requested_by_id
            assert not asked & parties, "an author is asked"

    # -- what always holds -------------------------------------------------------------

    def check_may_be_confirmed(self):
        """It is small, or so many different people as were wanted said yes to it."""
        amount, policy = self.order.amount_untaxed, self.policy
        if not policy.active or amount <= self.LIMIT:
            return
        approved = self.requests.filtered(lambda r: r.state == "approved")[:1]
        assert approved, "nobody said yes"
        for turn in approved.turn_ids:
            yes = {}
            for answer in self.requests.decision_ids.sorted("id"):
                yes[answer.user_id] = (
                    answer.verdict == "approved"
                    and answer.document_fact >= amount
                    and (policy.reapproval == "worse" or answer.seal == approved.seal)
                    and (
                        answer.turn_id == turn
                        or (answer.user_id | answer.on_behalf_of_id) & turn._people()
                    )
                )
            assert sum(map(bool, yes.values())) >= turn.quorum, (turn.quorum, yes)

    @invariant()
    def decisions_only_grow(self):
        rows = self.requests.decision_ids.read(
            ["user_id", "verdict", "on_behalf_of_id", "seal", "document_fact"]
        )
        said = {row["id"]: row for row in rows}
        assert said == said | self.said
        self.said = said

    @invariant()
    def one_question_at_a_time(self):
        pending, order = self.pending, self.order
        assert len(pending) <= 1
        assert not pending or order.state in ("draft", "sent", "sale")
        assert not (pending and not pending.approver_ids)
        assert not (self.requests - pending).approver_ids

    @invariant()
    def confirmed_means_covered(self):
        """Or it outgrew its yes since, and then it is stopped further down."""
        if self.order.state != "sale" or not self.policy.active:
            return
        order = self.order.sudo()
        if order.o2c_passed_seal == order.o2c_seal:
            return
        passed = (order.o2c_passed_facts or {}).get("amount", 0)
        worse = self.policy.reapproval == "worse"
        if order.amount_untaxed > max(self.LIMIT, passed if worse else 0):
            order._o2c_forget_facts()
            covering = self.requests.filtered(lambda r: r.state == "approved")
            assert covering or any(o.blocking for o in order._o2c_outgrown())

    @invariant()
    def answered_ones_are_dated(self):
        for request in self.requests:
            assert (request.state == "pending") == (not request.decided_on)


class TestWalk(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["o2c.delegation"].search([]).action_archive()
        cls.cyn = cls.user("cyn_t", "Cyn", "base.group_user")
        cls.sal = cls.user("sal_t", "Sal", SALES)

    def test_any_way(self):
        walk = type("Walk", (OrderWalk,), {"case": self})
        run_state_machine_as_test(
            walk,
            settings=settings(
                max_examples=int(os.environ.get("O2C_WALKS", "25")),
                stateful_step_count=20,
                suppress_health_check=LAX,
                **STEADY,
            ),
        )
