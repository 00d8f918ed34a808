import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, plaintext2html
from odoo.tools.mail import generate_tracking_message_id

from .notice_rule import DOCUMENT_OF, KINDS

_logger = logging.getLogger(__name__)

STATES = [
    ("queued", "To send"),
    ("sending", "Being sent"),
    ("sent", "Sent"),
    ("asked", "Colleague asked"),
    ("kept", "Kept back"),
    ("failed", "Not delivered"),
    ("uncertain", "Uncertain"),
]
SOURCES = {
    "queued": {"kept", "failed", "uncertain", "sending", "queued"},
    "sending": {"queued"},
    "sent": {"sending", "uncertain"},
    "kept": {"queued", "kept"},
    "failed": {"queued", "sending", "sent", "uncertain"},
    "uncertain": {"sending"},
}
CAUSES = [
    ("host", "Odoo says it already"),
    ("overtaken", "No longer true"),
    ("settled", "Nothing left to pay"),
    ("disputed", "Questioned by the customer"),
    ("promised", "Payment promised"),
    ("grace", "In grace"),
    ("partial", "Just partly paid"),
    ("unmatched", "A payment waits to be matched"),
    ("pending", "An online payment is on its way"),
    ("no_followup", "Not to be followed up"),
    ("opted_out", "Wants no messages"),
    ("no_address", "No e-mail address"),
    ("bounced", "Came back"),
    ("refused", "Refused by the mail server"),
    ("unreachable", "Mail server unreachable"),
    ("off", "Switched off"),
    ("broken", "The text cannot be made"),
    ("interrupted", "Interrupted while sending"),
]
NOT_REACHED = ("opted_out", "no_address", "bounced", "refused")
DATED = ("promised", "grace", "partial")  # their detail is a day
LOST_AFTER = timedelta(days=3)  # then the server is not waited for any longer
LONGEST_WAIT = 2  # minutes between two tries


class Notice(models.Model):
    """One message to one customer: what was said, or why it was not.

    Use: nothing to do; the list shows what went out and what was kept back, and why.
    How: the row is written with what it tells of, so neither a crash nor a missed
    wake-up loses it. It is unique per document, step and level and carries the
    Message-ID of its mail, so that it goes out once, whatever dies.
    """

    _name = "o2c.notice"
    _description = "Message to a Customer"
    _order = "id desc"
    _rec_name = "res_name"

    kind = fields.Selection(KINDS, "Says", required=True, readonly=True, index=True)
    level = fields.Integer(
        readonly=True, help="Days from the due date, for reminders.", aggregator=False
    )
    due_on = fields.Date("Due", readonly=True)
    rule_id = fields.Many2one(
        "o2c.notice.rule", readonly=True, ondelete="restrict", index=True
    )
    order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="set null", index="btree_not_null"
    )
    picking_id = fields.Many2one(
        "stock.picking",
        "Delivery",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    user_id = fields.Many2one(
        "res.users",
        "Colleague",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    res_name = fields.Char("Document", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", readonly=True, ondelete="set null", index=True
    )
    contact_id = fields.Many2one(
        "res.partner", "Addressee", readonly=True, ondelete="set null"
    )
    email = fields.Char("Sent To", readonly=True)
    state = fields.Selection(
        STATES, required=True, default="queued", readonly=True, index=True
    )
    cause = fields.Selection(CAUSES, readonly=True)
    detail = fields.Char(readonly=True)
    why = fields.Char(compute="_compute_why")
    message_id = fields.Char("Message-ID", readonly=True, index="btree_not_null")
    mail_id = fields.Many2one(
        "mail.mail", readonly=True, ondelete="set null", index="btree_not_null"
    )
    mail_message_id = fields.Many2one(
        "mail.message",
        "Message",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    carried_by_id = fields.Many2one(
        "o2c.notice",
        "Told With",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="One statement for several invoices: the mail hangs on this one.",
    )
    carried_ids = fields.One2many("o2c.notice", "carried_by_id", readonly=True)
    day = fields.Date(
        "Reminded On",
        readonly=True,
        help="The day of a reminder: there is one a day for each customer.",
    )
    queued_on = fields.Datetime(
        readonly=True, default=lambda self: fields.Datetime.now()
    )
    sending_on = fields.Datetime(readonly=True)
    sent_on = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try_on = fields.Datetime("Next Try", readonly=True)

    _once_per_order = models.UniqueIndex(
        "(order_id, kind, level) WHERE order_id IS NOT NULL",
        "The customer has been told this of the order already.",
    )
    _once_per_delivery = models.UniqueIndex(
        "(picking_id, kind, level) WHERE picking_id IS NOT NULL",
        "The customer has been told this of the delivery already.",
    )
    _once_per_invoice = models.UniqueIndex(
        "(move_id, kind, level, COALESCE(due_on, '-infinity'::date)) "
        "WHERE move_id IS NOT NULL",
        "The customer has been told this of the invoice already.",
    )
    _once_per_colleague = models.UniqueIndex(
        "(user_id, due_on) WHERE user_id IS NOT NULL",
        "The colleague has been told today already.",
    )
    _one_reminder_a_day = models.UniqueIndex(
        "(partner_id, company_id, day) WHERE day IS NOT NULL AND carried_by_id IS NULL",
        "The customer has been reminded today already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for values in vals_list:
            document = DOCUMENT_OF[values["kind"]]
            values["message_id"] = generate_tracking_message_id(document)
        return super().create(vals_list)

    @api.depends("state", "cause", "detail")
    @api.depends_context("lang")
    def _compute_why(self):
        for notice in self:
            notice.why = notice._sentence() if notice.cause else False

    def _document(self):
        """What this tells of."""
        return self.order_id or self.picking_id or self.move_id or self.user_id

    def _as_robot(self):
        """As OdooBot in the company, free of what the caller's context says."""
        robot = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        return robot.with_company(robot.company_id[:1])

    # -- what becomes of it ----------------------------------------------------------

    def _move_to(self, state, **values):
        """The writer of the state; what is told with it follows. (While mails go out,
        ``_mark`` writes it.)"""
        for notice in self:
            if notice.state not in SOURCES[state]:
                raise UserError(
                    self.env._(
                        "The message on %s has changed meanwhile: look again.",
                        notice.res_name,
                    )
                )
        values.setdefault("cause", False)
        values.setdefault("detail", False)
        together = self.filtered(lambda n: n.kind == "reminder").carried_ids
        (self | together).write({"state": state, **values})

    def _keep_back(self, cause, detail=None):
        """Not now: the day is free for another."""
        self._move_to(
            "kept", cause=cause, detail=detail, day=False, carried_by_id=False
        )

    def _sent(self):
        for notice in self:
            notice._move_to(
                "sent", sent_on=fields.Datetime.now(), email=notice.contact_id.email
            )
        self._note_in_history()

    def _fail(self, cause, detail=None):
        """Not delivered: somebody has to look."""
        self._move_to("failed", cause=cause, detail=detail)
        for notice in self:
            notice._ask_somebody()

    def _try_later(self, cause, detail=None):
        """The same messages again, soon; after some days they are given up."""
        now = fields.Datetime.now()
        lost = self.filtered(lambda n: n.attempts and n.queued_on < now - LOST_AFTER)
        lost._fail(cause, detail)
        for attempts, notices in (self - lost).grouped("attempts").items():
            at = now + timedelta(minutes=min(2**attempts, LONGEST_WAIT))
            notices._move_to(
                "queued",
                cause=cause,
                detail=detail,
                attempts=attempts + 1,
                next_try_on=at,
            )
            notices._wake(at)

    def _wake(self, at=None):
        """Ask the server to look; the row is the truth, this is only a hint."""
        self.env.ref("o2c_addon.ir_cron_o2c_send_notices")._trigger(at=at)

    def _ask_somebody(self):
        """Somebody has to look why this customer was not reached."""
        document = self._document()
        if document == self.user_id:
            return  # a mail to a colleague: what waits, waits in his list as well
        owner = self.rule_id.user_id or document._o2c_notice_owner()
        if not (document and owner):
            return
        try:
            with self.env.cr.savepoint():
                document.activity_schedule(
                    "mail.mail_activity_data_warning",
                    user_id=owner.id,
                    summary=self.env._("%s was not told", self.partner_id.display_name),
                    note=plaintext2html(self.why),
                )
        except OperationalError:
            raise
        except Exception:  # it stands in the list of messages, and stops no other
            _logger.exception("Nobody can be asked about notice %s", self.id)

    # -- what a person may do --------------------------------------------------------

    def action_send_again(self):
        """It did not arrive: once more, with the same Message-ID.

        :raise UserError: for what is on its way or has arrived
        """
        heads = self._heads()
        heads._check_may_handle()
        for notice in heads:
            if notice.state not in ("failed", "uncertain"):
                raise UserError(
                    self.env._(
                        "Only what was not delivered or is uncertain is sent again."
                    )
                )
        # sudo: nobody writes a message but this
        notices = heads.sudo()
        notices.mail_id.unlink()  # the text is made anew: it may say what is over
        now = fields.Datetime.now()
        notices._move_to("queued", attempts=0, next_try_on=False, queued_on=now)
        notices._wake()
        return True

    def action_arrived(self):
        """The customer has got it."""
        heads = self._heads()
        heads._check_may_handle()
        # sudo: see action_send_again
        heads.sudo()._as_robot()._sent()
        return True

    def _heads(self):
        """These, but for what was told with another: that other, it has the mail."""
        return self.carried_by_id | self.filtered(lambda n: not n.carried_by_id)

    def _check_may_handle(self):
        """Whoever may change the document."""
        self.check_access("read")
        for notice in self:
            notice._document().check_access("write")

    def action_open_document(self):
        """What it tells of."""
        document = self._document()
        document.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    # -- words -----------------------------------------------------------------------

    def _sentence(self):
        """Why it was not sent, or not yet: for everybody who may read it."""
        # sudo: a name
        customer = self.sudo().contact_id.name or self.sudo().partner_id.name or ""
        detail = self.detail or ""
        if self.cause in DATED and self.detail:
            detail = format_date(self.env, self.detail)
        words = {
            "host": self.env._("Odoo's own message says it already."),
            "overtaken": self.env._("It was no longer true when it was to be sent."),
            "settled": self.env._("Nothing is left to pay."),
            "disputed": self.env._(
                "%s questions the invoice. Answer, and end the question.", customer
            ),
            "promised": self.env._(
                "%(who)s promised to pay by %(day)s.", who=customer, day=detail
            ),
            "grace": self.env._(
                "%(who)s has grace until %(day)s.", who=customer, day=detail
            ),
            "partial": self.env._(
                "Partly paid just now; nobody is reminded of the rest before %s.",
                detail,
            ),
            "unmatched": self.env._(
                "A payment of %s could cover it. Match it with its invoice.", customer
            ),
            "pending": self.env._("An online payment is on its way."),
            "no_followup": self.env._("The invoice is not to be followed up."),
            "opted_out": self.env._("%s wants no such messages.", customer),
            "no_address": self.env._(
                "%s has no e-mail address. Add one, or call.", customer
            ),
            "bounced": self.env._(
                "The message to %s came back. Correct the address.", customer
            ),
            "refused": self.env._("The mail server refused it: %s", detail),
            "unreachable": self.env._(
                "The mail server could not be reached. It is tried again by itself."
            ),
            "off": self.env._("It was switched off before it went out."),
            "broken": self.env._("The text could not be made: %s", detail),
            "interrupted": self.env._(
                "The server stopped while it was sent. Ask %s whether it arrived.",
                customer,
            ),
        }
        return words[self.cause]


class NoticeRule(models.Model):
    _inherit = "o2c.notice.rule"

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        # sudo: whether there is any, whoever may read it
        notices = self.env["o2c.notice"].sudo()
        for rule in self:
            if notices.search_count([("rule_id", "=", rule.id)], limit=1):
                raise UserError(
                    self.env._(
                        "Customers have heard “%s” already: switch it off instead.",
                        rule.name,
                    )
                )
