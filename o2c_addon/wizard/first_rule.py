from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_amount, format_list

from ..models.approval_rule import EFFECTS


class FirstRule(models.TransientModel):
    """The first approval rule: above which amount, and who says yes."""

    _name = "o2c.first.rule"
    _description = "Your First Approval Rule"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    limit = fields.Monetary(
        "Orders Above",
        required=True,
        help="Untaxed, in the company's currency. Nobody is asked up to this amount.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Wait For",
        domain="[('share', '=', False)]",
        help="Any one of them says yes or no. They need no rights on orders. Who wrote "
        "or changed the order does not answer.",
    )
    effect = fields.Selection(
        EFFECTS,
        "What It Does",
        required=True,
        default="enforce",
        help="Watch only: nobody notices, what would have waited is counted. "
        "Warn: it is said on the order, which goes on. "
        "Stop: the order waits until one of them says yes.",
    )
    trial = fields.Char("Tried on Past Orders", compute="_compute_trial")

    @api.depends("limit", "company_id")
    def _compute_trial(self):
        for wizard in self:
            rule = self.env["o2c.approval.rule"].new(wizard._prepare_rule())
            wizard.trial = rule._try_on_documents()["text"] if wizard.limit else False

    def _prepare_rule(self):
        amount = format_amount(self.env, self.limit, self.currency_id)
        return {
            "name": self.env._("Orders above %s", amount),
            "limit": self.limit,
            "effect": self.effect,
            "company_id": self.company_id.id,
            "step_ids": [
                Command.create({"user_ids": [Command.set(self.user_ids.ids)]})
            ],
        }

    def action_create_rule(self):
        """Make it, and say what happens from now on."""
        rule = self.env["o2c.approval.rule"].create(self._prepare_rule())
        says = {
            "observe": self.env._("%(rule)s are counted from now on."),
            "warn": self.env._("%(rule)s are confirmed with a warning from now on."),
            "enforce": self.env._("%(rule)s wait for %(who)s from now on."),
        }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": says[self.effect]
                % {
                    "rule": rule.name,
                    "who": format_list(self.env, self.user_ids.mapped("name"), "or"),
                },
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
