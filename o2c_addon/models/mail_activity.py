from odoo import models
from odoo.exceptions import UserError

from .approval_request import ACTIVITY


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """“Done” gives no approval, so it does not look as if it did."""
        approval = self.env.ref(ACTIVITY)
        asked = self.filtered(lambda a: a.activity_type_id == approval)
        requests = self.env["o2c.approval.request"].browse(asked.mapped("res_id"))
        # sudo: whoever marks it done; only the number is told
        for request in (
            requests.sudo().exists().filtered(lambda r: r.state == "pending")
        ):
            raise UserError(
                self.env._(
                    "%s waits for your answer: open it and press Approve or Refuse.",
                    request.res_name,
                )
            )
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
