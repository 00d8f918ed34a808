from datetime import timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .cycle_report import STEPS


class Figure(NamedTuple):
    """A number about the orders that came to ``on`` within a period.

    Either the median of ``hours``, or the share, among those ``of`` which it can be
    said, of the ones that are ``good``. The domains that count are those that open the
    orders behind the number: they cannot differ.
    """

    label: str
    on: str
    hours: str = ""
    of: tuple = ()
    good: tuple = ()
    bad: tuple = ()
    bad_label: str = ""
    hint: str = ""
    none: str = ""

    def domain(self, since, until, *more):
        parts = [(self.on, ">=", since), (self.on, "<", until)]
        return [*parts, *self.of, *(leaf for part in more for leaf in part)]


class Period(NamedTuple):
    """The time looked at, and the same length of time before it."""

    before: str
    since: str
    until: str

    @property
    def now(self):
        return self.since, self.until

    @property
    def then(self):
        return self.before, self.since

    @property
    def days(self):
        since, until = map(fields.Datetime.to_datetime, self.now)
        return (until - since) / timedelta(days=1)


class CycleReport(models.Model):
    """The figures of the dashboard: what each is, and all of them in one query."""

    _inherit = "o2c.cycle.report"

    def _figures(self):
        unpaid = (
            self.env._("No order was paid in this time.")
            if self._tells_payments()
            else self.env._("Sales and accounting see what is invoiced and paid.")
        )
        return {
            "total": Figure(
                self.env._("Order to cash"),
                "paid_on",
                "hours_total",
                hint=self.env._(
                    "From the quotation to the last payment, of orders paid."
                ),
                none=unpaid,
            ),
            "payment": Figure(
                self.env._("Customers pay after"),
                "paid_on",
                "hours_to_pay",
                hint=self.env._(
                    "Days sales outstanding: from the invoice to its payment."
                ),
                none=unpaid,
            ),
            "on_time": Figure(
                self.env._("Delivered on time"),
                "delivered_on",
                of=(("on_time", "!=", False),),
                good=(("on_time", "=", "yes"),),
                bad=(("on_time", "=", "no"),),
                bad_label=self.env._("late"),
                hint=self.env._("Of the orders delivered that had a promised date."),
                none=self.env._(
                    "Nothing with a promised date was delivered in this time."
                ),
            ),
            "right": Figure(
                self.env._("Right first time"),
                "invoiced_on",
                good=(("rework", "=", 0),),
                bad=(("rework", ">", 0),),
                bad_label=self.env._("done twice"),
                hint=self.env._(
                    "Of the orders invoiced: nothing changed after the confirmation, "
                    "nothing refused, asked again, credited, no invoice failed."
                ),
                none=self.env._("No order was invoiced in this time."),
            ),
            "by_itself": Figure(
                self.env._("Ran by itself"),
                "invoiced_on",
                of=(("by_itself", "!=", False),),
                good=(("by_itself", "=", "yes"),),
                bad=(("by_itself", "=", "no"),),
                bad_label=self.env._("with help"),
                hint=self.env._(
                    "Of the orders invoiced: nobody had to do anything but deliver "
                    "between the confirmation and the confirmed invoice."
                ),
                none=self.env._("No order with a history was invoiced in this time."),
            ),
            "approve": Figure(
                self.env._("Approvals answered after"),
                "approved_on",
                "hours_to_approve",
                hint=self.env._(
                    "From the question to the last yes, of orders approved."
                ),
                none=self.env._("No order was approved in this time."),
            ),
            "confirm": Figure(
                self.env._("Confirm"), "confirmed_on", "hours_to_confirm"
            ),
            "deliver": Figure(
                self.env._("Deliver"), "delivered_on", "hours_to_deliver"
            ),
            "invoice": Figure(self.env._("Invoice"), "invoiced_on", "hours_to_invoice"),
            "pay": Figure(self.env._("Pay"), "paid_on", "hours_to_pay"),
        }

    def _measure(self, domain, period):
        """All figures, now and before, in one query."""
        figures = self._figures()
        dates = {figure.on for figure in figures.values()}
        recent = Domain.OR(Domain(date, ">=", period.before) for date in dates)
        query = self._search(domain & recent)
        columns = [
            column
            for figure in figures.values()
            for span in (period.now, period.then)
            for column in self._columns(query, figure, span)
        ]
        columns += self._columns_of_one_day(query, figures, period)
        [row] = self.env.execute_query(query.select(*columns))
        values = iter(row)
        result = {}
        for key, figure in figures.items():
            now = self._figure_of(figure, next(values), next(values))
            then = self._figure_of(figure, next(values), next(values))
            result[key] = now | {
                "label": figure.label,
                "hint": figure.hint,
                "none": figure.none,
                "kind": "hours" if figure.hours else "share",
                "previous": then["value"],
                "domain": list(domain & Domain(figure.domain(*period.now))),
            }
            if figure.bad:
                result[key]["bad"] = {
                    "label": figure.bad_label,
                    "count": now["count"] - now["good"],
                    "domain": list(
                        domain & Domain(figure.domain(*period.now, figure.bad))
                    ),
                }
        for step in STEPS:
            result[step]["one_day_less"] = next(values)
        return result

    def _columns(self, query, figure, span):
        """Two columns: how many orders, and what ``_figure_of`` makes the value of."""
        seen = self._condition(query, figure.domain(*span))
        yield SQL("count(*) FILTER (WHERE %s)", seen)
        if figure.hours:
            yield SQL(
                "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %s) "
                "FILTER (WHERE %s)",
                self._field_to_sql(query.table, figure.hours, query),
                seen,
            )
        else:
            good = self._condition(query, figure.domain(*span, figure.good))
            yield SQL("count(*) FILTER (WHERE %s)", good)

    def _figure_of(self, figure, count, raw):
        if figure.hours:
            median, high = raw or (None, None)
            return {"count": count, "value": median, "high": high}
        return {"count": count, "value": raw / count if count else None, "good": raw}

    def _condition(self, query, domain):
        return Domain(domain).optimize_full(self)._to_sql(self, query.table, query)
