from odoo import fields, models


class CustomerWord(models.AbstractModel):
    """What a customer said of one invoice."""

    _name = "o2c.customer.word"
    _description = "Word of a Customer"
    _rec_name = "res_name"

    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    res_name = fields.Char("Number", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    is_by_customer = fields.Boolean("In the Portal", readonly=True)

    def _prepare(self, invoice, **values):
        return {
            "move_id": invoice.id,
            "res_name": invoice.name,
            "partner_id": invoice.commercial_partner_id.id,
            "company_id": invoice.company_id.id,
            **values,
        }

    def action_open_invoice(self):
        self.move_id.check_access("read")
        return self.move_id.get_formview_action()
