from datetime import timedelta

from odoo import models


class SaleOrderLine(models.Model):
    """Quantities that change while a period is running."""

    _inherit = "sale.order.line"

    def write(self, vals):
        if "o2c_per_period" not in vals:
            return super().write(vals)
        before = {line: line.o2c_per_period for line in self}
        result = super().write(vals)
        for line, quantity in before.items():
            if line._o2c_counts_changes():
                line._o2c_note_change(quantity)
        return result

    def _o2c_counts_changes(self):
        """Whether a change counts from its day on: it runs, and that was agreed."""
        return bool(
            self.o2c_every
            and self.o2c_in_between
            and self.state == "sale"
            and self.o2c_starts_on
            and self.o2c_starts_on <= self.company_id._o2c_today()
        )

    def _o2c_note_change(self, before):
        """Remember since when it is another quantity; of a day, the last counts."""
        line = self.sudo()  # sudo: nobody writes what changed but this
        since = line.company_id._o2c_today()
        if charged := line.o2c_period_ids.mapped("starts_on"):
            since = max(since, max(charged) + timedelta(days=1))
        quantity = line.o2c_per_period
        today = line.o2c_change_ids.filtered(lambda change: change.since == since)
        if today:
            today.quantity = quantity
            if line.product_uom_id.compare(quantity, today.before) == 0:
                today.unlink()
        elif line.product_uom_id.compare(quantity, before):
            line.o2c_change_ids.create(
                {
                    "line_id": line.id,
                    "since": since,
                    "before": before,
                    "quantity": quantity,
                    "user_id": self.env.uid,
                }
            )

    def _o2c_open_changes(self):
        """Changes to more in a period charged before, with what is charged for each:
        the days left, beyond the most that was charged of it."""
        found, levels = [], {}
        if self.o2c_charged == "arrears":
            return found
        for period in self.o2c_period_ids:
            level = levels.get(period.number, period.per_period)
            levels[period.number] = max(level, period.per_period)
        for change in self.o2c_change_ids.filtered(lambda c: not c.period_id).sorted(
            "since"
        ):
            number = self._o2c_calendar().number_of(change.since)
            last = self._o2c_last_day(number)
            if number not in levels or last < change.since:
                continue  # the period is still to come, or never will
            if change.quantity > levels[number] > 0:
                found.append((change, self._o2c_more(change, number, levels[number])))
                levels[number] = change.quantity
        return found

    def _o2c_more(self, change, number, level):
        """What ``change`` adds to a period, until its end."""
        days = (self._o2c_last_day(number) - change.since).days + 1
        more = (change.quantity - level) * days
        return self.product_uom_id.round(more / self._o2c_calendar().days_of(number))

    def _o2c_prepare_changes(self):
        """What is charged for changes whose day has come, each once."""
        today = self.company_id._o2c_today()
        return [
            {
                "line_id": self.id,
                "number": self._o2c_calendar().number_of(change.since),
                "is_whole": False,
                "starts_on": change.since,
                "ends_on": self._o2c_last_day(
                    self._o2c_calendar().number_of(change.since)
                ),
                "quantity": more,
                "per_period": change.quantity,
                "price_unit": self._o2c_price_charged(),
            }
            for change, more in self._o2c_open_changes()
            if change.since <= today
        ]

    def _o2c_settle_changes(self):
        """Changes are charged with the period they lie in."""
        for change in self.o2c_change_ids.filtered(lambda c: not c.period_id):
            periods = change.line_id.o2c_period_ids.filtered(
                lambda p, day=change.since: p.starts_on <= day <= p.ends_on
            )
            own = periods.filtered(lambda p, day=change.since: p.starts_on == day)
            whole = periods.filtered(
                lambda p, c=change: p.is_whole and p.create_date > c.create_date
            )
            change.period_id = own[:1] or whole[:1]
