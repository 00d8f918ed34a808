"""Properties that hold for any rules and on any way an order may take."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo.exceptions import UserError
from odoo.fields import Command

from .common import O2CCase

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


class OrderWalk(RuleBasedStateMachine):
    """F39: an order on any way through asking, editing, answering and giving up."""

    case = None
    LIMIT = 10000

    def __init__(self):
        super().__init__()
        self.point = self.case.env.cr.savepoint()
        self.policy = self.case.rule(limit=self.LIMIT)
        self.order = self.case.order(5)
        self.said = 0
        self.best_yes = 0.0

    def teardown(self):
        self.point.close(rollback=True)
        self.case.env.invalidate_all()
        self.case.env.registry.clear_cache()

    def attempt(self, action):
        """What the host or we refuse, with a sentence, is no way either."""
        point = self.case.env.cr.savepoint()
        try:
            action()
            self.case.env.flush_all()
            point.close(rollback=False)
        except UserError:
            point.close(rollback=True)
        self.case.env.invalidate_all()

    @property
    def requests(self):
        return self.order.sudo().o2c_request_ids

    @rule()
    def confirm(self):
        self.attempt(self.order.action_confirm)

    @rule(quantity=st.integers(1, 30))
    def edit(self, quantity):
        line = self.order.order_line
        self.attempt(lambda: line.write({"product_uom_qty": quantity}))

    @rule(approver=st.sampled_from(["ada", "ben", "sam", "wim"]))
    def approve(self, approver):
        pending = self.requests.filtered(lambda r: r.state == "pending")
        before = len(self.requests.decision_ids)
        user = getattr(self.case, approver)
        self.attempt(lambda: pending.with_user(user).action_approve())
        if len(self.requests.decision_ids) > before:
            assert approver in ("ada", "ben"), "only who is asked answers"
            fact = self.requests.decision_ids.sorted("id")[-1].document_fact
            self.best_yes = max(self.best_yes, fact)

    @rule()
    def refuse(self):
        pending = self.requests.filtered(lambda r: r.state == "pending")
        self.attempt(lambda: pending.with_user(self.case.ada).action_refuse("No"))

    @rule()
    def ask_again(self):
        refused = self.requests.filtered(lambda r: r.state == "refused")[:1]
        if refused:
            again = refused.with_user(self.case.sam)
            self.attempt(lambda: again.action_ask_again("They paid"))

    @rule()
    def withdraw(self):
        pending = self.requests.filtered(lambda r: r.state == "pending")
        self.attempt(lambda: pending.with_user(self.case.sam).action_withdraw())

    @rule()
    def cancel(self):
        self.attempt(self.order._action_cancel)

    @precondition(lambda self: self.order.state == "cancel")
    @rule()
    def reset(self):
        self.attempt(self.order.action_draft)

    @rule(active=st.booleans())
    def archive(self, active):
        self.attempt(lambda: self.policy.write({"active": active}))

    @invariant()
    def decisions_only_grow(self):
        said = len(self.requests.decision_ids)
        assert said >= self.said
        self.said = said

    @invariant()
    def one_question_at_a_time(self):
        pending = self.requests.filtered(lambda r: r.state == "pending")
        assert len(pending) <= 1
        assert not pending or self.order.state in ("draft", "sent", "sale")
        assert not (pending and not pending.approver_ids)
        assert not (self.requests - pending).approver_ids

    @invariant()
    def confirmed_means_covered(self):
        """Or it outgrew its yes since, and then it is stopped further down."""
        if self.order.state != "sale" or not self.policy.active:
            return
        amount = self.order.amount_untaxed
        passed = (self.order.sudo().o2c_passed_facts or {}).get("amount", 0)
        covered = max(self.LIMIT, self.best_yes, passed)
        if amount > covered:
            judged = self.order.sudo()
            judged._o2c_forget_facts()
            assert any(o.blocking for o in judged._o2c_outgrown()), amount

    @invariant()
    def answered_ones_are_dated(self):
        for request in self.requests:
            assert (request.state == "pending") == (not request.decided_on)


class TestWalk(O2CCase):
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
