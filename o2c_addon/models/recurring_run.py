from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, plaintext2html

from .recurring import AGREED


class SaleOrderLine(models.Model):
    """The calendar moves on: periods that have come are charged, years renewed."""

    _inherit = "sale.order.line"

    @api.depends(
        *AGREED,
        "o2c_ends_on",
        "o2c_renewals",
        "o2c_period_ids",
        "o2c_change_ids.quantity",
        "o2c_change_ids.period_id",
        "state",
    )
    def _compute_o2c_next_due_on(self):
        running = self._o2c_running()
        (self - running).o2c_next_due_on = False
        for line in running:
            line.o2c_next_due_on = line._o2c_next_day()

    def _o2c_next_day(self):
        """When something of it is charged next, or nothing."""
        days = [change.since for change, _more in self._o2c_open_changes()]
        days.append(self._o2c_due_day(self._o2c_number_charged()))
        return min(filter(None, days), default=False)

    def _o2c_due_day(self, number):
        """When this period is charged, or the service renewed for it; or nothing."""
        calendar = self._o2c_calendar()
        is_agreed = number < self._o2c_number_agreed()
        if not is_agreed and self.o2c_ends_on:
            return False
        if is_agreed and self.o2c_charged == "arrears":
            return self._o2c_last_day(number) + timedelta(days=1)
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
        made = robot["o2c.period"].create(
            [
                values
                for line in lines
                for values in line._o2c_prepare_changes() + line._o2c_prepare_periods()
            ]
        )
        lines._o2c_settle_changes()
        made.filtered("is_whole").line_id._o2c_revise_prices()
        lines.order_id._o2c_look_at(made)
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
        number, values = self._o2c_number_charged(), []
        while number < self._o2c_number_agreed():
            if self._o2c_due_day(number) > today:
                break
            values.append(self._o2c_prepare_period(number, calendar.start_of(number)))
            number += 1
        return values

    def _o2c_prepare_period(self, number, start):
        is_paused = self._o2c_is_paused(start)
        last = self._o2c_last_day(number)
        return {
            "line_id": self.id,
            "number": number,
            "starts_on": start,
            "ends_on": last,
            "quantity": 0 if is_paused else self._o2c_quantity_of(number),
            "per_period": 0 if is_paused else self._o2c_level(last),
            "price_unit": self._o2c_price_on(start),
        }

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
