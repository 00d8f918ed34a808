from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import format_date, split_every
from odoo.tools.date_utils import start_of

CHUNK = 200  # lines of one transaction

EVERY = [
    ("week", "Week"),
    ("month", "Month"),
    ("quarter", "Quarter"),
    ("year", "Year"),
]
CHARGED = [("advance", "In advance"), ("arrears", "In arrears")]
STEPS = {
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}
A_YEAR = {"week": 52, "month": 12, "quarter": 4, "year": 1}


class Calendar(NamedTuple):
    """Periods one after the other, counted from 0, without gap or overlap.

    Each start is counted from the first one, so that a month beginning on the 31st
    comes back to it:

    >>> months = Calendar(date(2028, 1, 31), "month")
    >>> [str(months.start_of(number)) for number in range(3)]
    ['2028-01-31', '2028-02-29', '2028-03-31']
    >>> str(months.end_of(0)), months.number_of(date(2028, 3, 30))
    ('2028-02-28', 1)

    Aligned, the first one is the rest of a week, month, quarter or year:

    >>> aligned = Calendar(date(2028, 1, 20), "month", True)
    >>> [str(aligned.start_of(number)) for number in range(3)]
    ['2028-01-20', '2028-02-01', '2028-03-01']
    >>> aligned.days_of(0), str(aligned.end_of(0))
    (31, '2028-01-31')
    """

    starts_on: date
    every: str
    is_aligned: bool = False

    def _anchor(self):
        """Where the first period would begin if it were a whole one."""
        return (
            start_of(self.starts_on, self.every) if self.is_aligned else self.starts_on
        )

    def begins_amid(self):
        """Whether the first period is only the rest of one."""
        return self._anchor() != self.starts_on

    def days_of(self, number):
        """How many days the whole of a period has."""
        step = STEPS[self.every]
        anchor = self._anchor()
        return (anchor + step * (number + 1) - (anchor + step * number)).days

    def start_of(self, number):
        if not number:
            return self.starts_on
        return self._anchor() + STEPS[self.every] * number

    def end_of(self, number):
        return self.start_of(number + 1) - timedelta(days=1)

    def number_of(self, day):
        """The period ``day`` lies in; before the first one: -1 and less."""
        anchor = self._anchor()
        if self.every == "week":
            number = (day - anchor).days // 7
        else:
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            number = months // (12 // A_YEAR[self.every])
            if anchor + STEPS[self.every] * number > day:
                number -= 1
        return number if day >= self.starts_on else min(number, -1)


class Period(models.Model):
    """A week, month, quarter or year of a recurring service, charged once.

    Use: nothing to do; the order's tab *Recurring* shows what comes next and what was
    charged. How: the row raises the delivered quantity of its line, which the
    invoicing queue bills like any other service. It is unique for its line and first
    day, so whatever is tried again or runs twice charges it once.
    """

    _name = "o2c.period"
    _description = "Charged Period"
    _order = "starts_on desc, id desc"

    line_id = fields.Many2one(
        "sale.order.line",
        "Service",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    order_id = fields.Many2one(
        related="line_id.order_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="line_id.currency_id")
    number = fields.Integer(
        readonly=True, aggregator=None, help="Counted from the first one, which is 0."
    )
    is_whole = fields.Boolean(
        default=True,
        readonly=True,
        help="Not what was added in the middle of a period.",
    )
    starts_on = fields.Date("From", required=True, readonly=True)
    ends_on = fields.Date("To", required=True, readonly=True)
    quantity = fields.Float(
        digits="Product Unit", readonly=True, help="None while it was paused."
    )
    per_period = fields.Float(
        "Of a Whole Period",
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="The quantity that was agreed for a whole period.",
    )
    price_unit = fields.Float(
        "Price", min_display_digits="Product Price", readonly=True, aggregator=None
    )
    invoice_line_id = fields.Many2one(
        "account.move.line",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    move_id = fields.Many2one(related="invoice_line_id.move_id", string="Invoice")

    _once = models.UniqueIndex(
        "(line_id, starts_on)", "This period of the service is charged already."
    )

    @api.depends("starts_on", "ends_on")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for period in self:
            period.display_name = period._in_words()

    def _in_words(self, lang=None):
        """From when to when, in the language of the reader or ``lang``; of which
        part, where it is one."""
        days = " – ".join(
            format_date(self.env, day, lang_code=lang)
            for day in (self.starts_on, self.ends_on)
        )
        part = (self.ends_on - self.starts_on).days + 1
        # sudo: the customer's invoice says it too
        whole = self.line_id.sudo()._o2c_calendar().days_of(self.number)
        if part == whole:
            return days
        env = self.with_context(lang=lang).env if lang else self.env
        return env._(
            "%(days)s (%(part)s of %(whole)s days)", days=days, part=part, whole=whole
        )

    def _is_to_invoice(self):
        """Whether no invoice has it; a cancelled one has not."""
        return self.quantity and self.invoice_line_id.parent_state in (False, "cancel")

    # -- the calendar moves on -------------------------------------------------------

    @api.model
    def _make_due(self):
        """Charge every period that has come, and hand it to the invoicing queue.

        Safe to be called from several processes at any time. A service that cannot be
        charged stops itself only: who is responsible for invoicing is asked to look.
        """
        lines = self.env["sale.order.line"]
        due = lines.search(lines._o2c_domain_period_due(), order="order_id, id")
        left = self.env["ir.cron"]._commit_progress(remaining=len(due))
        for ids in split_every(CHUNK, due.ids):
            if not left:
                break
            left = self._make(lines.browse(ids))

    def _make(self, lines):
        """:return: the seconds left to this run"""
        try:
            lines._o2c_claim_due()._o2c_make_periods()
            return self.env["ir.cron"]._commit_progress(len(lines))
        except (OperationalError, UniqueViolation, ConcurrencyError):
            self.env.cr.rollback()  # somebody works on it: the next run comes back
            if len(lines) == 1:
                return float("inf")
        except Exception as error:
            self.env.cr.rollback()
            if len(lines) == 1:
                lines._o2c_tell_not_charged(error)
                return self.env["ir.cron"]._commit_progress(1)
        # halves of halves: those that cannot be charged are soon alone
        half = len(lines) // 2
        return self._make(lines[:half]) and self._make(lines[half:])
