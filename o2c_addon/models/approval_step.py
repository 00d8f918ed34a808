from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list


class ApprovalStep(models.Model):
    """One yes a rule asks for: from whom. Steps are asked one after the other."""

    _name = "o2c.approval.step"
    _description = "Approval Step"
    _inherit = ["o2c.policy.mixin"]
    _order = "sequence, id"

    rule_id = fields.Many2one(
        "o2c.approval.rule", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
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
        help="Any one of them answers. Who wrote or changed the order does not.",
    )
    group_id = fields.Many2one("res.groups", ondelete="restrict")

    _limit_not_negative = models.Constraint(
        'CHECK ("limit" >= 0)', "The limit of an approval step cannot be negative."
    )

    @api.constrains("approver", "user_ids", "group_id")
    def _check_approvers(self):
        for step in self:
            named = {"users": step.user_ids, "group": step.group_id}
            if not named.get(step.approver, True):
                raise ValidationError(
                    self.env._(
                        "Say of whom the step “%(step)s” of “%(rule)s” is asked.",
                        step=step.name,
                        rule=step.rule_id.name,
                    )
                )

    def _applies(self, fact):
        """Whether this step is asked for such a figure (bigger is worse)."""
        if not self.limit or not self.rule_id.has_limit:
            return True
        return fact > (-self.limit if self.rule_id.is_at_least else self.limit)

    def _approvers(self, document):
        """Who may answer this step for ``document``, its authors not yet left out."""
        return getattr(self, f"_approvers_{self.approver}")(document)

    def _approvers_users(self, document):
        return self.user_ids

    def _approvers_group(self, document):
        return self.group_id.all_user_ids

    def _approvers_team_leader(self, document):
        return document.team_id.user_id

    def _in_words(self):
        """Of whom this is asked."""
        if self.approver == "users":
            return format_list(self.env, self.user_ids.mapped("name"), "or")
        if self.approver == "group":
            return self.group_id.full_name
        return self.env._("the leader of the sales team")
