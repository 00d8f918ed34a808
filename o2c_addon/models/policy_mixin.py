from odoo import api, models
from odoo.tools import ormcache


class PolicyMixin(models.AbstractModel):
    """Configuration the gates keep in memory, forgotten whenever it changes."""

    _name = "o2c.policy.mixin"
    _description = "Policy"

    @api.model
    def _o2c_recall(self, ids):
        """The policies with these ``ids``, as they are remembered: no table is read."""
        # sudo: whoever is judged need not read the policy
        policies = self.sudo().browse(ids)
        known, memory = self._o2c_remembered(tuple(ids), self.env.lang)
        for name, values in memory.items():
            policies._fields[name]._insert_cache(policies.browse(known), values)
        return policies

    @api.model
    @ormcache("ids", "lang")
    def _o2c_remembered(self, ids, lang):
        """The ``ids`` there are; name of each column → its values, in that order."""
        # sudo: see above
        policies = self.sudo().with_context(lang=lang).browse(ids).exists()
        columns = [f for f in self._fields.values() if f.prefetch is True]
        policies.fetch([field.name for field in columns])
        memory = {}
        for field in columns:
            known = field._get_cache(policies.env)
            memory[field.name] = [known[policy] for policy in policies._ids]
        return policies._ids, memory

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
