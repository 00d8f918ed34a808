from odoo import api, fields, models


class DeliveryStop(models.TransientModel):
    """Why these deliveries do not leave: every reason, who can help, and Release."""

    _name = "o2c.delivery.stop"
    _description = "Not Ready to Leave"

    picking_ids = fields.Many2many("stock.picking", string="Deliveries", readonly=True)
    reasons = fields.Text(compute="_compute_reasons")
    can_release = fields.Boolean(compute="_compute_reasons")
    note = fields.Char("Why You Release It")

    @api.depends("picking_ids")
    def _compute_reasons(self):
        for page in self:
            reasons = [
                reason
                for delivery in page.picking_ids
                for reason in delivery.o2c_explain()
            ]
            page.reasons = "\n".join(f"{r['reason']}. {r['remedy']}" for r in reasons)
            page.can_release = all(
                "action_o2c_open_release" in (a["name"] for a in reason["actions"])
                for reason in reasons
                if reason["blocking"]
            )

    def action_release(self):
        """Release what is not met, in the words of the acting user, and let it go."""
        self.picking_ids.action_o2c_release(self.note)
        return self.picking_ids.button_validate()
