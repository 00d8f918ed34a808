from odoo import fields, models


class ApprovalAnswer(models.TransientModel):
    """The words that go with an answer, or with asking again after a refusal."""

    _name = "o2c.approval.answer"
    _description = "Words to an Approval"

    request_id = fields.Many2one("o2c.approval.request", required=True)
    reason = fields.Char(required=True)

    def action_refuse(self):
        return self._close(self.request_id.action_refuse(self.reason))

    def action_approve(self):
        return self._close(self.request_id.action_approve(self.reason))

    def action_ask_again(self):
        return self._close(self.request_id.action_ask_again(self.reason))

    def _close(self, result):
        """Close the dialog, unless there is something to show."""
        close = {"type": "ir.actions.act_window_close"}
        return result if isinstance(result, dict) else close
