from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.tools import ormcache
from odoo.tools.date_utils import end_of

INVOICING = [
    ("manual", "By hand"),
    ("draft", "Draft"),
    ("post", "Confirmed"),
    ("send", "Confirmed and sent"),
]
PERIODS = [
    ("delivery", "Per delivery"),
    ("order", "When the order is complete"),
    ("day", "Per day"),
    ("week", "Per week"),
    ("month", "Per month"),
]
SPANS = ("day", "week", "month")  # invoices of a payer are made at the end of each


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "o2c.own.mixin"]

    o2c_invoicing = fields.Selection(
        INVOICING,
        "Invoice After Delivery",
        default="manual",
        help="What happens when goods have left: nothing until somebody invoices by "
        "hand, a draft invoice to look at, a confirmed invoice, or one that is also "
        "sent the way each customer wants it.",
    )
    o2c_invoicing_period = fields.Selection(
        PERIODS,
        "One Invoice",
        default="delivery",
        help="What shares an invoice: each delivery has its own, or the whole order, "
        "or all that a payer got within a day, a week (until Sunday) or a month.",
    )
    o2c_invoice_date = fields.Selection(
        [("today", "The day it is made"), ("delivery", "The day the goods left")],
        "Date of the Invoice",
        default="today",
    )
    o2c_ordered_lines = fields.Selection(
        [
            ("manual", "By hand"),
            ("delivery", "With the first delivery"),
            ("confirm", "When the order is confirmed"),
        ],
        "Services Invoiced as Ordered",
        default="delivery",
        help="When services that are invoiced as ordered (prepaid) are invoiced. "
        "Orders without goods: when confirmed.",
    )
    o2c_crediting = fields.Selection(
        [("manual", "By hand"), ("draft", "Draft"), ("post", "Confirmed")],
        "Credit Note After a Return",
        default="draft",
        help="What happens when invoiced goods came back to be refunded.",
    )
    o2c_silence_days = fields.Integer(
        "Days Until Silence Means Yes",
        help="Work a customer is asked to accept counts as accepted after so many days "
        "without an answer, where that is agreed with customers. 0: never.",
    )
    o2c_only_approved_time = fields.Boolean(
        "Only Approved Hours",
        default=True,
        help="Hours of timesheets are invoiced by themselves once a manager has "
        "approved them.",
    )
    o2c_credits = fields.Selection(
        [
            ("off", "Offer them"),
            ("notes", "Settle with open credit notes"),
            ("all", "Settle with open credit notes and payments"),
        ],
        "Open Credits of the Customer",
        default="off",
        help="What happens to what a customer has open, when an invoice is confirmed "
        "by itself. Only in the same company and currency, the oldest first; what was "
        "paid or credited for something else that is open stays as it is.",
    )
    o2c_send_delay = fields.Integer(
        "Send After",
        default=1,
        help="Hours between confirming an invoice and sending it, so that a delivery "
        "confirmed by mistake can still be taken back.",
    )
    o2c_recurring_deviation = fields.Integer(
        "Recurring Invoices to Look At",
        help="What a recurring service is charged waits for a look where it differs by "
        "more than so many % from each of its last three periods, where nothing was "
        "used, the customer is archived or his reference no longer valid. "
        "0: nothing waits.",
    )
    o2c_billing_owner_id = fields.Many2one(
        "res.users",
        "Responsible for Invoicing",
        help="Is told when an automatic invoice could not be made. "
        "Empty: the salesperson of the order.",
    )
    o2c_target_quotation = fields.Integer(
        "Days to Confirm",
        default=1,
        help="An order that waits longer to be confirmed is late. 0: as long as it "
        "takes.",
    )
    o2c_target_approval = fields.Integer(
        "Days to Approve",
        default=2,
        help="An order that waits longer for an approval is late. 0: as long as it "
        "takes.",
    )
    o2c_target_delivery = fields.Integer(
        "Days to Deliver",
        default=5,
        help="An order that waits longer for its delivery is late, and so is one whose "
        "promised date has passed. 0: only the promised date counts.",
    )
    o2c_target_invoicing = fields.Integer(
        "Days to Invoice",
        default=1,
        help="An order that waits longer for its invoice is late. 0: as long as it "
        "takes.",
    )
    o2c_target_payment = fields.Integer(
        "Days After the Due Date",
        help="An order is late when an invoice of it is overdue for more days than "
        "these.",
    )

    o2c_promise_days = fields.Integer(
        "Promises in the Portal",
        default=14,
        help="Days ahead for which customers may promise, on the page of an invoice, "
        "to pay; once for each invoice, and nobody is reminded until then. 0: they "
        "cannot.",
    )
    o2c_times_per_person = fields.Boolean(
        "Lead Times per Salesperson",
        help="Lead times can be read for each salesperson. In many countries the works "
        "council has to agree first.",
    )

    def _o2c_zone(self):
        """The time zone of its days: its calendar's, its own, or UTC."""
        zone = self._o2c_calendar_zone() if self else None
        return ZoneInfo(zone or self.partner_id.tz or "UTC")

    @ormcache("self.id")
    def _o2c_calendar_zone(self):
        """The time zone of its calendar; kept in memory, every day needs it."""
        # sudo: whoever asks what day it is need not read calendars
        return self.sudo().resource_calendar_id.tz

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"resource_calendar_id"}

    def _o2c_today(self):
        """Today where this company is."""
        return self._o2c_day_of(fields.Datetime.now())

    def _o2c_day_of(self, moment):
        """The day, where this company is, of a ``moment`` in UTC."""
        return moment.replace(tzinfo=UTC).astimezone(self._o2c_zone()).date()

    def _o2c_end_of(self, span):
        """When this company's ``day``, ``week`` or ``month`` ends, in UTC."""
        last_day = end_of(self._o2c_today(), span)
        midnight = datetime.combine(
            last_day + timedelta(days=1), time(), self._o2c_zone()
        )
        return midnight.astimezone(UTC).replace(tzinfo=None)
