from odoo import models


class ApprovalMixin(models.AbstractModel):
    """Whoever edits what is asked about may make the question needless."""

    _inherit = "o2c.approval.mixin"

    def _o2c_add_author(self):
        if "pending" in self.mapped("o2c_approval_state"):
            self.env["o2c.approval.request"]._keep_soon()
        return super()._o2c_add_author()

    def o2c_explain(self):
        """And that nothing is asked any more, until whoever was asked can read so."""
        explained = super().o2c_explain()
        # sudo: whose document it is need not read the question
        asked = self.sudo().o2c_request_ids.filtered(lambda r: r.state == "pending")
        if explained or not asked or not all(request._is_moot() for request in asked):
            return explained
        return [
            {
                "kind": "approval",
                "reason": self.env._("No approval is needed: you may go on."),
                "remedy": "",
                "who": [],
                "blocking": False,
                "source": [asked._name, asked[:1].id],
                "actions": [],
            }
        ]
