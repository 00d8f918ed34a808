from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .account_move import DOCUMENTS
from .sale_order import digest

SEALED = (
    "product_id",
    "product_uom_id",
    "quantity",
    "price_unit",
    "discount",
    "tax_ids",
)


class AccountMove(models.Model):
    """Customer invoices and credit notes people must say yes to before they count."""

    _inherit = "account.move"

    o2c_request_ids = fields.One2many(
        "o2c.approval.request", "move_id", "Approval Requests", readonly=True
    )

    # -- what is approved ------------------------------------------------------------

    @api.depends(
        "move_type",
        "partner_id",
        "currency_id",
        "invoice_payment_term_id",
        "fiscal_position_id",
        "amount_untaxed",
        "invoice_line_ids.name",
        *(f"invoice_line_ids.{name}" for name in SEALED),
    )
    def _compute_o2c_seal(self):
        for move in self:
            if move.move_type not in DOCUMENTS:
                move.o2c_seal = False
                continue
            terms = digest(
                [
                    move.move_type,
                    move.partner_id.id,
                    move.currency_id.id,
                    move.invoice_payment_term_id.id,
                    move.fiscal_position_id.id,
                ]
            )
            content = [move._o2c_untaxed(), *move._o2c_goods()._o2c_content()]
            move.o2c_seal = f"{terms}.{digest(content)}"

    @api.constrains(
        "partner_id", "currency_id", "invoice_payment_term_id", "fiscal_position_id"
    )
    def _o2c_check_authors(self):
        self._o2c_of_customers()._o2c_add_author()

    @api.constrains("o2c_seal", "amount_untaxed")
    def _o2c_check_confirmed(self):
        """Confirmed, it keeps to what it was confirmed with, or to the rules; the host
        lifts its own protection for who sends a key."""
        self.filtered(lambda m: m._o2c_is_final())._o2c_check_law()

    def _o2c_stamp_holds(self):
        """One confirmed before the addon came has no seal: rules never reach back."""
        return super()._o2c_stamp_holds() or bool(
            self.o2c_passed_on and not self.o2c_passed_seal
        )

    def _o2c_authors(self):
        """The salesperson is one of them, as of an order."""
        return super()._o2c_authors() | self.invoice_user_id

    # -- the gate --------------------------------------------------------------------

    def _o2c_may_be_stopped(self, gate):
        """Its orders may be on hold as well, or have outgrown their approval."""
        # sudo: accounting need not read orders
        orders = self.sudo()._o2c_orders()
        return super()._o2c_may_be_stopped(gate) or any(
            order.o2c_on_hold or not order._o2c_stamp_holds() for order in orders
        )

    def _o2c_is_taken(self):
        """Money that is in is confirmed, and looked at afterwards; holds stop all."""
        return self._o2c_is_paid_for() and not self._o2c_open_holds("post")

    def _o2c_park(self, gate):
        waiting = super()._o2c_park(gate)
        # sudo: accounting need not be able to ask
        waiting.sudo()._o2c_orders()._o2c_ask_if_outgrown()
        return waiting

    def _o2c_check_may_park(self, gate):
        """What the host checks first: waiting is no way to gain rights."""
        self._o2c_check_may_ask()
        return super()._o2c_check_may_park(gate)

    def _o2c_check_may_ask(self):
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_invoice"
        ):
            raise AccessError(
                self.env._("You don't have the access rights to post an invoice.")
            )
        return super()._o2c_check_may_ask()

    def _o2c_is_before_its_gate(self):
        return super()._o2c_is_before_its_gate() and self.move_type in DOCUMENTS

    def _o2c_intent(self, gate):
        reverses = bool(self.env.context.get("move_reverse_cancel"))
        return super()._o2c_intent(gate) | {"reverses": reverses}

    def _o2c_replay_context(self, intent):
        context = super()._o2c_replay_context(intent)
        return context | {"move_reverse_cancel": intent.get("reverses", False)}

    def _o2c_go_on(self):
        self.with_context(validate_analytic=True).action_post()

    def _o2c_after_refusal(self, request):
        """Who wanted it reads why; what is confirmed already has to be corrected."""
        people = request.requested_by_id | self.invoice_user_id
        people -= self.env.ref("base.user_root") | self.env.user
        sentence = self.env._(
            "%(who)s refused %(invoice)s: “%(reason)s”",
            who=self.env.user.name,
            invoice=request.res_name,
            reason=request.decision_ids[:1].reason,
        )
        self.with_context(mail_notify_force_send=False).message_post(
            body=sentence,
            partner_ids=people.partner_id.ids,
            subtype_xmlid="mail.mt_note",
            message_type="notification",
        )
        owner = self.company_id.o2c_billing_owner_id or people[:1]
        if self._o2c_is_final() and owner:
            self.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=owner.id,
                summary=self.env._("Refused after it was paid and confirmed"),
                note=self.env._("Make a credit note and refund what was paid."),
            )

    def button_cancel(self):
        result = super().button_cancel()
        self.sudo().o2c_request_ids._cancel()  # sudo: nobody needs to answer any more
        return result

    def unlink(self):
        requests = self.sudo().o2c_request_ids  # sudo: see button_cancel
        if requests:
            self.check_access("unlink")
            requests._cancel()
        return super().unlink()

    def _o2c_passed_figures(self):
        return SQL("jsonb_build_object('amount', COALESCE(amount_untaxed, 0))")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _o2c_content(self):
        """What is invoiced; lines of quantity zero say nothing."""
        content = [
            [
                line.product_id.id or line.name,
                line.product_uom_id.id,
                line.quantity,
                line.price_unit,
                line.discount,
                sorted(line.tax_ids.ids),
            ]
            for line in self
            if line.quantity
        ]
        return sorted(content, key=str)

    @api.constrains(*SEALED)
    def _o2c_check_authors(self):
        lines = self.filtered(
            lambda li: (
                li.display_type == "product"
                and li.quantity
                and li.move_id.move_type in DOCUMENTS
            )
        )
        lines.move_id._o2c_add_author()

    @api.constrains("name")
    def _o2c_check_authors_of_text(self):
        """Where there is no product, the text is what is invoiced."""
        self.filtered(lambda li: not li.product_id)._o2c_check_authors()

    def unlink(self):
        goods = self.filtered(lambda li: li.display_type == "product")
        documents = goods.move_id._o2c_of_customers()
        result = super().unlink()
        documents.exists()._o2c_add_author()
        return result
