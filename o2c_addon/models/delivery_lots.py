from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list


class StockPicking(models.Model):
    """Lots and serial numbers are given, and last long enough.

    When a lot expires is known where Odoo's expiration dates are installed.
    """

    _inherit = "stock.picking"

    def _o2c_problem_lots(self, check):
        said = []
        for line in self._o2c_wrong_lots(check):
            product = line.product_id.display_name
            said.append(
                self.env._(
                    "%(lot)s of %(product)s expires on %(date)s",
                    lot=line.lot_id.name,
                    product=product,
                    date=format_date(
                        self.env,
                        self.company_id._o2c_day_of(line.lot_id.expiration_date),
                    ),
                )
                if line.lot_id
                else self.env._("no lot or serial number of %s", product)
            )
        return said and self.env._(
            "%(delivery)s: %(lots)s",
            delivery=self.name,
            lots=format_list(self.env, list(dict.fromkeys(said))),
        )

    def _o2c_size_lots(self, check):
        return sum(self._o2c_wrong_lots(check).mapped("quantity_product_uom"))

    def _o2c_particulars_lots(self, check):
        """A release is for these lots and no others."""
        lines = self._o2c_wrong_lots(check)
        return sorted({(line.product_id.id, line.lot_id.id or 0) for line in lines})

    def _o2c_wrong_lots(self, check):
        """What would leave without its lot, or with one that does not last."""
        lots = self.env["stock.lot"]
        knows = "expiration_date" in lots._fields
        if check.value and not knows:
            raise UserError(
                self.env._(
                    "The check “%s” wants to know how long lots last, and expiration "
                    "dates are not installed",
                    check.name,
                )
            )
        last = fields.Datetime.now() + timedelta(days=check.value)
        tracked = self._o2c_leaving().filtered(lambda li: li.tracking != "none")
        return tracked.filtered(
            lambda li: (
                (not li.lot_id and not li.lot_name)
                or (
                    knows
                    and li.lot_id.expiration_date
                    and li.lot_id.expiration_date <= last
                )
            )
        )
