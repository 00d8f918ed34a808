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
    approver = fields.Selection([("users", "These users")], default="users", required=True)
    user_ids = fields.Many2many(
        "res.users",
        string="Approvers",
        domain=[("share", "=", False)],
        help="Any one of them decides. Who wrote or changed the order does not.",
    )

    @api.constrains("approver", "user_ids")
    def _check_approvers(self):
        for step in self:
            if not step._approvers():
                raise ValidationError(
                    self.env._(
                        "Name at least one approver in the step “%(step)s” of “%(rule)s”.",
                        step=step.name,
                        rule=step.rule_id.name,
                    )
                )

    def _approvers(self):
        """Who may answer this step, before the authors of the document are left out."""
        return self.user_ids

    def _in_words(self):
        return format_list(self.env, self._approvers().mapped("name"), "or")
