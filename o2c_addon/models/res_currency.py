from odoo import models


class ResCurrency(models.Model):
    """Currencies are few, and every sentence about money has one."""

    _name = "res.currency"
    _inherit = ["res.currency", "o2c.policy.mixin"]
