import logging

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

EARLIEST = 6  # o'clock, where the colleague is
MOST_ROWS = 20  # told each, the others counted
MOST_FOUND = 1000
KIND = "colleague"


class ResUsers(models.Model):
    """Once a day, in the morning, a colleague reads in a mail what waits for him.

    Off until the rule is switched on; each may do without in the preferences. Nothing
    waits, nothing is sent. The mail is a notice like those to customers: one row for
    each person and day, sent once whatever dies.
    """

    _name = "res.users"
    _inherit = ["res.users", "o2c.own.mixin", "o2c.notice.mixin"]

    o2c_daily_mail = fields.Boolean(
        "Daily Mail: What Waits for Me",
        default=True,
        help="In the morning of each working day on which something waits for you.",
    )
    o2c_daily_on = fields.Date(
        copy=False, help="The day on which was looked last what waits for this user."
    )

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "o2c_daily_mail"]

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "o2c_daily_mail"]

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_daily_on"}

    # -- who is told -----------------------------------------------------------------

    @api.model
    def _o2c_tell_colleagues(self):
        """Queue the mails of this morning; safe to be called at any time."""
        cron = self.env["ir.cron"]
        rules = self.env["o2c.notice.rule"]
        companies = self.env["res.company"].search([("active", "=", True)])
        companies = companies.filtered(
            lambda c: rules._rules(c, KIND) and c._o2c_works_today()
        )
        users = self.search(
            [
                ("share", "=", False),
                ("company_id", "in", companies.ids),
                ("o2c_daily_mail", "=", True),
                ("partner_id.email_normalized", "!=", False),
            ],
            order="id",
        )
        users = users.filtered(lambda u: u._o2c_is_morning())
        left = cron._commit_progress(remaining=len(users))
        for user in users:
            if not left:
                break
            left = user._o2c_tell_alone()

    def _o2c_now(self):
        """What time it is where this user is."""
        return fields.Datetime.context_timestamp(
            self.with_context(tz=self.tz or self.company_id._o2c_zone().key),
            fields.Datetime.now(),
        )

    def _o2c_is_morning(self):
        """Whether today's mail is due, and was not looked after yet."""
        now = self._o2c_now()
        return now.hour >= EARLIEST and self.o2c_daily_on != now.date()

    def _o2c_tell_alone(self):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            with self.env.cr.savepoint():
                user = self.try_lock_for_update(allow_referencing=True)
                if user and user._o2c_is_morning():
                    user.o2c_daily_on = user._o2c_now().date()
                    if user._o2c_waiting():
                        user._o2c_tell_customer(KIND)
                    self.env.flush_all()
        except (IntegrityError, OperationalError):
            self.env.cr.rollback()  # another worker does the same
        except Exception:  # what is wrong with one stops no other
            self.env.invalidate_all(flush=False)
            _logger.exception("The daily mail of user %s cannot be made", self.id)
        return cron._commit_progress(1)

    # -- what he is told -------------------------------------------------------------

    def _o2c_waiting(self):
        """What waits for this user, in his rights, in all his companies."""
        env = self.env(
            user=self.id,
            su=False,
            context={
                "lang": self.lang,
                "tz": self.tz,
                "allowed_company_ids": self.company_ids.ids,
            },
        )
        waiting = env["o2c.waiting"]
        if not waiting.has_access("read"):
            return waiting
        return waiting.search([], limit=MOST_FOUND)

    def _o2c_waiting_table(self):
        """The same as a table, for the mail."""
        rows = self._o2c_waiting()
        return rows.env["ir.qweb"]._render(
            "o2c_addon.waiting_table",
            {
                "rows": rows[:MOST_ROWS],
                "more": max(len(rows) - MOST_ROWS, 0),
                "url": f"{self.get_base_url()}/odoo/waiting-for-me",
            },
        )

    # -- as a notice -----------------------------------------------------------------

    def _o2c_addressee(self):
        return self.partner_id

    def _o2c_notice_owner(self):
        """Nobody is asked to look after a mail to a colleague."""
        return self.browse()

    def _o2c_told(self, kind, level=0):
        # sudo: see o2c.notice.mixin
        notices = self.env["o2c.notice"].sudo()
        return notices.search(
            [("user_id", "=", self.id), ("due_on", "=", self.o2c_daily_on)], limit=1
        )

    def _o2c_prepare_notice(self, rule, level):
        values = super()._o2c_prepare_notice(rule, level)
        return values | {
            "due_on": self.o2c_daily_on,
            "partner_id": self.partner_id.id,
            "res_name": self.name,
        }

    def _o2c_reason_not_to_tell(self, notice):
        if not self.o2c_daily_mail or not self.active:
            return ("opted_out",)
        if notice.due_on != self._o2c_now().date():
            return ("overtaken",)
        return None if self._o2c_waiting() else ("overtaken",)
