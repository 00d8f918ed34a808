from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Only what is really confirmed: a paid order may still wait for approval."""
        return super()._check_amount_and_confirm_order().filtered(
            lambda order: order.state == "sale"
        )
