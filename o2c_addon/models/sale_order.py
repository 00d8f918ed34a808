import json
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tools import SQL

def digest(facts):
    return sha256(json.dumps(facts).encode()).hexdigest()[:24]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "o2c.approval.mixin", "o2c.event.mixin"]

    _o2c_gate = "confirm"
    _o2c_final_state = "sale"
    _o2c_passed_date = "date_order"

    o2c_request_ids = fields.One2many(
        "o2c.approval.request", "order_id", "Approval Requests", readonly=True
    )
    def _o2c_orders(self):
        return self

    # -- facts -----------------------------------------------------------------------

    @api.depends(
        "partner_invoice_id",
        "currency_id",
        "payment_term_id",
        "fiscal_position_id",
        "order_line.product_id",
        "order_line.product_uom_id",
        "order_line.product_uom_qty",
        "order_line.price_unit",
        "order_line.discount",
        "order_line.tax_ids",
    )
    def _compute_o2c_seal(self):
        for order in self:
            terms = digest(
                [
                    order.partner_invoice_id.id,
                    order.currency_id.id,
                    order.payment_term_id.id,
                    order.fiscal_position_id.id,
                ]
            )
            order.o2c_seal = f"{terms}.{digest(order.order_line._o2c_content())}"

    def _o2c_fact_amount(self):
        """Untaxed amount in company currency at the order's date."""
        return self.currency_id._convert(
            self.amount_untaxed,
            self.company_id.currency_id,
            self.company_id,
            self.date_order or fields.Date.context_today(self),
        )

    def _o2c_document_fact_amount(self):
        """Untaxed amount in the order's currency."""
        return self.amount_untaxed

    def _o2c_passed_figures(self):
        return SQL("jsonb_build_object('amount', COALESCE(amount_untaxed, 0))")

    @api.constrains(
        "partner_invoice_id", "currency_id", "payment_term_id", "fiscal_position_id"
    )
    def _o2c_check_authors(self):
        self._o2c_add_author()

    def _o2c_authors(self):
        """The salesperson is one of them: nobody approves an order of his own."""
        return super()._o2c_authors() | self.user_id

    # -- the gate --------------------------------------------------------------------

    def action_confirm(self):
        """Confirm what may be confirmed; what needs a yes waits and goes on by itself."""
        released = self - self._o2c_park("confirm")
        if not released:
            return True
        with released._o2c_passing():
            return super(SaleOrder, released).action_confirm()

    def _o2c_park(self, gate):
        """Quotations only: what else stands here the host refuses by itself."""
        quotations = self.filtered(lambda o: o.state in ("draft", "sent"))
        return super(SaleOrder, quotations)._o2c_park(gate)

    def _o2c_check_may_park(self, gate):
        super()._o2c_check_may_park(gate)
        for order in self:
            if error := order._confirmation_error_message():
                raise UserError(error)

    def _action_confirm(self):
        result = super()._action_confirm()
        self._o2c_log("confirmed")
        return result

    def _o2c_try_again(self, request):
        """Confirm what is now approved. If that fails the approval stays, and is told."""
        try:
            with self.env.cr.savepoint():
                self.action_confirm()
        except (UserError, ValidationError, AccessError, MissingError) as error:
            order = self.sudo()  # sudo: to tell the asker, whatever rights are missing
            order._o2c_log("confirmation_failed", note=str(error))
            order.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=request.requested_by_id.id,
                summary=self.env._("Approved, but could not be confirmed"),
                note=str(error),
            )

    def _action_cancel(self):
        result = super()._action_cancel()
        self.sudo().o2c_request_ids._cancel()  # sudo: a question nobody needs any more
        self._o2c_log("cancelled")
        return result

    def unlink(self):
        self.check_access("unlink")
        requests = self.sudo().o2c_request_ids  # sudo: see _action_cancel
        requests._cancel()
        return super().unlink()

    def action_o2c_open_history(self):
        """What happened to this order so far."""
        action = self.env["ir.actions.actions"]._for_xml_id("o2c_addon.event_action")
        return action | {"domain": [("order_key", "in", self.ids)]}
