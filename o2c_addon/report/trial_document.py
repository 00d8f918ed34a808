from odoo import fields, models


class TrialDocument(models.Model):
    """A document that waits by the rules as they are, or would by those tried."""

    _name = "o2c.trial.document"
    _description = "Document of a Try-Out"
    _order = "id"
    _rec_name = "res_name"

    trial_id = fields.Many2one(
        "o2c.trial", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="trial_id.company_id", store=True, precompute=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    res_id = fields.Integer("Document ID", readonly=True)
    res_name = fields.Char("Document", readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    passed_on = fields.Datetime("Date", readonly=True)
    amount = fields.Monetary("Untaxed Amount", readonly=True)
    change = fields.Selection(
        [
            ("more", "Would wait, does not today"),
            ("fewer", "Would not wait any more"),
            ("same", "Waits either way"),
        ],
        "Difference",
        readonly=True,
        index=True,
    )
    rules = fields.Char("Because Of", readonly=True)
    desk = fields.Char("Would Be Asked", readonly=True)

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.trial_id.document,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
