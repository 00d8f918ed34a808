from odoo import api, fields, models
from odoo.tools.sql import column_exists, create_column


def moment(day, written_on):
    """When it happened: the host's date says the day, the record written on that same
    day says the hour; what was dated back says no hour."""
    if not day:
        return False
    if written_on and written_on.date() == day:
        return written_on
    return fields.Datetime.to_datetime(day)


class AccountMove(models.Model):
    """When an invoice was issued, sent and paid."""

    _inherit = "account.move"

    o2c_sent_on = fields.Datetime(
        "Sent On", compute="_compute_o2c_sent_on", store=True, copy=False
    )

    def _auto_init(self):
        """Nobody knows when an old invoice was sent."""
        if not column_exists(self.env.cr, self._table, "o2c_sent_on"):
            create_column(self.env.cr, self._table, "o2c_sent_on", "timestamp")
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_sent_on"}

    @api.depends("is_move_sent")
    def _compute_o2c_sent_on(self):
        """Whatever way it was sent, the host marks it so."""
        for move in self:
            move.o2c_sent_on = move.is_move_sent and (
                move.o2c_sent_on or fields.Datetime.now()
            )

    def _o2c_last(self, moment_of):
        """The latest of what ``moment_of`` answers for these, or False."""
        return max(filter(None, map(moment_of, self)), default=False)

    def _o2c_issued_on(self):
        return moment(self.invoice_date, self.o2c_passed_on)

    def _o2c_paid_on(self):
        """When the last money came in; False while it is open."""
        if self.payment_state not in ("paid", "in_payment"):
            return False
        matches = self.line_ids.matched_credit_ids
        dates = [moment(match.max_date, match.create_date) for match in matches] or [
            moment(payment.date, payment.create_date)
            for payment in self.matched_payment_ids
        ]
        return max(dates, default=False)
