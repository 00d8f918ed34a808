from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, formatLang

from .cycle_report import STEPS

MONTHS = 12


class CycleReport(models.Model):
    """What one day less in a step would bring forward in cash.

    Money that comes a day earlier, order after order, is there for good: as much as
    passes the step in a day. So of the orders that passed the step within a period,
    their untaxed amounts together, divided by the days of the period. What took less
    than a day cannot get a day faster; it counts with the part of a day it took.
    """

    _inherit = "o2c.cycle.report"

    @api.model
    @api.readonly
    def one_day_less(self, domain=None):
        """The sentence above lead times, on the last 12 months of these orders."""
        domain = Domain(domain or Domain.TRUE)
        period = self._period(MONTHS)
        figures = self._figures()
        recent = Domain.OR(Domain(figures[s].on, ">=", period.since) for s in STEPS)
        query = self._search(domain & recent)
        columns = self._columns_of_one_day(query, figures, period)
        [brought] = self.env.execute_query(query.select(*columns))
        return self._sentence_of_one_day(
            domain, period, dict(zip(STEPS, brought, strict=True))
        )

    def _columns_of_one_day(self, query, figures, period):
        """For each step a column: what a day less in it would bring forward."""
        amount = SQL("%s::float8", self._column(query, "amount"))
        for figure in map(figures.get, STEPS):
            yield SQL(
                "COALESCE(sum(%s * LEAST(%s / 24, 1)) FILTER (WHERE %s), 0) / %s",
                amount,
                self._column(query, figure.hours),
                self._condition(query, figure.domain(*period.now)),
                period.days,
            )

    def _sentence_of_one_day(self, domain, period, brought):
        """On the step that brings most; the first of them, if several do."""
        step = max(STEPS, key=brought.get)
        amount = brought[step]
        if not round(amount):
            return {"text": "", "hint": "", "label": "", "domain": None}
        figure = self._figures()[step]
        shown = formatLang(
            self.env,
            amount,
            currency_obj=self.env.company.currency_id,
            rounding_method="HALF-UP",
            rounding_unit="units",
        )
        sentences = {
            "confirm": self.env._(
                "Confirmed a day sooner: %s more in the bank.", shown
            ),
            "deliver": self.env._(
                "Delivered a day sooner: %s more in the bank.", shown
            ),
            "invoice": self.env._("Invoiced a day sooner: %s more in the bank.", shown),
            "pay": self.env._("Paid a day sooner: %s more in the bank.", shown),
        }
        return {
            "text": sentences[step],
            "hint": self.env._(
                "For good, while you sell as much: it is what passes this step in a "
                "day, untaxed. Orders that took less than a day count with the part of "
                "a day they took."
            ),
            "label": figure.label,
            "domain": list(domain & Domain(figure.domain(*period.now))),
        }
