from odoo import api, models


class PolicyMixin(models.AbstractModel):
    """Configuration the gates keep in memory, forgotten whenever it changes."""

    _name = "o2c.policy.mixin"
    _description = "Policy"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
