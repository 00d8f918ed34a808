from odoo import fields
from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount


class Promise(PortalAccount):
    """A customer says on the page of an invoice by when he will pay how much."""

    @route(
        "/my/invoices/<int:invoice_id>/promise",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_promise_to_pay(
        self, invoice_id, access_token=None, date=None, amount=None, **_kwargs
    ):
        try:
            invoice = self._document_check_access(
                "account.move", invoice_id, access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        day, money = self._o2c_read_promise(date, amount)
        if request.env.user._is_internal():  # under his own name, if that is his work
            invoice.with_user(request.env.user).action_o2c_promise(day, money)
        else:
            invoice._o2c_promise_in_portal(day, money)
        return request.redirect(invoice.get_portal_url())

    def _o2c_read_promise(self, date, amount):
        """What was typed, as far as it means something: (day or nothing, amount)."""
        try:
            day = fields.Date.to_date(date or None)
        except ValueError:
            day = None
        try:
            money = float(amount or 0)
        except ValueError:
            money = 0.0
        return day or None, money if money < float("inf") else 0.0
