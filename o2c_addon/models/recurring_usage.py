from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.sql import column_exists, create_column


class ProductTemplate(models.Model):
    _inherit = "product.template"

    o2c_metered = fields.Boolean(
        "By Usage",
        help="Each period is charged for what was used in it, when it is over.",
    )

    @api.onchange("o2c_metered")
    def _onchange_o2c_metered(self):
        if self.o2c_metered:
            self.o2c_charged = "arrears"


class SaleOrderLine(models.Model):
    """A recurring service whose quantity is what was used.

    What is agreed per period is only what is expected: it makes the order's amount,
    which is approved; more than that is asked again.
    """

    _inherit = "sale.order.line"

    o2c_metered = fields.Boolean(
        "By Usage",
        compute="_compute_o2c_metered",
        store=True,
        readonly=False,
        precompute=True,
        help="Each period is charged for what was used in it, when it is over. The "
        "quantity per period is what is expected.",
    )
    o2c_usage_ids = fields.One2many("o2c.usage", "line_id", "Usage", copy=False)

    def _auto_init(self):
        """Nothing is computed for the lines of a database in use."""
        if not column_exists(self.env.cr, self._table, "o2c_metered"):
            create_column(self.env.cr, self._table, "o2c_metered", "bool")
        return super()._auto_init()

    @api.depends("product_id")
    def _compute_o2c_metered(self):
        for line in self:
            line.o2c_metered = line.product_id.o2c_metered

    @api.constrains("o2c_metered", "o2c_charged", "o2c_every")
    def _o2c_check_metered(self):
        for line in self.filtered("o2c_metered"):
            if line.o2c_every and line.o2c_charged != "arrears":
                raise ValidationError(
                    self.env._(
                        "What is used of %s is known when the period is over: charge "
                        "it in arrears.",
                        line.product_id.display_name,
                    )
                )

    def action_o2c_open_usage(self):
        """What was used of this service, and is still to be entered."""
        action = self.env["ir.actions.act_window"]._for_xml_id("o2c_addon.usage_action")
        return action | {
            "domain": [("line_id", "=", self.id)],
            "context": {"default_line_id": self.id},
        }

    def _o2c_has_ended(self):
        """Whether no period is to come."""
        number = self._o2c_number_charged()
        return bool(self.o2c_ends_on) and number >= self._o2c_number_agreed()

    def _o2c_prepare_period(self, number, start):
        """Takes what was used until its last day, and the first one what came late."""
        values = super()._o2c_prepare_period(number, start)
        if not self.o2c_metered or self._o2c_is_paused(start):
            return values
        is_next = number == self._o2c_number_charged()
        used = self.o2c_usage_ids.filtered(
            lambda usage: (
                not usage.period_id
                and usage.used_on <= values["ends_on"]
                and (is_next or usage.used_on >= start)
            )
        )
        quantity = sum(used.mapped("quantity"))
        if quantity < 0:  # corrections of what was charged wait for more usage
            used, quantity = used.browse(), 0
        return values | {
            "quantity": quantity,
            "per_period": quantity,
            "usage_ids": [Command.link(usage.id) for usage in used],
        }


class Period(models.Model):
    _inherit = "o2c.period"

    usage_ids = fields.One2many("o2c.usage", "period_id", readonly=True)
