import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import format_date, formatLang, plaintext2html

_logger = logging.getLogger(__name__)

SOURCES = {
    "accepted": {"asked"},
    "silent": {"asked"},
    "refused": {"asked"},
    "repeated": {"refused"},
    "withdrawn": {"asked", "refused"},
}
YES = ("accepted", "silent")
LONGEST = 2000  # letters of a customer's words


class Acceptance(models.Model):
    """Work the customer is asked to accept before it is invoiced.

    Use: nothing to do; it is asked as soon as work is done on a line that needs it. The
    customer signs, or refuses with a reason, on the page of the order; where silence
    was agreed to mean yes, so it does after these days.
    How: what is asked grows with the work while it is open. Only accepted quantities
    are handed to the invoicing queue.
    """

    _name = "o2c.acceptance"
    _description = "Work to Accept"
    _order = "id desc"

    line_id = fields.Many2one(
        "sale.order.line",
        "Service",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    order_id = fields.Many2one(
        related="line_id.order_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    work = fields.Text(readonly=True, help="What was done, as the customer reads it.")
    state = fields.Selection(
        [
            ("asked", "To be accepted"),
            ("accepted", "Accepted"),
            ("silent", "Accepted by silence"),
            ("refused", "Refused"),
            ("repeated", "Asked again"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        default="asked",
        readonly=True,
        index=True,
    )
    asked_on = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    answer_by = fields.Date(
        readonly=True, help="Without an answer until then it counts as accepted."
    )
    answered_on = fields.Datetime(readonly=True)
    signed_by = fields.Char("By", readonly=True)
    signature = fields.Image(max_width=1024, max_height=1024, readonly=True)
    comment = fields.Text("Words of the Customer", readonly=True)
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )

    _one_open = models.UniqueIndex(
        "(line_id) WHERE state = 'asked'",
        "The customer is asked to accept this work already.",
    )

    @api.depends("line_id", "quantity")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for acceptance in self:
            acceptance.display_name = self.env._(
                "%(service)s, %(quantity)s %(unit)s",
                service=acceptance.line_id.product_id.display_name,
                quantity=formatLang(self.env, acceptance.quantity, dp="Product Unit"),
                unit=acceptance.line_id.product_uom_id.name,
            )

    # -- asking ----------------------------------------------------------------------

    def _ask(self, line, quantity):
        """Ask the customer to accept so much more of ``line``; less than nothing takes
        back what is asked."""
        asked = line.o2c_acceptance_ids.filtered(lambda a: a.state == "asked")
        if not asked:
            if quantity > 0:
                line.o2c_acceptance_ids.flush_recordset(["state"])  # one open at a time
                self.create(self._prepare(line, quantity))._invite()
            return
        more = asked.quantity + quantity
        if line.product_uom_id.compare(more, 0) <= 0:
            asked._move_to("withdrawn")
        else:
            asked.write(self._prepare(line, more))

    @api.model
    def _prepare(self, line, quantity):
        days = line.company_id.o2c_silence_days
        return {
            "line_id": line.id,
            "quantity": quantity,
            "work": line._o2c_work(),
            "asked_on": fields.Datetime.now(),
            "answer_by": days and line.company_id._o2c_today() + timedelta(days=days),
        }

    def _invite(self):
        """Write to the customer, with the way to the page; after this transaction."""
        template = self.env.ref(
            "o2c_addon.mail_template_o2c_acceptance", raise_if_not_found=False
        )
        for acceptance in self if template else ():
            template.send_mail(acceptance.id, force_send=False)
        for acceptance in self:
            acceptance.order_id._o2c_log(
                "acceptance_asked", note=acceptance.display_name
            )

    def _url(self):
        """The page where the customer answers."""
        return self.order_id.get_portal_url(suffix=f"/acceptance/{self.id}")

    # -- answering -------------------------------------------------------------------

    def _move_to(self, state, **values):
        """:raise UserError: where it was answered or changed meanwhile"""
        for acceptance in self:
            if acceptance.state not in SOURCES[state]:
                raise UserError(
                    self.env._("“%s” was answered already.", acceptance.display_name)
                )
        self.write({"state": state, "answered_on": fields.Datetime.now(), **values})

    def _accept(self, name, signature, quantity):
        """The customer signs for so much, as he has read it.

        :raise UserError: where meanwhile it is more or less, or answered
        """
        self._check_seen(quantity)
        if not (name or "").strip() or not signature:
            raise UserError(self.env._("Please sign with your name."))
        self._move_to("accepted", signed_by=name.strip()[:100], signature=signature)
        self._accepted()

    def _accepted(self):
        for acceptance in self:
            acceptance.order_id._o2c_log("accepted", note=acceptance.display_name)
        self.order_id._o2c_collect()
        self.order_id._o2c_bill_at_once()
        self.order_id._o2c_wake_billing()

    def _refuse(self, name, reason):
        """The customer does not accept this, and says why.

        :raise UserError: without a reason, or where it was answered
        """
        reason = (reason or "").strip()[:LONGEST]
        if not reason:
            raise UserError(self.env._("Please say what is missing."))
        self._move_to("refused", signed_by=(name or "").strip()[:100], comment=reason)
        order = self.order_id
        order._o2c_log("acceptance_refused", note=reason)
        if owner := order.user_id or order.company_id.o2c_billing_owner_id:
            order.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=owner.id,
                summary=self.env._(
                    "The customer does not accept %s", self.display_name
                ),
                note=plaintext2html(reason),
            )

    def _add_comment(self, words):
        """What the customer adds to a yes, once."""
        words = (words or "").strip()[:LONGEST]
        if words and self.state == "accepted" and not self.comment:
            self.comment = words

    def _check_seen(self, quantity):
        if self.line_id.product_uom_id.compare(self.quantity, quantity):
            raise UserError(
                self.env._(
                    "Meanwhile it is %s. Please read it once more.", self.display_name
                )
            )

    @api.model
    def _accept_by_silence(self):
        """Accept what nobody answered in the days agreed, each by itself."""
        due = self.search([("state", "=", "asked"), ("answer_by", "!=", False)])
        due = due.filtered(lambda a: a.answer_by < a.company_id._o2c_today())
        cron = self.env["ir.cron"]
        left = cron._commit_progress(remaining=len(due))
        for acceptance in due:
            if not left:
                break
            try:
                acceptance = acceptance.try_lock_for_update().filtered(
                    lambda a: (
                        a.state == "asked" and a.answer_by < a.company_id._o2c_today()
                    )
                )
                acceptance._move_to("silent")
                acceptance._accepted()
                left = cron._commit_progress(1)
            except (OperationalError, ConcurrencyError):
                self.env.cr.rollback()  # somebody works on it: the next run comes back
            except Exception:  # what is wrong with one stops no other
                self.env.cr.rollback()
                _logger.exception("%s cannot be accepted by silence", acceptance)
                left = cron._commit_progress(1)

    def action_ask_again(self):
        """What was missing is done: ask the customer once more."""
        self.check_access("read")
        self.order_id.check_access("write")
        for acceptance in self.sudo():  # sudo: nobody writes answers of customers
            acceptance._move_to("repeated")
            acceptance.flush_recordset(["state"])
            again = self.sudo().create(
                self._prepare(acceptance.line_id, acceptance.quantity)
            )
            again._invite()
        return True

    # -- evidence --------------------------------------------------------------------

    def _evidence(self):
        """One sentence: who accepted what, when, how."""
        if self.state == "silent":
            return self.env._(
                "%(work)s: not answered until %(date)s, which counts as accepted.",
                work=self.display_name,
                date=format_date(self.env, self.answer_by),
            )
        return self.env._(
            "%(work)s: accepted and signed by %(name)s on %(date)s. %(comment)s",
            work=self.display_name,
            name=self.signed_by,
            date=format_date(self.env, self.answered_on),
            comment=self.comment or "",
        ).strip()
