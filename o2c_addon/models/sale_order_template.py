from odoo import fields, models

from .res_company import INVOICING, PERIODS


class SaleOrderTemplate(models.Model):
    """How the orders made from a quotation template are invoiced."""

    _inherit = "sale.order.template"

    o2c_invoicing = fields.Selection(
        INVOICING,
        "Invoice After Delivery",
        help="For orders made from this template. Empty: as set for the customer, else "
        "for the company.",
    )
    o2c_invoicing_period = fields.Selection(
        PERIODS,
        "One Invoice",
        help="For orders made from this template. Empty: as set for the customer, else "
        "for the company.",
    )
    o2c_plan_ids = fields.One2many(
        "o2c.plan.item", "template_id", "Billing Plan", copy=True
    )

    def _o2c_label(self, name):
        """The setting ``name`` in words, and whose it is."""
        choices = dict(self._fields[name]._description_selection(self.env))
        return self.env._(
            "%(setting)s (%(template)s)",
            setting=choices[self[name]],
            template=self.name,
        )
