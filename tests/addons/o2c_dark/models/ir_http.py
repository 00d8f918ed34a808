from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def color_scheme(self):
        """What the browser asks for, by the cookie that Enterprise sets as well."""
        if request and request.cookies.get("color_scheme") == "dark":
            return "dark"
        return super().color_scheme()
