from odoo import api, fields, models

RELEASE = ("action_open_release", "action_o2c_open_release")  # of holds, of checks


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
                # as they are: a page that is not saved has copies of them
                for delivery in page.picking_ids._origin
                for reason in delivery.o2c_explain()
            ]
            page.reasons = "\n\n".join(f"{r['reason']}. {r['remedy']}" for r in reasons)
            page.can_release = all(
                any(action["name"] in RELEASE for action in reason["actions"])
                for reason in reasons
                if reason["blocking"]
            )

    def action_release(self):
        """Release what stops them, in the words of the acting user, and let them go."""
        deliveries = self.picking_ids.sudo()  # sudo: who may release is checked by it
        holds = deliveries._o2c_open_holds("deliver").with_env(self.env)
        if holds:
            holds.action_release(self.note)
        if any(delivery._o2c_unmet_checks() for delivery in deliveries):
            self.picking_ids.action_o2c_release(self.note)
        return self.picking_ids.button_validate()
