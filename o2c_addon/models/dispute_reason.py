from odoo import fields, models


class DisputeReason(models.Model):
    """Why customers question invoices, and who answers that kind of question."""

    _name = "o2c.dispute.reason"
    _description = "Reason of a Question on an Invoice"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: all companies."
    )
    in_portal = fields.Boolean(
        "Offered to Customers",
        default=True,
        help="Customers choose it where they question an invoice in the portal.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Answered By",
        domain="[('share', '=', False)]",
        help="Is asked to answer. Empty: the one responsible for invoicing, else the "
        "salesperson of the invoice.",
    )
