from odoo import fields, models


class ApprovalAnswer(models.TransientModel):
    """The words that go with a refusal."""

    _name = "o2c.approval.answer"
    _description = "Refuse an Approval"

    request_id = fields.Many2one("o2c.approval.request", required=True)
    reason = fields.Char(required=True)

    def action_refuse(self):
        result = self.request_id.action_refuse(self.reason)
        return result if isinstance(result, dict) else {"type": "ir.actions.act_window_close"}
