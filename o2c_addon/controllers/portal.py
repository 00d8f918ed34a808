from odoo.exceptions import AccessError
from odoo.http import request

from odoo.addons.sale.controllers.portal import CustomerPortal


class Portal(CustomerPortal):
    def _document_check_access(self, model_name, document_id, access_token=None):
        """No link shows a customer what must be approved before it is sent."""
        document = super()._document_check_access(model_name, document_id, access_token)
        if (
            model_name == "sale.order"
            and not request.env.user._is_internal()
            and document._o2c_is_kept_from_customer()
        ):
            raise AccessError(request.env._("This quotation is not available yet."))
        return document
