from odoo import api, fields, models
from odoo.fields import Command


class ApprovalTurn(models.Model):
    """One step in flight, copied from the rule when the question was put.

    Editing the rule later therefore changes nothing for a question that runs.
    """

    _name = "o2c.approval.turn"
    _description = "Approval Step of a Request"
    _order = "sequence, id"

    request_id = fields.Many2one(
        "o2c.approval.request",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char(readonly=True)
    user_ids = fields.Many2many("res.users", string="Approvers", readonly=True)
    state = fields.Selection(
        [("pending", "Waiting"), ("approved", "Approved"), ("refused", "Refused")],
        default="pending",
        required=True,
        readonly=True,
    )

    @api.model
    def _prepare_from(self, step, document):
        return {
            "sequence": step.sequence,
            "name": step.name,
            "user_ids": [Command.set(step._approvers(document).ids)],
        }
