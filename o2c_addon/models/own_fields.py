from odoo import models


class OwnMixin(models.AbstractModel):
    """Fields that this addon alone writes, whatever a user or a program sends.

    Name them in ``_o2c_own_fields``. Nothing of ours on a document of the host is any
    business of customers.
    """

    _name = "o2c.own.mixin"
    _description = "Document with fields that write themselves"

    def _o2c_own_fields(self):
        """The names of the fields nobody writes from outside. Override and extend."""
        return frozenset()

    def _has_field_access(self, field, operation):
        if not self.env.su:
            # each access to a field of a document asks this: no call more than needed
            if operation == "write" and field.name in self._o2c_own_fields():
                return False
            if field.name[:4] == "o2c_" and not self.env.user._is_internal():
                return False
        return super()._has_field_access(field, operation)
