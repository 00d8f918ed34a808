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
        return self._one_day_less(domain, self._period(MONTHS))["sentence"]

    def _one_day_less(self, domain, period):
        """What each step would bring forward, and a sentence on the largest."""
        figures = {step: self._figures()[step] for step in STEPS}
        amounts = self._brought_forward(domain, period, figures)
        best = max(STEPS, key=amounts.get)
        return {
            "amounts": amounts,
            "sentence": self._sentence_of_one_day(
                best, amounts[best], domain & Domain(figures[best].domain(*period.now))
            ),
        }

    def _brought_forward(self, domain, period, figures):
        recent = Domain.OR(Domain(f.on, ">=", period.since) for f in figures.values())
        query = self._search(domain & recent)
        amount = self._column(query, "amount")
        columns = [
            SQL(
                "COALESCE(sum(%s * LEAST(%s / 24, 1)) FILTER (WHERE %s), 0)::float8",
                amount,
                self._column(query, figure.hours),
                self._condition(query, figure.domain(*period.now)),
            )
            for figure in figures.values()
        ]
        [sums] = self.env.execute_query(query.select(*columns))
        return {
            step: total / period.days for step, total in zip(figures, sums, strict=True)
        }

    def _sentence_of_one_day(self, step, amount, domain):
        if amount < 1:
            return {"text": "", "hint": "", "label": "", "domain": None}
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
            "label": self._figures()[step].label,
            "domain": list(domain),
        }
