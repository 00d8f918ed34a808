from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, formatLang

from .cycle_report import STEPS
from .figures import Period

WAITING = ("approval", "delivery", "invoicing", "payment")
DIMENSIONS = (
    "company_id",
    "team_id",
    "partner_id",
    "warehouse_id",
    "categ_id",
    "user_id",
)
ROWS = 10


class CycleReport(models.Model):
    """The dashboard: where money waits now, and how it went against the time before.

    One public method, ``dashboard``. Each number comes with the domain it was counted
    by. All is read as the user: record rules decide which orders there are.
    """

    _inherit = "o2c.cycle.report"

    @api.model
    @api.readonly
    def dashboard(self, domain=None, months=12, by="partner_id"):
        """Everything the dashboard shows, in a fixed number of queries.

        :param domain: which orders, a domain of this model
        :param months: how far back; what is compared is as long, just before
        :param by: one of ``DIMENSIONS``, for the table at the end
        """
        domain = Domain(domain or Domain.TRUE)
        period = self._period(min(max(int(months), 1), 120))
        figures = self._measure(domain, period)
        waits = self._waits(domain)
        answers = self._answers(domain, period)
        return {
            "currency_id": self.env.company.currency_id.id,
            "period": {"since": period.since, "until": period.until},
            "is_empty": not (waits or self.search_count(domain, limit=1)),
            "sentence": self._sentence(waits),
            "figures": {key: figures[key] for key in figures if key not in STEPS},
            "steps": [{"step": step, **figures[step]} for step in STEPS],
            "one_day_less": self._sentence_of_one_day(
                domain, period, {step: figures[step]["one_day_less"] for step in STEPS}
            ),
            "waits": waits,
            "money": self._money(domain),
            "trend": self._trend(domain, period),
            "rules": answers,
            "causes": self._causes(domain, period, answers),
            "groups": self._groups(domain, period, by),
        }

    def _period(self, months):
        today = fields.Datetime.to_datetime(self.env.company._o2c_today())
        until = fields.Datetime.now() + relativedelta(seconds=1)
        dates = (
            today - relativedelta(months=2 * months),
            today - relativedelta(months=months),
            until,
        )
        return Period(*map(fields.Datetime.to_string, dates))

    # -- how it went, month by month -------------------------------------------------

    def _trend(self, domain, period):
        """The average of each step, by the month in which the orders were paid."""
        figure = self._figures()["total"]
        query = self._search(domain & Domain(figure.domain(*period.now)))
        month = SQL("date_trunc('month', %s)", self._column(query, "paid_on"))
        query.groupby = query._order = month
        rows = self.env.execute_query(
            query.select(
                month,
                SQL("count(*)"),
                *(
                    SQL("avg(%s)", self._column(query, f"hours_to_{step}"))
                    for step in STEPS
                ),
            )
        )
        return [
            {
                "label": format_date(self.env, start, date_format="MMM yyyy"),
                "count": count,
                "hours": dict(zip(STEPS, hours, strict=True)),
                "domain": list(
                    domain
                    & Domain(
                        figure.domain(
                            max(fields.Datetime.to_string(start), period.since),
                            min(
                                fields.Datetime.to_string(
                                    start + relativedelta(months=1)
                                ),
                                period.until,
                            ),
                        )
                    )
                ),
            }
            for start, count, *hours in rows
        ]

    def _column(self, query, name):
        return self._field_to_sql(query.table, name, query)

    # -- where money waits now -------------------------------------------------------

    def _waits(self, domain):
        """What waits now, by the step it waits for, the most money × days first."""
        waiting = domain & Domain("stage", "in", WAITING)
        query = self._search(waiting)
        stage = self._column(query, "stage")
        query.groupby = stage
        amount = self._column(query, "amount")
        since = self._column(query, "waiting_since")
        now = fields.Datetime.now()
        days = SQL("GREATEST(EXTRACT(EPOCH FROM %s - %s) / 86400, 0)", now, since)
        rows = self.env.execute_query(
            query.select(
                stage,
                SQL("count(*)"),
                SQL("sum(%s)::float8", amount),
                SQL("max(%s)::float8", days),
                SQL("avg(%s)::float8", days),
                SQL("sum(%s * %s)::float8", amount, days),
            )
        )
        labels = dict(self._fields["stage"]._description_selection(self.env))
        waits = [
            {
                "stage": stage,
                "label": labels[stage],
                "count": count,
                "amount": amount,
                "oldest": oldest or 0,
                "average": average or 0,
                "weight": weight or 0,
                "domain": list(domain & Domain("stage", "=", stage)),
            }
            for stage, count, amount, oldest, average, weight in rows
        ]
        return sorted(waits, key=lambda wait: -wait["weight"])

    def _money(self, domain):
        """Delivered and not invoiced, and on hold: as it stands now."""
        kinds = (
            (
                "unbilled",
                self.env._("Delivered, not invoiced"),
                "unbilled",
                Domain("unbilled", ">", 0),
                self.env._("Everything that was delivered is invoiced."),
            ),
            (
                "held",
                self.env._("On hold"),
                "amount",
                Domain("is_held", "=", True),
                self.env._("Nothing is on hold."),
            ),
        )
        query = self._search(domain & Domain.OR(kind[3] for kind in kinds))
        columns = []
        for _key, _label, field, mine, _none in kinds:
            seen = self._condition(query, mine)
            columns.append(SQL("count(*) FILTER (WHERE %s)", seen))
            amount = self._column(query, field)
            columns.append(SQL("sum(%s) FILTER (WHERE %s)::float8", amount, seen))
        [row] = self.env.execute_query(query.select(*columns))
        values = iter(row)
        return [
            {
                "key": key,
                "label": label,
                "none": none,
                "count": next(values),
                "amount": next(values) or 0,
                "domain": list(domain & mine),
            }
            for key, label, _field, mine, none in kinds
        ]

    def _sentence(self, waits):
        """The one thing to know, and the orders it is about."""
        if not waits:
            return {
                "text": self.env._("No confirmed order waits for anything."),
                "label": "",
                "domain": None,
            }
        most = max(waits, key=lambda wait: wait["amount"])
        values = {
            "stage": most["label"],
            "amount": formatLang(
                self.env,
                most["amount"],
                currency_obj=self.env.company.currency_id,
                rounding_method="HALF-UP",
                rounding_unit="units",
            ),
            "count": most["count"],
            "days": int(most["oldest"]),
        }
        if most["count"] == 1:
            text = self.env._(
                "Most money waits in “%(stage)s”: %(amount)s in one order, for "
                "%(days)s days.",
                **values,
            )
        else:
            text = self.env._(
                "Most money waits in “%(stage)s”: %(amount)s in %(count)s orders, "
                "oldest %(days)s days.",
                **values,
            )
        return {"text": text, "label": most["label"], "domain": most["domain"]}

    # -- by customer, team … ---------------------------------------------------------

    def _groups(self, domain, period, by):
        """The same figures by ``by``, where most money waits first."""
        by = by if by in DIMENSIONS else "partner_id"
        wanted = {
            name: figure
            for name, figure in self._figures().items()
            if name in ("total", "on_time", "right")
        }
        waiting = Domain("stage", "in", WAITING)
        dates = {figure.on for figure in wanted.values()}
        recent = Domain.OR(Domain(date, ">=", period.since) for date in dates)
        query = self._search(domain & (waiting | recent))
        key = self._column(query, by)
        is_waiting = self._condition(query, waiting)
        money = SQL(
            "COALESCE(sum(%s) FILTER (WHERE %s), 0)::float8",
            self._column(query, "amount"),
            is_waiting,
        )
        columns = [
            column
            for figure in wanted.values()
            for column in self._columns(query, figure, period.now)
        ]
        query.groupby = key
        query._order = SQL("%s DESC, %s DESC, %s", money, columns[0], key)
        query.limit = ROWS
        rows = self.env.execute_query(
            query.select(
                key, money, SQL("count(*) FILTER (WHERE %s)", is_waiting), *columns
            )
        )
        # sudo: names only, as in every list
        named = self.env[self._fields[by].comodel_name].sudo()
        named = named.browse(group for group, *_rest in rows if group)
        names = {record.id: record.display_name for record in named}
        return {
            "by": by,
            "label": self._fields[by]._description_string(self.env),
            "note": self._note_on_groups(by),
            "rows": [
                {
                    "name": names.get(group) or self.env._("None"),
                    "amount": amount,
                    "count": count,
                    "domain": list(mine & waiting),
                    **self._group_figures(mine, period, wanted, values),
                }
                for group, amount, count, *values in rows
                for mine in [domain & Domain(by, "=", group or False)]
            ],
        }

    def _note_on_groups(self, by):
        """Why there is nothing to compare, where that is so."""
        if by != "user_id" or any(self.env.companies.mapped("o2c_times_per_person")):
            return ""
        return self.env._(
            "Your company does not measure lead times per salesperson. "
            "An administrator can switch it on under Settings, Sales, Invoicing."
        )

    def _group_figures(self, domain, period, figures, values):
        pairs = zip(values[::2], values[1::2], strict=True)
        return {
            name: self._figure_of(figure, count, raw)
            | {"domain": list(domain & Domain(figure.domain(*period.now)))}
            for (name, figure), (count, raw) in zip(figures.items(), pairs, strict=True)
        }
