from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

BROKEN = "o2c_addon.mail_activity_type_o2c_promise"
SOURCES = {
    "approval": "o2c.approval.request",
    "hold": "o2c.hold",
    "invoicing": "o2c.billing.task",
    "question": "o2c.dispute",
    "promise": "o2c.promise",
    "delivery": "stock.picking",
}


class Waiting(models.Model):
    """All that waits for the acting user: approvals, holds, deliveries that were
    stopped, invoices that failed, questions of customers, promises that were not kept.

    Use: a row opens what it is about, its buttons answer.
    How: each kind is looked up in the rights of whoever asks, so that nothing shows
    here that its own list would not show, and nobody sees what waits for another.
    For a further kind add it to ``kind`` and ``_source_models``, and write
    ``_rows_<kind>`` and ``_why_<kind>``.
    """

    _name = "o2c.waiting"
    _description = "Waiting for Me"
    _auto = False
    _order = "since, id"
    _rec_name = "res_name"
    _depends = {
        "o2c.approval.request": ["state", "approver_ids", "amount", "requested_on"],
        "o2c.hold": ["state", "reason_id", "amount", "opened_on"],
        "o2c.hold.reason": ["release_group_id"],
        "stock.picking": ["name", "state", "partner_id", "o2c_tried_on"],
        "o2c.billing.task": ["state", "order_id", "picking_id", "due_on"],
        "res.company": ["o2c_billing_owner_id"],
        "sale.order": ["name", "user_id", "amount_untaxed", "currency_rate"],
        "o2c.dispute": ["state", "user_id", "opened_on"],
        "o2c.promise": ["state", "user_id", "date"],
        "mail.activity": ["active", "user_id", "activity_type_id", "res_id"],
        "account.move": ["amount_residual_signed"],
    }

    kind = fields.Selection(
        [
            ("approval", "To approve"),
            ("hold", "To release"),
            ("delivery", "To let go"),
            ("invoicing", "To mend"),
            ("question", "To answer"),
            ("promise", "To call"),
        ],
        "What",
        readonly=True,
    )
    res_id = fields.Integer("Number", readonly=True)
    res_name = fields.Char("Document", readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        readonly=True, help="What waits: untaxed, in company currency."
    )
    since = fields.Datetime("Waits Since", readonly=True)
    reason = fields.Char("Why", compute="_compute_reason")

    # -- what waits ------------------------------------------------------------------

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(
            SQL("(%s)", getattr(self, f"_rows_{kind}")(number))
            for number, (kind, model) in enumerate(self._source_models().items())
            if self._has_rows(kind, model)
        )

    @api.model
    def _source_models(self):
        """Kind → model that has the records of it. At most eight."""
        return SOURCES

    @api.model
    def _has_rows(self, kind, model):
        """Whether something of ``kind`` can wait for the acting user."""
        # who may release a delivery need not read it
        return kind == "delivery" or self.env[model].has_access("read")

    @api.model
    def _rows_approval(self, number):
        """Questions the acting user is asked."""
        mine = self.env["o2c.approval.request"]._search(
            [("state", "=", "pending"), ("approver_ids", "in", self.env.uid)]
        )
        return SQL(
            """
            SELECT id * 8 + %(number)s AS id, 'approval' AS kind, id AS res_id,
                   res_name, partner_name, company_id, amount, requested_on AS since
              FROM o2c_approval_request
             WHERE id IN %(mine)s
            """,
            number=number,
            mine=mine.subselect(),
        )

    @api.model
    def _rows_hold(self, number):
        """Holds the acting user may release; what is at stake, if he may know it."""
        holds = self.env["o2c.hold"]
        return SQL(
            """
            SELECT id * 8 + %(number)s AS id, 'hold' AS kind, id AS res_id,
                   res_name, partner_name, company_id, %(amount)s AS amount,
                   opened_on AS since
              FROM o2c_hold
             WHERE id IN %(mine)s
            """,
            number=number,
            amount=SQL("amount") if self._knows_amount() else SQL("NULL::numeric"),
            mine=holds._search([("can_release", "=", True)]).subselect(),
        )

    @api.model
    def _knows_amount(self):
        """Whether the acting user may know what is at stake with a hold or a check."""
        holds = self.env["o2c.hold"]
        return holds._has_field_access(holds._fields["amount"], "read")

    @api.model
    def _rows_delivery(self, number):
        """Deliveries stopped by checks the acting user may release."""
        mine = self.env["stock.picking"]._o2c_mine_to_release()
        knows = self._knows_amount()
        amounts = [(d.id, d._o2c_amount_at_risk() if knows else None) for d in mine]
        return SQL(
            """
            SELECT picking.id * 8 + %(number)s AS id, 'delivery' AS kind,
                   picking.id AS res_id, picking.name AS res_name,
                   partner.complete_name AS partner_name, picking.company_id,
                   stake.amount, picking.o2c_tried_on AS since
              FROM (VALUES %(amounts)s) AS stake(picking_id, amount)
              JOIN stock_picking picking ON picking.id = stake.picking_id
         LEFT JOIN res_partner partner ON partner.id = picking.partner_id
            """,
            number=number,
            amounts=SQL(", ").join(
                SQL("(%s, %s::numeric)", *row) for row in amounts or [(0, None)]
            ),
        )

    @api.model
    def _rows_invoicing(self, number):
        """What could not be invoiced, of whom the company or the order makes owner."""
        uid = self.env.uid
        owned = Domain("company_id", "any!", [("o2c_billing_owner_id", "=", uid)])
        sold = Domain("company_id", "any!", [("o2c_billing_owner_id", "=", False)])
        sold &= Domain("order_id", "any!", [("user_id", "=", uid)])
        mine = self.env["o2c.billing.task"]._search(
            Domain("state", "=", "parked") & (owned | sold)
        )
        return SQL(
            """
            SELECT task.id * 8 + %(number)s AS id, 'invoicing' AS kind,
                   task.id AS res_id, COALESCE(picking.name, o.name) AS res_name,
                   partner.complete_name AS partner_name, task.company_id,
                   o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1) AS amount,
                   task.due_on AS since
              FROM o2c_billing_task task
              JOIN sale_order o ON o.id = task.order_id
              JOIN res_partner partner ON partner.id = o.partner_invoice_id
         LEFT JOIN stock_picking picking ON picking.id = task.picking_id
             WHERE task.id IN %(mine)s
            """,
            number=number,
            mine=mine.subselect(),
        )

    @api.model
    def _rows_question(self, number):
        """Questions of customers the acting user has to answer."""
        mine = self.env["o2c.dispute"]._search(
            [("state", "=", "open"), ("user_id", "=", self.env.uid)]
        )
        return SQL(
            """
            SELECT q.id * 8 + %(number)s AS id, 'question' AS kind, q.id AS res_id,
                   q.res_name, partner.complete_name AS partner_name, q.company_id,
                   move.amount_residual_signed AS amount, q.opened_on AS since
              FROM o2c_dispute q
              JOIN account_move move ON move.id = q.move_id
              JOIN res_partner partner ON partner.id = q.partner_id
             WHERE q.id IN %(mine)s
            """,
            number=number,
            mine=mine.subselect(),
        )

    @api.model
    def _rows_promise(self, number):
        """Promises to the acting user that are due today or were not kept.

        What was not kept waits until its activity is done, as anywhere in Odoo.
        """
        today = self.env.company._o2c_today()
        due = Domain("state", "=", "open") & Domain("date", "<=", today)
        mine = self.env["o2c.promise"]._search(
            Domain("user_id", "=", self.env.uid)
            & (due | Domain("state", "=", "broken"))
        )
        return SQL(
            """
            SELECT p.id * 8 + %(number)s AS id, 'promise' AS kind, p.id AS res_id,
                   p.res_name, partner.complete_name AS partner_name, p.company_id,
                   move.amount_residual_signed AS amount, p.date::timestamp AS since
              FROM o2c_promise p
              JOIN account_move move ON move.id = p.move_id
              JOIN res_partner partner ON partner.id = p.partner_id
             WHERE p.id IN %(mine)s
               AND (p.state = 'open' OR EXISTS (
                   SELECT FROM mail_activity activity
                    WHERE activity.res_model = 'account.move'
                      AND activity.res_id = p.move_id
                      AND activity.active
                      AND activity.user_id = p.user_id
                      AND activity.activity_type_id = %(type)s))
            """,
            number=number,
            mine=mine.subselect(),
            type=self.env.ref(BROKEN).id,
        )

    # -- why -------------------------------------------------------------------------

    @api.depends_context("uid", "lang")
    def _compute_reason(self):
        for kind, rows in self.grouped("kind").items():
            why = getattr(self, f"_why_{kind}")
            sources = rows._sources(kind)
            for row, source in zip(rows, sources, strict=True):
                row.reason = why(source)

    def _sources(self, kind):
        """The records behind the rows of ``kind``, in the acting user's rights."""
        rows = self.filtered(lambda row: row.kind == kind)
        return self.env[self._source_models()[kind]].browse(rows.mapped("res_id"))

    def _why_approval(self, request):
        why = request.reason
        if request.argument:
            why = f"{why}: “{request.argument}”"
        if absent := request.answers_for_id:
            why = f"{why} ({self.env._('for %s', absent.name)})"
        return why

    def _why_hold(self, hold):
        name = hold.reason_id.display_name
        return f"{name} ({hold.note})" if hold.note else name

    def _why_delivery(self, delivery):
        # sudo: who may release need not read it; the sentence is made for the reader
        delivery = delivery.sudo()
        unmet = delivery._o2c_unmet_of_mine()
        return "; ".join(delivery._o2c_sentence(obstacle) for obstacle in unmet)

    def _why_invoicing(self, task):
        return task.error

    def _why_question(self, dispute):
        kind = dispute.reason_id.name
        return f"{kind}: “{dispute.words}”" if kind else f"“{dispute.words}”"

    def _why_promise(self, promise):
        return promise._in_words()

    # -- answering: the records themselves check who may ------------------------------

    def action_open(self):
        """Open what this row is about, with all that is needed to answer."""
        self.ensure_one()
        source = self._sources(self.kind)
        if self.kind == "invoicing":
            return source.action_open_fault()
        if self.kind == "promise":
            return source.action_open_invoice()
        if self.kind == "delivery" and not source.has_access("read"):
            return self.action_open_release()
        return source.get_formview_action()

    def action_approve(self):
        """Say yes to the approvals among these."""
        return self._sources("approval").action_approve()

    def action_open_answer(self):
        return self._sources("approval").action_open_answer()

    def action_open_release(self):
        """Ask for the words that go with a release, once for all of these."""
        deliveries = self._sources("delivery")
        action = self._sources("hold").action_open_release()
        if deliveries:
            action["context"] |= {"default_picking_keys": deliveries.ids}
        return action

    def action_retry(self):
        """Try again to invoice what failed among these."""
        return self._sources("invoicing").action_retry()

    def action_open_outcome(self):
        """Ask what came of the questions among these."""
        return self._sources("question").action_open_answer()

    def action_open_words(self):
        """Note what the customer says who did not pay as promised."""
        return self._sources("promise").move_id.action_o2c_open_answer()
