from odoo import fields, models
from odoo.tools import format_amount, format_date

USUAL = 3  # periods before, with which a new one is compared


class SaleOrder(models.Model):
    """Recurring charges that somebody should look at before they are invoiced."""

    _inherit = "sale.order"

    o2c_reference_until = fields.Date(
        "Reference Valid Until",
        copy=False,
        help="The last day for which the customer's reference, a purchase order for "
        "example, covers what is charged. Empty: for ever.",
    )

    def _o2c_look_at(self, periods):
        """Put on hold what of these ``periods`` somebody should look at; the orders of
        the others go on to be invoiced."""
        reason = self.env.ref("o2c_addon.hold_reason_look", raise_if_not_found=False)
        for order, made in periods.grouped("order_id").items():
            looks = reason and order.company_id.o2c_recurring_deviation
            if oddities := looks and order._o2c_oddities(made):
                order._o2c_put_on_hold(reason, " ".join(oddities), "post")

    def _o2c_oddities(self, periods):
        """What is unusual about these: sentences. Override and extend."""
        sentences = []
        if not self.partner_id.active:
            sentences.append(
                self.env._("The customer %s is archived.", self.partner_id.name)
            )
        valid = self.o2c_reference_until
        if valid and any(period.starts_on > valid for period in periods):
            sentences.append(
                self.env._(
                    "The customer's reference %(reference)s was valid until %(date)s.",
                    reference=self.client_order_ref or "",
                    date=format_date(self.env, valid),
                )
            )
        for period in periods.filtered("is_whole"):
            if words := period._oddity():
                sentences.append(words)
        return list(dict.fromkeys(sentences))


class Period(models.Model):
    _inherit = "o2c.period"

    def _worth(self):
        """What a whole period like this one comes to, in the order's currency."""
        return self.per_period * self.price_unit * (1 - self.line_id.discount / 100)

    def _oddity(self):
        """What is unusual about this period, or nothing."""
        service = self.line_id.product_id.display_name
        if not self.per_period:
            if self.line_id._o2c_is_paused(self.starts_on):
                return ""
            return self.env._(
                "%(service)s: nothing to charge for %(period)s.",
                service=service,
                period=self.display_name,
            )
        before = self.line_id.o2c_period_ids.filtered(
            lambda p: p.is_whole and p.per_period and p.number < self.number
        ).sorted("number")[-USUAL:]
        usual = [period._worth() for period in before]
        limit = self.company_id.o2c_recurring_deviation / 100
        if not usual or any(
            abs(self._worth() - worth) <= limit * abs(worth) + 0.005 for worth in usual
        ):
            return ""
        return self.env._(
            "%(service)s: %(now)s a period, before it was %(before)s.",
            service=service,
            now=format_amount(self.env, self._worth(), self.currency_id),
            before=format_amount(self.env, usual[-1], self.currency_id),
        )
