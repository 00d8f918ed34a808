from odoo import api, models
from odoo.exceptions import AccessError


class IrDefault(models.Model):
    """Everybody may have defaults of his own; the host fills them in unasked."""

    _inherit = "ir.default"

    @api.constrains("field_id", "json_value")
    def _o2c_check_may_write(self):
        """Nobody's default says what he may not write himself."""
        for default in self:
            field = default.field_id
            # no sudo: as who sets it
            model = self.env[field.model].sudo(False)
            if not field.name.startswith("o2c_") and not model._name.startswith("o2c."):
                continue
            known = model._fields.get(field.name)
            if known is None or model._transient:
                continue
            model.check_access("create")
            if not model._has_field_access(known, "write"):
                raise AccessError(
                    self.env._(
                        "“%(field)s” of %(model)s is not yours to write, so it can "
                        "have no default either.",
                        field=field.field_description,
                        model=field.model_id.name,
                    )
                )
