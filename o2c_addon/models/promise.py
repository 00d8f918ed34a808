import logging
from collections import defaultdict
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

_logger = logging.getLogger(__name__)

ACTIVITY = "o2c_addon.mail_activity_type_o2c_promise"
STATES = [
    ("open", "Promised"),
    ("kept", "Kept"),
    ("broken", "Broken"),
    ("void", "No longer needed"),
]
SOURCES = {
    "open": {"kept", "broken"},
    "kept": {"open", "broken"},
    "broken": {"open", "kept"},
    "void": {"open", "kept", "broken"},
}
REMEMBERED = timedelta(days=365)  # so long a broken promise counts against a customer


class Promise(models.Model):
    """A customer promised to pay an amount of an invoice by a day.

    Use: noted on the invoice or by the customer in the portal; nothing to do then.
    How: its state follows from facts alone: what was really paid since, by value date.
    It is judged whenever a payment of the invoice changes and once its day is over, so
    a payment taken back breaks it, and one that was booked late mends it.
    """

    _name = "o2c.promise"
    _description = "Promise to Pay"
    _inherit = ["o2c.customer.word"]
    _order = "date desc, id desc"

    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        readonly=True,
        help="Is told when the promise is not kept.",
    )
    date = fields.Date("Pays By", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, aggregator=None)
    made_on = fields.Datetime(
        required=True, readonly=True, default=lambda self: fields.Datetime.now()
    )
    paid_before = fields.Monetary(
        readonly=True,
        aggregator=None,
        help="What had been paid of the invoice when the promise was made.",
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="open", index=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(vals_list)
        promises.move_id.o2c_has_promises = True
        return promises

    # -- making ----------------------------------------------------------------------

    @api.model
    def _make(self, invoices, date, amount=None, by_customer=False):
        """The promises of these open invoices; what was promised before is replaced.

        :param amount: of each, in its currency; what is open, if none
        """
        earlier = invoices.o2c_promise_ids.filtered(lambda p: p.state == "open")
        earlier._move_to("void")
        paid = self._read_paid(invoices)
        promises = self.create(
            [
                self._prepare(
                    invoice,
                    currency_id=invoice.currency_id.id,
                    user_id=self._responsible(invoice, by_customer).id,
                    date=date,
                    amount=min(
                        amount or invoice.amount_residual, invoice.amount_residual
                    ),
                    is_by_customer=by_customer,
                    paid_before=paid[invoice].until(),
                )
                for invoice in invoices
            ]
        )
        invoices.o2c_promised_on = date
        return promises

    @api.model
    def _responsible(self, invoice, by_customer):
        """Who noted it; what the customer or a program notes is for the owner."""
        user = self.env.user
        if by_customer or user.id == SUPERUSER_ID or not user._is_internal():
            return invoice._o2c_notice_owner()
        return user

    # -- judging ---------------------------------------------------------------------

    @api.model
    def _read_paid(self, invoices):
        """Invoice → :class:`Received`, its money by value date, credit notes apart."""
        received = defaultdict(Received)
        # sudo: judged alike whoever acts
        invoices = invoices.sudo()
        matched = invoices.env["account.partial.reconcile"].search_fetch(
            [
                ("debit_move_id.move_id", "in", invoices.ids),
                ("credit_move_id.move_id.move_type", "!=", "out_refund"),
            ],
            ["debit_move_id", "credit_move_id", "debit_amount_currency"],
        )
        for part in matched:
            received[part.debit_move_id.move_id].add(
                part.credit_move_id.date, part.debit_amount_currency
            )
        for invoice in invoices:
            for payment in invoice.matched_payment_ids:
                if payment.state == "in_process" and not payment.move_id:
                    amount = payment.currency_id._convert(
                        payment.amount,
                        invoice.currency_id,
                        invoice.company_id,
                        payment.date,
                    )
                    received[invoice].add(payment.date, amount, is_booked=False)
        return received

    def _judge(self):
        """Move these to where the facts have them."""
        # sudo: nobody writes a promise but this
        promises = self.sudo().filtered(lambda p: p.state != "void")
        if not promises:
            return
        paid = self._read_paid(promises.move_id)
        for promise in promises:
            state = promise._state_by(paid[promise.move_id])
            if state == promise.state:
                continue
            if state == "broken" and promise._may_be_covered():
                continue  # its payment may be there: somebody has to match it
            promise._move_to(state)

    def _state_by(self, received):
        """The state of this promise, from the facts alone.

        :param received: the money of its invoice
        """
        invoice, currency = self.move_id, self.currency_id
        if invoice.state != "posted":
            return "void"
        # what was credited or given up meanwhile need not be paid
        to_pay = invoice.amount_residual + received.until(booked_only=True)
        wanted = min(self.amount, to_pay - self.paid_before)
        if currency.compare_amounts(wanted, 0) <= 0:
            return "void"
        in_time = received.until(self.date) - self.paid_before
        if currency.compare_amounts(in_time, wanted) >= 0:
            return "kept"
        return "broken" if self._is_over() else "open"

    def _is_over(self):
        """Whether its day is over, here and where the customer is."""
        return self.date < self.company_id._o2c_today_for(self.partner_id)

    def _may_be_covered(self):
        """Whether money of the customer that nobody has matched yet could be it."""
        company = self.company_id
        notices = self.env["o2c.notice"].with_company(company)
        money = notices._read_unmatched(company, self.partner_id.ids)
        amount = self.currency_id._convert(
            self.amount, company.currency_id, company, company._o2c_today()
        )
        found = money[self.partner_id.id]
        return company.currency_id.compare_amounts(found, amount) >= 0

    def _move_to(self, state):
        """The only writer of the state; who is responsible hears of what is broken."""
        for promise in self:
            if promise.state not in SOURCES[state]:
                raise UserError(
                    self.env._("The promise on %s has changed.", promise.res_name)
                )
        self.state = state
        for promise in self:
            promise.move_id.o2c_promised_on = state == "open" and promise.date
            promise._tell()

    def _tell(self):
        invoice = self.move_id
        if self.state != "broken":
            invoice.activity_unlink([ACTIVITY])
        if self.state not in ("kept", "broken"):
            return
        words = self._in_words()
        invoice._message_log(body=words)
        invoice._o2c_of_orders()._o2c_log(f"promise_{self.state}", note=words)
        if self.state == "broken" and self.user_id:
            invoice.activity_schedule(
                ACTIVITY,
                user_id=self.user_id.id,
                summary=self.env._("%s did not pay as promised", self.partner_id.name),
                note=self.env._(
                    "Call, and note what the customer says on the invoice."
                ),
            )

    def _in_words(self):
        figures = {
            "amount": format_amount(self.env, self.amount, self.currency_id),
            "day": format_date(self.env, self.date),
        }
        words = {
            "open": self.env._("%(amount)s is promised by %(day)s.", **figures),
            "kept": self.env._(
                "%(amount)s was paid by %(day)s, as promised.", **figures
            ),
            "broken": self.env._(
                "%(amount)s was promised by %(day)s and not paid.", **figures
            ),
            "void": self.env._(
                "The promise of %(amount)s is no longer needed.", **figures
            ),
        }
        return words[self.state]

    # -- by itself -------------------------------------------------------------------

    @api.model
    def _check_due(self):
        """Judge what is over; safe to be called at any time, by several."""
        cron = self.env["ir.cron"]
        # no customer's day is over before it is over in UTC+14, less than a day ahead
        latest = fields.Date.today() + timedelta(days=1)
        due = self.search([("state", "=", "open"), ("date", "<", latest)], order="id")
        left = cron._commit_progress(remaining=len(due))
        for promise in due:
            if not left:
                break
            left = promise._check_alone()

    def _check_alone(self):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            with self.env.cr.savepoint():
                promise = self.try_lock_for_update(allow_referencing=True)
                promise.filtered(lambda p: p.state == "open")._judge()
        except OperationalError:
            self.env.cr.rollback()  # a payment comes in: it judges, or the next round
        except Exception:  # what is wrong with one stops no other
            _logger.exception("Promise %s cannot be judged", self.id)
        return cron._commit_progress(1)

    # -- what it says of a customer --------------------------------------------------

    @api.model
    def _count(self, customers, company, states=("kept", "broken"), since=None):
        """(customer id, state) → how many, in this company and its branches."""
        domain = (
            Domain("partner_id", "in", customers.ids)
            & Domain("state", "in", states)
            & Domain("company_id", "child_of", company.root_id.id)
        )
        if since:
            domain &= Domain("date", ">=", since)
        # sudo: counted alike whoever acts; who may know it decides the caller
        groups = self.sudo()._read_group(domain, ["partner_id", "state"], ["__count"])
        return {(partner.id, state): count for partner, state, count in groups}


class Received:
    """Money that came in for an invoice, by value date, in its currency."""

    def __init__(self):
        self._parts = []

    def add(self, day, amount, is_booked=True):
        self._parts.append((day, amount, is_booked))

    def until(self, last_day=None, *, booked_only=False):
        return sum(
            amount
            for day, amount, is_booked in self._parts
            if (not last_day or day <= last_day) and (is_booked or not booked_only)
        )
