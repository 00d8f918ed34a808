from odoo import fields, models
from odoo.tools import SQL


class RevenueReport(models.Model):
    """Recurring revenue by month: what was invoiced, what of it is earned in each
    month by its days, and what is deferred; one row for a period and month.

    Untaxed, in company currency. What is invoiced counts with its confirmed invoice,
    as posted; what is charged and not invoiced yet, at the order's price and rate.
    """

    _name = "o2c.revenue.report"
    _description = "Recurring Revenue"
    _auto = False
    _order = "month desc, id desc"
    _rec_name = "order_id"
    _depends = {
        "o2c.period": [
            "line_id",
            "starts_on",
            "ends_on",
            "quantity",
            "price_unit",
            "invoice_line_id",
        ],
        "sale.order": ["partner_id", "user_id", "currency_rate"],
        "sale.order.line": ["product_id", "discount", "price_subtotal"],
        "account.move": ["state", "date"],
        "account.move.line": ["balance", "quantity"],
    }

    period_id = fields.Many2one("o2c.period", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    product_id = fields.Many2one("product.product", "Service", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(readonly=True, help="Its first day.")
    earned = fields.Monetary(
        readonly=True, help="The share of the month in the days of its period."
    )
    invoiced = fields.Monetary(
        readonly=True, help="On invoices confirmed with a date in this month."
    )
    deferred = fields.Monetary(
        readonly=True,
        help="Invoiced less earned: what this month adds to what is paid for and not "
        "earned yet, or below zero takes from it.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH charged AS (
                SELECT period.id, period.line_id, period.starts_on, period.ends_on,
                       CASE WHEN move.state = 'posted' THEN move.date END AS billed_on,
                       CASE WHEN move.state = 'posted' THEN -item.balance
                            ELSE period.quantity * period.price_unit
                                 * COALESCE(line.price_subtotal / NULLIF(
                                       line.product_uom_qty * line.price_unit, 0), 1)
                                 / COALESCE(NULLIF(orders.currency_rate, 0), 1)
                        END AS amount
                  FROM o2c_period period
                  JOIN sale_order_line line ON line.id = period.line_id
                  JOIN sale_order orders ON orders.id = line.order_id
             LEFT JOIN account_move_line item ON item.id = period.invoice_line_id
             LEFT JOIN account_move move ON move.id = item.move_id
                 WHERE period.quantity != 0
            ), share AS (
                SELECT charged.id, charged.line_id, months.month::date AS month,
                       charged.amount
                       * (LEAST(charged.ends_on,
                                (months.month + interval '1 month - 1 day')::date)
                          - GREATEST(charged.starts_on, months.month::date) + 1)
                       / (charged.ends_on - charged.starts_on + 1) AS earned,
                       0.0 AS invoiced
                  FROM charged
            CROSS JOIN LATERAL generate_series(
                           date_trunc('month', charged.starts_on::timestamp),
                           charged.ends_on::timestamp, interval '1 month'
                       ) AS months (month)
             UNION ALL
                SELECT id, line_id, date_trunc('month', billed_on::timestamp)::date,
                       0.0, amount
                  FROM charged
                 WHERE billed_on IS NOT NULL
            )
            SELECT share.id * 1000
                       + row_number() OVER (PARTITION BY share.id ORDER BY month)
                       AS id,
                   share.id AS period_id, line.order_id, orders.partner_id,
                   line.product_id, orders.user_id, orders.company_id, share.month,
                   SUM(share.earned) AS earned, SUM(share.invoiced) AS invoiced,
                   SUM(share.invoiced - share.earned) AS deferred
              FROM share
              JOIN sale_order_line line ON line.id = share.line_id
              JOIN sale_order orders ON orders.id = line.order_id
          GROUP BY share.id, line.id, orders.id, share.month
            """
        )

    def action_open_order(self):
        """Open the order the service is on."""
        return self.order_id.get_formview_action()
