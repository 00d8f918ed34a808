from odoo import api, fields, models
from odoo.fields import Command


class TrialChange(models.Model):
    """A rule as it would be, for one try-out."""

    _name = "o2c.trial.change"
    _description = "What Would Be Different"

    trial_id = fields.Many2one(
        "o2c.trial", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="trial_id.company_id", store=True)
    document = fields.Selection(related="trial_id.document")
    rule_id = fields.Many2one(
        "o2c.approval.rule",
        required=True,
        ondelete="cascade",
        context={"active_test": False},
        domain="[('document', '=', document)]",
    )
    has_limit = fields.Boolean(related="rule_id.has_limit")
    unit = fields.Char(related="rule_id.unit")
    limit = fields.Float(
        "Limit Tried",
        digits=(16, 2),
        compute="_compute_limit",
        store=True,
        readonly=False,
    )
    counts = fields.Boolean(
        "Stops",
        default=True,
        help="Off: as if there were no such rule. On: as if it stopped, also where it "
        "only watches, warns, or is archived.",
    )

    @api.depends("rule_id")
    def _compute_limit(self):
        for change in self:
            change.limit = change.rule_id.limit

    def _in_words(self):
        rule = self.rule_id
        if not self.counts:
            return self.env._("without “%s”", rule.name)
        if not rule.has_limit:
            return rule.name
        threshold = self._changed_rule()._threshold()
        return f"{rule.name}: {rule._format(threshold)}"

    def _is_for(self, company):
        """Whether the rule counts for documents of ``company``."""
        home = self.rule_id.company_id
        return not home or home in company.parent_ids

    def _changed_rule(self):
        """The rule with the limit that is tried; never saved."""
        return self.rule_id.new({"limit": self.limit}, origin=self.rule_id)


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    def action_open_try_out(self):
        """Try this rule on what was done, with another limit if one likes."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try on past orders"),
            "res_model": "o2c.trial",
            "views": [[False, "form"]],
            "context": {
                "default_document": self.document,
                "default_company_id": (self.company_id or self.env.company).id,
                "default_change_ids": [
                    Command.create({"rule_id": self.id, "limit": self.limit})
                ],
            },
        }
