from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    o2c_invoicing = fields.Selection(related="company_id.o2c_invoicing", readonly=False)
    o2c_billing_owner_id = fields.Many2one(
        related="company_id.o2c_billing_owner_id", readonly=False
    )
