from odoo import fields, models


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    criterion = fields.Selection(
        selection_add=[("rush", "Days saved against the usual delivery time")],
        ondelete={"rush": "cascade"},
    )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_fact_rush(self):
        """How many days earlier than usual the customer was promised the goods."""
        if not (self.commitment_date and self.expected_date):
            return 0.0
        return float((self.expected_date - self.commitment_date).days)
