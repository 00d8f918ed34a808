from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class Usage(models.Model):
    """What was used of a metered service: hours, calls, pages.

    Use: enter or import it, each with a reference of its own, until the period is
    charged. How: a period takes all that was used until its last day and no other
    period has taken; what comes late goes into the next one. So nothing is charged
    twice, nor lost.
    """

    _name = "o2c.usage"
    _inherit = ["o2c.own.mixin"]
    _description = "Usage of a Recurring Service"
    _order = "used_on desc, id desc"
    _rec_name = "reference"

    line_id = fields.Many2one(
        "sale.order.line",
        "Service",
        required=True,
        domain=[("o2c_metered", "=", True), ("state", "=", "sale")],
        ondelete="cascade",
        index=True,
    )
    order_id = fields.Many2one(
        related="line_id.order_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    used_on = fields.Date(required=True, default=fields.Date.context_today)
    quantity = fields.Float(digits="Product Unit", required=True)
    reference = fields.Char(
        required=True, help="Unique for the service: what is imported again is refused."
    )
    period_id = fields.Many2one(
        "o2c.period",
        "Charged With",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )

    _once = models.UniqueIndex(
        "(line_id, reference)", "This usage of the service is entered already."
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"period_id"}

    @api.constrains("line_id", "used_on")
    def _check_service(self):
        for usage in self:
            # sudo: whoever enters it need not read what was charged
            line = usage.line_id.sudo()
            if not line.o2c_metered:
                raise ValidationError(
                    self.env._(
                        "%s is not charged by usage.", line.product_id.display_name
                    )
                )
            if line._o2c_has_ended():
                raise ValidationError(
                    self.env._(
                        "%(service)s of %(order)s ended on %(date)s and is charged: "
                        "add a line for what was used later.",
                        service=line.product_id.display_name,
                        order=line.order_id.name,
                        date=format_date(self.env, line.o2c_ends_on),
                    )
                )

    def write(self, vals):
        if not vals.keys() <= {"period_id"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_open(self):
        self._check_open()

    def _check_open(self):
        """:raise UserError: where it is charged"""
        # sudo: whoever enters it need not read what was charged
        for usage in self.sudo().filtered("period_id"):
            raise UserError(
                self.env._(
                    "“%s” is charged already: enter the difference as another usage.",
                    usage.reference,
                )
            )
