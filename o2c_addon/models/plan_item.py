from datetime import timedelta

from odoo import fields, models

DUE = [
    ("confirmed", "With the order"),
    ("date", "On a date"),
    ("done", "Service done"),
]


class PlanItem(models.Model):
    """A part of a billing plan in a quotation template."""

    _name = "o2c.plan.item"
    _description = "Part of a Billing Plan in a Template"
    _order = "template_id, sequence, id"

    template_id = fields.Many2one(
        "sale.order.template", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="template_id.company_id", store=True, index=True, precompute=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(
        "Part", required=True, translate=True, help="Stands on the invoice."
    )
    percentage = fields.Float(
        "%", digits=(16, 2), required=True, help="Of what does not recur."
    )
    due = fields.Selection(DUE, "When", required=True, default="confirmed")
    days = fields.Integer("Days Later", help="After the day of the quotation.")
    product_id = fields.Many2one(
        "product.product",
        "Service",
        domain="[('sale_ok', '=', True)]",
        ondelete="set null",
        help="Done, and accepted by the customer where that was agreed.",
    )

    _share = models.Constraint(
        "CHECK(percentage >= 0)", "A part of a billing plan cannot be below zero."
    )

    def _prepare_part(self, order):
        """Values of the part of ``order`` this stands for."""
        item = self.with_context(lang=order._get_lang())
        day = order.date_order.date() + timedelta(days=self.days)
        services = order.order_line.filtered(
            lambda line: line.product_id == self.product_id
        )
        return {
            "sequence": self.sequence,
            "name": item.name,
            "percentage": self.percentage,
            "due": self.due,
            "due_on": self.due == "date" and day,
            "line_id": self.due == "done" and services[:1].id,
        }
