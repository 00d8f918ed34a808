from odoo import api, fields, models


class ApprovalDecision(models.Model):
    """Who said what, when, why, on which facts and under which rule as it then was."""

    _name = "o2c.approval.decision"
    _description = "Approval Answer"
    _inherit = ["o2c.append.only"]
    _order = "id desc"
    _log_access = False
    _written_on = "decided_on"

    request_id = fields.Many2one(
        "o2c.approval.request",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    turn_id = fields.Many2one(
        "o2c.approval.turn", "Step", readonly=True, ondelete="restrict"
    )
    res_name = fields.Char("Document", readonly=True)
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, ondelete="restrict"
    )
    on_behalf_of_id = fields.Many2one(
        "res.users", "For", readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict"
    )
    verdict = fields.Selection(
        [("approved", "Yes"), ("refused", "No")], "Answer", required=True, readonly=True
    )
    reason = fields.Char(readonly=True)
    decided_on = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    rule_text = fields.Char("Rule", readonly=True)
    limit = fields.Float(readonly=True)
    fact = fields.Float("Figure", readonly=True)
    document_fact = fields.Float("Figure of the Document", readonly=True)
    excess = fields.Float("Over By", readonly=True)
    seal = fields.Char("Fingerprint", readonly=True)

    @api.model
    def _record(self, request, route, verdict, reason):
        """Write down the acting user's answer with all it rested on."""
        return self.sudo().create(  # sudo: nobody has the right to write answers
            {
                "request_id": request.id,
                "turn_id": route.turn.id,
                "res_name": request.res_name,
                "user_id": self.env.uid,
                "on_behalf_of_id": route.absent.id,
                "company_id": request.company_id.id,
                "verdict": verdict,
                "reason": reason,
                "rule_text": request.rule_text,
                "limit": request.limit,
                "fact": request.fact,
                "document_fact": request.document_fact,
                "excess": request.excess,
                "seal": request.seal,
            }
        )
