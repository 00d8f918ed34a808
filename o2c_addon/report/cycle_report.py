from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

DAYS = 90
STEPS = ("confirm", "deliver", "invoice", "pay")


class CycleReport(models.Model):
    """How long each step of each order took, read from the host's own dates.

    Days between the steps, never below zero: what is invoiced before it is delivered
    waits for no invoice. A step that did not happen yet is empty.
    """

    _name = "o2c.cycle.report"
    _description = "Lead Times"
    _auto = False
    _order = "order_id desc"
    _rec_name = "order_id"
    _depends = {
        "sale.order": ["state", "date_order", "amount_untaxed", "currency_rate"],
        "sale.order.line": ["qty_delivered", "qty_invoiced", "price_subtotal"],
        "stock.move": ["state", "sale_line_id"],
        "stock.picking": ["date_done"],
        "account.move": ["state", "payment_state", "invoice_date"],
        "account.move.line": ["sale_line_ids", "matched_credit_ids"],
        "account.partial.reconcile": ["max_date"],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    stage = fields.Selection(related="order_id.o2c_stage")
    created_on = fields.Datetime("Created", readonly=True)
    confirmed_on = fields.Datetime("Confirmed", readonly=True)
    delivered_on = fields.Datetime("Delivered", readonly=True)
    invoiced_on = fields.Datetime("Invoiced", readonly=True)
    paid_on = fields.Datetime("Paid", readonly=True)
    days_to_confirm = fields.Float(readonly=True, aggregator="avg")
    days_to_deliver = fields.Float(readonly=True, aggregator="avg")
    days_to_invoice = fields.Float(readonly=True, aggregator="avg")
    days_to_pay = fields.Float(readonly=True, aggregator="avg")
    amount = fields.Monetary("Order Amount", readonly=True)
    unbilled = fields.Monetary(
        "Delivered, Not Invoiced",
        readonly=True,
        help="Untaxed, in the company's currency at the order's date.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH delivery AS (
                SELECT line.order_id, max(picking.date_done) AS done_on
                  FROM stock_picking picking
                  JOIN stock_move move
                    ON move.picking_id = picking.id AND move.state = 'done'
                  JOIN stock_location target
                    ON target.id = move.location_dest_id AND target.usage = 'customer'
                  JOIN sale_order_line line ON line.id = move.sale_line_id
              GROUP BY line.order_id
            ), invoice AS (
                SELECT DISTINCT line.order_id, move.id, move.invoice_date,
                       move.payment_state
                  FROM account_move move
                  JOIN account_move_line item ON item.move_id = move.id
                  JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = item.id
                  JOIN sale_order_line line ON line.id = rel.order_line_id
                 WHERE move.state = 'posted' AND move.move_type = 'out_invoice'
            ), payment AS (
                SELECT item.move_id, max(match.max_date) AS paid_on
                  FROM account_partial_reconcile match
                  JOIN account_move_line item ON item.id = match.debit_move_id
              GROUP BY item.move_id
            ), billing AS (
                SELECT invoice.order_id,
                       max(invoice.invoice_date)::timestamp AS invoiced_on,
                       CASE WHEN bool_and(
                                invoice.payment_state IN ('paid', 'in_payment'))
                            THEN max(payment.paid_on)::timestamp
                       END AS paid_on
                  FROM invoice
             LEFT JOIN payment ON payment.move_id = invoice.id
              GROUP BY invoice.order_id
            ), unbilled AS (
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
            ), step AS (
                SELECT o.id,
                       o.id AS order_id,
                       o.company_id, o.partner_id, o.team_id, o.user_id,
                       o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1)
                           AS amount,
                       COALESCE(unbilled.amount, 0)
                           / COALESCE(NULLIF(o.currency_rate, 0), 1) AS unbilled,
                       o.create_date AS created_on,
                       CASE WHEN o.state = 'sale' THEN o.date_order END
                           AS confirmed_on,
                       delivery.done_on AS delivered_on,
                       billing.invoiced_on, billing.paid_on
                  FROM sale_order o
             LEFT JOIN delivery ON delivery.order_id = o.id
             LEFT JOIN billing ON billing.order_id = o.id
             LEFT JOIN unbilled ON unbilled.order_id = o.id
                 WHERE o.state != 'cancel'
            )
            SELECT step.*,
                   %(to_confirm)s AS days_to_confirm,
                   %(to_deliver)s AS days_to_deliver,
                   %(to_invoice)s AS days_to_invoice,
                   %(to_pay)s AS days_to_pay
              FROM step
            """,
            to_confirm=self._days("created_on", "confirmed_on"),
            to_deliver=self._days("confirmed_on", "delivered_on"),
            to_invoice=self._days(
                "COALESCE(delivered_on, confirmed_on)", "invoiced_on"
            ),
            to_pay=self._days("invoiced_on", "paid_on"),
        )

    def _days(self, start, end):
        """SQL of the days from one step to the next, never below zero; or NULL."""
        # GREATEST alone answers 0 where a step did not happen
        return SQL(
            f"CASE WHEN {end} - {start} IS NOT NULL "
            f"THEN GREATEST(EXTRACT(EPOCH FROM {end} - {start}) / 86400.0, 0) END"
        )

    @api.model
    def headline(self):
        """One sentence on the last 90 days, for the top of the board."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        paid = [("paid_on", ">=", since)]
        aggregates = [f"days_to_{step}:avg" for step in STEPS]
        [[count, *averages]] = self._read_group(paid, [], ["__count", *aggregates])
        [[unbilled]] = self._read_group([], [], ["unbilled:sum"])
        sentences = [
            self._sentence_of_days([round(days or 0) for days in averages])
            if count
            else self.env._("No order was paid in the last %s days.", DAYS)
        ]
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
