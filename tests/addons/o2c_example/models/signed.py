from odoo import fields, models


class FulfillmentCheck(models.Model):
    _inherit = "o2c.fulfillment.check"

    code = fields.Selection(
        selection_add=[("signed", "The customer signed the order")],
        ondelete={"signed": "cascade"},
    )


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_problem_signed(self, check):
        unsigned = self.sudo()._o2c_orders().filtered(lambda o: not o.signature)
        if unsigned:
            return self.env._("%s is not signed by the customer.", unsigned[0].name)
        return None
