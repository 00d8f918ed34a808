from odoo import models


class UomUom(models.Model):
    """Units are few, and every sentence about goods names one."""

    _name = "uom.uom"
    _inherit = ["uom.uom", "o2c.policy.mixin"]
