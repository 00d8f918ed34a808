from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from .promise import STATES


class AccountMove(models.Model):
    """The customer promises to pay an invoice. Until that day nobody is reminded."""

    _inherit = "account.move"

    o2c_promised_on = fields.Date(
        "Promised For",
        copy=False,
        help="The customer promised to pay by this day. Until it is over nobody is "
        "reminded of this invoice.",
    )
    o2c_has_promises = fields.Boolean(copy=False)
    o2c_promise_ids = fields.One2many("o2c.promise", "move_id", string="Promises")
    o2c_promise_state = fields.Selection(
        STATES, "Last Promise", compute="_compute_o2c_promise"
    )
    o2c_promise_words = fields.Char("Promise", compute="_compute_o2c_promise")

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_promised_on",
            "o2c_has_promises",
            "o2c_promise_ids",
        }

    @api.depends("o2c_promise_ids.state")
    @api.depends_context("lang")
    def _compute_o2c_promise(self):
        for invoice in self:
            # sudo: who may read the invoice may read what was promised of it
            promises = (
                invoice.sudo().o2c_has_promises and invoice.sudo().o2c_promise_ids
            )
            last = promises and promises.sorted("id")[-1:]
            invoice.o2c_promise_state = last and last.state
            invoice.o2c_promise_words = last and last._in_words()

    def _o2c_is_promised(self):
        """Whether the customer still has time to keep a promise."""
        today = self.company_id._o2c_today()
        return bool(self.o2c_promised_on and self.o2c_promised_on >= today)

    # -- promising -------------------------------------------------------------------

    def action_o2c_promise(self, date, amount=None):
        """The customer promises to pay these by ``date``.

        :param amount: of each, in its currency; what is open, if none
        :raise UserError: for a day that is over, an amount that is none, or where
            nothing is to be paid
        """
        self._o2c_check_may_settle()
        # sudo: see _o2c_check_may_settle
        self.sudo()._o2c_promise(fields.Date.to_date(date), amount)
        return True

    def _o2c_promise(self, date, amount=None, by_customer=False):
        """The same for who has been checked already, e.g. the portal."""
        self._o2c_check_is_open()
        for invoice in self:
            if not date or date < invoice.company_id._o2c_today():
                raise UserError(self.env._("Choose the day, today or later."))
            if (
                amount is not None
                and invoice.currency_id.compare_amounts(amount, 0) <= 0
            ):
                raise UserError(self.env._("Say how much is paid by then."))
        for company_invoices in self.grouped("company_id").values():
            promises = self.env["o2c.promise"]._make(
                company_invoices, date, amount, by_customer
            )
            for promise in promises:
                note = self.env._(
                    "The customer promises to pay %(amount)s by %(day)s.",
                    amount=format_amount(self.env, promise.amount, promise.currency_id),
                    day=format_date(self.env, date),
                )
                promise.move_id._o2c_of_orders()._o2c_log("promised", note=note)
                promise.move_id._message_log(body=note)

    # -- checking --------------------------------------------------------------------

    @api.constrains("state", "payment_state", "amount_residual")
    def _o2c_check_promises(self):
        """A payment came, or was taken back: what was promised is judged at once.

        A constraint, because money comes in many ways.
        """
        # sudo: judged alike whoever acts
        promised = self.sudo().filtered("o2c_has_promises")
        promised.o2c_promise_ids._judge()

    # -- by the customer -------------------------------------------------------------

    def _o2c_may_be_promised(self):
        """By its customer, in the portal: once, where it is due or nearly so."""
        latest = self._o2c_latest_promise()
        return bool(
            latest
            and self._o2c_is_open()
            and not self.o2c_disputed_on
            and not self.o2c_has_promises
            and (self.invoice_date_due or self.invoice_date) < latest
        )

    def _o2c_latest_promise(self):
        """The last day a customer may promise for by himself, or nothing."""
        company = self.company_id
        if company.o2c_promise_days <= 0:
            return None
        return fields.Date.add(company._o2c_today(), days=company.o2c_promise_days)

    def _o2c_promise_in_portal(self, date, amount):
        """The customer promises; nothing happens to what makes no sense.

        :return: whether it is noted
        """
        if not self._o2c_may_be_promised():
            return False
        today = self.company_id._o2c_today()
        is_day = date and today <= date <= self._o2c_latest_promise()
        is_amount = self.currency_id.compare_amounts(amount, 0) > 0
        if not (is_day and is_amount):
            return False
        self._o2c_promise(date, amount, by_customer=True)
        return True

    def _o2c_promise_for_customer(self):
        """What the customer promised, in words for him, while it counts."""
        if not (self._o2c_is_open() and self._o2c_is_promised()):
            return ""
        promise = self.o2c_promise_ids.filtered(lambda p: p.state == "open")[:1]
        return self.env._(
            "You promised to pay %(amount)s by %(day)s. Thank you!",
            amount=format_amount(self.env, promise.amount, promise.currency_id),
            day=format_date(self.env, promise.date),
        )
