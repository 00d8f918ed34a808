import logging
from datetime import timedelta

from psycopg2 import Error as DatabaseError
from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import split_every

from .mail_routes import MailRoutes

_logger = logging.getLogger(__name__)

CHUNK = 50  # texts made in one transaction
ALIVE = timedelta(minutes=1)  # so long after its start nobody doubts a mail
LAYOUT = "o2c_addon.notice_layout"


def words_of(error):
    """What went wrong at the root, in one line: the host wraps it in its traceback."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


class Notice(models.Model):
    """Sending what is due, each once.

    How: texts are made in chunks. Then each mail for itself: that it is being sent is
    committed before the mail server hears of it, and the row is held meanwhile. Found
    in that state and held by nobody, it was interrupted: a person decides.
    """

    _inherit = "o2c.notice"

    @api.model
    def _domain_due(self):
        now = fields.Datetime.now()
        is_time = Domain("next_try_on", "=", False) | Domain("next_try_on", "<=", now)
        return (
            Domain("state", "=", "queued") & Domain("carried_by_id", "=", False)
        ) & is_time

    @api.model
    def _send_due(self):
        """Send what is due; safe to be called from several processes at any time."""
        cron = self.env["ir.cron"]
        self._give_up_interrupted()
        due = self.search(self._domain_due(), order="id")
        left = cron._commit_progress(remaining=len(due))
        with MailRoutes() as routes:
            for ids in split_every(CHUNK, due.ids):
                if not left:
                    break
                left = self.browse(ids)._send_chunk(routes)
        self._tidy_up()

    @api.model
    def _give_up_interrupted(self):
        """Those a process died over: nobody knows whether they went out."""
        before = fields.Datetime.now() - ALIVE
        doubtful = self.search(
            [
                ("state", "=", "sending"),
                ("sending_on", "<", before),
                ("carried_by_id", "=", False),
            ]
        )
        try:
            dead = doubtful.try_lock_for_update(allow_referencing=True)
            for notice in dead.filtered(lambda n: n.state == "sending"):
                notice._move_to("uncertain", cause="interrupted")
                notice._as_robot()._ask_somebody()
        except OperationalError:
            self.env.cr.rollback()  # somebody has them in hands after all

    def _send_chunk(self, routes):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            ready = self._claim()._make_ready()
            routes.learn(ready.mail_id)
            left = cron._commit_progress(len(self) - len(ready))
        except OperationalError:
            self.env.cr.rollback()  # somebody has them in hands: the next round
            return cron._commit_progress(0)
        except Exception as error:
            self.env.cr.rollback()
            return self._send_one_by_one(routes, error)
        for notice in ready:
            if not left:
                break
            left = notice._send_alone(routes)
        return left

    def _send_one_by_one(self, routes, error):
        """Something is wrong with one of these: that one fails, and stops no other.

        :return: the seconds left to this run
        """
        cron = self.env["ir.cron"]
        if len(self) == 1:
            _logger.error("Notice %s cannot be sent", self.id, exc_info=error)
            self._claim()._as_robot()._fail("broken", words_of(error))
            return cron._commit_progress(1)
        left = cron._commit_progress(0)
        for notice in self:
            if not left:
                break
            left = notice._send_chunk(routes)
        return left

    def _claim(self):
        """Those still due that nobody else has in hands."""
        notices = self.try_lock_for_update(allow_referencing=True)
        return notices.filtered_domain(self._domain_due())

    # -- the text --------------------------------------------------------------------

    def _make_ready(self):
        """Keep back what is not to be said any more; make the text of the others."""
        ready = self._as_robot().browse()
        for company_notices in self._as_robot().grouped("company_id").values():
            notices = company_notices.with_company(company_notices.company_id)
            for notice in notices:
                if reason := notice._reason_not_to_send():
                    notice._keep_back(*reason)
                else:
                    ready |= notice
        for notices in ready.grouped(lambda n: (n.company_id, n.rule_id)).values():
            notices.filtered(lambda n: not n.mail_id)._make_mails_or_fail()
        return ready.filtered(lambda n: n.state == "queued" and n.mail_id)

    def _reason_not_to_send(self):
        """(cause, detail), or nothing."""
        document = self._document()
        if not document:
            return ("overtaken",)
        if not self.rule_id.active:
            return ("off",)
        contact = self.contact_id
        if reason := document._o2c_reason_not_to_tell(self):
            return reason
        if contact != document._o2c_addressee():
            return ("overtaken",)  # it belongs to somebody else now
        if contact._o2c_wants_no(self.kind) or self.partner_id._o2c_wants_no(self.kind):
            return ("opted_out",)
        if not contact.email_normalized:
            return ("no_address",)
        return None

    def _make_mails_or_fail(self):
        """Make the mails at once; where that fails, one by one, and say why."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._make_mails()
        except OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                _logger.exception("The text of notice %s cannot be made", self.id)
                self._fail("broken", words_of(error))
                return
            for notice in self:
                notice._make_mails_or_fail()

    def _make_mails(self):
        """The host's mails, but out of the reach of the host's own queue."""
        notices = self.with_company(self.company_id)
        rule = notices.rule_id
        template = rule.template_id.with_env(notices.env)
        documents = {notice: notice._document() for notice in notices}
        mails = template.send_mail_batch(
            [document.id for document in documents.values()],
            email_values={
                "state": "cancel",
                "auto_delete": False,
                "is_notification": True,
                "email_to": False,
                "email_cc": False,
                "scheduled_date": False,
            },
            email_layout_xmlid=template.email_layout_xmlid or LAYOUT,
        )
        for notice, mail in zip(notices, mails, strict=True):
            mail.recipient_ids = notice.contact_id
            mail.mail_message_id.message_id = notice.message_id
            if rule.attach and (document := documents[notice]):
                files = document._o2c_papers() | notice.carried_ids._papers()
                mail.attachment_ids = [Command.link(file.id) for file in files]
            if notice.user_id:  # else whoever reads users would read the message
                mail.mail_message_id.write({"model": False, "res_id": False})
            notice.write({"mail_id": mail.id, "mail_message_id": mail.mail_message_id})

    def _papers(self):
        files = self.env["ir.attachment"]
        for notice in self:
            files |= notice._document()._o2c_papers()
        return files

    # -- the mail --------------------------------------------------------------------

    def _send_alone(self, routes):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            notice = self._claim()
            if notice and notice._start(routes):
                cron._commit_progress(0)
                # held until it is over: who finds it held knows that somebody lives
                held = notice.try_lock_for_update(allow_referencing=True)
                held.filtered(lambda n: n.state == "sending")._deliver(routes)
        except IntegrityError:
            self.env.cr.rollback()  # reminded today already
            self._try_tomorrow()
        except OperationalError:
            self.env.cr.rollback()  # somebody has it in hands, or the database is gone
            return cron._commit_progress(0)
        except Exception:  # it was sent or not: uncertain, and stops no other
            self.env.cr.rollback()
            _logger.exception("Notice %s was interrupted", self.id)
        return cron._commit_progress(1)

    def _start(self, routes):
        """Whether it may go out now; from then on it counts as being sent."""
        if not self.mail_id or not routes.connect(self.mail_id):
            self._try_later("unreachable")
            return False
        now = fields.Datetime.now()
        values = {"sending_on": now}
        if self.kind == "reminder":
            values["day"] = self.company_id._o2c_day_of(now)
        self._move_to("sending", **values)
        self.env.flush_all()
        return True

    def _try_tomorrow(self):
        self.next_try_on = self.company_id._o2c_end_of_day()
        self._wake(self.next_try_on)

    def _deliver(self, routes):
        """Hand the mail to the server, and note what became of it."""
        if not self:
            return
        mail = self.mail_id
        mail.write({"state": "outgoing", "failure_type": False})
        try:
            routes.send(mail)
            outcome, detail = mail._o2c_outcome(), mail.failure_reason
        except DatabaseError:
            raise
        except Exception as error:  # the connection broke in the middle
            _logger.info("Notice %s: %s", self.id, error)
            outcome, detail = "uncertain", str(error)
        if outcome == "uncertain" and not routes.give_up(mail):
            outcome = "unreachable"
        self._conclude(outcome, detail)
        if outcome != "sent":
            mail.state = "cancel"

    def _conclude(self, outcome, detail):
        if outcome == "sent":
            self._sent()
        elif outcome in ("retry", "unreachable"):
            self._try_later("unreachable", detail)
        elif outcome == "uncertain":
            self._move_to("uncertain", cause="interrupted", detail=detail)
            self._ask_somebody()
        else:
            self._fail(outcome, detail)

    @api.model
    def _tidy_up(self):
        """What went out is noted on the document's history, and its mail deleted."""
        sent = self.search([("state", "=", "sent"), ("mail_id", "!=", False)])
        try:
            sent = sent.try_lock_for_update(allow_referencing=True)
        except OperationalError:
            self.env.cr.rollback()  # another worker does it
            return
        self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": notice.mail_message_id.id,
                    "res_partner_id": notice.contact_id.id,
                    "notification_type": "email",
                    "notification_status": "sent",
                    "is_read": True,
                }
                for notice in sent
                if notice.mail_message_id and notice.contact_id
            ]
        )
        sent.mail_id.unlink()
