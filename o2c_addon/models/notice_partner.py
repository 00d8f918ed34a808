from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .notice_rule import MOST_DAYS

OF_ACCOUNTING = frozenset({"o2c_no_reminders", "o2c_grace_days"})


class ResPartner(models.Model):
    """What a customer wants to hear."""

    _name = "res.partner"
    _inherit = ["res.partner", "o2c.own.mixin"]

    o2c_no_messages = fields.Boolean(
        "No Order Messages",
        help="Hears nothing of the steps of an order. What Odoo sends without a rule, "
        "it still sends.",
    )
    o2c_no_reminders = fields.Boolean(
        "No Reminders",
        copy=False,
        help="Is never reminded of an unpaid invoice by e-mail. Set by accounting.",
    )
    o2c_grace_days = fields.Integer(
        "Days of Grace",
        company_dependent=True,
        copy=False,
        help="So many days after the due date nothing counts as late for reminders. "
        "Set by accounting.",
    )

    def _o2c_own_fields(self):
        """Whether customers are reminded is for accounting to decide."""
        own = super()._o2c_own_fields()
        is_theirs = self.env.user.has_group("account.group_account_invoice")
        return own if is_theirs else own | OF_ACCOUNTING

    @api.constrains("o2c_grace_days")
    def _o2c_check_grace_days(self):
        for partner in self:
            if not 0 <= partner.o2c_grace_days <= MOST_DAYS:
                raise ValidationError(
                    self.env._(
                        "The days of grace cannot be negative, nor more than ten years."
                    )
                )

    def _o2c_grace(self):
        """The days of grace, within reason whatever the default says."""
        return min(max(self.o2c_grace_days, 0), MOST_DAYS)

    @api.model
    def _commercial_fields(self):
        return [*super()._commercial_fields(), "o2c_no_reminders", "o2c_grace_days"]

    def _o2c_wants_no(self, kind):
        """Whether this addressee wants no such message."""
        is_reminder = kind == "reminder"
        wants_none = self.o2c_no_reminders if is_reminder else self.o2c_no_messages
        return wants_none or self.is_blacklisted


class ResCompany(models.Model):
    """The days on which reminders go out."""

    _inherit = "res.company"

    def _o2c_works_today(self):
        """Whether today is a working day here, by the company's calendar."""
        calendar = self.resource_calendar_id
        if not calendar:
            return True
        start = fields.Datetime.to_datetime(self._o2c_today())
        start = start.replace(tzinfo=self._o2c_zone())
        end = start.replace(hour=23, minute=59, second=59)
        return bool(calendar._work_intervals_batch(start, end)[False])

    def _o2c_today_for(self, customer):
        """Today, here and where the customer is: the earlier day of the two."""
        today = self._o2c_today()
        if not customer.tz:
            return today
        now = fields.Datetime.context_timestamp(
            self.with_context(tz=customer.tz), fields.Datetime.now()
        )
        return min(today, now.date())


class MailThread(models.AbstractModel):
    """A message that came back was not heard."""

    _inherit = "mail.thread"

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        result = super()._routing_handle_bounce(email_message, message_dict)
        # sudo: the gateway has no rights of its own
        notices = self.env["o2c.notice"].sudo()
        for notice in notices.search(
            [
                ("message_id", "in", message_dict["bounced_msg_ids"]),
                ("state", "in", ("sent", "uncertain")),
                ("carried_by_id", "=", False),
            ]
        ):
            notice._as_robot()._fail("bounced")
        return result
