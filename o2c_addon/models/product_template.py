from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .period import CHARGED, EVERY


class ProductTemplate(models.Model):
    """A service the customer pays for again and again."""

    _inherit = "product.template"

    o2c_every = fields.Selection(
        EVERY,
        "Charged Every",
        help="A recurring service: each week, month, quarter or year that comes is "
        "charged once. Empty: it is sold once.",
    )
    o2c_charged = fields.Selection(
        CHARGED, "Charged", help="On the first day of each period, or when it is over."
    )
    o2c_aligned = fields.Boolean(
        "By the Calendar",
        help="Periods begin with the week, month, quarter or year of the calendar; "
        "the first one is charged in proportion to its days.",
    )
    o2c_in_between = fields.Boolean(
        "More at Once",
        help="A quantity that changes in the middle of a period counts from that day, "
        "in proportion to the days left; less in a period charged in advance counts "
        "from the next one on. Switched off, every change does.",
    )
    o2c_notice_days = fields.Integer(
        "Days of Notice",
        help="How long before the year ends the customer has to give notice. "
        "Otherwise the service is agreed for another year.",
    )

    @api.onchange("o2c_every")
    def _onchange_o2c_every(self):
        if self.o2c_every:
            self.invoice_policy = "delivery"
            self.o2c_charged = self.o2c_charged or "advance"
            self.o2c_notice_days = self.o2c_notice_days or 30

    @api.constrains("o2c_every", "type", "service_type", "invoice_policy")
    def _o2c_check_every(self):
        for product in self.filtered("o2c_every"):
            if not product._o2c_may_recur():
                raise ValidationError(
                    self.env._(
                        "%s cannot be charged again and again: choose a service that "
                        "is invoiced by delivered quantity and not by timesheets or "
                        "milestones.",
                        product.display_name,
                    )
                )

    def _o2c_may_recur(self):
        return (
            self.type == "service"
            and self.service_type == "manual"
            and self.invoice_policy == "delivery"
        )
