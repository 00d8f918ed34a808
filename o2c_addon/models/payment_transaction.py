from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Only what is really confirmed: a paid order may still wait for approval."""
        transactions = self.with_context(o2c_channel="payment")
        confirmed = super(
            PaymentTransaction, transactions
        )._check_amount_and_confirm_order()
        return confirmed.filtered(lambda order: order.state == "sale").with_env(
            self.env
        )
