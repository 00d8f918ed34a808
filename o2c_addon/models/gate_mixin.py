from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, ValidationError
from odoo.tools import SQL, format_list
from odoo.tools.sql import column_exists, create_column

from ..reading import lock

NAMED = 3  # who can help: so many by name


class Obstacle(NamedTuple):
    """One reason why a document waits at a gate, and who can do what about it."""

    kind: str  # "hold", "approval", "refusal", "rule", "check", "broken"
    source: models.BaseModel  # the record that stops it
    reason: str  # a sentence for who may read the figures
    facts: dict  # the figures behind it
    who: models.BaseModel  # the users who can clear it now
    remedy: str  # what to do next, a sentence
    blocking: bool


class GateMixin(models.AbstractModel):
    """A document that cannot reach its final state past its obstacles.

    The *gate* stands in the host's own method: it lets go what may go, stamps it, and
    parks the rest. The *law* is a constraint on the state: whatever brought a document
    into its final state (RPC, import, default, sudo), it stands there with a valid
    stamp or has no obstacle.
    """

    _name = "o2c.gate.mixin"
    _description = "Document that can be stopped"
    _inherit = ["o2c.own.mixin"]

    _o2c_gate = None  # the gate before the final state
    _o2c_final_state = None
    _o2c_passed_date = None  # the host's column that says when it got there

    o2c_passed_on = fields.Datetime("Passed On", copy=False, readonly=True)
    o2c_passed_seal = fields.Char("Passed With", copy=False, readonly=True)
    o2c_passed_facts = fields.Json("Passed Figures", copy=False, readonly=True)
    o2c_on_hold = fields.Boolean(
        "On Hold",
        compute="_compute_o2c_on_hold",
        store=True,
        copy=False,
        help="Somebody put this on hold. Kept here, so that what is not on hold costs "
        "no look at the holds, and putting on hold collides with what it stops.",
    )

    def _auto_init(self):
        """Nothing is on hold yet: existing documents are not computed one by one."""
        if self._auto:
            if not column_exists(self.env.cr, self._table, "o2c_on_hold"):
                create_column(self.env.cr, self._table, "o2c_on_hold", "boolean")
            if not column_exists(self.env.cr, self._table, "o2c_passed_on"):
                self.env.cr.execute(self._o2c_stamp_table())
        return super()._auto_init()

    def _o2c_stamp_table(self):
        """SQL that stamps what is behind the gate when the addon is installed.

        A default of a new column holds for all rows at once and writes none of them;
        it is taken off again from what is not behind the gate, the few.
        """
        return SQL(
            """
            ALTER TABLE %(table)s
                ADD o2c_passed_on timestamp
                    DEFAULT date_trunc('second', now() AT TIME ZONE 'UTC'),
                ADD o2c_passed_facts jsonb DEFAULT '{}';
            ALTER TABLE %(table)s
                ALTER o2c_passed_on DROP DEFAULT, ALTER o2c_passed_facts DROP DEFAULT;
            UPDATE %(table)s SET o2c_passed_on = NULL, o2c_passed_facts = NULL
             WHERE state IS DISTINCT FROM %(final)s AND %(ours)s
            """,
            table=SQL.identifier(self._table),
            final=self._o2c_final_state,
            ours=self._o2c_passed_where(),
        )

    @api.depends("o2c_hold_ids.state")
    def _compute_o2c_on_hold(self):
        for document in self:
            document.o2c_on_hold = "open" in document.o2c_hold_ids.mapped("state")

    # -- questions -------------------------------------------------------------------

    def _o2c_obstacles(self, gate):
        """What stands between this document and ``gate``, the cheapest to know first.

        :return: list of :class:`Obstacle`; override and extend, never raise
        """
        self.ensure_one()
        return [self._o2c_obstacle_hold(hold) for hold in self._o2c_open_holds(gate)]

    def _o2c_open_holds(self, gate):
        """The holds that stop this document at ``gate``, its own and of its order."""
        documents = self.filtered("o2c_on_hold")
        return documents.o2c_hold_ids.filtered(
            lambda h: h.state == "open" and h.gate == gate
        )

    def _o2c_obstacle_hold(self, hold):
        reason = hold.reason_id
        return Obstacle(
            "hold",
            hold,
            self.env._(
                "%(document)s is on hold: %(reason)s",
                document=hold.res_name,
                reason=f"{reason.name} ({hold.note})" if hold.note else reason.name,
            ),
            {"amount": hold.amount},
            self._o2c_people(reason.release_group_id),
            hold._what_ends_it(self._o2c_people(reason.release_group_id)),
            True,
        )

    def _o2c_people(self, group):
        """The members of ``group`` who are in this document's company."""
        return group.with_env(self.env)._o2c_members(self.company_id)

    def _o2c_who(self, people):
        """They by name: whom to ask is a person, never a group."""
        # sudo: who helps is told to all
        return self._o2c_name_people(people.sudo().partner_id.mapped("name"))

    def _o2c_who_releases(self, people):
        """A sentence; whom it concerns himself need not be told of the others."""
        if self.env.user in people:
            return self.env._("You can release it.")
        return self.env._("%s can release it.", self._o2c_who(people))

    def _o2c_name_people(self, names):
        """“Ada, Ben or one of 4 others”: some to turn to, where they are many."""
        if not names:
            return self.env._("Somebody an administrator names")
        if len(names) > NAMED:
            others = self.env._("one of %s others", len(names) - NAMED + 1)
            names = [*names[: NAMED - 1], others]
        return format_list(self.env, names, "or")

    def _o2c_remedy_of_broken(self, policy, blocking):
        """What to do about ``policy``, a rule or a check that cannot be applied."""
        if policy.responsible_id == self.env.user:
            mend = self.env._("You can mend it.")
            return mend if blocking else f"{self.env._('You may go on.')} {mend}"
        who = policy.responsible_id.name or self.env._("an administrator")
        if blocking:
            return self.env._("Ask %s to mend it.", who)
        return self.env._("You may go on without it; %s can mend it.", who)

    def _o2c_sentence(self, obstacle):
        """Why, for the acting user's eyes. Override where figures are not for all."""
        rule = obstacle.source
        if rule._name == "o2c.approval.request":
            rule = rule.rule_id
        if rule._name == "o2c.approval.rule" and not self._o2c_reads_figure(rule):
            return self.env._("Waiting for approval: %s", rule.name)
        return obstacle.reason

    def _o2c_reads_figure(self, rule):
        """Whether the acting user may know the figure ``rule`` looks at."""
        if rule.criterion not in ("margin", "credit", "overdue", "broken_promises"):
            return True
        sells = self.env.user.has_group("sales_team.group_sale_salesman")
        return sells or (rule.criterion != "margin" and self._o2c_reads_debt())

    def _o2c_sentence_for_all(self, obstacle):
        """The same for what everybody may read: as who knows least may read it."""
        nobody = self.env.ref("base.public_user")
        # sudo: that nobody reads no record, the sentence needs names of some
        return self.with_user(nobody).sudo()._o2c_sentence(obstacle)

    def _o2c_is_stopped(self, gate):
        return any(obstacle.blocking for obstacle in self._o2c_obstacles(gate))

    def _o2c_is_final(self):
        return self.state == self._o2c_final_state

    def _o2c_may_wait(self):
        """Whether something can still stand in this document's way."""
        return self.state != "cancel" and not self._o2c_is_final()

    def _o2c_current_seal(self):
        """What the stamp is about; a document without one is stamped as it is."""
        return False

    def _o2c_facts(self, gate):
        """The figures a stamp remembers."""
        return {}

    def _o2c_together(self, name, answer):
        """The answer for all documents of this company that are judged together.

        :param answer: function of documents; asked once for all that were read together
        """
        facts = self.env.cr.cache.setdefault("o2c_facts", {})
        key = (self._name, name, self.company_id.id)
        if self.id not in facts.get((key, "of"), ()):
            documents = self.browse(self._prefetch_ids).filtered(
                lambda d: d.company_id == self.company_id
            )
            facts[key] = answer(documents | self)
            facts[key, "of"] = set((documents | self)._ids)
        return facts[key]

    def _o2c_once(self, name, answer):
        """The answer for this document, found once in a judgement.

        :param answer: function of the document
        """
        facts = self.env.cr.cache.setdefault("o2c_facts", {})
        key = (self._name, name, self.id)
        if key not in facts:
            facts[key] = answer(self)
        return facts[key]

    def _o2c_forget_facts(self):
        """A new judgement begins: what was known may have changed."""
        self.env.cr.cache.pop("o2c_facts", None)

    def _o2c_check_internal(self):
        """Customers read their documents by RPC too: nothing of ours is for them."""
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("This is for employees only."))

    def _o2c_reads_debt(self):
        """Whether the acting user may know what a customer owes."""
        user = self.env.user
        return user.has_group("account.group_account_invoice") or user.has_group(
            "account.group_account_readonly"
        )

    def _o2c_stamp_holds(self):
        """Whether the stamp is for the document as it now is."""
        return self.o2c_passed_on and self.o2c_passed_seal == self._o2c_current_seal()

    def o2c_explain(self):
        """Why this document waits, in the words and figures this reader may see.

        :return: list of dict ``kind reason remedy who blocking actions``, for RPC
        """
        self.ensure_one()
        self.check_access("read")
        self._o2c_check_internal()
        if not self._o2c_may_wait():
            return []
        self._o2c_forget_facts()
        return [
            self._o2c_explain_obstacle(obstacle)
            # sudo: the answer is filtered for the reader below, obstacle by obstacle
            for obstacle in self.sudo()._o2c_obstacles(self._o2c_gate)
        ]

    def _o2c_explain_obstacle(self, obstacle):
        """One obstacle for the acting user's eyes."""
        return {
            "kind": obstacle.kind,
            "reason": self._o2c_sentence(obstacle),
            "remedy": obstacle.remedy,
            # sudo: who can help is told to everybody
            "who": obstacle.who.sudo().mapped("name"),
            "blocking": obstacle.blocking,
            "source": [obstacle.source._name, obstacle.source.id],
            "actions": [
                {"model": record._name, "id": record.id, "name": name, "label": label}
                for record, name, label in self._o2c_actions(obstacle)
            ],
        }

    def _o2c_actions(self, obstacle):
        """What the acting user may do: (record, method, words of the button)."""
        hold = obstacle.source
        if obstacle.kind == "hold" and hold.can_release:
            return [(hold, "action_open_release", self.env._("Release"))]
        return []

    # -- the gate --------------------------------------------------------------------

    def _o2c_lock(self):
        """Keep others from changing what is judged now; who comes second retries.

        :raise AccessError: where what is judged may not even be read
        """
        kept = self.env.cr.cache.get("o2c_kept", ())
        documents = self.filtered(lambda d: (d._name, d.id) not in kept).sorted("id")
        if documents and lock(documents) != documents:
            raise ConcurrencyError(
                self.env._("One of these documents is being changed by somebody else.")
            )

    @contextmanager
    def _o2c_keeping(self):
        """Keep others from changing these until the end: what is judged again within
        need not be locked again."""
        self._o2c_lock()
        kept = self.env.cr.cache.setdefault("o2c_kept", set())
        keys = {(self._name, document.id) for document in self} - kept
        kept |= keys
        try:
            yield
        finally:
            kept -= keys

    @contextmanager
    def _o2c_passing(self):
        """Stamp what goes through now; take back the stamp from what did not arrive."""
        passing = self.env.cr.cache.setdefault("o2c_passing", set())
        keys = {(self._name, document.id) for document in self}
        self._o2c_stamp()
        passing |= keys
        try:
            yield
        finally:
            passing -= keys
        self.filtered(lambda d: not d._o2c_is_final())._o2c_unstamp()

    def _o2c_stamp(self):
        for document in self.sudo():  # sudo: nobody writes a stamp but the gate
            document._o2c_write_stamp(
                {
                    "o2c_passed_on": fields.Datetime.now(),
                    "o2c_passed_seal": document._o2c_current_seal(),
                    "o2c_passed_facts": document._o2c_facts(self._o2c_gate),
                }
            )

    def _o2c_unstamp(self):
        # sudo: see _o2c_stamp
        self.sudo()._o2c_write_stamp(
            {
                "o2c_passed_on": False,
                "o2c_passed_seal": False,
                "o2c_passed_facts": False,
            }
        )

    def _o2c_write_stamp(self, values):
        """Past what the host does when a document is edited: nothing of it changes.

        As the host keeps what it computes. Only for ``sudo``: no right is asked for.
        """
        for name, value in values.items():
            self._fields[name].write(self, value)
        self.modified(values)

    def _o2c_tell_owners(self, gate):
        """Who keeps a rule or a check that cannot be applied hears what it stopped."""
        for document in self:
            for obstacle in document._o2c_obstacles(gate):
                if obstacle.kind == "broken":
                    obstacle.source._alert(obstacle.reason)

    # -- the law ---------------------------------------------------------------------

    @api.constrains("state")
    def _o2c_check_law(self):
        """Nobody stands behind the gate who did not pass it.

        Reads the stamp on every write of the state: it falls with the state, so that
        going back and forth in one transaction does not keep it.
        """
        self._o2c_forget_facts()
        passing = self.env.cr.cache.get("o2c_passing", ())
        documents = self.sudo()  # sudo: judged alike whoever acts
        arrived = documents.filtered(lambda d: d._o2c_is_final())
        (documents - arrived).filtered(
            lambda d: d.o2c_passed_on and (d._name, d.id) not in passing
        )._o2c_unstamp()
        for document in arrived.filtered(lambda d: not d._o2c_stamp_holds()):
            obstacles = document._o2c_obstacles(self._o2c_gate)
            blocking = [o for o in obstacles if o.blocking]
            if blocking:
                raise ValidationError(document._o2c_refusal(blocking))
            if not document.o2c_passed_on:
                document._o2c_stamp()

    def _o2c_refusal(self, obstacles):
        """One message with every sentence and what to do next."""
        return "\n".join(
            [
                self.env._("%s has to wait:", self.display_name),
                *(f"• {self._o2c_sentence(o)}. {o.remedy}" for o in obstacles),
            ]
        )

    # -- taking over a database in use -----------------------------------------------

    @api.model
    def _o2c_take_over(self):
        """Stamp what is behind the gate without one: rules never reach back.

        No seal: an empty one says “untouched since then”.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(stamp)s WHERE %(is_final)s "
                "AND o2c_passed_on IS NULL",
                table=SQL.identifier(self._table),
                stamp=self._o2c_stamp_of_older(),
                is_final=self._o2c_final_where(),
            )
        )
        self.env.invalidate_all()

    def _o2c_stamp_of_older(self):
        """SQL of the stamp: on what is behind its gate, on nothing else."""
        return SQL(
            """
            o2c_passed_on = CASE WHEN %(is_final)s
                                 THEN COALESCE(%(date)s, create_date) END,
            o2c_passed_facts = CASE WHEN %(is_final)s THEN %(facts)s END
            """,
            is_final=self._o2c_final_where(),
            date=SQL.identifier(self._o2c_passed_date),
            facts=self._o2c_passed_figures(),
        )

    def _o2c_final_where(self):
        return SQL("state = %s AND %s", self._o2c_final_state, self._o2c_passed_where())

    def _o2c_passed_where(self):
        """SQL of which documents of the table have a gate at all."""
        return SQL("TRUE")

    def _o2c_passed_figures(self):
        """SQL of the figures a document had when it passed."""
        return SQL("'{}'::jsonb")

    # -- nothing weakens it from outside ---------------------------------------------

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_passed_on",
            "o2c_passed_seal",
            "o2c_passed_facts",
            "o2c_on_hold",
            "o2c_hold_ids",
        }
