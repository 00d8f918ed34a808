from collections import Counter

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_list

from ..models.approval_rule import MONEY

YEAR = relativedelta(years=1)
AT_MOST_100 = {"discount", "discount_line", "price_below_list"}  # %
SEVERAL = 3  # questions from which on a habit can be told


class PolicyCondition(models.AbstractModel):
    """Whether a policy says what its author meant: ``_findings()``.

    Each method named in ``_looked_for()`` answers with pairs of sentences: what is
    wrong, and how to mend it. To look for more, add a name and write the method.
    """

    _inherit = "o2c.policy.condition"

    findings = fields.Text(
        "To Be Mended",
        compute="_compute_findings",
        groups="o2c_addon.group_o2c_manager",
    )

    @api.depends_context("uid", "lang")
    def _compute_findings(self):
        for policy in self:
            found = policy._findings() if policy._origin else []
            policy.findings = "\n".join(f"{wrong} {mend}" for wrong, mend in found)

    def _findings(self):
        """Pairs of sentences: what is wrong, and how to mend it."""
        # sudo: whose account is closed or elsewhere is asked of all people
        policy = self._origin.sudo()
        return [
            pair
            for name in policy._looked_for()
            if policy.active
            for pair in getattr(policy, f"_find_{name}")()
        ]

    def _looked_for(self):
        return ["broken", "nobody_releases"]

    def _find_broken(self):
        problem = self._problem_of_condition()
        if not problem:
            return []
        mend = self.env._("Choose the conditions again.")
        return [(self.env._("%s.", problem), mend)]

    def _find_nobody_releases(self):
        """A group that may release, and nobody in it."""
        group = self._fields.get("release_group_id") and self.release_group_id
        if not group or self._members(group):
            return []
        return [
            (
                self.env._(
                    "Nobody is in the group “%s”, which may release.", group.name
                ),
                self.env._("Add somebody to it, or choose another group."),
            )
        ]

    def _members(self, group):
        return self._who_can(group.all_user_ids - self.env.ref("base.user_root"))

    def _who_can(self, users):
        """Those of ``users`` who are at work where this counts."""
        return users.filtered(
            lambda u: (
                u.active
                and not u.share
                and (not self.company_id or self.company_id in u.company_ids)
            )
        )


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    def _looked_for(self):
        return [
            "broken",
            "gone_approver",
            "nobody_asked",
            "too_few",
            "only_usual_asker",
            "unreachable_step",
            "gap",
            "overlap",
            "currencies",
            "never_fired",
        ]

    # -- who is asked ----------------------------------------------------------------

    def _find_gone_approver(self):
        found = []
        for step in self.step_ids.filtered(lambda s: s.approver == "users"):
            named = step.with_context(active_test=False).user_ids
            if gone := named - self._who_can(named):
                names = format_list(self.env, gone.mapped("name"))
                wrong = self.env._(
                    "“%(step)s”: %(names)s cannot answer: account closed, or no access "
                    "to the company.",
                    step=step.name,
                    names=names,
                )
                found.append((wrong, self.env._("Name somebody else in this step.")))
        return found

    def _find_nobody_asked(self):
        """A group without members, or teams without a leader."""
        found = []
        for step in self.step_ids:
            if step.approver == "group" and not self._members(step.group_id):
                wrong = self.env._(
                    "“%(step)s”: nobody is in the group “%(group)s”.",
                    step=step.name,
                    group=step.group_id.name,
                )
                found.append((wrong, self.env._("Add somebody to it.")))
            if step.approver == "team_leader" and (teams := self._teams_without()):
                wrong = self.env._(
                    "“%(step)s”: no leader of %(teams)s can answer.",
                    step=step.name,
                    teams=format_list(self.env, teams.mapped("name")),
                )
                found.append((wrong, self.env._("Name a leader of the sales team.")))
        return found

    def _find_too_few(self):
        """More people have to say yes than can."""
        return [
            (
                self.env._(
                    "“%(step)s” wants a yes of %(wanted)s people, and %(able)s can "
                    "answer.",
                    step=step.name,
                    wanted=step.quorum,
                    able=len(self._people_of(step)),
                ),
                self.env._("Name more people, or be content with fewer."),
            )
            for step in self.step_ids
            if step.approver in ("users", "group")
            and step.quorum > 1
            and len(self._people_of(step)) < step.quorum
        ]

    def _teams_without(self):
        teams = self.env["crm.team"].search(
            [("company_id", "in", [False, *self.company_id.ids])]
            if self.company_id
            else []
        )
        return teams.filtered(lambda team: not self._who_can(team.user_id))

    def _find_only_usual_asker(self):
        """Who is asked alone and asks most himself: nobody decides on his own."""
        [asked] = self._askers()
        total, (asker, times) = (
            sum(asked.values()),
            (asked.most_common(1) or [(0, 0)])[0],
        )
        if times < SEVERAL or times * 2 < total:
            return []
        found = []
        for step in self.step_ids:
            people = self._people_of(step)
            if len(people) == 1 and people.id == asker:
                wrong = self.env._(
                    "“%(step)s” is asked of %(who)s alone, who asked %(times)s of "
                    "%(total)s times and never decides on the own orders.",
                    step=step.name,
                    who=people.name,
                    times=times,
                    total=total,
                )
                found.append((wrong, self.env._("Name somebody besides.")))
        return found

    def _askers(self):
        """For each rule: user id → how often he asked within a year."""
        since = fields.Datetime.now() - YEAR
        rows = self.env["o2c.approval.request"]._read_group(
            [("rule_id", "in", self.ids), ("requested_on", ">=", since)],
            ["rule_id", "requested_by_id"],
            ["__count"],
        )
        askers = {rule: Counter() for rule in self}
        for rule, user, count in rows:
            askers[rule][user.id] += count
        return list(askers.values())

    def _people_of(self, step):
        if step.approver == "users":
            return self._who_can(step.user_ids)
        if step.approver == "group":
            return self._members(step.group_id)
        return self.env["res.users"]  # depends on the team

    # -- the limits ------------------------------------------------------------------

    def _find_unreachable_step(self):
        if self.criterion not in AT_MOST_100:
            return []
        steps = self.step_ids.filtered(lambda step: step.limit >= 100)
        if not steps and self.limit < 100:
            return []
        names = format_list(self.env, steps.mapped("name") or [self.name])
        return [
            (
                self.env._("“%s” is never asked: nothing is above 100 %%.", names),
                self.env._("Choose a lower limit."),
            )
        ]

    def _find_gap(self):
        """Between the rule's limit and that of its first step nobody is asked."""
        if not self.has_limit or not self.step_ids:
            return []
        if any(not step.limit for step in self.step_ids):
            return []
        limits = [-s.limit if self.is_at_least else s.limit for s in self.step_ids]
        if min(limits) <= self._threshold():
            return []
        return [
            (
                self.env._(
                    "Nobody is asked between %(limit)s and %(step)s: each step is only "
                    "beyond that.",
                    limit=self._format(self._threshold()),
                    step=self._format(min(limits)),
                ),
                self.env._("Leave the limit of the first step empty."),
            )
        ]

    def _find_overlap(self):
        """Other rules about the same figure of the same documents."""
        others = self._alike().filtered(lambda rule: rule.effect == "enforce")
        return [pair for other in others if (pair := self._overlap_with(other))]

    def _overlap_with(self, other):
        """What a rule that stops makes of this one: a pair of sentences, or nothing."""
        mine, its = self._threshold(), other._threshold()
        if self.effect != "enforce":
            return its <= mine and (
                self.env._(
                    "It only watches or warns where “%s” stops already.", other.name
                ),
                self.env._("Choose a limit below that, or archive it."),
            )
        if self._asks_nobody():
            return None
        if other._asks_nobody():
            return its <= mine and (
                self.env._(
                    "“%s” stops the same documents and asks nobody: a yes to this rule "
                    "does not help.",
                    other.name,
                ),
                self.env._("Archive one of them."),
            )
        return (its, other.id) < (mine, self.id) and (
            self.env._(
                "“%s” asks about the same documents: beyond both limits two approvals "
                "are needed.",
                other.name,
            ),
            self.env._("Make it a step of that rule, or archive it."),
        )

    def _alike(self):
        others = self.search(
            [
                ("id", "!=", self.id),
                ("document", "=", self.document),
                ("gate", "=", self.gate),
                ("criterion", "=", self.criterion),
            ]
        )
        return others.filtered(
            lambda r: (
                r._plain_domain() == self._plain_domain()
                and r._needs() == self._needs()
                and (
                    not r.company_id
                    or not self.company_id
                    or r.company_id in self.company_id.parent_ids
                    or self.company_id in r.company_id.parent_ids
                )
            )
        )

    def _plain_domain(self):
        return self.domain if self.domain not in (False, "", "[]") else None

    def _find_currencies(self):
        if self.company_id or self.criterion not in MONEY:
            return []
        companies = self.env["res.company"].search([("active", "=", True)])
        currencies = companies.currency_id
        if len(currencies) < 2:
            return []
        return [
            (
                self.env._(
                    "The limit counts in the currency of each company: %s.",
                    format_list(self.env, currencies.mapped("name")),
                ),
                self.env._("Make a rule for each company."),
            )
        ]

    def _find_never_fired(self):
        since = fields.Datetime.now() - YEAR
        if self.create_date > since or self._fired_since(since):
            return []
        return [
            (
                self.env._("It stopped nothing within a year."),
                self.env._("Try another limit on past orders, or archive it."),
            )
        ]

    def _fired_since(self, moment):
        asked = self.env["o2c.approval.request"].search_count(
            [("rule_id", "=", self.id), ("requested_on", ">=", moment)], limit=1
        )
        return asked or self.env["o2c.event"].search_count(
            [("rule_id", "=", self.id), ("date", ">=", moment)], limit=1
        )


class RuleFinding(models.TransientModel):
    """What *Check my rules* found: what is wrong with which policy, and the mend."""

    _name = "o2c.rule.finding"
    _description = "Check My Rules"
    _order = "id"

    res_model = fields.Char(readonly=True)
    res_id = fields.Integer("Number", readonly=True)
    kind = fields.Char("What", readonly=True)
    name = fields.Char("Rule", readonly=True)
    wrong = fields.Char("What Is Wrong", readonly=True)
    mend = fields.Char("How to Mend It", readonly=True)

    @api.model
    def action_check(self):
        """Look now, at all the acting user may change, and show what was found."""
        self.search([("create_uid", "=", self.env.uid)]).unlink()
        found = self.create(
            [
                values
                for model in self._policies()
                if self.env[model].has_access("write")
                for policy in self.env[model].search([])
                for values in self._prepare(policy)
            ]
        )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.rule_finding_action"
        )
        return action | {"domain": [("id", "in", found.ids)]}

    @api.model
    def _policies(self):
        """The models looked at, in this order."""
        return ["o2c.approval.rule", "o2c.fulfillment.check", "o2c.hold.reason"]

    @api.model
    def _prepare(self, policy):
        kind = self.env["ir.model"]._get(policy._name).name
        return [
            {
                "res_model": policy._name,
                "res_id": policy.id,
                "kind": kind,
                "name": policy.name,
                "wrong": wrong,
                "mend": mend,
            }
            for wrong, mend in policy._findings()
        ]

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
