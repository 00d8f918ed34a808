from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, plaintext2html

ACTIVITY = "o2c_addon.mail_activity_type_o2c_dispute"


class AccountMove(models.Model):
    """What the customer says about an unpaid invoice: questions it, or promises to pay.

    Both keep reminders back: a question until somebody has answered it, a promise until
    its day is over.
    """

    _inherit = "account.move"

    o2c_dispute_reason = fields.Text("Question of the Customer", copy=False)
    o2c_disputed_on = fields.Datetime(
        "Questioned On",
        copy=False,
        index="btree_not_null",
        help="The customer questions this invoice, and nobody has answered yet.",
    )
    o2c_promised_on = fields.Date(
        "Promised For",
        copy=False,
        help="The customer promised to pay by this day. Until it is over nobody is "
        "reminded of this invoice.",
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_dispute_reason",
            "o2c_disputed_on",
            "o2c_promised_on",
        }

    def _o2c_is_open(self):
        """Whether money is expected on this."""
        return (
            self.state == "posted"
            and self.move_type in ("out_invoice", "out_receipt")
            and self.payment_state in ("not_paid", "partial")
        )

    def _o2c_is_promised(self):
        """Whether the customer still has time to keep a promise."""
        today = self.company_id._o2c_today()
        return bool(self.o2c_promised_on and self.o2c_promised_on >= today)

    # -- dispute ---------------------------------------------------------------------

    def action_o2c_dispute(self, reason):
        """The customer questions these invoices; ``reason`` in his words.

        :raise UserError: without words, or where nothing is to be paid
        """
        self._o2c_check_may_settle()
        # sudo: see _o2c_check_may_settle
        self.sudo()._o2c_dispute(reason)
        return True

    def _o2c_dispute(self, reason):
        """The same for who has been checked already, e.g. the portal.

        Asks the one responsible for invoicing, else the salesperson, to answer.
        """
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say what is wrong with the invoice."))
        self._o2c_check_is_open()
        new = self.filtered(lambda m: not m.o2c_disputed_on)
        new.o2c_disputed_on = fields.Datetime.now()
        self.o2c_dispute_reason = reason
        self._o2c_of_orders()._o2c_log("disputed", note=reason)
        note = self.env._("The customer questions this invoice: %s", reason)
        self._message_log_batch({invoice.id: note for invoice in self})
        for invoice in new:
            invoice._o2c_ask_to_answer(reason)

    def _o2c_ask_to_answer(self, reason):
        owner = self.company_id.o2c_billing_owner_id or self.invoice_user_id
        if owner:
            self.activity_schedule(
                ACTIVITY,
                user_id=owner.id,
                summary=self.env._("The customer questions %s", self.name),
                note=plaintext2html(reason),
            )

    def action_o2c_end_dispute(self):
        """The question is answered: reminders go on as if it had not been asked."""
        self._o2c_check_may_settle()
        invoices = self.sudo().filtered("o2c_disputed_on")
        # sudo: see _o2c_check_may_settle
        invoices.write({"o2c_disputed_on": False, "o2c_dispute_reason": False})
        invoices.activity_feedback([ACTIVITY])
        invoices._o2c_of_orders()._o2c_log("dispute_ended")
        note = self.env._("The question of the customer is answered.")
        invoices._message_log_batch({invoice.id: note for invoice in invoices})
        return True

    # -- promise ---------------------------------------------------------------------

    def action_o2c_promise(self, date):
        """The customer promises to pay these by ``date``.

        :raise UserError: for a day that is over, or where nothing is to be paid
        """
        self._o2c_check_may_settle()
        # sudo: see _o2c_check_may_settle
        self.sudo()._o2c_promise(fields.Date.to_date(date))
        return True

    def _o2c_promise(self, date):
        """The same for who has been checked already."""
        self._o2c_check_is_open()
        for invoice in self:
            if not date or date < invoice.company_id._o2c_today():
                raise UserError(self.env._("Choose the day, today or later."))
        self.o2c_promised_on = date
        note = self.env._(
            "The customer promises to pay by %s.", format_date(self.env, date)
        )
        self._o2c_of_orders()._o2c_log("promised", note=note)
        self._message_log_batch({invoice.id: note for invoice in self})

    def action_o2c_open_answer(self):
        """Note what the customer says: a promise, or a question."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The customer says"),
            "res_model": "o2c.customer.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }

    # -- who may, and on what --------------------------------------------------------

    def _o2c_check_may_settle(self):
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._(
                    "What customers say about invoices is noted by accounting. "
                    "Tell them."
                )
            )

    def _o2c_check_is_open(self):
        for invoice in self:
            if not invoice._o2c_is_open():
                raise UserError(
                    self.env._(
                        "Nothing is to be paid on %s: choose an unpaid invoice.",
                        invoice.display_name,
                    )
                )
