from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

NEVER = -99999  # reminded
CALL = "o2c_addon.mail_activity_type_o2c_reminder"
UNPAID = "o2c_addon.hold_reason_overdue"
TEXT = "o2c_addon.mail_template_o2c_notice_reminder"
STEPS = [
    ("call", "Call"),
    ("answer", "Answer a question"),
    ("match", "Match a payment"),
    ("wait", "Wait for what is promised"),
    ("remind", "Reminder by itself"),
]


class Overdue(models.Model):
    """Payments to chase: each customer with something overdue, and what to do next.

    One row for each company and customer, in company currency, by what is open of the
    invoices now; a credit note or payment that belongs to no invoice yet stands beside
    it and is not taken off. Looked up in the rights of whoever asks.

    How: the open items are read once; what was said, promised, questioned and paid is
    joined by customer. A row has the number of its oldest item: once that is paid the
    number is gone, and never means another customer.
    """

    _name = "o2c.overdue"
    _description = "Payments to Chase"
    _auto = False
    _order = "overdue desc, id"
    _rec_name = "partner_id"
    _depends = {
        "account.move.line": [
            "amount_residual",
            "company_id",
            "date_maturity",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "account.move": ["o2c_disputed_on", "payment_state"],
        "mail.message": ["date", "model", "res_id", "message_type"],
        "o2c.notice": ["level", "mail_message_id", "move_id", "state"],
        "o2c.promise": ["date", "made_on", "partner_id", "state"],
        "res.partner": ["commercial_partner_id", "email", "user_id"],
        "sale.order": ["o2c_on_hold", "partner_id", "state"],
    }

    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    phone = fields.Char(related="partner_id.phone")
    overdue = fields.Monetary(readonly=True)
    not_due = fields.Monetary(readonly=True)
    due_30 = fields.Monetary("1–30 Days", readonly=True)
    due_60 = fields.Monetary("31–60 Days", readonly=True)
    due_90 = fields.Monetary("61–90 Days", readonly=True)
    due_older = fields.Monetary("Older", readonly=True)
    credits = fields.Monetary(
        "Unmatched",
        readonly=True,
        help="Credit notes and payments of the customer that belong to no invoice yet.",
    )
    disputed = fields.Monetary("In Question", readonly=True)
    days = fields.Integer(
        "Days Overdue", readonly=True, aggregator="max", help="Of the oldest invoice."
    )
    contacted_on = fields.Datetime("Last Contact", readonly=True)
    promised_on = fields.Date("Promised For", readonly=True)
    broken = fields.Integer("Broken Promises", readonly=True, aggregator=None)
    level = fields.Integer(
        "Reminded",
        readonly=True,
        aggregator=None,
        help="The highest reminder said so far, in days from the due date.",
    )
    is_held = fields.Boolean("Orders on Hold", readonly=True)
    step = fields.Selection(STEPS, "Next", readonly=True)
    next_step = fields.Char("What to Do", compute="_compute_next_step")
    move_ids = fields.Many2many(
        "account.move", string="Invoices", compute="_compute_move_ids"
    )

    # -- the rows --------------------------------------------------------------------

    @property
    def _table_query(self):
        companies = self.env.companies
        return SQL(
            """
            WITH place AS (
                SELECT * FROM (VALUES %(places)s) AS v (company_id, today, last_level)
            ), item AS (
                SELECT line.id, line.move_id, line.company_id,
                       owner.commercial_partner_id AS partner_id,
                       line.amount_residual AS amount,
                       place.today - line.date_maturity AS late,
                       move.o2c_disputed_on IS NOT NULL AS is_disputed
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN res_partner owner ON owner.id = line.partner_id
                  JOIN place ON place.company_id = line.company_id
                 WHERE line.id IN %(open)s
            ), customer AS (
                SELECT partner_id, company_id,
                       MIN(id) FILTER (WHERE amount > 0) AS id,
                       SUM(amount) FILTER (WHERE amount > 0 AND late > 0) AS overdue,
                       %(buckets)s,
                       -SUM(amount) FILTER (WHERE amount < 0) AS credits,
                       SUM(amount) FILTER (WHERE is_disputed AND late > 0) AS disputed,
                       MAX(late) FILTER (WHERE amount > 0) AS days
                  FROM item
              GROUP BY partner_id, company_id
                HAVING SUM(amount) FILTER (WHERE amount > 0 AND late > 0) > 0
            ), contact AS (
                SELECT item.partner_id, item.company_id, MAX(message.date) AS date
                  FROM item
                  JOIN mail_message message ON message.model = 'account.move'
                   AND message.res_id = item.move_id
                   AND (message.message_type IN ('comment', 'email', 'email_outgoing')
                        OR message.mail_activity_type_id IS NOT NULL)
             LEFT JOIN o2c_notice notice ON notice.mail_message_id = message.id
                 WHERE notice.id IS NULL OR notice.state = 'sent'
              GROUP BY item.partner_id, item.company_id
            ), said AS (
                SELECT item.partner_id, item.company_id, MAX(notice.level) AS level
                  FROM item
                  JOIN o2c_notice notice ON notice.move_id = item.move_id
                   AND notice.kind = 'reminder'
                   AND notice.state IN ('sent', 'asked', 'uncertain')
              GROUP BY item.partner_id, item.company_id
            ), word AS (
                SELECT partner_id, company_id,
                       MIN(date) FILTER (WHERE state = 'open') AS open,
                       MAX(date) FILTER (WHERE state = 'broken') AS broken_on,
                       COUNT(*) FILTER (WHERE state = 'broken') AS broken,
                       MAX(made_on) AS made_on
                  FROM o2c_promise
              GROUP BY partner_id, company_id
            ), held AS (
                SELECT DISTINCT buyer.commercial_partner_id AS partner_id, o.company_id
                  FROM sale_order o
                  JOIN res_partner buyer ON buyer.id = o.partner_id
                 WHERE o.state = 'sale' AND o.o2c_on_hold
            )
            SELECT customer.*, partner.user_id, word.open AS promised_on,
                   COALESCE(word.broken, 0) AS broken,
                   COALESCE(said.level, %(never)s) AS level,
                   held.partner_id IS NOT NULL AS is_held,
                   GREATEST(contact.date, word.made_on) AS contacted_on,
                   CASE WHEN customer.disputed >= customer.overdue THEN 'answer'
                        WHEN word.open IS NOT NULL THEN 'wait'
                        WHEN customer.credits >= customer.overdue THEN 'match'
                        WHEN word.broken_on IS NOT NULL
                             AND word.broken_on >= COALESCE(contact.date, '-infinity')
                        THEN 'call'
                        WHEN COALESCE(partner.email, '') = '' THEN 'call'
                        WHEN place.last_level IS NULL THEN 'call'
                        WHEN said.level >= place.last_level THEN 'call'
                        ELSE 'remind' END AS step
              FROM customer
              JOIN res_partner partner ON partner.id = customer.partner_id
              JOIN place ON place.company_id = customer.company_id
         LEFT JOIN contact ON contact.partner_id = customer.partner_id
               AND contact.company_id = customer.company_id
         LEFT JOIN said ON said.partner_id = customer.partner_id
               AND said.company_id = customer.company_id
         LEFT JOIN word ON word.partner_id = customer.partner_id
               AND word.company_id = customer.company_id
         LEFT JOIN held ON held.partner_id = customer.partner_id
               AND held.company_id = customer.company_id
            """,
            places=SQL(", ").join(self._place(company) for company in companies),
            never=NEVER,
            open=self._search_open_items(companies).subselect(),
            buckets=SQL(", ").join(
                SQL(
                    "SUM(amount) FILTER (WHERE amount > 0 AND late BETWEEN %s AND %s) "
                    "AS %s",
                    first,
                    last,
                    SQL.identifier(name),
                )
                for name, first, last in (
                    ("not_due", -100000, 0),
                    ("due_30", 1, 30),
                    ("due_60", 31, 60),
                    ("due_90", 61, 90),
                    ("due_older", 91, 100000),
                )
            ),
        )

    @api.model
    def _place(self, company):
        """What it is today in a company, and its last reminder: a row of SQL."""
        rules = self.env["o2c.notice.rule"]._rules(company, "reminder")
        return SQL(
            "(%s, %s::date, %s::integer)",
            company.id,
            company._o2c_today(),
            max(rules.mapped("days"), default=None),
        )

    @api.model
    def _search_open_items(self, companies):
        """What is open of these customers, as far as the reader may read it."""
        money = Domain("move_id.payment_state", "in", ("not_paid", "partial"))
        owed = Domain("amount_residual", ">", 0) & money
        owed &= Domain("move_type", "in", ("out_invoice", "out_receipt"))
        return self.env["account.move.line"]._search(
            Domain("company_id", "in", companies.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("partner_id", "!=", False)
            & (owed | Domain("amount_residual", "<", 0))
        )

    def _compute_move_ids(self):
        """What is open of each, the oldest first."""
        invoices = self.env["account.move"]
        domain = Domain("state", "=", "posted")
        domain &= Domain("move_type", "in", ("out_invoice", "out_receipt"))
        domain &= Domain("payment_state", "in", ("not_paid", "partial"))
        for row in self:
            row.move_ids = invoices.search(
                domain
                & Domain("commercial_partner_id", "=", row.partner_id.id)
                & Domain("company_id", "=", row.company_id.id),
                order="invoice_date_due, id",
            )

    # -- what to do ------------------------------------------------------------------

    @api.depends("step", "promised_on", "level", "days")
    @api.depends_context("lang")
    def _compute_next_step(self):
        kept = self.filtered(lambda row: row.step == "remind")._read_kept()
        for row in self:
            reason = kept.get((row.partner_id, row.company_id))
            row.next_step = reason or getattr(row, f"_next_{row.step}")()

    def _read_kept(self):
        """(customer, company) → why the reminder that is due does not go out."""
        # sudo: a sentence for who may read what is owed
        notices = self.env["o2c.notice"].sudo()
        latest = notices.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("kind", "=", "reminder"),
                ("state", "in", ("kept", "queued")),
            ],
            order="level, id",
        )
        last = {(n.partner_id.sudo(False), n.company_id.sudo(False)): n for n in latest}
        return {customer: n.why for customer, n in last.items() if n.state == "kept"}

    def _next_answer(self):
        return self.env._("Answer the question on the invoice")

    def _next_match(self):
        return self.env._("Match what is there already")

    def _next_wait(self):
        return self.env._(
            "Payment is promised by %s", format_date(self.env, self.promised_on)
        )

    def _next_call(self):
        if not self.partner_id.email:
            return self.env._("Call: there is no e-mail address")
        if self.broken:
            return self.env._("Call: a promise was not kept")
        if self.level == NEVER:
            return self.env._("Call: no reminder is switched on")
        return self.env._("Call: reminders have not helped")

    def _next_remind(self):
        """The next reminder of the oldest invoice, if nothing keeps it back."""
        rules = self.env["o2c.notice.rule"]._rules(self.company_id, "reminder")
        rules = rules.filtered(lambda r: r.days >= 0)  # “due soon” is over
        due = rules.filtered(lambda r: self.level < r.days <= self.days)
        if due:
            return self.env._(
                "Reminder “%s” is due", max(due, key=lambda r: r.days).name
            )
        to_come = rules.filtered(lambda r: r.days > self.days)
        if not to_come:
            return self.env._("Call: no reminder is switched on")
        coming = min(to_come, key=lambda r: r.days)
        return self.env._(
            "Reminder “%(name)s” in %(days)s days",
            name=coming.name,
            days=coming.days - self.days,
        )

    # -- doing it --------------------------------------------------------------------

    def _overdue_invoices(self):
        """What the customer is late with and does not question, the oldest first."""
        invoices = self.move_ids.filtered(
            lambda m: (
                not m.o2c_disputed_on
                and m.invoice_date_due
                and m.invoice_date_due < m.company_id._o2c_today()
            )
        )
        invoices._o2c_check_may_settle()
        if not invoices:
            raise UserError(
                self.env._("Nothing is left to chase: paid, or in question meanwhile.")
            )
        return invoices

    def action_call(self):
        """Put a call to each customer on the acting user's list, for today."""
        for row in self:
            invoice = row._overdue_invoices()[0]
            mine = invoice.activity_ids.filtered(
                lambda a: (
                    a.user_id == self.env.user
                    and a.activity_type_id == self.env.ref(CALL)
                )
            )
            if not mine:
                invoice.activity_schedule(
                    CALL,
                    user_id=self.env.uid,
                    summary=self.env._("Call %s", row.partner_id.name),
                )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "On your list for today: call %s",
                    ", ".join(self.mapped("partner_id.name")),
                ),
            },
        }

    def action_mail(self):
        """Write to the customer: the text of the reminder, to be changed and sent."""
        self.ensure_one()
        invoice = self._overdue_invoices()[0]
        template = self.env.ref(TEXT, raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to %s", self.partner_id.name),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": "account.move",
                "default_res_ids": invoice.ids,
                "default_template_id": template.id if template else False,
                "default_composition_mode": "comment",
                "default_partner_ids": invoice.partner_id.ids,
            },
        }

    def action_open_words(self):
        """Note what the customer says of all that is overdue."""
        return self._overdue_invoices().action_o2c_open_answer()

    def action_hold(self):
        """Put on hold what is confirmed and not delivered."""
        orders = self.env["sale.order"].search(
            [
                (
                    "partner_id.commercial_partner_id",
                    "in",
                    self.partner_id.ids,
                ),
                ("company_id", "in", self.company_id.ids),
                ("o2c_stage", "=", "delivery"),
            ]
        )
        if not orders:
            raise UserError(
                self.env._("Nothing of this customer is confirmed and not delivered.")
            )
        action = orders.action_o2c_open_hold()
        if reason := self.env.ref(UNPAID, raise_if_not_found=False):
            action["context"]["default_reason_id"] = reason.id
        return action

    def action_open_invoices(self):
        """What is open of these customers."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open invoices"),
            "res_model": "account.move",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", self.move_ids.ids)],
        }
