import logging
import math

from psycopg2 import DatabaseError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Command
from odoo.tools.sql import column_exists, create_column

from ..reading import read_with
from ..words import beginning
from .gate_mixin import Obstacle

_logger = logging.getLogger(__name__)

# judged once, never outgrown
CUSTOMER = {"credit", "overdue", "new_customer", "broken_promises"}
COLUMNS = {
    "o2c_approval_state": "varchar",
    "o2c_seal": "varchar",
    "o2c_has_authors": "bool",
}


class ApprovalMixin(models.AbstractModel):
    """A document people must say yes to, beyond the limits of the approval rules.

    It answers the rules' questions (``_o2c_fact_<criterion>``), says what its terms and
    lines are (``o2c_seal``) and who had a part in them (``_o2c_authors``).
    """

    _name = "o2c.approval.mixin"
    _description = "Document with approvals"
    _inherit = ["o2c.gate.mixin"]

    o2c_approval_state = fields.Selection(
        [
            ("none", "Nothing to approve"),
            ("pending", "Waiting for approval"),
            ("approved", "Approved"),
            ("refused", "Refused"),
        ],
        "Approval",
        compute="_compute_o2c_approval_state",
        store=True,
        precompute=True,
        copy=False,
    )
    o2c_seal = fields.Char(
        "Fingerprint", compute="_compute_o2c_seal", store=True, copy=False
    )
    o2c_author_ids = fields.Many2many(
        "res.users",
        string="Changed By",
        readonly=True,
        copy=False,
        help="Who changed terms or lines, besides who created it. They do not approve.",
    )
    o2c_has_authors = fields.Boolean(
        "Changed by Others",
        compute="_compute_o2c_has_authors",
        store=True,
        copy=False,
        help="Somebody besides who created it changed terms or lines. Kept here, so "
        "that what nobody changed costs no look at who did.",
    )

    def _auto_init(self):
        """Existing documents are not computed one by one at installation."""
        if self._auto and not column_exists(self.env.cr, self._table, "o2c_seal"):
            for column, kind in COLUMNS.items():
                create_column(self.env.cr, self._table, column, kind)
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_approval_state",
            "o2c_seal",
            "o2c_author_ids",
            "o2c_has_authors",
            "o2c_request_ids",
        }

    @api.depends("o2c_request_ids.state", "o2c_request_ids.rule_id")
    def _compute_o2c_approval_state(self):
        """For people and lists; the gate itself judges the figures, never this."""
        for document in self:
            latest = {}
            for request in document.o2c_request_ids.sorted("id"):
                rule, state = request.rule_id, request.state
                if (latest.get(rule), state) == ("approved", "obsolete"):
                    continue  # a question that fell away takes back no yes
                latest[rule] = state
            states = set(latest.values())
            document.o2c_approval_state = next(
                (s for s in ("refused", "pending", "approved") if s in states), "none"
            )

    def _compute_o2c_seal(self):
        """``<terms>.<lines>``: two hashes, to tell “same terms, smaller”."""
        raise NotImplementedError

    def _o2c_current_seal(self):
        """The seal; computed now for a document that is older than this addon."""
        if not self.o2c_seal:
            self._compute_o2c_seal()
        return self.o2c_seal

    def _o2c_stamp_holds(self):
        # no seal at all: nobody touched it since the addon was installed
        return self.o2c_passed_on and self.o2c_passed_seal == self.o2c_seal

    # -- the figures -----------------------------------------------------------------

    def _o2c_fact(self, criterion, needs=()):
        """The figure of ``criterion`` for this document, in company currency if money.

        Bigger is worse. Answered by ``_o2c_fact_<criterion>``, once per judgement;
        of what is missing only what a rule ``needs`` counts.
        """
        facts = self.env.cr.cache.setdefault("o2c_facts", {})
        key = (self._name, self.id, criterion, *needs)
        if key not in facts:
            facts[key] = getattr(self, f"_o2c_fact_{criterion}")(*needs)
        return facts[key]

    def _o2c_fact_domain(self):
        """Always; which documents are meant, the rule's own condition says."""
        return 1.0

    def _o2c_document_fact(self, criterion):
        """The same figure in the document's own currency, where that differs."""
        method = getattr(self, f"_o2c_document_fact_{criterion}", None)
        return method() if method else self._o2c_fact(criterion)

    def _o2c_rules(self, gate):
        """The rules to pass before ``gate``."""
        return self.env["o2c.approval.rule"]._in_force(
            self._name, gate, self.company_id.id
        )

    def _o2c_facts(self, gate):
        """What a stamp remembers: the figures that can be outgrown."""
        criteria = {criterion for criterion, _needs in self._o2c_rules(gate).least}
        criteria.add("amount")
        return {
            criterion: self._o2c_document_fact(criterion)
            for criterion in sorted(criteria - CUSTOMER)
        }

    def _o2c_figures(self, rule):
        """What a question or an answer under ``rule`` rests on, as the document is."""
        fact = self._o2c_fact(rule.criterion, rule._needs())
        limit = rule._threshold()
        return {
            "fact": fact,
            "document_fact": self._o2c_document_fact(rule.criterion),
            "limit": limit,
            "excess": fact - limit,
            "seal": self._o2c_current_seal(),
        }

    # -- what is in the way ----------------------------------------------------------

    def _o2c_obstacles(self, gate):
        obstacles = super()._o2c_obstacles(gate)
        if self._o2c_stamp_holds():
            return obstacles  # it passed as it is
        user = self.env.user
        for rule in self._o2c_beyond(self._o2c_rules(gate).shown):
            if not rule.exempts(user):
                obstacles += self._o2c_obstacles_of(rule)
        return sorted(
            obstacles,
            key=lambda o: (not o.blocking, o.kind != "hold", o.kind != "refusal"),
        )

    def _o2c_beyond(self, rules):
        """Those of ``rules`` (:class:`RulesInForce`) whose limit this one is beyond.

        What cannot be told is beyond.
        """
        facts = {figure: self._o2c_fact_or_worst(*figure) for figure in rules.least}
        if all(facts[figure] <= limit for figure, limit in rules.least.items()):
            return []
        return [rule for rule in rules if facts[rule.figure] > rule.threshold]

    def _o2c_fact_or_worst(self, criterion, needs):
        """The figure, or infinity where it cannot be told."""
        try:
            return self._o2c_fact(criterion, needs)
        except DatabaseError:
            raise  # the transaction is lost
        except Exception:  # said, with its reason, where the rule is applied
            return math.inf

    def _o2c_obstacles_of(self, rule):
        """What ``rule`` (:class:`RuleInForce`) has against this document."""
        rules = self.env["o2c.approval.rule"]
        try:
            fact = self._o2c_fact(rule.criterion, rule.needs)
            if fact <= rule.threshold:
                return []
            record = rules._o2c_recall([rule.id])
            if rule.domain and not record._is_about(self):
                return []
        except DatabaseError:
            raise  # the transaction is lost, and where it helps the host retries
        except Exception:  # a broken rule must never crash a screen
            _logger.warning("Rule %s cannot be applied", rule.id, exc_info=True)
            return [self._o2c_obstacle_broken(rules._o2c_recall([rule.id]))]
        if self._o2c_is_stamped_for(rule):
            return []
        if rule.effect == "warn":
            warns = record._wants_something(fact)
            return [self._o2c_obstacle_warning(record, fact)] if warns else []
        obstacle = self._o2c_obstacle_unanswered(record, fact)
        return [obstacle] if obstacle else []

    def _o2c_is_stamped_for(self, rule):
        """Whether it already passed on terms like these with a figure not smaller.

        What concerns the customer is judged once, when asked, and cannot be outgrown.
        A rule that asks again after any change wants the very same document.
        """
        if not self.o2c_passed_on:
            return False
        if self._o2c_stamp_holds():
            return True
        if rule.reapproval == "any":
            return False
        criterion = rule.criterion
        if criterion in CUSTOMER:
            return True
        terms = self.env["o2c.approval.request"]._terms
        if self.o2c_passed_seal and terms(self.o2c_passed_seal) != terms(self.o2c_seal):
            return False
        passed = (self.o2c_passed_facts or {}).get(criterion)
        return passed is not None and self._o2c_document_fact(criterion) <= passed

    def _o2c_obstacle_warning(self, rule, fact):
        return Obstacle(
            "rule",
            rule,
            beginning(self._o2c_why(rule, fact)),
            {"fact": fact, "limit": rule._threshold()},
            self.env["res.users"],
            self.env._("This is a warning: you may go on."),
            False,
        )

    def _o2c_obstacle_unanswered(self, rule, fact):
        why = self._o2c_why(rule, fact)
        if rule._asks_nobody():
            return Obstacle(
                "rule",
                rule,
                beginning(why),
                {"fact": fact},
                self.env["res.users"],
                self._o2c_remedy_of_stop(rule),
                True,
            )
        request = self._o2c_answer(rule)
        if request.state == "approved":
            return None
        if request.state == "refused":
            return self._o2c_obstacle_refused(request, why)
        if request.state == "pending":
            return self._o2c_obstacle_pending(request, why)
        steps = rule._steps_for(fact)
        self._o2c_meet(steps.with_context(active_test=False).user_ids)
        self._o2c_meet_customers()
        if not steps:
            return None  # only beyond limits this figure does not reach
        first = steps.filtered(lambda s: s.sequence == steps[:1].sequence)
        who = self.env["res.users"].union(*(step._approvers(self) for step in first))
        return Obstacle(
            "approval",
            rule,
            self.env._(
                "Needs the approval of %(who)s: %(why)s",
                who=steps._chain_in_words(),
                why=why,
            ),
            {"fact": fact, "limit": rule._threshold()},
            who,
            self.env._("Ask for it: press Confirm or Ask for approval."),
            True,
        )

    def _o2c_remedy_of_stop(self, rule):
        if rule.criterion == "incomplete":
            return self.env._("Then confirm it.")
        return self.env._("Nobody is asked about it: change it, then confirm it.")

    def _o2c_meet(self, people):
        """Read ``people`` and the acting user at once: all are named, and the host's
        message on the document names who acts."""
        # sudo: only names are told, as whoever is concerned may know them
        read_with((people | self.env.user).sudo(), "login")

    def _o2c_meet_customers(self):
        """Read the customers of all that are judged together, whoever owes for them,
        and who acts, at once: they are named, and what they may owe is asked."""

        def read(documents):
            partners = documents._o2c_partners() | documents.env.user.partner_id
            partners.with_company(self.company_id)._o2c_read_with_payers()

        self.sudo()._o2c_together("customers", read)  # sudo: see above

    def _o2c_partners(self):
        """The customers, as words on questions name them. Override to add more."""
        return self.partner_id

    def _o2c_why(self, rule, fact):
        """What ``rule`` has against a ``fact`` of this document: a sentence."""
        return rule._sentence(fact, rule._threshold())

    def _o2c_obstacle_pending(self, request, why):
        if request.intent:
            going_on = self.env._("It goes on by itself once approved.")
        else:
            going_on = self.env._("Confirm it once approved.")
        return Obstacle(
            "approval",
            request,
            self.env._(
                "Waiting for %(who)s: %(why)s", who=request._waiting_for(), why=why
            ),
            {"fact": request.fact, "limit": request.limit},
            request.approver_ids,
            f"{going_on} {request._what_follows()}".strip(),
            True,
        )

    def _o2c_obstacle_refused(self, request, why):
        decision = request.decision_ids[:1]
        return Obstacle(
            "refusal",
            request,
            self.env._(
                "Refused by %(who)s: “%(reason)s” (%(why)s)",
                who=decision.user_id.name,
                reason=decision.reason,
                why=why,
            ),
            {"fact": request.fact, "limit": request.limit},
            self.env["res.users"],
            self.env._("Change it and confirm it, or ask again."),
            True,
        )

    def _o2c_obstacle_broken(self, rule):
        blocking = rule.effect == "enforce"
        return Obstacle(
            "broken",
            rule,
            self.env._(
                "The rule “%(rule)s” is broken and cannot be applied", rule=rule.name
            ),
            {},
            rule.responsible_id,
            self._o2c_remedy_of_broken(rule, blocking),
            blocking,
        )

    def _o2c_answer(self, rule):
        """The request that settles ``rule`` for the document as it is, or none."""
        seal = self._o2c_current_seal()
        fact = self._o2c_document_fact(rule.criterion)
        requests = self.o2c_request_ids
        answers = requests.filtered(
            lambda r: (
                r.rule_id == rule
                and r.state in ("pending", "approved", "refused")
                and r._covers(seal, fact)
            )
        )
        # what is asked of one is asked of all: they are read together
        return answers.sorted("id")[-1:].with_prefetch(requests._prefetch_ids)

    def _o2c_actions(self, obstacle):
        if obstacle.kind == "hold":
            return super()._o2c_actions(obstacle)
        source = obstacle.source
        is_asked = source._name == "o2c.approval.request"
        if is_asked and source.can_answer:
            return [
                (source, "action_approve", self.env._("Approve")),
                (source, "action_open_answer", self.env._("Refuse")),
            ]
        if not self.has_access("write"):
            return []
        if obstacle.kind == "refusal":
            return [(source, "action_open_argument", self.env._("Ask again"))]
        if obstacle.kind == "approval" and is_asked:
            return [(source, "action_withdraw", self.env._("Withdraw"))]
        if obstacle.kind == "approval":
            return [(self, "action_o2c_ask", self.env._("Ask for approval"))]
        return []

    # -- who had a part in it --------------------------------------------------------

    def _o2c_authors(self):
        """Whose document it is: who created it or changed its terms or lines.

        None of them approves it, not even for somebody else. Override to add more.
        """
        if not self.o2c_has_authors:
            return self.create_uid
        return self.create_uid | self.o2c_author_ids

    @api.depends("o2c_author_ids")
    def _compute_o2c_has_authors(self):
        for document in self:
            document.o2c_has_authors = bool(document.o2c_author_ids)

    def _o2c_add_author(self):
        """Remember the acting user as one who changed what is approved."""
        user = self.env.user
        if not self or user.id == SUPERUSER_ID or not user._is_internal():
            return
        self = self.filtered(lambda d: d.create_uid != user)
        # sudo: whoever may edit a line becomes an author, wanted or not
        for document in self.sudo():
            if user not in document._o2c_authors():
                document.o2c_author_ids = [Command.link(user.id)]
