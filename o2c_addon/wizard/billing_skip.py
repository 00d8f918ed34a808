from odoo import fields, models


class BillingSkip(models.TransientModel):
    """Why something delivered is not to be invoiced automatically."""

    _name = "o2c.billing.skip"
    _description = "Not to Be Invoiced Automatically"

    task_ids = fields.Many2many("o2c.billing.task", string="Deliveries", readonly=True)
    reason = fields.Char(required=True)

    def action_skip(self):
        """Skip them."""
        self.task_ids.action_skip(self.reason)
        return {"type": "ir.actions.act_window_close"}
