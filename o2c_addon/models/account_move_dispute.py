from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class AccountMove(models.Model):
    """The customer questions an unpaid invoice. Until somebody has answered, nobody is
    reminded of it.
    """

    _inherit = "account.move"

    o2c_dispute_reason = fields.Text("Question of the Customer", copy=False)
    o2c_disputed_on = fields.Datetime(
        "Questioned On",
        copy=False,
        index="btree_not_null",
        help="The customer questions this invoice, and nobody has answered yet.",
    )
    o2c_dispute_ids = fields.One2many("o2c.dispute", "move_id", string="Questions")

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_dispute_reason",
            "o2c_disputed_on",
            "o2c_dispute_ids",
        }

    def _o2c_is_open(self):
        """Whether money is expected on this."""
        return (
            self.state == "posted"
            and self.move_type in ("out_invoice", "out_receipt")
            and self.payment_state in ("not_paid", "partial")
        )

    # -- dispute ---------------------------------------------------------------------

    def action_o2c_dispute(self, reason, reason_id=None):
        """The customer questions these invoices.

        :param reason: in the customer's words
        :param reason_id: id of the ``o2c.dispute.reason``, if one fits
        :raise UserError: without words, or where nothing is to be paid
        """
        self._o2c_check_may_settle()
        kind = self.env["o2c.dispute.reason"].browse(reason_id or [])
        kind.check_access("read")
        # sudo: see _o2c_check_may_settle
        self.sudo()._o2c_dispute(reason, kind.sudo())
        return True

    def _o2c_dispute(self, words, reason=None, by_customer=False):
        """The same for who has been checked already, e.g. the portal.

        Asks whoever answers that kind of question, else the one responsible for
        invoicing, else the salesperson.
        """
        words = (words or "").strip()
        if not words:
            raise UserError(self.env._("Say what is wrong with the invoice."))
        self._o2c_check_is_open()
        new = self.filtered(lambda m: not m.o2c_disputed_on)
        new.o2c_disputed_on = fields.Datetime.now()
        self.o2c_dispute_reason = words
        self.env["o2c.dispute"]._open(self, words, reason, by_customer)
        self._o2c_of_orders()._o2c_log("disputed", note=words)
        note = self.env._("The customer questions this invoice: %s", words)
        self._message_log_batch({invoice.id: note for invoice in self})

    def action_o2c_end_dispute(self, outcome="settled", answer=None):
        """The question is answered: reminders go on as if it had not been asked.

        :param outcome: ``granted partly stands settled``
        :param answer: words for the customer, on his page of the invoice
        """
        self._o2c_check_may_answer()
        outcomes = self.env["o2c.dispute"]._fields["outcome"]
        words = dict(outcomes._description_selection(self.env))
        if outcome not in words:
            raise UserError(self.env._("Say what came of the question."))
        # sudo: see _o2c_check_may_settle
        invoices = self.sudo().filtered("o2c_disputed_on")
        invoices.write({"o2c_disputed_on": False, "o2c_dispute_reason": False})
        standing = invoices.o2c_dispute_ids.filtered(lambda d: d.state == "open")
        standing._close(outcome, answer)
        note = f"{words[outcome]}: {answer}" if answer else words[outcome]
        invoices._o2c_of_orders()._o2c_log("dispute_ended", note=note)
        note = self.env._("The question of the customer is answered. %s", note)
        invoices._message_log_batch({invoice.id: note for invoice in invoices})
        return True

    def action_o2c_open_dispute_answer(self):
        """Ask what came of the question."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Question answered"),
            "res_model": "o2c.dispute.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }

    def _o2c_answered(self):
        """The last question on this invoice that is answered, if none is open."""
        if self.o2c_disputed_on:
            return self.o2c_dispute_ids.browse()
        return self.o2c_dispute_ids.sorted("id")[-1:]

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

    def _o2c_check_may_answer(self):
        """Accounting, and who was asked to answer."""
        self.check_access("read")
        # sudo: who answers, whoever asks
        standing = self.sudo().o2c_dispute_ids.filtered(lambda d: d.state == "open")
        if standing.user_id != self.env.user:
            self._o2c_check_may_settle()

    def _o2c_check_is_open(self):
        for invoice in self:
            if not invoice._o2c_is_open():
                raise UserError(
                    self.env._(
                        "Nothing is to be paid on %s: choose an unpaid invoice.",
                        invoice.display_name,
                    )
                )
