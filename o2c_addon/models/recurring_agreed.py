from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .period import A_YEAR
from .recurring import AGREED


class SaleOrderLine(models.Model):
    """How much of a recurring service is ordered: it follows from what was agreed."""

    _inherit = "sale.order.line"

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
        "o2c_change_ids.quantity",
        "o2c_change_ids.period_id",
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
            for number in range(self._o2c_number_charged(), self._o2c_number_agreed())
            if not (
                self.o2c_paused_until and self._o2c_is_paused(calendar.start_of(number))
            )
        ]
        return (
            sum(charged.mapped("quantity"))
            + sum(more for _change, more in self._o2c_open_changes())
            + sum(self._o2c_quantity_of(number) for number in to_come)
        )

    def _o2c_number_charged(self):
        """How many periods are charged."""
        return len(self.o2c_period_ids.filtered("is_whole"))

    def _o2c_number_agreed(self):
        """How many periods are agreed. Open-ended: a year, and where the calendar
        parts the periods the part it begins in."""
        calendar = self._o2c_calendar()
        if self.o2c_ends_on:
            return calendar.number_of(self.o2c_ends_on) + 1
        return A_YEAR[self.o2c_every] * (1 + self.o2c_renewals) + calendar.begins_amid()

    def _o2c_quantity_of(self, number):
        """What a period not charged yet comes to: in proportion to its days, where
        only a part of it is agreed or the quantity changes in it."""
        calendar = self._o2c_calendar()
        first, last = calendar.start_of(number), self._o2c_last_day(number)
        quantity = 0
        for change in self.o2c_change_ids.sorted("since"):
            if first < change.since <= last:
                quantity += change.before * (change.since - first).days
                first = change.since
        quantity += self._o2c_level(last) * ((last - first).days + 1)
        return self.product_uom_id.round(quantity / calendar.days_of(number))

    def _o2c_level(self, day):
        """The quantity of a whole period, as it was agreed on ``day``."""
        later = self.o2c_change_ids.filtered(lambda change: change.since > day)
        return later.sorted("since")[0].before if later else self.o2c_per_period

    def _o2c_is_paused(self, day):
        since, until = self.o2c_paused_from, self.o2c_paused_until
        return bool(since) and since <= day and (not until or day <= until)

    @api.depends("o2c_per_period", "o2c_every", "price_unit", "discount", "tax_ids")
    def _compute_o2c_monthly(self):
        for line in self:
            price = line.price_unit * (1 - line.discount / 100)
            if included := line.tax_ids.filtered("price_include"):
                price = included.compute_all(price, line.currency_id)["total_excluded"]
            a_year = A_YEAR.get(line.o2c_every, 0) * line.o2c_per_period * price
            line.o2c_monthly = a_year / 12

    # -- its end ---------------------------------------------------------------------

    @api.depends(*AGREED, "o2c_ends_on", "o2c_renewals", "o2c_notice_days", "state")
    def _compute_o2c_agreed_until(self):
        running = self._o2c_running()
        (self - running).update({"o2c_agreed_until": False, "o2c_notice_by": False})
        for line in running:
            last = line._o2c_last_day(line._o2c_number_agreed() - 1)
            line.o2c_agreed_until = last
            notice = timedelta(days=line.o2c_notice_days)
            line.o2c_notice_by = not line.o2c_ends_on and last - notice

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
