from odoo import api, models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "o2c.event.mixin"]

    def _o2c_orders(self):
        return self.line_ids.sale_line_ids.order_id

    def _o2c_of_orders(self):
        """The customer invoices and credit notes among these that come from orders."""
        return self.filtered(
            lambda m: m.move_type in ("out_invoice", "out_refund") and m._o2c_orders()
        )

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._o2c_of_orders()._o2c_log("posted")
        return posted

    @api.constrains("payment_state")
    def _o2c_check_payment(self):
        """Remember when an invoice became paid, and when it no longer was.

        A constraint, because the state is computed and changes in many ways.
        """
        # sudo: whoever registers a payment need not read the orders
        for invoice in self.sudo()._o2c_of_orders():
            is_paid = invoice.payment_state in ("paid", "in_payment", "reversed")
            if is_paid != invoice._o2c_was_paid():
                invoice.with_user(self.env.user).sudo()._o2c_log(
                    "paid" if is_paid else "unpaid"
                )

    def _o2c_was_paid(self):
        """Whether the last thing remembered about the payment is that it is paid."""
        last = self.env["o2c.event"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("activity", "in", ("paid", "unpaid")),
            ],
            limit=1,
        )
        return last.activity == "paid"
