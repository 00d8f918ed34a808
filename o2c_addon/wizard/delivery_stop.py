from odoo import api, fields, models


class DeliveryStop(models.TransientModel):
    """Why these deliveries do not leave: every reason, and who can help."""

    _name = "o2c.delivery.stop"
    _description = "Not Ready to Leave"

    picking_ids = fields.Many2many("stock.picking", string="Deliveries", readonly=True)
    reasons = fields.Text(compute="_compute_reasons")

    @api.depends("picking_ids")
    def _compute_reasons(self):
        for page in self:
            page.reasons = "\n".join(
                f"{reason['reason']}. {reason['remedy']}"
                for delivery in page.picking_ids
                for reason in delivery.o2c_explain()
            )
