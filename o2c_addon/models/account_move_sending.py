import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from .billing_task import ATTEMPTS, FIRST_WAIT

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    """Sending what the queue confirmed, the way each customer wants it.

    How: ``o2c_send_on`` is written with the confirmation. A cron sends what is due,
    each in a transaction of its own, with the host's own means; what fails is tried
    again, later and later, and after some attempts somebody is asked to look.
    """

    _inherit = "account.move"

    o2c_send_on = fields.Datetime(
        "Sent By Itself On", copy=False, readonly=True, index="btree_not_null"
    )
    o2c_send_attempts = fields.Integer(copy=False, readonly=True)
    o2c_send_error = fields.Char("Not Sent Because", copy=False, readonly=True)

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_send_on",
            "o2c_send_attempts",
            "o2c_send_error",
        }

    def _post(self, soft=True):
        posted = super()._post(soft)
        for invoice in posted.sudo():  # sudo: see _o2c_tasks
            tasks = invoice._o2c_tasks()
            if any(t.order_id._o2c_invoicing() == "send" for t in tasks):
                invoice._o2c_send_later()
        return posted

    def _o2c_send_later(self):
        """Not in the same second: a mistaken delivery can still be taken back."""
        if self._o2c_sending_method() == "manual" or self.is_move_sent:
            return
        hours = self.company_id.o2c_send_delay
        self.o2c_send_on = fields.Datetime.now() + timedelta(hours=hours)
        self.env.ref("o2c_addon.ir_cron_o2c_send_invoices")._trigger(
            at=self.o2c_send_on
        )

    def _o2c_sending_method(self):
        payer = self.commercial_partner_id.with_company(self.company_id)
        return payer.invoice_sending_method or "email"

    def button_draft(self):
        """What is taken back is not sent."""
        result = super().button_draft()
        self.sudo().filtered("o2c_send_on").o2c_send_on = False  # sudo: see _post
        return result

    @api.model
    def _o2c_send_due(self):
        """Send what is due; called by cron, safe to be called at any time."""
        due = self.search(
            [("o2c_send_on", "<=", fields.Datetime.now()), ("state", "=", "posted")],
            order="o2c_send_on, id",
        )
        left = self.env["ir.cron"]._commit_progress(remaining=len(due))
        for invoice in due:
            if not left:
                break
            left = invoice._o2c_send_alone()
        self._o2c_requeue_mails()

    def _o2c_send_alone(self):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            invoice = self.try_lock_for_update(allow_referencing=True)
            invoice = invoice.filtered(lambda m: m.o2c_send_on and m.state == "posted")
            if invoice:
                invoice._o2c_send()
            return cron._commit_progress(1)
        except OperationalError:
            self.env.cr.rollback()  # somebody changes it: the next round
            return cron._commit_progress(0)
        except Exception as error:
            self.env.cr.rollback()
            if not isinstance(error, UserError):
                _logger.exception("Sending invoice %s failed", self.id)
            self._o2c_send_failed(str(error) or type(error).__name__)
            return cron._commit_progress(1)

    def _o2c_send(self):
        """Send this by the customer's own method; mails are queued, not sent here."""
        robot = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        robot = robot.with_company(self.company_id)
        report = robot.env["ir.actions.report"]
        if not robot.invoice_pdf_report_id and (
            report.get_wkhtmltopdf_state() in ("install", "broken")
        ):
            raise UserError(
                self.env._("The server cannot print: wkhtmltopdf is not installed.")
            )
        send = robot.env["account.move.send"].with_context(mail_notify_force_send=False)
        send._generate_and_send_invoices(robot, allow_fallback_pdf=False)
        robot.write(
            {"o2c_send_on": False, "o2c_send_error": False, "o2c_send_attempts": 0}
        )
        robot._o2c_of_orders()._o2c_log("sent")

    def _o2c_send_failed(self, error):
        attempts = self.o2c_send_attempts + 1
        wait = FIRST_WAIT * 4 ** (attempts - 1)
        is_over = attempts >= ATTEMPTS
        self.write(
            {
                "o2c_send_attempts": attempts,
                "o2c_send_error": error,
                "o2c_send_on": not is_over and fields.Datetime.now() + wait,
            }
        )
        owner = self.company_id.o2c_billing_owner_id or self.invoice_user_id
        if is_over and owner:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=owner.id,
                summary=self.env._("%s could not be sent", self.name),
                note=error,
            )

    @api.model
    def _o2c_requeue_mails(self):
        """Mails of invoices we sent that the server did not take: once more.

        The host leaves them for ever. The same mail goes out again, with the same
        Message-ID, for a day.
        """
        mails = self.env["mail.mail"].search(
            [
                ("state", "=", "exception"),
                ("model", "=", self._name),
                ("failure_type", "in", (False, "unknown", "mail_smtp")),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
            ]
        )
        ours = (
            self.browse(mails.mapped("res_id"))
            .exists()
            .filtered(lambda m: m._o2c_tasks() and m.is_move_sent)
        )
        mails.filtered(lambda mail: mail.res_id in ours.ids).mark_outgoing()
