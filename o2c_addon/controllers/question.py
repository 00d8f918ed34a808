from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount


class Question(PortalAccount):
    """A customer says on the page of an invoice what is wrong with it."""

    @route(
        "/my/invoices/<int:invoice_id>/question",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_question_invoice(
        self, invoice_id, access_token=None, question=None, reason=None, **_kwargs
    ):
        try:
            invoice = self._document_check_access(
                "account.move", invoice_id, access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        if request.env.user._is_internal():  # under his own name, if that is his work
            invoice.with_user(request.env.user).action_o2c_dispute(question)
        else:
            invoice._o2c_question(question, reason)
        return request.redirect(invoice.get_portal_url())
