from odoo import api, fields, models

NEW = "Since 19.0.2, o2c_billing is called o2c_invoicing."


class SaleOrder(models.Model):
    """Old names go on working for a major version, and warn whoever uses them."""

    _inherit = "sale.order"

    o2c_billing = fields.Char(
        compute="_compute_o2c_billing",
        inverse="_inverse_o2c_billing",
        search="_search_o2c_billing",
    )

    @api.deprecated("Since 19.0.2, o2c_why() is called o2c_explain().")
    def o2c_why(self):
        return self.o2c_explain()

    @api.depends("o2c_invoicing")
    @api.deprecated(NEW)
    def _compute_o2c_billing(self):
        for order in self:
            order.o2c_billing = order.o2c_invoicing

    @api.deprecated(NEW)
    def _inverse_o2c_billing(self):
        for order in self:
            order.o2c_invoicing = order.o2c_billing

    @api.deprecated(NEW)
    def _search_o2c_billing(self, operator, value):
        return [("o2c_invoicing", operator, value)]
