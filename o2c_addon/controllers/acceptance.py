import binascii

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal


class AcceptancePage(CustomerPortal):
    """The customer looks at what was done, and signs or refuses it.

    A GET never decides. Colleagues who open the page to look cannot answer for him.
    """

    def _o2c_acceptance(self, order_id, acceptance_id, access_token):
        """:raise MissingError: where it is not of this order"""
        order = self._document_check_access("sale.order", order_id, access_token)
        acceptance = order.order_line.o2c_acceptance_ids.filtered(
            lambda a: a.id == acceptance_id
        )
        if not acceptance:
            raise MissingError(request.env._("There is nothing to accept."))
        return acceptance

    def _o2c_is_ours(self):
        return request.env.user._is_internal()

    @route(
        "/my/orders/<int:order_id>/acceptance/<int:acceptance_id>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_acceptance(
        self, order_id, acceptance_id, access_token=None, error=None, **_kwargs
    ):
        try:
            acceptance = self._o2c_acceptance(order_id, acceptance_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            "page_name": "o2c_acceptance",
            "acceptance": acceptance,
            "sale_order": acceptance.order_id,
            "is_ours": self._o2c_is_ours(),
            "error": bool(error),
        }
        return request.render("o2c_addon.portal_acceptance", values)

    @route(
        "/my/orders/<int:order_id>/acceptance/<int:acceptance_id>/accept",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_accept_work(
        self, order_id, acceptance_id, access_token=None, name=None, signature=None
    ):
        args = request.httprequest.args
        try:
            acceptance = self._o2c_acceptance(
                order_id, acceptance_id, access_token or args.get("access_token")
            )
            if self._o2c_is_ours():
                return {"error": request.env._("Only the customer can accept it.")}
            acceptance._accept(name, signature, float(args.get("quantity", 0)))
            request.env.cr.flush()
        except (AccessError, MissingError):
            return {"error": request.env._("There is nothing to accept.")}
        except UserError as error:
            request.env.cr.rollback()
            return {"error": str(error)}
        except (TypeError, ValueError, binascii.Error):
            request.env.cr.rollback()
            return {"error": request.env._("The signature cannot be read.")}
        return {"force_refresh": True, "redirect_url": acceptance._url()}

    @route(
        "/my/orders/<int:order_id>/acceptance/<int:acceptance_id>/<any(refuse,comment):answer>",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_answer_work(
        self, order_id, acceptance_id, answer, access_token=None, words=None, **_kwargs
    ):
        try:
            acceptance = self._o2c_acceptance(order_id, acceptance_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        url = acceptance._url()
        if self._o2c_is_ours():
            return request.redirect(url)
        user = request.env.user
        try:
            if answer == "refuse":
                acceptance._refuse("" if user._is_public() else user.name, words)
            else:
                acceptance._add_comment(words)
        except UserError:
            request.env.cr.rollback()
            return request.redirect(f"{url}&error=1")
        return request.redirect(url)
