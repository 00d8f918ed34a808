from datetime import date
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

from .sale_order_payment import ONLINE, PAID

SETTLEMENTS = [
    ("none", "Nothing invoiced"),
    ("open", "Not paid"),
    ("partial", "Partly paid"),
    ("credit", "Credit open"),
    ("paid", "Paid"),
]
OWED = ("not_paid", "partial")

# who may read how far an order is paid; the warehouse reads orders too, no debts
SETTLERS = (
    "sales_team.group_sale_salesman",
    "account.group_account_invoice",
    "account.group_account_readonly",
    "o2c_addon.group_o2c_auditor",
)
GROUPS = ",".join(SETTLERS)


class ResUsers(models.Model):
    _inherit = "res.users"

    def _o2c_may_read_settlement(self):
        """Whether this user may read if, when and how late orders are paid."""
        return any(self.has_group(group) for group in SETTLERS)


class Share(NamedTuple):
    """What a confirmed invoice or credit note has of an order, in its own currency.

    Credit notes count below zero. An invoice of several orders is for each in
    proportion to its lines; what stands on it and on no order goes with them.
    ``settled`` is what is paid of the order's own lines alone: nothing else pays for
    goods. What of an online payment no invoice has taken yet is a share too.
    """

    order: int
    type: str
    currency: int
    date: date
    invoiced: float
    deposited: float
    residual: float
    overdue: float
    settled: float


class SaleOrder(models.Model):
    """How far an order is invoiced and paid, in its own currency, taxes included."""

    _inherit = "sale.order"

    o2c_settlement = fields.Selection(
        SETTLEMENTS,
        "Settlement",
        compute="_compute_o2c_settlement",
        store=True,
        copy=False,
        groups=GROUPS,
        help="How far what is invoiced is paid. Credit open: a credit note is neither "
        "paid out nor settled with an invoice.",
    )
    o2c_invoiced = fields.Monetary(
        "Invoiced",
        compute="_compute_o2c_amounts",
        compute_sudo=True,
        groups=GROUPS,
        help="On confirmed invoices, deposits included, less credit notes.",
    )
    o2c_credited = fields.Monetary(
        "Credit Notes",
        compute="_compute_o2c_amounts",
        compute_sudo=True,
        groups=GROUPS,
    )
    o2c_deposited = fields.Monetary(
        "Deposits",
        compute="_compute_o2c_amounts",
        compute_sudo=True,
        groups=GROUPS,
        help="Invoiced as deposits and not paid back.",
    )
    o2c_residual = fields.Monetary(
        "To Pay",
        compute="_compute_o2c_amounts",
        compute_sudo=True,
        groups=GROUPS,
        help="Invoiced and not paid; below zero: the customer gets it back.",
    )
    o2c_overdue = fields.Monetary(
        "Overdue", compute="_compute_o2c_amounts", compute_sudo=True, groups=GROUPS
    )
    o2c_paid = fields.Monetary(
        "Received",
        compute="_compute_o2c_paid",
        compute_sudo=True,
        groups=GROUPS,
        help="Paid on its invoices, and online before there was one.",
    )
    o2c_is_overdue = fields.Boolean(
        "Is Overdue",
        compute="_compute_o2c_amounts",
        compute_sudo=True,
        groups=GROUPS,
        search="_search_o2c_is_overdue",
    )

    def _auto_init(self):
        """Existing orders are settled by one UPDATE, see ``older_orders``."""
        if not column_exists(self.env.cr, self._table, "o2c_settlement"):
            create_column(self.env.cr, self._table, "o2c_settlement", "varchar")
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_settlement"}

    def _o2c_check_may_read_settlement(self):
        """Who may read this order may read how far it is paid; the warehouse not."""
        self.check_access("read")
        if not self.env.user._o2c_may_read_settlement():
            raise AccessError(
                self.env._("Sales and accounting see what is invoiced and paid.")
            )

    # -- how far ---------------------------------------------------------------------

    @api.depends(
        "order_line.invoice_lines.move_id.state",
        "order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_o2c_settlement(self):
        for order in self:
            order.o2c_settlement = order._o2c_how_settled()

    def _o2c_how_settled(self):
        invoices = self._o2c_invoices().filtered(lambda m: m.state == "posted")
        owed = invoices.filtered(lambda m: m.payment_state in OWED)
        if not invoices:
            return "none"
        if not owed:
            return "paid"
        if set(owed.mapped("move_type")) == {"out_refund"}:
            return "credit"
        debts = invoices.filtered(lambda m: m.move_type == "out_invoice")
        return (
            "open" if set(debts.mapped("payment_state")) == {"not_paid"} else "partial"
        )

    # -- how much --------------------------------------------------------------------

    @api.depends(
        "order_line.invoice_lines.price_total",
        "order_line.invoice_lines.move_id.state",
        "order_line.invoice_lines.move_id.amount_residual",
        "order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_o2c_amounts(self):
        today = {company.id: company._o2c_today() for company in self.company_id}
        shares = self._o2c_shares(today)
        for order in self:
            own = [share for share in shares if share.order == order._origin.id]
            order.o2c_invoiced = order._o2c_sum(own, "invoiced")
            order.o2c_credited = -order._o2c_sum(
                [share for share in own if share.type == "out_refund"], "invoiced"
            )
            order.o2c_deposited = order._o2c_sum(own, "deposited")
            order.o2c_residual = order._o2c_sum(own, "residual")
            order.o2c_overdue = order._o2c_sum(own, "overdue")
            order.o2c_is_overdue = (
                order.currency_id.compare_amounts(order.o2c_overdue, 0) > 0
            )

    @api.depends("o2c_invoiced", "o2c_residual", "transaction_ids.state")
    def _compute_o2c_paid(self):
        online = [share for share in self._o2c_shares() if share.type == ONLINE]
        for order in self:
            own = [share for share in online if share.order == order._origin.id]
            paid = order.o2c_invoiced - order.o2c_residual
            order.o2c_paid = paid + order._o2c_sum(own, "settled")

    def _o2c_sum(self, shares, name):
        """The total in this order's currency, each at the date of its invoice."""
        total = 0.0
        for share in shares:
            currency = self.currency_id.browse(share.currency)
            total += currency._convert(
                getattr(share, name), self.currency_id, self.company_id, share.date
            )
        return self.currency_id.round(total)

    def _o2c_shares(self, today=None):
        """The share each confirmed invoice and credit note has of these orders.

        By one query, as many orders as there are; callers see to the rights.

        :param today: company id → the day; without it nothing counts as overdue
        :return: list of :class:`Share`
        """
        orders = self._origin  # also while the order is edited
        if not orders:
            return []
        self._o2c_flush_invoices()
        days = [(key, (today or {}).get(key)) for key in orders.company_id.ids]
        return [
            Share(*row)
            for row in self.env.execute_query(
                SQL(
                    """
                    WITH own AS (
                        SELECT DISTINCT line.order_id, line.is_downpayment, item.id,
                               item.move_id, item.price_total AS amount
                          FROM sale_order_line line
                          JOIN sale_order_line_invoice_rel rel
                            ON rel.order_line_id = line.id
                          JOIN account_move_line item
                            ON item.id = rel.invoice_line_id
                         WHERE line.order_id IN %(orders)s
                           AND item.parent_state = 'posted'
                    ), share AS (
                        SELECT order_id, move_id, SUM(amount) AS amount,
                               SUM(amount) FILTER (WHERE is_downpayment AND amount > 0)
                                   AS deposit
                          FROM own
                      GROUP BY order_id, move_id
                    ), part AS (
                        SELECT share.*, move.move_type, move.payment_state,
                               move.currency_id, move.invoice_date,
                               move.amount_total, move.amount_residual,
                               CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                                   AS sign,
                               share.amount / NULLIF(content.linked, 0) AS factor,
                               share.amount / NULLIF(content.amount, 0) AS own,
                               COALESCE(late.amount, 0) AS late
                          FROM share
                          JOIN account_move move ON move.id = share.move_id
                          JOIN (VALUES %(days)s) AS today(company_id, day)
                            ON today.company_id = move.company_id
                    CROSS JOIN LATERAL (
                               SELECT SUM(price_total) AS amount,
                                      SUM(price_total) FILTER (WHERE EXISTS (
                                          SELECT FROM sale_order_line_invoice_rel rel
                                           WHERE rel.invoice_line_id = item.id
                                      )) AS linked
                                 FROM account_move_line item
                                WHERE move_id = move.id AND display_type = 'product'
                               ) content
                    CROSS JOIN LATERAL (
                               SELECT SUM(ABS(amount_residual_currency)) AS amount
                                 FROM account_move_line
                                WHERE move_id = move.id
                                  AND display_type = 'payment_term'
                                  AND date_maturity < today.day
                               ) late
                         WHERE move.move_type IN ('out_invoice', 'out_refund')
                    )
                    SELECT order_id, move_type, currency_id, invoice_date,
                           sign * COALESCE(amount_total * factor, amount),
                           sign * COALESCE(deposit, 0),
                           CASE WHEN payment_state IN %(owed)s
                                THEN sign * COALESCE(amount_residual * factor, 0)
                                ELSE 0 END,
                           CASE WHEN payment_state IN %(owed)s
                                     AND move_type = 'out_invoice'
                                THEN COALESCE(late * factor, 0)
                                ELSE 0 END,
                           sign * COALESCE(
                               (amount_total - CASE WHEN payment_state IN %(owed)s
                                                    THEN amount_residual
                                                    ELSE 0 END) * own, amount)
                      FROM part
                 UNION ALL
                    SELECT rel.sale_order_id, %(online)s, online.currency_id,
                           COALESCE(online.last_state_change, %(now)s)::date,
                           0, 0, 0, 0, COALESCE(kept.amount,
                               CASE WHEN taken.move_id IS NULL THEN online.amount
                                    ELSE 0 END)
                      FROM sale_order_transaction_rel rel
                      JOIN payment_transaction online
                        ON online.id = rel.transaction_id
                 LEFT JOIN account_payment payment ON payment.id = online.payment_id
         LEFT JOIN LATERAL (
                           SELECT -SUM(item.amount_residual_currency) AS amount
                             FROM account_move_line item
                             JOIN account_account account
                               ON account.id = item.account_id
                            WHERE item.move_id = payment.move_id
                              AND account.account_type IN
                                  ('asset_receivable', 'liability_payable')
                           ) kept ON TRUE
         LEFT JOIN LATERAL (
                           SELECT move.id AS move_id
                             FROM account_invoice_transaction_rel linked
                             JOIN account_move move ON move.id = linked.invoice_id
                            WHERE linked.transaction_id = online.id
                              AND move.state = 'posted'
                              AND move.payment_state IN %(paid)s
                            LIMIT 1
                           ) taken ON TRUE
                     WHERE rel.sale_order_id IN %(orders)s AND online.state = 'done'
                  ORDER BY 1, 2
                    """,
                    orders=tuple(orders.ids),
                    owed=OWED,
                    online=ONLINE,
                    paid=PAID,
                    now=fields.Datetime.now(),
                    days=SQL(", ").join(SQL("(%s, %s::date)", *day) for day in days),
                )
            )
        ]

    def _o2c_flush_invoices(self):
        """What is read by SQL has to be in the database."""
        self.env["payment.transaction"].flush_model(
            [
                "state",
                "currency_id",
                "sale_order_ids",
                "amount",
                "payment_id",
                "invoice_ids",
                "last_state_change",
            ]
        )
        self.env["account.payment"].flush_model(["move_id"])
        self.env["sale.order.line"].flush_model(
            ["order_id", "is_downpayment", "invoice_lines"]
        )
        self.env["account.move.line"].flush_model(
            [
                "parent_state",
                "price_total",
                "display_type",
                "date_maturity",
                "amount_residual_currency",
            ]
        )
        self.env["account.move"].flush_model(
            [
                "move_type",
                "payment_state",
                "amount_total",
                "amount_residual",
                "currency_id",
                "invoice_date",
            ]
        )

    def _search_o2c_is_overdue(self, operator, value):
        """By the days of each company, whatever one may read of invoices."""
        if operator != "in":
            return NotImplemented
        late = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date_maturity", "<", company._o2c_today())
            for company in self.env.companies
        )
        items = (
            Domain("parent_state", "=", "posted")
            & Domain("display_type", "=", "payment_term")
            & Domain("amount_residual", ">", 0)
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("move_id.payment_state", "in", OWED)
            & late
        )
        # sudo: a yes or no, for whoever may read the order
        late_items = self.env["account.move.line"].sudo()._search(items)
        moves = late_items.subselect("move_id")
        found = Domain("order_line.invoice_lines", "any!", [("move_id", "in", moves)])
        return found if True in value else ~found
