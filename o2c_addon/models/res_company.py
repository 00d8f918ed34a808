from odoo import fields, models

INVOICING = [
    ("manual", "By hand"),
    ("draft", "Draft"),
    ("post", "Confirmed"),
]


class ResCompany(models.Model):
    _inherit = "res.company"

    o2c_invoicing = fields.Selection(
        INVOICING,
        "Invoice After Delivery",
        default="manual",
        help="What happens when goods have left: nothing until somebody invoices by "
        "hand, a draft invoice to look at, or a confirmed invoice.",
    )
    o2c_billing_owner_id = fields.Many2one(
        "res.users",
        "Responsible for Invoicing",
        help="Is told when an automatic invoice could not be made. "
        "Empty: the salesperson of the order.",
    )
