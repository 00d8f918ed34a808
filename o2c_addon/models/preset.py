from odoo import fields, models

PRESETS = [
    ("reseller", "IT reseller"),
    ("consultancy", "Consultancy"),
    ("services", "Managed-service provider"),
]


class PolicyPreset(models.AbstractModel):
    """Policy that comes as an example: archived, for no company, to be copied.

    A company that switches it on has copies of its own, which it changes and keeps.
    To add a preset: one value here, and records of it.
    """

    _name = "o2c.policy.preset"
    _description = "Policy that may come as an example"

    preset = fields.Selection(
        PRESETS,
        "Comes From",
        readonly=True,
        help="The example this was copied from, on the page First steps.",
    )


class ApprovalRule(models.Model):
    _name = "o2c.approval.rule"
    _inherit = ["o2c.approval.rule", "o2c.policy.preset"]


class FulfillmentCheck(models.Model):
    _name = "o2c.fulfillment.check"
    _inherit = ["o2c.fulfillment.check", "o2c.policy.preset"]
