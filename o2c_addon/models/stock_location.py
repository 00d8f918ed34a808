from odoo import api, models
from odoo.tools import ormcache


class StockLocation(models.Model):
    _inherit = "stock.location"

    @ormcache("self._origin.id")
    def _o2c_usage(self):
        """What it is used for; kept in memory, every delivery is asked for it."""
        # sudo: whether goods go to a customer is told to whoever has the delivery
        return self._origin.sudo().usage

    @ormcache("self._origin.id")
    def _o2c_has_stock(self):
        """Whether goods are reserved here; kept in memory as well."""
        # sudo: see above
        return not self._origin.sudo().should_bypass_reservation()

    @api.constrains("usage")
    def _o2c_forget_usage(self):
        self.env.registry.clear_cache()
