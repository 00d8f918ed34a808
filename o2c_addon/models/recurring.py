from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date
from odoo.tools.sql import column_exists, create_column

from .period import CHARGED, EVERY, Calendar

OWN = frozenset(
    {
        "o2c_period_ids",
        "o2c_change_ids",
        "o2c_renewals",
        "o2c_next_due_on",
        "o2c_agreed_until",
        "o2c_notice_by",
        "o2c_next_price_by_id",
    }
)
COLUMNS = {
    "o2c_every": "varchar",
    "o2c_charged": "varchar",
    "o2c_aligned": "bool",
    "o2c_in_between": "bool",
    "o2c_notice_days": "int4",
    "o2c_per_period": "numeric",
    "o2c_renewals": "int4",
    "o2c_next_due_on": "date",
    "o2c_agreed_until": "date",
    "o2c_notice_by": "date",
}
AGREED = (
    "o2c_every",
    "o2c_charged",
    "o2c_aligned",
    "o2c_in_between",
    "o2c_per_period",
    "o2c_starts_on",
)


class SaleOrderLine(models.Model):
    """A service that recurs: delivered by the calendar, period by period.

    Its ordered quantity is that of the time agreed: what was charged, and what each
    period to come will be. Without an end that is a year, raised when it is renewed;
    so an order has a finite amount to approve, and an end.
    """

    _name = "sale.order.line"
    _inherit = ["sale.order.line", "o2c.own.mixin"]

    qty_delivered_method = fields.Selection(
        selection_add=[("schedule", "Calendar")],
        help="How the delivered quantity is counted: typed in, by stock moves, hours "
        "or milestones, or by the calendar where a service recurs.",
    )
    o2c_every = fields.Selection(
        EVERY,
        "Every",
        compute="_compute_o2c_recurrence",
        store=True,
        readonly=False,
        precompute=True,
        help="Charged once for each week, month, quarter or year.",
    )
    o2c_charged = fields.Selection(
        CHARGED,
        "Charged",
        compute="_compute_o2c_recurrence",
        store=True,
        readonly=False,
        precompute=True,
        help="On the first day of each period, or when it is over.",
    )
    o2c_aligned = fields.Boolean(
        "By the Calendar",
        compute="_compute_o2c_recurrence",
        store=True,
        readonly=False,
        precompute=True,
        help="Periods begin with the week, month, quarter or year of the calendar; "
        "the first one is charged in proportion to its days.",
    )
    o2c_in_between = fields.Boolean(
        "More at Once",
        compute="_compute_o2c_recurrence",
        store=True,
        readonly=False,
        precompute=True,
        help="A quantity that changes in the middle of a period counts from that day, "
        "in proportion to the days left. What was charged in advance is never paid "
        "back: less counts from the next period on. Switched off, every change does.",
    )
    o2c_notice_days = fields.Integer(
        "Days of Notice",
        compute="_compute_o2c_recurrence",
        store=True,
        readonly=False,
        precompute=True,
    )
    o2c_per_period = fields.Float(
        "Per Period",
        digits="Product Unit",
        default=1.0,
        help="The quantity of each period to come, for example seats.",
    )
    o2c_starts_on = fields.Date(
        "Starts", copy=False, help="Empty: the day the order is confirmed."
    )
    o2c_ends_on = fields.Date(
        "Ends",
        copy=False,
        help="The last day; the period it lies in is charged in proportion. Empty: "
        "open-ended, agreed for a year and renewed by itself until notice is given.",
    )
    o2c_paused_from = fields.Date(
        "Paused From",
        copy=False,
        help="Periods beginning on or after this day are not charged.",
    )
    o2c_paused_until = fields.Date(
        "Paused Until",
        copy=False,
        help="The last day of the pause. Empty: until somebody ends it.",
    )
    o2c_renewals = fields.Integer("Renewals", copy=False, readonly=True)
    o2c_period_ids = fields.One2many(
        "o2c.period", "line_id", "Charged Periods", readonly=True, copy=False
    )
    o2c_change_ids = fields.One2many(
        "o2c.change", "line_id", "Changed Quantities", readonly=True, copy=False
    )
    o2c_next_due_on = fields.Date(
        "Next Charged On",
        compute="_compute_o2c_next_due_on",
        store=True,
        index="btree_not_null",
        copy=False,
    )

    o2c_agreed_until = fields.Date(
        "Agreed Until",
        compute="_compute_o2c_agreed_until",
        store=True,
        copy=False,
        help="The last day of the time agreed. Open-ended, it is renewed then.",
    )
    o2c_notice_by = fields.Date(
        "Notice Until",
        compute="_compute_o2c_agreed_until",
        store=True,
        copy=False,
        help="The last day on which notice still ends it with the time agreed.",
    )
    o2c_monthly = fields.Monetary(
        "A Month",
        compute="_compute_o2c_monthly",
        help="What a month of it comes to, untaxed, in the order's currency.",
    )

    def _auto_init(self):
        """Lines that are older recur never: nothing is computed for them."""
        for name, kind in COLUMNS.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | OWN

    @api.depends("product_id")
    def _compute_o2c_recurrence(self):
        for line in self:
            product = line.product_id
            line.o2c_every = product.o2c_every
            line.o2c_charged = product.o2c_charged or "advance"
            line.o2c_aligned = product.o2c_aligned
            line.o2c_in_between = product.o2c_in_between
            line.o2c_notice_days = product.o2c_notice_days

    @api.constrains("o2c_every", "product_id")
    def _o2c_check_every(self):
        for line in self.filtered("o2c_every"):
            if not line.product_id.product_tmpl_id._o2c_may_recur():
                raise ValidationError(
                    self.env._(
                        "%s is no service invoiced by delivered quantity: it cannot "
                        "be charged again and again.",
                        line.product_id.display_name,
                    )
                )

    @api.constrains(
        "o2c_starts_on", "o2c_every", "o2c_charged", "o2c_aligned", "o2c_ends_on"
    )
    def _o2c_check_dates(self):
        for line in self.filtered("o2c_every"):
            line._o2c_check_end()
            line._o2c_check_charged()

    def _o2c_check_end(self):
        if self.o2c_ends_on and not self.o2c_starts_on:
            raise ValidationError(
                self.env._(
                    "Say when %s starts, if it is to end on a day.",
                    self.product_id.display_name,
                )
            )
        if self.o2c_ends_on and self.o2c_ends_on < self.o2c_starts_on:
            raise ValidationError(
                self.env._(
                    "%s cannot end before it starts.", self.product_id.display_name
                )
            )

    def _o2c_check_charged(self):
        """What was charged fixes the calendar."""
        # sudo: whoever agrees with the customer need not read what was charged
        charged = self.sudo().o2c_period_ids.filtered("is_whole").sorted("starts_on")
        if not charged:
            return
        if charged[0].starts_on != self._o2c_calendar().start_of(0):
            raise ValidationError(
                self.env._(
                    "%(service)s was charged from %(date)s on already. End it, and "
                    "add another line for what is agreed now.",
                    service=self.product_id.display_name,
                    date=format_date(self.env, charged[0].starts_on),
                )
            )
        last = charged[-1]
        if last.ends_on != self._o2c_last_day(last.number):
            raise ValidationError(
                self.env._(
                    "%(service)s is charged until %(date)s already: it cannot end "
                    "before, nor go on after its end. Add another line for what is "
                    "agreed now.",
                    service=self.product_id.display_name,
                    date=format_date(self.env, last.ends_on),
                )
            )

    def _o2c_calendar(self):
        """Before it is confirmed, as if it began today."""
        today = (self.company_id or self.env.company)._o2c_today()
        return Calendar(self.o2c_starts_on or today, self.o2c_every, self.o2c_aligned)

    def _o2c_running(self):
        """Those that the calendar charges."""
        return self.filtered(
            lambda line: line.o2c_every and line.o2c_starts_on and line.state == "sale"
        )

    def _o2c_last_day(self, number):
        """The last day of a period; the end of the service, if that is sooner."""
        last = self._o2c_calendar().end_of(number)
        return min(last, self.o2c_ends_on) if self.o2c_ends_on else last

    def _get_protected_fields(self):
        return [*super()._get_protected_fields(), *AGREED]

    # -- what was delivered ----------------------------------------------------------

    @api.depends("o2c_every")
    def _compute_qty_delivered_method(self):
        result = super()._compute_qty_delivered_method()
        for line in self:
            if line.o2c_every and not line.is_expense:
                line.qty_delivered_method = "schedule"
        return result

    @api.depends("o2c_period_ids.quantity")
    def _compute_qty_delivered(self):
        return super()._compute_qty_delivered()

    def _prepare_qty_delivered(self):
        delivered = super()._prepare_qty_delivered()
        for line in self:
            if line.qty_delivered_method == "schedule":
                delivered[line] = sum(line.o2c_period_ids.mapped("quantity"))
        return delivered

    def _o2c_worked(self):
        """Of a recurring service only its periods count, whatever was typed in."""
        if self.o2c_every:
            return sum(self.o2c_period_ids.mapped("quantity"))
        return super()._o2c_worked()

    def _o2c_is_to_deliver(self):
        """The calendar delivers: nobody has to do anything for it."""
        return not self.o2c_every and super()._o2c_is_to_deliver()
