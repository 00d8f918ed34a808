import logging
from collections import defaultdict
from itertools import compress
from typing import NamedTuple

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import groupby

_logger = logging.getLogger(__name__)


class Due(NamedTuple):
    """An instalment of an invoice for which a reminder is due."""

    move: models.BaseModel
    due_on: object
    amount: float  # open, in company currency
    no_followup: bool
    rule: models.BaseModel
    today: object  # where the customer and the company both have it
    notice: models.BaseModel  # the one kept back before, or none

    @property
    def level(self):
        return self.rule.days


class Notice(models.Model):
    """Who is reminded today, of what, and what keeps a reminder back.

    How: open instalments by company; of each the highest level that is due and was not
    said yet; brakes; then for each customer one mail: of the highest level, about the
    oldest. All companies each in a transaction of its own, and in a number of queries
    that does not grow with the invoices.
    """

    _inherit = "o2c.notice"

    @api.model
    def _remind_due(self):
        """Queue the reminders of today; safe to be called at any time, by several."""
        cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("active", "=", True)], order="id")
        left = cron._commit_progress(remaining=len(companies))
        for company in companies:
            if not left:
                break
            left = self._remind_alone(company)

    @api.model
    def _remind_alone(self, company):
        """:return: the seconds left to this run"""
        cron = self.env["ir.cron"]
        try:
            if company.try_lock_for_update(allow_referencing=True):
                notices = self._as_robot().with_company(company)
                company = notices.env["res.company"].browse(company.id)
                notices._remind_in(company)
                notices._remind_of_quotations(company)
            return cron._commit_progress(1)
        except (IntegrityError, OperationalError):
            self.env.cr.rollback()  # somebody else does the same: the next round
        except Exception:
            self.env.cr.rollback()  # what is wrong in one company stops no other
            _logger.exception("Reminders of company %s failed", company.id)
        return cron._commit_progress(1)

    @api.model
    def _remind_of_quotations(self, company):
        """What is wrong with a quotation stops no reminder."""
        try:
            with self.env.cr.savepoint():
                self.env["sale.order"]._o2c_remind_of_quotations(company)
        except (IntegrityError, OperationalError):
            raise
        except Exception:
            _logger.exception("Customers of company %s not asked", company.id)

    @api.model
    def _remind_in(self, company):
        rules = self.env["o2c.notice.rule"]._rules(company, "reminder")
        rules = rules.with_env(self.env)
        if not rules or not company._o2c_works_today():
            return
        self._remind_or_split(company, self._find_due(company, rules))

    @api.model
    def _remind_or_split(self, company, due):
        """Of all at once; where that fails, customer by customer, so that what is
        wrong with one stops no other."""
        try:
            with self.env.cr.savepoint():
                self._remind_of(company, due)
        except (IntegrityError, OperationalError):
            raise
        except Exception:
            by_customer = dict(groupby(due, lambda i: i.move.commercial_partner_id))
            if len(by_customer) < 2:
                _logger.exception("Cannot be reminded: %s", [*by_customer])
                return
            for items in by_customer.values():
                self._remind_or_split(company, items)

    @api.model
    def _remind_of(self, company, due):
        stopped = self._find_brakes(company, due)
        self._keep_back_all([(item, stopped[item]) for item in due if item in stopped])
        due = [item for item in due if item not in stopped]
        self._queue_activities([i for i in due if i.rule.channel == "activity"])
        self._queue_mails(company, [i for i in due if i.rule.channel != "activity"])

    # -- what is due -----------------------------------------------------------------

    @api.model
    def _find_due(self, company, rules):
        """A list of :class:`Due`: what may be said today, before the brakes."""
        today = company._o2c_today()
        open_items = self._read_open(company, today, min(rules.mapped("days")))
        moves = self.env["account.move"].union(*(move for move, *_rest in open_items))
        moves.fetch(
            [
                "commercial_partner_id",
                "partner_id",
                "company_id",
                "state",
                "move_type",
                "payment_state",
            ]
        )
        customers = moves.commercial_partner_id
        hears = {rule: set(rule._hears(customers).ids) for rule in rules}
        days = {c.id: company._o2c_today_for(c) for c in customers}
        said = self._read_said(moves)
        due = []
        for move, due_on, amount, no_followup in open_items:
            customer = move.commercial_partner_id.id
            late = (days[customer] - due_on).days
            fitting = [
                rule
                for rule in rules
                if rule.days <= late
                and (rule.days >= 0 or late <= 0)
                and customer in hears[rule]
            ]
            if not fitting:
                continue
            rule = max(fitting, key=lambda r: (r.days, -r.sequence, -r.id))
            known = said.get((move.id, due_on), {})
            if any(n.level >= rule.days and n.state != "kept" for n in known.values()):
                continue
            before = known.get(rule.days, self.browse())
            due.append(
                Due(move, due_on, amount, no_followup, rule, days[customer], before)
            )
        return due

    @api.model
    def _read_open(self, company, today, first):
        """(invoice, day due, open amount, not to be followed up), by instalment."""
        latest = fields.Date.subtract(today, days=first)
        return self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("reconciled", "=", False),
                ("amount_residual", ">", 0),
                ("date_maturity", "<=", latest),
            ],
            ["move_id", "date_maturity:day"],
            ["amount_residual:sum", "no_followup:bool_or"],
        )

    @api.model
    def _read_said(self, moves):
        """(invoice id, day due) → {level: what was said or kept back}"""
        said = defaultdict(dict)
        notices = self.search_fetch(
            [("move_id", "in", moves.ids), ("kind", "=", "reminder")],
            ["move_id", "due_on", "level", "state", "cause", "detail"],
        )
        for notice in notices:
            said[notice.move_id.id, notice.due_on][notice.level] = notice
        return said

    # -- what becomes of it ----------------------------------------------------------

    @api.model
    def _prepare_reminder(self, item, **values):
        return {
            "kind": "reminder",
            "level": item.level,
            "due_on": item.due_on,
            "rule_id": item.rule.id,
            "move_id": item.move.id,
            "res_name": item.move.name,
            "company_id": item.move.company_id.id,
            "partner_id": item.move.commercial_partner_id.id,
            "contact_id": item.move.partner_id.id,
            **values,
        }

    @api.model
    def _keep_back_all(self, stopped):
        """Each with its sentence; what says so already is left alone."""
        new = []
        for item, (cause, detail) in stopped:
            if not item.notice:
                new.append(
                    self._prepare_reminder(
                        item, state="kept", cause=cause, detail=detail
                    )
                )
            elif (item.notice.cause, item.notice.detail) != (cause, detail):
                item.notice._keep_back(cause, detail)
        self.create(new)

    @api.model
    def _queue_activities(self, due):
        for item in due:
            self._ask_colleague(item)
            values = self._prepare_reminder(item, state="asked")
            if item.notice:
                item.notice.write({"state": "asked", "cause": False, "detail": False})
            else:
                self.create(values)
            item.move._o2c_hold_orders(item.rule.hold_reason_id)

    @api.model
    def _ask_colleague(self, item):
        owner = item.rule.user_id or item.move._o2c_notice_owner()
        if owner:
            item.move.with_context(mail_activity_quick_update=True).activity_schedule(
                "o2c_addon.mail_activity_type_o2c_reminder",
                user_id=owner.id,
                summary=item.rule.name,
            )

    @api.model
    def _queue_mails(self, company, due):
        """One mail for each customer: of the highest level, about the oldest."""
        by_customer = defaultdict(list)
        for item in due:
            by_customer[item.move.commercial_partner_id.id].append(item)
        quiet = self._read_quiet(company, list(by_customer))
        chosen = []
        for customer, items in by_customer.items():
            if customer in quiet:
                continue
            items.sort(key=lambda i: (-i.level, i.due_on, i.move.id))
            head = items[0]
            together = items if head.rule.scope == "customer" else [head]
            chosen.append(together)
        heads = self._queue([(items[0], self.browse()) for items in chosen], company)
        told = zip(heads, chosen, strict=True)
        self._queue([(i, head) for head, items in told for i in items[1:]], company)
        for item in (item for items in chosen for item in items):
            if item.rule.channel == "both":
                self._ask_colleague(item)
            item.move._o2c_hold_orders(item.rule.hold_reason_id)
        if heads:
            heads._wake()

    @api.model
    def _queue(self, due, company):
        """The notices of these, to be sent: new ones, or those kept back till now.

        :param due: (item, the notice it is told with, or none)
        """
        common = {"day": company._o2c_today(), "queued_on": fields.Datetime.now()}
        rows = [
            self._prepare_reminder(item, carried_by_id=head.id, **common)
            for item, head in due
        ]
        is_new = [not item.notice for item, _head in due]
        new = iter(self.create(list(compress(rows, is_new))))
        notices = self.browse()
        for (item, _head), values in zip(due, rows, strict=True):
            if item.notice:
                item.notice._move_to("queued", mail_id=False, **values)
            notices += item.notice or next(new)
        return notices

    @api.model
    def _read_quiet(self, company, customers):
        """Ids of those reminded today, or with a reminder still on its way."""
        groups = self._read_group(
            Domain("partner_id", "in", customers)
            & Domain("company_id", "=", company.id)
            & Domain("kind", "=", "reminder")
            & (
                Domain("day", "=", company._o2c_today())
                | Domain("state", "in", ("queued", "sending"))
                & Domain("carried_by_id", "=", False)
            ),
            ["partner_id"],
        )
        return {partner.id for [partner] in groups}
