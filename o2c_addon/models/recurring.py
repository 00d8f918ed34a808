from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date, plaintext2html
from odoo.tools.sql import column_exists, create_column

from .period import A_YEAR, CHARGED, EVERY, Calendar

OWN = frozenset({"o2c_period_ids", "o2c_renewals", "o2c_next_due_on"})
COLUMNS = {
    "o2c_every": "varchar",
    "o2c_charged": "varchar",
    "o2c_notice_days": "int4",
    "o2c_per_period": "numeric",
    "o2c_renewals": "int4",
    "o2c_next_due_on": "date",
}
AGREED = ("o2c_every", "o2c_charged", "o2c_per_period", "o2c_starts_on")


class SaleOrderLine(models.Model):
    """A service that recurs: delivered by the calendar, period by period.

    Its ordered quantity is that of the time agreed: what was charged, and what each
    period to come will be. Without an end that is a year, raised when it is renewed;
    so an order has a finite amount to approve, and an end.
    """

    _inherit = "sale.order.line"

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
        help="The last day. Empty: open-ended, agreed for a year and renewed by "
        "itself until notice is given.",
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
    o2c_next_due_on = fields.Date(
        "Next Charged On",
        compute="_compute_o2c_next_due_on",
        store=True,
        index="btree_not_null",
        copy=False,
    )

    def _auto_init(self):
        """Lines that are older recur never: nothing is computed for them."""
        for name, kind in COLUMNS.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    def _has_field_access(self, field, operation):
        """Ours is written by us, and no business of customers."""
        if field.name.startswith("o2c_") and not self.env.su:
            if operation == "write" and field.name in OWN:
                return False
            if not self.env.user._is_internal():
                return False
        return super()._has_field_access(field, operation)

    @api.depends("product_id")
    def _compute_o2c_recurrence(self):
        for line in self:
            product = line.product_id
            line.o2c_every = product.o2c_every
            line.o2c_charged = product.o2c_charged or "advance"
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

    @api.constrains("o2c_starts_on", "o2c_every", "o2c_charged", "o2c_ends_on")
    def _o2c_check_dates(self):
        for line in self.filtered("o2c_every"):
            line._o2c_check_start()
            line._o2c_check_end()

    def _o2c_check_start(self):
        """What was charged fixes the calendar."""
        first = self.o2c_period_ids.sorted("starts_on")[:1]
        if first and (first.starts_on, first.ends_on) != (
            self._o2c_calendar().start_of(0),
            self._o2c_calendar().end_of(0),
        ):
            raise ValidationError(
                self.env._(
                    "%(service)s was charged from %(date)s on already. End it, and "
                    "add another line for what is agreed now.",
                    service=self.product_id.display_name,
                    date=format_date(self.env, first.starts_on),
                )
            )

    def _o2c_check_end(self):
        """It ends with a period: no part of one is charged."""
        if not self.o2c_ends_on:
            return
        if not self.o2c_starts_on:
            raise ValidationError(
                self.env._(
                    "Say when %s starts, if it is to end on a day.",
                    self.product_id.display_name,
                )
            )
        calendar = self._o2c_calendar()
        number = calendar.number_of(self.o2c_ends_on)
        charged = max(self.o2c_period_ids.mapped("ends_on"), default=None)
        if charged and self.o2c_ends_on < charged:
            raise ValidationError(
                self.env._(
                    "%(service)s is charged until %(date)s already: it cannot end "
                    "before.",
                    service=self.product_id.display_name,
                    date=format_date(self.env, charged),
                )
            )
        if number < 0 or calendar.end_of(number) != self.o2c_ends_on:
            days = [calendar.end_of(each) for each in (number - 1, number) if each >= 0]
            raise ValidationError(
                self.env._(
                    "%(service)s ends with a whole period: choose %(days)s.",
                    service=self.product_id.display_name,
                    days=self.env._(" or ").join(
                        format_date(self.env, day)
                        for day in days or [calendar.end_of(0)]
                    ),
                )
            )

    # -- how much is agreed ----------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """A quantity given without one per period means each period."""
        lines = super().create(vals_list)
        for line, values in zip(lines, vals_list, strict=True):
            if line.o2c_every:
                if "o2c_per_period" not in values and "product_uom_qty" in values:
                    line.o2c_per_period = values["product_uom_qty"]
                line._o2c_count_again()
        return lines

    def write(self, vals):
        if "product_uom_qty" in vals and "o2c_per_period" not in vals:
            for line in self.filtered("o2c_every"):
                if line.product_uom_id.compare(
                    vals["product_uom_qty"], line._o2c_agreed()
                ):
                    raise UserError(
                        self.env._(
                            "The quantity of %s follows from its periods: change the "
                            "quantity per period, or its end.",
                            line.product_id.display_name,
                        )
                    )
        result = super().write(vals)
        if "product_uom_qty" in vals:
            self.filtered("o2c_every")._o2c_count_again()
        return result

    def _o2c_count_again(self):
        self.env.add_to_compute(self._fields["product_uom_qty"], self)

    @api.depends(
        *AGREED,
        "o2c_ends_on",
        "o2c_renewals",
        "o2c_paused_from",
        "o2c_paused_until",
        "o2c_period_ids.quantity",
    )
    def _compute_product_uom_qty(self):
        result = super()._compute_product_uom_qty()
        for line in self:
            if line.o2c_every and not line.display_type:
                line.product_uom_qty = line._o2c_agreed()
        return result

    def _o2c_agreed(self):
        """What was charged, and what the periods to come will be."""
        calendar, charged = self._o2c_calendar(), self.o2c_period_ids
        to_come = [
            number
            for number in range(len(charged), self._o2c_number_agreed())
            if not (
                self.o2c_paused_until and self._o2c_is_paused(calendar.start_of(number))
            )
        ]
        return sum(charged.mapped("quantity")) + len(to_come) * self.o2c_per_period

    def _o2c_calendar(self):
        """Before it is confirmed, as if it began today."""
        today = (self.company_id or self.env.company)._o2c_today()
        return Calendar(self.o2c_starts_on or today, self.o2c_every)

    def _o2c_number_agreed(self):
        """How many periods are agreed."""
        if self.o2c_ends_on:
            return self._o2c_calendar().number_of(self.o2c_ends_on) + 1
        return A_YEAR[self.o2c_every] * (1 + self.o2c_renewals)

    def _o2c_is_paused(self, day):
        since, until = self.o2c_paused_from, self.o2c_paused_until
        return bool(since) and since <= day and (not until or day <= until)

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

    # -- the calendar ----------------------------------------------------------------

    @api.depends(*AGREED, "o2c_ends_on", "o2c_renewals", "o2c_period_ids", "state")
    def _compute_o2c_next_due_on(self):
        for line in self:
            runs = line.o2c_every and line.o2c_starts_on and line.state == "sale"
            line.o2c_next_due_on = runs and line._o2c_due_day(len(line.o2c_period_ids))

    def _o2c_due_day(self, number):
        """When this period is charged, or the service renewed for it; or nothing."""
        calendar = self._o2c_calendar()
        is_agreed = number < self._o2c_number_agreed()
        if not is_agreed and self.o2c_ends_on:
            return False
        if is_agreed and self.o2c_charged == "arrears":
            return calendar.start_of(number + 1)
        return calendar.start_of(number)

    @api.model
    def _o2c_domain_period_due(self):
        """Where the day has come somewhere on earth, see ``_o2c_claim_due``."""
        first_to_see_it = fields.Datetime.now() + timedelta(hours=14)
        return Domain("o2c_next_due_on", "<=", first_to_see_it.date())

    def _o2c_claim_due(self):
        """Those whose day has come for their company, with their orders locked."""
        orders = self.order_id.sorted("id").try_lock_for_update(allow_referencing=True)
        return self.filtered(
            lambda line: (
                line.order_id in orders
                and line.o2c_next_due_on
                and line.o2c_next_due_on <= line.company_id._o2c_today()
            )
        )

    def _o2c_make_periods(self):
        """Charge what has come of these; what is charged is invoiced at once."""
        robot = self.env(user=SUPERUSER_ID, context={})  # sudo: the calendar acts
        lines = self.with_env(robot)
        lines._o2c_renew()
        robot["o2c.period"].create(
            [values for line in lines for values in line._o2c_prepare_periods()]
        )
        self.env.flush_all()
        lines.order_id._o2c_bill_at_once()

    def _o2c_renew(self):
        """Another year for what is open-ended and comes to its end."""
        for line in self.filtered(lambda line: not line.o2c_ends_on):
            calendar, before = line._o2c_calendar(), line.o2c_renewals
            today = line.company_id._o2c_today()
            while calendar.start_of(line._o2c_number_agreed()) <= today:
                line.o2c_renewals += 1
            if line.o2c_renewals != before:
                until = calendar.end_of(line._o2c_number_agreed() - 1)
                line.order_id._o2c_log(
                    "renewed",
                    note=self.env._(
                        "%(service)s until %(date)s",
                        service=line.product_id.display_name,
                        date=format_date(self.env, until),
                    ),
                )

    def _o2c_prepare_periods(self):
        calendar, today = self._o2c_calendar(), self.company_id._o2c_today()
        number, values = len(self.o2c_period_ids), []
        while number < self._o2c_number_agreed():
            if self._o2c_due_day(number) > today:
                break
            start = calendar.start_of(number)
            values.append(
                {
                    "line_id": self.id,
                    "starts_on": start,
                    "ends_on": calendar.end_of(number),
                    "quantity": 0
                    if self._o2c_is_paused(start)
                    else self.o2c_per_period,
                    "price_unit": self.price_unit,
                }
            )
            number += 1
        return values

    def _o2c_tell_not_charged(self, error):
        """Ask whoever is responsible to look, once; the others went on."""
        order = self.order_id
        owner = order.company_id.o2c_billing_owner_id or order.user_id
        summary = self.env._(
            "%s could not be charged for its period", self.product_id.display_name
        )
        if owner and summary not in order.activity_ids.mapped("summary"):
            order.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=owner.id,
                summary=summary,
                note=plaintext2html(str(error)),
            )

    # -- its end ---------------------------------------------------------------------

    def _o2c_earliest_end(self):
        """The last day, if notice is given today: the end of this year of the service,
        or where it is too late for that, of the next."""
        calendar = self._o2c_calendar()
        number = A_YEAR[self.o2c_every]
        heard = self.company_id._o2c_today() + timedelta(days=self.o2c_notice_days)
        agreed = self._o2c_number_agreed()
        while calendar.end_of(agreed - 1) < heard:
            agreed += number
        return calendar.end_of(agreed - 1)

    def action_o2c_give_notice(self):
        """The customer gave notice: it ends as early as was agreed."""
        for line in self.filtered(lambda line: line.o2c_every and not line.o2c_ends_on):
            line.o2c_ends_on = line._o2c_earliest_end()
            line.order_id._o2c_log(
                "noticed",
                note=self.env._(
                    "%(service)s ends on %(date)s",
                    service=line.product_id.display_name,
                    date=format_date(self.env, line.o2c_ends_on),
                ),
            )

    # -- on the invoice --------------------------------------------------------------

    def _prepare_invoice_lines_vals_list(self, **optional_values):
        """A line for each period, with its days, its quantity and its price."""
        lines = super()._prepare_invoice_lines_vals_list(**optional_values)
        if not self.o2c_every:
            return lines
        return [values for line in lines for values in self._o2c_by_period(line)]

    def _o2c_by_period(self, values):
        """``values`` parted by the periods not invoiced yet, the oldest first."""
        # sudo: whoever invoices need not read the calendar of a service
        periods = self.sudo().o2c_period_ids.filtered(lambda p: p._is_to_invoice())
        left, parts = values["quantity"], []
        for period in periods.sorted("starts_on"):
            if self.product_uom_id.compare(left, 0) <= 0:
                break
            quantity = min(left, period.quantity)
            days = period._in_words(self.order_id.partner_invoice_id.lang)
            parts.append(
                values
                | {
                    "name": f"{values['name']}\n{days}",
                    "quantity": quantity,
                    "price_unit": period.price_unit,
                    "o2c_period_ids": [Command.link(period.id)],
                }
            )
            left -= quantity
        if self.product_uom_id.compare(left, 0) > 0:
            parts.append(values | {"quantity": left})
        return parts or [values]

    # -- words -----------------------------------------------------------------------

    def _o2c_recurrence_in_words(self):
        """How it is charged, for the customer."""
        every = dict(self._fields["o2c_every"]._description_selection(self.env))
        charged = dict(self._fields["o2c_charged"]._description_selection(self.env))
        words = self.env._(
            "%(quantity)s per %(period)s, charged %(when)s",
            quantity=f"{self.o2c_per_period:g}",
            period=every[self.o2c_every].lower(),
            when=charged[self.o2c_charged].lower(),
        )
        dates = [
            format_date(self.env, day) if day else "…"
            for day in (self.o2c_starts_on, self.o2c_ends_on)
        ]
        return f"{words}, {' – '.join(dates)}" if self.o2c_starts_on else words
