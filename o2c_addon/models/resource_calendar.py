from odoo import api, models


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    @api.constrains("tz")
    def _o2c_forget_zone(self):
        """Companies keep the time zone of their days in memory."""
        self.env.registry.clear_cache()
