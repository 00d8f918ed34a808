from odoo import api, models
from odoo.tools import ormcache


class PolicyMixin(models.AbstractModel):
    """Configuration the gates keep in memory, forgotten whenever it changes."""

    _name = "o2c.policy.mixin"
    _description = "Policy"

    _o2c_links = ()  # the fields to many records that are remembered as well

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
        """The ``ids`` there are; name of each field → its values, in that order."""
        # sudo: see above
        policies = self.sudo().with_context(lang=lang).browse(ids).exists()
        names = [name for name, f in self._fields.items() if f.prefetch is True]
        names += self._o2c_links
        policies.flush_recordset(names)  # what is due to be computed is, before
        policies.fetch(names)
        memory = {}
        for name in names:
            known = self._fields[name]._get_cache(policies.env)
            memory[name] = [known[policy] for policy in policies._ids]
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
