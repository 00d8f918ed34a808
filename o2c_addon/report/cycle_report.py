from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL, format_amount

from ..models.stage import STAGES

DAYS = 90
STEPS = ("confirm", "deliver", "invoice", "pay")
# the work of people between the order and its invoice, the delivery itself left out
WORK = ("invoiced", "posted", "held", "released", "invoicing_skipped", "changed")


class Hours(fields.Float):
    """Hours of a step: where it is not passed yet nothing, never zero."""

    def convert_to_record(self, value, record):
        return False if value is None else value


class CycleReport(models.Model):
    """How long each step of each order took, and what was done twice.

    One row for each order that is not cancelled. The dates are the host's own, so that
    orders older than the addon are here too; a step not passed in full is empty, and
    so are its hours, never zero. The steps *confirm, deliver, invoice, pay* add up to
    the whole way; *ask*, *approve* and *send* lie within them. Money is untaxed, by
    the rate on the order, in the currency of the company one works in.

    How: the dates of goods, invoices and payments stand on the order itself (see
    ``sale_order.o2c_delivered_on``), what is rare is joined, and PostgreSQL leaves out
    each join whose columns a question does not use.

    When an order was paid is told to those who may read how it is settled; for others
    it is empty, and with it all that follows from it.
    """

    _name = "o2c.cycle.report"
    _description = "Lead Times"
    _auto = False
    _order = "order_id desc"
    _rec_name = "order_id"
    _depends = {
        "sale.order": [
            "amount_untaxed",
            "commitment_date",
            "currency_rate",
            "date_order",
            "o2c_approval_state",
            "o2c_delivered_on",
            "o2c_invoiced_on",
            "o2c_on_hold",
            "o2c_paid_on",
            "o2c_sent_on",
            "o2c_stage",
            "o2c_stage_since",
            "partner_id",
            "state",
            "team_id",
            "user_id",
            "warehouse_id",
        ],
        "sale.order.line": [
            "price_subtotal",
            "product_id",
            "qty_delivered",
            "qty_invoiced",
        ],
        "account.move": ["state", "move_type"],
        "account.move.line": ["sale_line_ids"],
        "o2c.approval.decision": ["verdict"],
        "o2c.approval.request": ["decided_on", "requested_on", "round", "state"],
        "o2c.event": ["activity"],
        "o2c.hold": ["state"],
        "product.template": ["categ_id"],
        "res.company": ["o2c_times_per_person"],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    categ_id = fields.Many2one(
        "product.category",
        "Product Category",
        readonly=True,
        help="Of what makes up most of the order's amount.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        readonly=True,
        help="Empty, unless the company measures lead times per person.",
    )
    stage = fields.Selection(STAGES, readonly=True)
    waiting_since = fields.Datetime("In Stage Since", readonly=True)
    is_held = fields.Boolean(
        "On Hold",
        readonly=True,
        help="The order, one of its deliveries or one of its invoices.",
    )

    created_on = fields.Datetime("Created", readonly=True)
    asked_on = fields.Datetime("Approval Asked", readonly=True)
    approved_on = fields.Datetime("Approved", readonly=True)
    confirmed_on = fields.Datetime("Confirmed", readonly=True)
    promised_on = fields.Datetime("Promised", readonly=True)
    delivered_on = fields.Datetime("Delivered", readonly=True)
    invoiced_on = fields.Datetime("Invoiced", readonly=True)
    sent_on = fields.Datetime("Invoice Sent", readonly=True)
    paid_on = fields.Datetime("Paid", readonly=True)

    hours_to_ask = Hours("Time to Ask for Approval", readonly=True, aggregator="avg")
    hours_to_approve = Hours("Time to Approve", readonly=True, aggregator="avg")
    hours_to_confirm = Hours(
        "Time to Confirm",
        readonly=True,
        aggregator="avg",
        help="Hours from the quotation to its confirmation, approvals included.",
    )
    hours_to_deliver = Hours("Time to Deliver", readonly=True, aggregator="avg")
    hours_to_invoice = Hours(
        "Time to Invoice",
        readonly=True,
        aggregator="avg",
        help="Hours from the last delivery, or where there is none from the "
        "confirmation, to the last invoice. What is invoiced before it is delivered "
        "waits for no invoice.",
    )
    hours_to_send = Hours("Time to Send", readonly=True, aggregator="avg")
    hours_to_pay = Hours(
        "Time to Pay",
        readonly=True,
        aggregator="avg",
        help="Hours from the last invoice to the last payment.",
    )
    hours_total = Hours(
        "Order to Cash",
        readonly=True,
        aggregator="avg",
        help="Hours from the quotation to the last payment.",
    )

    changes = fields.Integer(
        "Manual Changes",
        readonly=True,
        help="How often the order was changed or taken back after it was confirmed.",
    )
    refusals = fields.Integer("Approvals Refused", readonly=True)
    repeats = fields.Integer("Asked Again", readonly=True)
    credit_notes = fields.Integer(readonly=True)
    failures = fields.Integer("Invoicing Failed", readonly=True)
    rework = fields.Integer(
        "Done Twice",
        readonly=True,
        help="Changes, refusals, repeated questions, credit notes and invoices that "
        "failed. None: right the first time.",
    )
    on_time = fields.Selection(
        [("yes", "On time"), ("no", "Late")],
        "Delivered On Time",
        readonly=True,
        help="All of it by the promised date; empty where no date was promised.",
    )
    by_itself = fields.Selection(
        [("yes", "By itself"), ("no", "With help")],
        "Ran by Itself",
        readonly=True,
        help="Nobody had to do anything between the confirmation and the "
        "confirmed invoice but deliver. Empty where there is no history.",
    )
    amount = fields.Monetary("Order Amount", readonly=True)
    unbilled = fields.Monetary("Delivered, Not Invoiced", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT step.*,
                   refusals + repeats + credit_notes + failures + changes AS rework,
                   CASE WHEN promised_on IS NULL OR delivered_on IS NULL THEN NULL
                        WHEN delivered_on::date <= promised_on::date THEN 'yes'
                        ELSE 'no' END AS on_time,
                   CASE WHEN invoiced_on IS NULL OR has_history IS NOT TRUE THEN NULL
                        WHEN failures > 0 OR worked_on >= confirmed_on THEN 'no'
                        ELSE 'yes' END AS by_itself,
                   %(to_ask)s AS hours_to_ask,
                   %(to_approve)s AS hours_to_approve,
                   %(to_confirm)s AS hours_to_confirm,
                   %(to_deliver)s AS hours_to_deliver,
                   %(to_invoice)s AS hours_to_invoice,
                   %(to_send)s AS hours_to_send,
                   %(to_pay)s AS hours_to_pay,
                   %(total)s AS hours_total
              FROM (%(steps)s) step
            """,
            steps=self._steps(),
            to_ask=self._hours("created_on", "asked_on"),
            to_approve=self._hours("asked_on", "approved_on"),
            to_confirm=self._hours("created_on", "confirmed_on"),
            to_deliver=self._hours("confirmed_on", "delivered_on"),
            to_invoice=self._hours(
                "COALESCE(delivered_on, confirmed_on)", "invoiced_on"
            ),
            to_send=self._hours("invoiced_on", "sent_on"),
            to_pay=self._hours("invoiced_on", "paid_on"),
            total=self._hours("created_on", "paid_on"),
        )

    def _steps(self):
        """SQL of the facts of each order, no more than one row for each join."""
        return SQL(
            """
            SELECT o.id,
                   o.id AS order_id,
                   o.company_id, o.partner_id, o.team_id, o.warehouse_id,
                   %(currency)s AS currency_id,
                   CASE WHEN company.o2c_times_per_person THEN o.user_id END AS user_id,
                   category.categ_id,
                   o.o2c_stage AS stage,
                   o.o2c_stage_since AS waiting_since,
                   held.order_id IS NOT NULL AS is_held,
                   o.amount_untaxed * %(rate)s AS amount,
                   COALESCE(unbilled.amount, 0) * %(rate)s AS unbilled,
                   o.create_date AS created_on,
                   question.asked_on,
                   CASE WHEN o.o2c_approval_state = 'approved'
                        THEN question.approved_on END AS approved_on,
                   CASE WHEN o.state = 'sale' THEN o.date_order END AS confirmed_on,
                   o.commitment_date AS promised_on,
                   o.o2c_delivered_on AS delivered_on,
                   o.o2c_invoiced_on AS invoiced_on,
                   o.o2c_sent_on AS sent_on,
                   %(paid_on)s AS paid_on,
                   COALESCE(question.refusals, 0) AS refusals,
                   COALESCE(question.repeats, 0) AS repeats,
                   COALESCE(credit.notes, 0) AS credit_notes,
                   COALESCE(work.changes, 0) AS changes,
                   COALESCE(work.failures, 0) AS failures,
                   work.has_history, work.worked_on
              FROM sale_order o
              JOIN res_company company ON company.id = o.company_id
         LEFT JOIN %(rates)s ON account_currency_table.company_id = o.company_id
         LEFT JOIN (%(questions)s) question ON question.order_id = o.id
         LEFT JOIN (%(credits)s) credit ON credit.order_id = o.id
         LEFT JOIN (%(work)s) work ON work.order_id = o.id
         LEFT JOIN (%(held)s) held ON held.order_id = o.id
         LEFT JOIN (%(unbilled)s) unbilled ON unbilled.order_id = o.id
         LEFT JOIN (%(categories)s) category ON category.order_id = o.id
             WHERE o.state != 'cancel'
            """,
            currency=self.env.company.currency_id.id,
            paid_on=SQL(
                "o.o2c_paid_on" if self._tells_payments() else "NULL::timestamp"
            ),
            rate=SQL(
                "COALESCE(account_currency_table.rate, 1)"
                " / COALESCE(NULLIF(o.currency_rate, 0), 1)"
            ),
            rates=self.env["res.currency"]._get_simple_currency_table(
                self.env.companies
            ),
            questions=self._questions(),
            credits=self._credits(),
            work=self._work(),
            held=self._held(),
            unbilled=self._unbilled(),
            categories=self._categories(),
        )

    def _tells_payments(self):
        return self.env.su or self.env.user._o2c_may_read_settlement()

    def _questions(self):
        return SQL(
            """
            SELECT request.order_id,
                   min(request.requested_on) AS asked_on,
                   max(request.decided_on) FILTER (
                       WHERE request.state = 'approved'
                   ) AS approved_on,
                   COALESCE(sum(answer.refusals), 0) AS refusals,
                   count(*) FILTER (WHERE request.round > 1) AS repeats
              FROM o2c_approval_request request
         LEFT JOIN (
                       SELECT request_id, count(*) AS refusals
                         FROM o2c_approval_decision
                        WHERE verdict = 'refused'
                     GROUP BY request_id
                   ) answer ON answer.request_id = request.id
             WHERE request.order_id IS NOT NULL
          GROUP BY request.order_id
            """
        )

    def _credits(self):
        """Credit notes are few: OFFSET 0 keeps PostgreSQL from reading the lines of all
        invoices for them."""
        return SQL(
            """
            SELECT line.order_id, count(DISTINCT move.id) AS notes
              FROM account_move move
        CROSS JOIN LATERAL (
                       SELECT id FROM account_move_line
                        WHERE move_id = move.id OFFSET 0
                   ) item
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
              JOIN sale_order_line line ON line.id = rel.order_line_id
             WHERE move.move_type = 'out_refund' AND move.state = 'posted'
          GROUP BY line.order_id
            """
        )

    def _work(self):
        """What the history knows; the condition is that of the index ``_work``."""
        return SQL(
            """
            SELECT order_key AS order_id,
                   bool_or(activity = 'posted') AS has_history,
                   max(date) FILTER (
                       WHERE activity IN %(work)s AND user_id != %(robot)s
                   ) AS worked_on,
                   count(*) FILTER (WHERE activity = 'invoicing_failed') AS failures,
                   count(*) FILTER (WHERE activity IN ('changed', 'reset')) AS changes
              FROM o2c_event
             WHERE activity IN (
                       'changed', 'reset', 'cancelled', 'held', 'released', 'invoiced',
                       'invoicing_failed', 'invoicing_skipped', 'posted'
                   )
          GROUP BY order_key
            """,
            work=WORK,
            robot=SUPERUSER_ID,
        )

    def _held(self):
        return SQL(
            """
            SELECT COALESCE(hold.order_id, picking.sale_id, line.order_id) AS order_id
              FROM o2c_hold hold
         LEFT JOIN stock_picking picking ON picking.id = hold.picking_id
         LEFT JOIN account_move_line item ON item.move_id = hold.move_id
         LEFT JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
         LEFT JOIN sale_order_line line ON line.id = rel.order_line_id
             WHERE hold.state = 'open'
          GROUP BY 1
            """
        )

    def _unbilled(self):
        return SQL(
            """
            SELECT line.order_id,
                   sum((line.qty_delivered - line.qty_invoiced)
                       * line.price_subtotal / NULLIF(line.product_uom_qty, 0)
                   ) AS amount
              FROM sale_order_line line
             WHERE line.qty_delivered > line.qty_invoiced
               AND line.state = 'sale'
               AND line.display_type IS NULL
               AND line.is_downpayment IS NOT TRUE
          GROUP BY line.order_id
            """
        )

    def _categories(self):
        return SQL(
            """
            SELECT DISTINCT ON (line.order_id) line.order_id, template.categ_id
              FROM sale_order_line line
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
          ORDER BY line.order_id, line.price_subtotal DESC, line.id
            """
        )

    def _hours(self, start, end):
        """SQL of the hours from one step to the next, never below zero; or NULL."""
        # GREATEST alone answers 0 where a step did not happen
        return SQL(
            f"CASE WHEN {end} - {start} IS NOT NULL "
            f"THEN GREATEST(EXTRACT(EPOCH FROM {end} - {start}) / 3600, 0)::float8 END"
        )

    def action_open_order(self):
        """The order of this row, as far as one may read orders; else its history."""
        self.ensure_one()
        if not self.order_id.has_access("read"):
            return {
                **self.env["ir.actions.actions"]._for_xml_id("o2c_addon.event_action"),
                "domain": [("order_key", "in", self.ids)],
            }
        groups = ("sales_team.group_sale_salesman", "account.group_account_invoice")
        if not any(self.env.user.has_group(group) for group in groups):
            # the form of an order shows invoices, which the warehouse may not read
            return self.order_id.action_o2c_open_deliveries()
        return self.order_id.get_formview_action()

    @api.model
    def headline(self):
        """One sentence on the last 90 days, for the top of the board."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        paid = [("paid_on", ">=", since)]
        aggregates = [f"hours_to_{step}:avg" for step in STEPS]
        [[count, *averages]] = self._read_group(paid, [], ["__count", *aggregates])
        [[unbilled]] = self._read_group([], [], ["unbilled:sum"])
        sentences = []
        if count:
            days = [round((hours or 0) / 24) for hours in averages]
            sentences.append(self._sentence_of_days(days))
        elif self._tells_payments():
            none = self.env._("No order was paid in the last %s days.", DAYS)
            sentences.append(none)
        if unbilled:
            amount = format_amount(self.env, unbilled, self.env.company.currency_id)
            sentences.append(self.env._("%s delivered, not invoiced.", amount))
        return " ".join(sentences)

    def _sentence_of_days(self, days):
        confirm, deliver, invoice, pay = days
        return self.env._(
            "Order to payment %(total)s days: %(confirm)s to confirm, %(deliver)s to "
            "deliver, %(invoice)s to invoice, %(pay)s to pay.",
            total=sum(days),
            confirm=confirm,
            deliver=deliver,
            invoice=invoice,
            pay=pay,
        )
