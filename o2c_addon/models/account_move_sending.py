import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime, plaintext2html

from .billing_task import ATTEMPTS, FIRST_WAIT

_logger = logging.getLogger(__name__)

INTERRUPTED = timedelta(hours=1)  # no sending takes longer
QUEUED = ("email",)  # leaves with the commit, if at all: may be tried again


class AccountMove(models.Model):
    """Sending what the queue confirmed, the way each customer wants it.

    How: ``o2c_send_on`` is written with the confirmation. A cron sends what is due,
    each in a transaction of its own, with the host's own means; what fails is tried
    again, later and later, and after some attempts somebody is asked to look. That it
    is being sent is committed before anything leaves: what dies meanwhile may have
    reached the customer, and is not sent again by itself.
    """

    _inherit = "account.move"

    o2c_send_on = fields.Datetime(
        "Sent By Itself On", copy=False, readonly=True, index="btree_not_null"
    )
    o2c_send_attempts = fields.Integer(copy=False, readonly=True)
    o2c_send_error = fields.Char("Not Sent Because", copy=False, readonly=True)
    o2c_sending_since = fields.Datetime(
        "Being Sent Since", copy=False, readonly=True, index="btree_not_null"
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {
            "o2c_send_on",
            "o2c_send_attempts",
            "o2c_send_error",
            "o2c_sending_since",
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

    # -- sending ---------------------------------------------------------------------

    @api.model
    def _o2c_send_due(self):
        """Send what is due; called by cron, safe to be called at any time."""
        self._o2c_settle_interrupted()
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
        if not self._o2c_claim_sending():
            return cron._commit_progress(1)
        cron._commit_progress(0)  # from here on it may have left
        try:
            self._o2c_send()
            return cron._commit_progress(1)
        except Exception as error:
            self.env.cr.rollback()
            is_known = isinstance(error, UserError)
            if not is_known:
                _logger.exception("Sending invoice %s failed", self.id)
            if is_known or self._o2c_sending_method() in QUEUED:
                self._o2c_send_failed(str(error) or type(error).__name__)
            else:
                self._o2c_send_uncertain()
            return cron._commit_progress(1)

    def _o2c_claim_sending(self):
        """Whether this is still to be sent and nobody else has it in hands."""
        invoice = self.try_lock_for_update(allow_referencing=True)
        invoice.invalidate_recordset(["o2c_send_on", "state", "is_move_sent"])
        invoice = invoice.filtered(lambda m: m.o2c_send_on and m.state == "posted")
        sent = invoice.filtered("is_move_sent")  # by hand, meanwhile
        sent._o2c_settle_sending()
        (invoice - sent).write(
            {"o2c_send_on": False, "o2c_sending_since": fields.Datetime.now()}
        )
        return invoice - sent

    def _o2c_settle_sending(self, **values):
        """Nothing is being sent any more."""
        self.write(
            {
                "o2c_send_on": False,
                "o2c_send_error": False,
                "o2c_sending_since": False,
                **values,
            }
        )

    def _o2c_send(self):
        """Send this by the customer's own method; mails are queued, not sent here.

        :raise UserError: why it cannot be sent, in a sentence for an accountant
        """
        robot = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        robot = robot.with_company(self.company_id)
        robot._o2c_check_sendable()
        send = robot.env["account.move.send"].with_context(mail_notify_force_send=False)
        send._generate_and_send_invoices(robot, allow_fallback_pdf=False)

    def _o2c_check_sendable(self):
        """What the host would pass over in silence."""
        if self._o2c_sending_method() == "email" and not self.partner_id.email:
            raise UserError(
                self.env._("%s has no e-mail address.", self.partner_id.display_name)
            )
        report = self.env["ir.actions.report"]
        if not self.invoice_pdf_report_id and (
            report.get_wkhtmltopdf_state() in ("install", "broken")
        ):
            raise UserError(
                self.env._("The server cannot print: wkhtmltopdf is not installed.")
            )

    # -- what went wrong -------------------------------------------------------------

    def _o2c_send_failed(self, error):
        """Once more later; after some attempts, somebody has to look."""
        attempts = self.o2c_send_attempts + 1
        wait = FIRST_WAIT * 4 ** (attempts - 1)
        is_over = attempts >= ATTEMPTS
        self._o2c_settle_sending(
            o2c_send_attempts=attempts,
            o2c_send_error=error,
            o2c_send_on=not is_over and fields.Datetime.now() + wait,
        )
        if is_over:
            self._o2c_ask_to_send()

    @api.model
    def _o2c_settle_interrupted(self):
        """What was being sent when the server died."""
        interrupted = self.search(
            [("o2c_sending_since", "<", fields.Datetime.now() - INTERRUPTED)]
        ).try_lock_for_update(allow_referencing=True)
        for invoice in interrupted:
            if invoice._o2c_sending_method() in QUEUED:
                invoice._o2c_settle_sending(o2c_send_on=fields.Datetime.now())
            else:
                invoice._o2c_send_uncertain()

    def _o2c_send_uncertain(self):
        """It may have reached the customer: a person looks, nothing is sent twice."""
        self._o2c_settle_sending(
            o2c_send_error=self.env._(
                "Sending was interrupted, and it may have arrived. Look whether the "
                "customer has it before you send it."
            )
        )
        self._o2c_ask_to_send()

    def _o2c_ask_to_send(self):
        owner = self.company_id.o2c_billing_owner_id or self.invoice_user_id
        if owner:
            self.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=owner.id,
                summary=self.env._("%s could not be sent", self.name),
                note=plaintext2html(self.o2c_send_error),
            )

    def action_o2c_send_again(self):
        """Send these now, after what was in the way is mended.

        :raise AccessError: for whom invoices are not their work
        :raise UserError: what was sent is not sent again from here
        """
        self.check_access("write")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoicing is handled by accounting. Ask them to look.")
            )
        unsent = self.filtered(lambda m: m.state == "posted" and not m.is_move_sent)
        if not unsent:
            raise UserError(
                self.env._("It was sent already. To send it once more, press Send.")
            )
        # sudo: our own fields, the right was asked above
        unsent.sudo()._o2c_settle_sending(
            o2c_send_on=fields.Datetime.now(), o2c_send_attempts=0
        )
        self.env.ref("o2c_addon.ir_cron_o2c_send_invoices")._trigger()
        return True

    @api.model
    def _o2c_requeue_mails(self):
        """Mails of invoices we sent that the server did not take.

        The host leaves them for ever. What never reached a server goes out again, the
        same mail with the same Message-ID, for a day; of the rest somebody is told.
        """
        mails = self.env["mail.mail"].search(
            [
                ("state", "=", "exception"),
                ("model", "=", self._name),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=1)),
            ]
        )
        for mail in mails:
            invoice = self.browse(mail.res_id).exists()
            if not (invoice._o2c_tasks() and invoice.is_move_sent):
                continue
            if mail._o2c_outcome() in ("retry", "unreachable"):
                mail.mark_outgoing()
            elif not invoice.o2c_send_error:
                invoice.o2c_send_error = mail.failure_reason or self.env._(
                    "Undelivered"
                )
                invoice._o2c_ask_to_send()

    # -- words -----------------------------------------------------------------------

    def o2c_explain(self):
        """And whether it was sent, where that is ours to do."""
        return super().o2c_explain() + self._o2c_explain_sending()

    def _o2c_explain_sending(self):
        if self.state != "posted":
            return []
        if self.o2c_send_error:
            is_mine = self.env.user.has_group("account.group_account_invoice")
            button = {
                "model": self._name,
                "id": self.id,
                "name": "action_o2c_send_again",
                "label": self.env._("Send now"),
            }
            remedy = self.o2c_send_on and self.env._(
                "It is tried again on %s.", self._o2c_time(self.o2c_send_on)
            )
            reason = self.env._("Not sent: %s", self.o2c_send_error)
            actions = [button] if is_mine else []
        elif self.o2c_send_on:
            time = self._o2c_time(self.o2c_send_on)
            reason = self.env._("It is sent by itself on %s.", time)
            remedy, actions = "", []
        else:
            return []
        return [
            {
                "kind": "sending",
                "reason": reason,
                "remedy": remedy or "",
                "who": [],
                "blocking": bool(self.o2c_send_error),
                "source": [self._name, self.id],
                "actions": actions,
            }
        ]

    def _o2c_time(self, moment):
        return format_datetime(self.env, moment, dt_format="short")


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    def _generate_and_send_invoices(self, moves, *args, **kwargs):
        """By hand or by itself: what was sent is remembered, and owes no sending."""
        result = super()._generate_and_send_invoices(moves, *args, **kwargs)
        sent = moves.sudo().filtered("is_move_sent")  # sudo: our own fields
        sent._o2c_settle_sending(o2c_send_attempts=0)
        sent._o2c_of_orders()._o2c_log("sent")
        return result
