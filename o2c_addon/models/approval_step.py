from math import inf

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_list

from ..words import beginning


class ApprovalStep(models.Model):
    """The yeses a rule asks for: whose, and how many of them.

    Steps are asked one after the other in the order of their numbers; those with the
    same number at the same time.
    """

    _name = "o2c.approval.step"
    _description = "Approval Step"
    _inherit = ["o2c.policy.mixin"]
    _order = "sequence, id"
    _o2c_links = ("user_ids",)

    rule_id = fields.Many2one(
        "o2c.approval.rule", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(
        compute="_compute_sequence",
        store=True,
        readonly=False,
        help="Steps with the same number are asked at the same time.",
    )
    name = fields.Char(required=True, default=lambda self: self.env._("Approval"))
    limit = fields.Float(
        "Only Above",
        digits=(16, 2),
        help="This step is asked only beyond this figure, e.g. the finance director "
        "above 50,000. Empty: whenever the rule asks.",
    )
    approver = fields.Selection(
        [
            ("users", "These users"),
            ("group", "Members of a group"),
            ("team_leader", "Leader of the sales team"),
            ("field", "Whom the document names"),
        ],
        "Asked Of",
        default="users",
        required=True,
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Users",
        # as text: a list makes every new user be looked for here, before he is complete
        domain="[('share', '=', False)]",
        help="Any one of them answers, or as many as are wanted. Who wrote or changed "
        "the order does not.",
    )
    group_id = fields.Many2one("res.groups", ondelete="restrict")
    document = fields.Selection(related="rule_id.document")
    approver_field = fields.Many2one(
        "ir.model.fields",
        "Named As",
        ondelete="cascade",
        domain="[('model', '=', document), ('relation', '=', 'res.users'), "
        "('ttype', 'in', ('many2one', 'many2many')), ('store', '=', True)]",
        help="The field of the document that says who is asked.",
    )
    who = fields.Char("Asked Of Whom", compute="_compute_who")
    quorum = fields.Integer(
        "How Many",
        default=1,
        required=True,
        help="How many of these people have to say yes.",
    )

    _limit_not_negative = models.Constraint(
        'CHECK ("limit" >= 0)', "The limit of an approval step cannot be negative."
    )
    _quorum_positive = models.Constraint(
        "CHECK (quorum > 0)", "At least one person has to say yes in each step."
    )

    @api.depends("rule_id")
    def _compute_sequence(self):
        """A new step is asked after the others."""
        for step in self:
            others = step.rule_id.step_ids - step
            step.sequence = max(others.mapped("sequence"), default=0) + 1

    @api.depends("approver", "user_ids", "group_id", "approver_field", "quorum")
    @api.depends_context("lang")
    def _compute_who(self):
        for step in self:
            # sudo: groups are read by administrators only
            step.who = beginning(step.sudo()._in_words() or "")

    @api.constrains("approver", "user_ids", "group_id", "approver_field", "quorum")
    def _check_approvers(self):
        for step in self:
            named = {
                "users": step.user_ids,
                "group": step.group_id,
                "field": step.approver_field,
            }
            if not named.get(step.approver, True):
                raise ValidationError(
                    self.env._(
                        "Say of whom the step “%(step)s” of “%(rule)s” is asked.",
                        step=step.name,
                        rule=step.rule_id.name,
                    )
                )
            if step.approver == "users" and step.quorum > len(step.user_ids):
                raise ValidationError(
                    self.env._(
                        "The step “%(step)s” wants a yes of %(quorum)s people, but "
                        "names only %(number)s.",
                        step=step.name,
                        quorum=step.quorum,
                        number=len(step.user_ids),
                    )
                )

    @api.constrains("approver_field", "rule_id")
    def _check_names_users(self):
        for step in self.filtered("approver_field"):
            # sudo: who sets rules need not administer the database
            field = step.approver_field.sudo()
            if (field.model, field.relation) != (step.rule_id.document, "res.users"):
                raise ValidationError(
                    self.env._(
                        "“%(field)s” names nobody on such a document: choose another "
                        "field in the step “%(step)s”.",
                        field=field.field_description,
                        step=step.name,
                    )
                )

    def _applies(self, fact):
        """Whether this step is asked for such a figure (bigger is worse)."""
        return fact > self._threshold()

    def _threshold(self):
        """Its limit as figures count; without one it is asked whenever the rule is."""
        if not self.limit or not self.rule_id.has_limit:
            return -inf
        return -self.limit if self.rule_id.is_at_least else self.limit

    def _approvers(self, document):
        """Who may answer this step for ``document``, its authors not yet left out."""
        return getattr(self, f"_approvers_{self.approver}")(document)

    def _approvers_users(self, document):
        return self.user_ids

    def _approvers_group(self, document):
        return self.group_id.all_user_ids

    def _approvers_team_leader(self, document):
        return document.team_id.user_id

    def _approvers_field(self, document):
        # sudo: see _check_names_users
        return document[self.approver_field.sudo().name]

    def _prepare_people(self, document):
        """Whom a question is put to: of a group whoever is a member when he answers."""
        if self.approver == "group":
            return {"group_id": self.group_id.id}
        return {"user_ids": [Command.set(self._approvers(document).ids)]}

    def _in_words(self):
        """Of whom this is asked, and of how many of them."""
        if self.approver == "users":
            names = self.user_ids.mapped("name")
            if self.quorum == 1:
                return format_list(self.env, names, "or")
            who = format_list(self.env, names)
        elif self.approver == "group":
            who = self.group_id.full_name
        elif self.approver == "field":
            # sudo: see _check_names_users
            who = self.approver_field.sudo().field_description
        else:
            who = self.env._("the leader of the sales team")
        if self.quorum == 1:
            return who
        return self.env._("%(number)s of %(names)s", number=self.quorum, names=who)

    def _chain_in_words(self):
        """Everybody these steps ask, in order: “Ada or Ben, then Kim and Fin”."""
        stages = [
            format_list(self.env, [step._in_words() for step in steps])
            for _number, steps in self.grouped("sequence").items()
        ]
        return self.env._(", then ").join(stages)
