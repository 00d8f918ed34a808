import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from .hold_reason import GATES

_logger = logging.getLogger(__name__)


class Hold(models.Model):
    """Somebody stopped this document, or waved a check through that was not met; why.

    Nobody writes holds: they are opened by ``action_o2c_hold`` of the document, ended
    by ``action_release``, and born released where a person releases a delivery check.
    """

    _name = "o2c.hold"
    _description = "Hold"
    _order = "id desc"
    _rec_name = "res_name"

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
    res_name = fields.Char("Document", readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        readonly=True,
        groups="sales_team.group_sale_salesman,account.group_account_invoice,"
        "o2c_addon.group_o2c_release",
        help="What waits, or was let go: untaxed, in company currency.",
    )
    gate = fields.Selection(GATES, "What Waits", required=True, readonly=True)
    reason_id = fields.Many2one(
        "o2c.hold.reason", readonly=True, ondelete="restrict", index=True
    )
    check_id = fields.Many2one(
        "o2c.fulfillment.check",
        "Check Released",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    note = fields.Char("Why", readonly=True)
    size = fields.Float(
        readonly=True,
        groups="base.group_system",
        help="How bad the problem was when released.",
    )
    seal = fields.Char("Fingerprint", readonly=True)
    until = fields.Date(readonly=True)
    until_paid_id = fields.Many2one(
        "account.move",
        "Ends When Paid",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="A reminder of this invoice put it on hold.",
    )
    state = fields.Selection(
        [("open", "On hold"), ("released", "Released")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    user_id = fields.Many2one(
        "res.users", "Put On By", required=True, readonly=True, ondelete="restrict"
    )
    opened_on = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    released_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    released_on = fields.Datetime(readonly=True)
    release_note = fields.Char(readonly=True)
    intent = fields.Json(
        readonly=True, help="What goes on by itself once this is released."
    )
    waiting_user_id = fields.Many2one(
        "res.users", readonly=True, help="Who was stopped and waits for the release."
    )
    can_release = fields.Boolean(
        compute="_compute_can_release", search="_search_can_release"
    )

    _open_has_one_document = models.Constraint(
        "CHECK (state != 'open' OR num_nonnulls(order_id, picking_id, move_id) = 1)",
        "A hold is about exactly one document.",
    )

    @api.depends_context("uid")
    @api.depends("state", "reason_id.release_group_id")
    def _compute_can_release(self):
        for hold in self:
            hold.can_release = not hold._problem_of_releasing(self.env.user)

    def _search_can_release(self, operator, value):
        if operator != "in":
            return NotImplemented
        groups = self.env.user._get_group_ids()
        return [
            ("state", "=", "open"),
            ("reason_id.release_group_id", "in" if True in value else "not in", groups),
        ]

    # -- releasing -------------------------------------------------------------------

    def _document(self):
        """The document this hold is about; releasing needs no right on it."""
        hold = self.sudo()  # sudo: see above
        return hold.order_id or hold.picking_id or hold.move_id

    def action_release(self, note):
        """End these holds, as the acting user, who says why.

        What was stopped goes on by itself where that needs nobody at the screen.

        :raise UserError: who may not, or says nothing, reads who may
        """
        if not (note or "").strip():
            raise UserError(self.env._("Say why you release it."))
        self.check_access("read")
        for hold in self:
            document = hold._document()
            document._o2c_lock()
            if problem := hold._problem_of_releasing(self.env.user):
                raise AccessError(problem)
        self._release(self.env.user, note)
        return True

    def action_open_release(self):
        """Ask for the words that go with a release."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release"),
            "res_model": "o2c.release",
            "view_mode": "form",
            "target": "new",
            "context": {"default_hold_ids": self.ids},
        }

    def _problem_of_releasing(self, user):
        """Why ``user`` may not end this hold: a sentence, or nothing."""
        hold = self.sudo()  # sudo: the sentence is the same for everybody
        if hold.state != "open":
            return self.env._("%s is no longer on hold.", hold.res_name)
        if not hold.reason_id._may_release(user) or (
            hold.company_id not in user.company_ids
        ):
            document = hold._document()
            people = document._o2c_people(hold.reason_id.release_group_id)
            return self.env._(
                "“%(reason)s” on %(document)s is released by %(who)s.",
                reason=hold.reason_id.name,
                document=hold.res_name,
                who=document._o2c_who(people),
            )
        return None

    def _release(self, user, note):
        """End these holds in the name of ``user``, and let go on what waited."""
        holds = self.sudo()  # sudo: nobody writes a hold but this
        holds.write(
            {
                "state": "released",
                "released_by_id": user.id,
                "released_on": fields.Datetime.now(),
                "release_note": note,
            }
        )
        for hold in holds:
            document = hold._document()
            document._o2c_log("released", note=note, data=hold._figures())
            document._o2c_after_release(hold)

    def _of(self, document):
        """Those among these that are on ``document`` itself."""
        return self.filtered(lambda hold: hold._document() == document)

    def _remember(self, intent, asker):
        """What ``asker`` wanted, to be gone on with once these holds are released."""
        for hold in self:
            if hold.intent != intent or hold.waiting_user_id != asker:
                hold.write({"intent": intent, "waiting_user_id": asker.id})

    def _figures(self):
        """What the history remembers of a hold: the money that waits or is let go."""
        return {
            "amount": self.amount,
            "reason": self.reason_id.name or self.check_id.name,
        }

    def _end_with_document(self):
        """The document is gone or given up: there is nothing left to hold."""
        holds = self.sudo().filtered(lambda h: h.state == "open")  # sudo: see _release
        holds.write(
            {
                "state": "released",
                "released_on": fields.Datetime.now(),
                "release_note": self.env._("The document was cancelled or deleted."),
            }
        )

    def _what_ends_it(self, people):
        """What has to happen before what waits goes on: a sentence.

        :param people: who may release it
        """
        reason = self.reason_id
        by_itself = {
            "paid": self.env._("It ends by itself when it is paid."),
            "overdue": self.env._(
                "It ends by itself when the customer has no overdue invoice."
            ),
            "credit": self.env._(
                "It ends by itself when the customer is within the credit limit."
            ),
            "date": self.env._(
                "It ends by itself on %s.", format_date(self.env, self.until)
            ),
        }.get(reason.lift)
        by_hand = self._document()._o2c_who_releases(people)
        return f"{by_itself} {by_hand}" if by_itself else by_hand

    # -- what ends by itself ---------------------------------------------------------

    @api.model
    def _look_again(self):
        """Ask the server to look soon at what may end by itself: a fact has changed."""
        if self.search_count(self._domain_liftable(), limit=1):
            self.env.ref("o2c_addon.ir_cron_o2c_holds")._trigger()

    def _domain_liftable(self):
        return [("state", "=", "open"), ("reason_id.lift", "!=", "person")]

    @api.model
    def _release_due(self):
        """End what has to end by itself, each alone, in a transaction of its own.

        Run by a cron; whoever changes a fact only wakes it up.
        """
        cron = self.env["ir.cron"]
        due = self.search(self._domain_liftable(), order="id")
        cron._commit_progress(remaining=len(due))
        for hold in due:
            try:
                self._release_one(hold)
                left = cron._commit_progress(1)
            except OperationalError:
                self.env.cr.rollback()  # somebody has it in hands: next round
                continue
            if not left:
                break

    @api.model
    def _release_one(self, hold):
        """End this one if it is time; what is wrong with it stops no other."""
        try:
            with self.env.cr.savepoint():
                hold = hold.try_lock_for_update().filtered(lambda h: h.state == "open")
                if hold and (why := hold._ended_by()):
                    hold._release(self.env.ref("base.user_root"), why)
        except OperationalError:
            raise
        except Exception:
            _logger.exception("Hold %s cannot be judged", hold.id)

    def _ended_by(self):
        """What ends this hold by now: a sentence, or nothing."""
        document, reason = self._document(), self.reason_id
        if reason.lift == "date":
            return (
                self.until
                and self.until <= self.company_id._o2c_today()
                and self.env._("The date is reached.")
            )
        if reason.lift == "paid":
            awaited = self.until_paid_id or document
            return awaited._o2c_is_paid() and self.env._("It is paid.")
        document._o2c_forget_facts()  # who pays may have changed
        partner = document._o2c_customer()
        if reason.lift == "overdue":
            days = partner._o2c_overdue_days().get(partner.id, 0)
            return days <= reason.lift_days and self.env._("Nothing is overdue.")
        if reason.lift == "credit":
            excess = partner._o2c_credit_excess().get(partner.id, 0)
            return excess <= 0 and self.env._(
                "The customer is within the credit limit."
            )
        return None
