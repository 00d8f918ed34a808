from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round


class PriceRevision(models.TransientModel):
    """New prices of recurring services, by a percentage and from a day on."""

    _name = "o2c.price.revision"
    _description = "New Prices of Recurring Services"

    line_ids = fields.Many2many(
        "sale.order.line",
        string="Services",
        readonly=True,
        default=lambda self: self._selected(),
    )
    percent = fields.Float("Change (%)", digits=(16, 2), help="Below zero: cheaper.")
    since = fields.Date(
        "From",
        required=True,
        default=lambda self: self.env.company._o2c_today(),
        help="Charged from the first period that begins on this day or later.",
    )

    def _selected(self):
        """What is selected on the list this was opened from."""
        is_list = self.env.context.get("active_model") == "sale.order.line"
        return is_list and self.env.context.get("active_ids")

    def action_revise(self):
        """Announce the new prices; those who have to approve them are asked."""
        lines = self.line_ids.filtered(
            lambda line: line.o2c_every and line.state == "sale"
        )
        if not lines or not self.percent:
            raise UserError(
                self.env._("Choose running services, and by how much to change.")
            )
        digits = self.env["decimal.precision"].precision_get("Product Price")
        for line in lines:
            price = line.price_unit * (1 + self.percent / 100)
            line.write(
                {
                    "o2c_next_price": float_round(price, precision_digits=digits),
                    "o2c_next_price_from": self.since,
                }
            )
        return lines.order_id._o2c_tell_waiting()
