import logging
import time
from datetime import timedelta

from psycopg2 import Error as DatabaseError
from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL, split_every

from .mail_routes import MailRoutes
from .notice import SOURCES

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
    committed before the mail server hears of it, that it went out right after, both by
    one statement on a second connection, which holds the row meanwhile. Found in that
    state and held by nobody, it was interrupted: a person decides. What is left to note
    of those that went out is noted of all at once, at the end of the run.
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
            ready._send_ready(routes, time.monotonic() + left)
            return cron._commit_progress(len(ready))
        except OperationalError:
            self.env.cr.rollback()  # somebody has them in hands: the next round
            return cron._commit_progress(0)
        except Exception as error:
            self.env.cr.rollback()
            return self._send_one_by_one(routes, error)

    def _send_one_by_one(self, routes, error):
        """Something is wrong with one of these: that one fails, and stops no other.

        :return: the seconds left to this run
        """
        cron = self.env["ir.cron"]
        if len(self) == 1:
            _logger.error("Notice %s cannot be sent", self.id, exc_info=error)
            return self._fail_alone(error)
        left = cron._commit_progress(0)
        for notice in self:
            if not left:
                break
            left = notice._send_chunk(routes)
        return left

    def _fail_alone(self, error):
        """Say what is wrong; where even that cannot be written, go on all the same.

        :return: the seconds left to this run
        """
        cron = self.env["ir.cron"]
        try:
            self._claim()._as_robot()._fail("broken", words_of(error))
            return cron._commit_progress(1)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Notice %s cannot be noted as failed", self.id)
            return cron._commit_progress(0)

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

    def _send_ready(self, routes, until):
        """Hand these to the mail server, one after the other, in one transaction that
        only reads; what becomes of each is told at once, on a connection of its own.

        :param until: no mail is begun after this moment of the clock
        """
        unreached = self.browse()
        self.fetch(["mail_id"])  # this transaction begins before the other
        with self.env.registry.cursor() as cr:
            for notice in self:
                if time.monotonic() > until:
                    break
                if notice.mail_id and routes.connect(notice.mail_id):
                    notice._send_alone(routes, notice.with_env(self.env(cr=cr)))
                else:
                    unreached |= notice
        unreached._try_later("unreachable")

    def _send_alone(self, routes, told):
        """:param told: the same on the connection that tells"""
        if not told._start(self):
            return
        outcome = self._deliver(routes)
        try:
            told._conclude(*outcome, self)
        except Exception:  # it was sent or not: uncertain, and stops no other
            told.env.cr.rollback()
            _logger.exception("Notice %s was interrupted", self.id)

    def _start(self, known):
        """Whether it may go out now; from then on it counts as being sent. It is held
        until that is over: who finds it held knows that somebody lives.

        :param known: the same, where it has been read already
        """
        now = fields.Datetime.now()
        values = {"sending_on": now}
        if known.kind == "reminder":
            values["day"] = known.company_id._o2c_day_of(now)
        try:
            is_mine = self._mark("sending", **values)
            self._tell()
            return is_mine and self.try_lock_for_update(allow_referencing=True)
        except IntegrityError:
            self.env.cr.rollback()  # reminded today already
            self._try_tomorrow()
            self._tell()
        except OperationalError:
            self.env.cr.rollback()  # somebody has it in hands
        return False

    def _tell(self):
        """From now on everybody knows."""
        self.env.cr.commit()  # pylint: disable=invalid-commit  # of its own connection

    def _mark(self, state, **values):
        """As ``_move_to``, of one message and what is told with it, in one statement.

        :return: whether it was in a state from which it gets there
        """
        values |= {"state": state, "cause": None, "detail": None}
        self.env.cr.execute(
            SQL(
                "UPDATE o2c_notice SET %s WHERE %s IN (id, carried_by_id) "
                "AND state IN %s",
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value)
                    for name, value in values.items()
                ),
                self.id,
                tuple(SOURCES[state]),
            )
        )
        return bool(self.env.cr.rowcount)

    def _try_tomorrow(self):
        self.next_try_on = self.company_id._o2c_end_of_day()
        self._wake(self.next_try_on)

    def _deliver(self, routes):
        """Hand the mail to the server.

        :return: (what became of it, what the server said)
        """
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
        if outcome != "sent":
            mail.state = "cancel"
        return outcome, detail

    def _conclude(self, outcome, detail, known):
        """Note what became of it, for all to see."""
        if outcome == "sent":
            now = fields.Datetime.now()
            self._mark("sent", sent_on=now, email=known.contact_id.email or None)
        elif outcome in ("retry", "unreachable"):
            self._try_later("unreachable", detail)
        elif outcome == "uncertain":
            self._move_to("uncertain", cause="interrupted", detail=detail)
            self._ask_somebody()
        else:
            self._fail(outcome, detail)
        self._tell()

    @api.model
    def _tidy_up(self):
        """Finish what went out, in this run or in one that was interrupted."""
        sent = self.search([("state", "=", "sent"), ("mail_id", "!=", False)])
        try:
            sent = sent.try_lock_for_update(allow_referencing=True)
        except OperationalError:
            self.env.cr.rollback()  # another worker does it
            return
        sent._as_robot()._note_what_can_be()

    def _note_what_can_be(self):
        """All at once; where that fails, each alone: the next run tries it again."""
        try:
            with self.env.cr.savepoint():
                self._note_in_history()
        except OperationalError:
            raise
        except Exception:
            if len(self) == 1:
                _logger.exception("What notice %s said cannot be noted", self.id)
                return
            for notice in self:
                notice._note_what_can_be()

    def _note_in_history(self):
        """What went out stands in the history of its document; its mail is deleted."""
        reminders = self.filtered(lambda n: n.kind == "reminder")
        for rule, notices in reminders.grouped("rule_id").items():
            invoices = notices.move_id | notices.carried_ids.move_id
            invoices._o2c_log("reminded", note=rule.name)
        self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": notice.mail_message_id.id,
                    "res_partner_id": notice.contact_id.id,
                    "notification_type": "email",
                    "notification_status": "sent",
                    "is_read": True,
                }
                for notice in self
                if notice.mail_message_id and notice.contact_id
            ]
        )
        self.mail_id.unlink()
