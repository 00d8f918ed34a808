from odoo import models
from odoo.fields import Command
from odoo.tools import format_date

from ..words import within


class SaleOrderLine(models.Model):
    """What recurs, on the invoice and in words."""

    _inherit = "sale.order.line"

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
            period=within(self.env, every[self.o2c_every]),
            when=within(self.env, charged[self.o2c_charged]),
        )
        dates = [
            format_date(self.env, day) if day else "…"
            for day in (self.o2c_starts_on, self.o2c_ends_on)
        ]
        return f"{words}, {' – '.join(dates)}" if self.o2c_starts_on else words
