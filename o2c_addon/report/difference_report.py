from odoo import api, fields, models
from odoo.tools import SQL, format_list, formatLang

EXTRA = 10**9  # ids of what is on no order line begin here


class DifferenceReport(models.Model):
    """Each line of a confirmed order beside what is invoiced of it.

    Quantities in the order line's unit, prices for one of it after discount, in the
    order's currency. Drafts count as invoiced, as the host counts them. What stands on
    an invoice of an order and not on the order has a row of its own. Deposits are no
    difference: they are deducted from what is invoiced later.
    """

    _name = "o2c.difference.report"
    _description = "Order and Invoice Compared"
    _auto = False
    _order = "order_id desc, id"
    _rec_name = "order_id"
    _depends = {
        "sale.order": ["state", "partner_id", "user_id", "team_id", "currency_rate"],
        "sale.order.line": [
            "product_uom_qty",
            "qty_delivered",
            "qty_to_invoice",
            "price_unit",
            "discount",
            "tax_ids",
            "price_subtotal",
            "product_uom_id",
            "is_downpayment",
            "invoice_lines",
        ],
        "account.move": ["state", "move_type", "currency_id"],
        "account.move.line": [
            "quantity",
            "price_unit",
            "discount",
            "tax_ids",
            "price_subtotal",
            "product_uom_id",
            "parent_state",
            "balance",
        ],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    line_id = fields.Many2one("sale.order.line", "Order Line", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    name = fields.Char("Description", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    ordered = fields.Float(digits="Product Unit", readonly=True)
    delivered = fields.Float(digits="Product Unit", readonly=True)
    invoiced = fields.Float(
        digits="Product Unit", readonly=True, help="On invoices, drafts included."
    )
    drafted = fields.Float("In Drafts", digits="Product Unit", readonly=True)
    credited = fields.Float(digits="Product Unit", readonly=True)
    to_bill = fields.Float(
        "To Invoice",
        digits="Product Unit",
        readonly=True,
        help="Below zero: invoiced too much.",
    )
    price = fields.Float("Order Price", digits="Product Price", readonly=True)
    invoice_price = fields.Float(digits="Product Price", readonly=True)
    amount = fields.Monetary(
        "Difference",
        currency_field="company_currency_id",
        readonly=True,
        help="What the order says is to be invoiced by now, less what is; untaxed, at "
        "the order's rate. Above zero is still to come, below zero is too much.",
    )
    is_different = fields.Boolean(readonly=True)
    is_unbilled = fields.Boolean("To be invoiced", readonly=True)
    is_overbilled = fields.Boolean("Invoiced too much", readonly=True)
    is_other_price = fields.Boolean("Other price", readonly=True)
    is_other_tax = fields.Boolean("Other taxes", readonly=True)
    is_other_currency = fields.Boolean("Other currency", readonly=True)
    is_extra = fields.Boolean("Not on the order", readonly=True)
    sentence = fields.Char("What Differs", compute="_compute_sentence")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT row.*,
                   row.is_unbilled OR row.is_overbilled OR row.is_other_price
                   OR row.is_other_tax OR row.is_other_currency OR row.is_extra
                       AS is_different
              FROM (%(lines)s UNION ALL %(extra)s) AS row
            """,
            lines=self._lines_of_orders(),
            extra=self._lines_of_invoices(),
        )

    def _lines_of_orders(self):
        """SQL of the lines of orders, each beside what is invoiced of it."""
        return SQL(
            """
            SELECT line.id, line.order_id, line.id AS line_id, line.product_id,
                   line.name, line.product_uom_id AS uom_id,
                   o.company_id, o.partner_id, o.team_id, o.user_id, o.currency_id,
                   CASE WHEN o.state = 'sale' THEN line.product_uom_qty ELSE 0 END
                       AS ordered,
                   line.qty_delivered AS delivered,
                   COALESCE(billed.invoiced, 0) AS invoiced,
                   COALESCE(billed.drafted, 0) AS drafted,
                   COALESCE(billed.credited, 0) AS credited,
                   due.quantity AS to_bill,
                   line.price_unit * (1 - COALESCE(line.discount, 0) / 100) AS price,
                   billed.price AS invoice_price,
                   ((due.quantity + COALESCE(billed.invoiced - billed.credited, 0))
                       * CASE WHEN line.product_uom_qty != 0
                              THEN line.price_subtotal / line.product_uom_qty
                              ELSE line.price_unit
                                   * (1 - COALESCE(line.discount, 0) / 100)
                         END
                       - COALESCE(billed.untaxed, 0))
                       / COALESCE(NULLIF(o.currency_rate, 0), 1) AS amount,
                   due.quantity > %(small)s AS is_unbilled,
                   due.quantity < -%(small)s AS is_overbilled,
                   COALESCE(billed.is_other_price, FALSE) AS is_other_price,
                   COALESCE(billed.is_other_tax, FALSE) AS is_other_tax,
                   COALESCE(billed.is_other_currency, FALSE) AS is_other_currency,
                   FALSE AS is_extra
              FROM sale_order_line line
              JOIN sale_order o ON o.id = line.order_id
         LEFT JOIN (%(billed)s) billed ON billed.line_id = line.id
        CROSS JOIN LATERAL (
                   SELECT CASE WHEN o.state = 'sale' THEN line.qty_to_invoice
                               ELSE COALESCE(billed.credited - billed.invoiced, 0)
                          END AS quantity
                   ) due
             WHERE o.state IN ('sale', 'cancel')
               AND line.display_type IS NULL
               AND line.is_downpayment IS NOT TRUE
               AND %(asked)s
            """,
            small=0.00001,
            billed=self._billed(),
            asked=self._asked("line.order_id = %s"),
        )

    def _billed(self):
        """SQL of what is invoiced of each line of an order, in its unit."""
        return SQL(
            """
            SELECT item.line_id,
                   SUM(GREATEST(item.quantity, 0)) AS invoiced,
                   COALESCE(SUM(GREATEST(item.quantity, 0))
                       FILTER (WHERE item.is_draft), 0) AS drafted,
                   SUM(GREATEST(-item.quantity, 0)) AS credited,
                   COALESCE(SUM(item.untaxed), 0) AS untaxed,
                   SUM(item.price * item.quantity) FILTER (WHERE item.is_charged)
                       / NULLIF(SUM(item.quantity)
                           FILTER (WHERE item.is_charged), 0) AS price,
                   bool_or(ABS(item.price - item.agreed) * item.quantity
                               >= item.rounding)
                       FILTER (WHERE item.is_charged) AS is_other_price,
                   bool_or(item.taxes != item.agreed_taxes)
                       FILTER (WHERE item.quantity > 0) AS is_other_tax,
                   bool_or(item.is_foreign) AS is_other_currency
              FROM (
                   SELECT line.id AS line_id,
                          line.price_unit * (1 - COALESCE(line.discount, 0) / 100)
                              AS agreed,
                          currency.rounding,
                          invoice.sign * line_unit.factor * item.quantity AS quantity,
                          item.price_unit * (1 - COALESCE(item.discount, 0) / 100)
                              / line_unit.factor AS price,
                          CASE WHEN item.currency_id = o.currency_id
                               THEN invoice.sign * item.price_subtotal
                               ELSE -item.balance
                                    * COALESCE(NULLIF(o.currency_rate, 0), 1)
                          END AS untaxed,
                          item.parent_state = 'draft' AS is_draft,
                          item.currency_id != o.currency_id AS is_foreign,
                          item.currency_id = o.currency_id
                              AND invoice.sign * item.quantity > 0
                              AND invoice.sign = 1 AS is_charged,
                          ARRAY(SELECT account_tax_id
                                  FROM account_tax_sale_order_line_rel
                                 WHERE sale_order_line_id = line.id
                              ORDER BY account_tax_id) AS agreed_taxes,
                          ARRAY(SELECT account_tax_id
                                  FROM account_move_line_account_tax_rel
                                 WHERE account_move_line_id = item.id
                              ORDER BY account_tax_id) AS taxes
                     FROM sale_order_line_invoice_rel rel
                     JOIN sale_order_line line ON line.id = rel.order_line_id
                     JOIN sale_order o ON o.id = line.order_id
                     JOIN res_currency currency ON currency.id = o.currency_id
                     JOIN account_move_line item
                       ON item.id = rel.invoice_line_id
                      AND item.parent_state != 'cancel'
                     JOIN account_move move
                       ON move.id = item.move_id
                      AND move.move_type IN ('out_invoice', 'out_refund')
                LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
                LEFT JOIN uom_uom item_unit ON item_unit.id = item.product_uom_id
               CROSS JOIN LATERAL (
                          SELECT CASE move.move_type WHEN 'out_refund'
                                 THEN -1 ELSE 1 END AS sign
                          ) invoice
               CROSS JOIN LATERAL (
                          SELECT COALESCE(item_unit.factor / unit.factor, 1) AS factor
                          ) line_unit
                    WHERE %(asked)s
                   ) item
          GROUP BY item.line_id
            """,
            asked=self._asked("line.order_id = %s"),
        )

    def _lines_of_invoices(self):
        """SQL of what stands on invoices of orders, and on none of these orders.

        Of an invoice of several orders it is told under the first.
        """
        return SQL(
            """
            SELECT item.id + %(extra)s AS id, o.id AS order_id,
                   NULL::integer AS line_id,
                   item.product_id, item.name, item.product_uom_id AS uom_id,
                   o.company_id, o.partner_id, o.team_id, o.user_id, o.currency_id,
                   0 AS ordered, 0 AS delivered,
                   GREATEST(invoice.sign * item.quantity, 0) AS invoiced,
                   CASE WHEN item.parent_state = 'draft'
                        THEN GREATEST(invoice.sign * item.quantity, 0) ELSE 0
                   END AS drafted,
                   GREATEST(-invoice.sign * item.quantity, 0) AS credited,
                   0 AS to_bill,
                   NULL::numeric AS price,
                   item.price_unit * (1 - COALESCE(item.discount, 0) / 100)
                       AS invoice_price,
                   item.balance AS amount,
                   FALSE AS is_unbilled, FALSE AS is_overbilled,
                   FALSE AS is_other_price, FALSE AS is_other_tax,
                   FALSE AS is_other_currency, TRUE AS is_extra
              FROM account_move_line item
              JOIN account_move move
                ON move.id = item.move_id
               AND move.move_type IN ('out_invoice', 'out_refund')
        CROSS JOIN LATERAL (
                   SELECT CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END
                              AS sign
                   ) invoice
        CROSS JOIN LATERAL (
                   SELECT min(line.order_id) AS order_id
                     FROM account_move_line own
                     JOIN sale_order_line_invoice_rel rel
                       ON rel.invoice_line_id = own.id
                     JOIN sale_order_line line ON line.id = rel.order_line_id
                    WHERE own.move_id = move.id
                   ) first
              JOIN sale_order o
                ON o.id = first.order_id
               AND o.state IN ('sale', 'cancel')
             WHERE item.display_type = 'product'
               AND item.parent_state != 'cancel'
               AND item.price_subtotal != 0
               AND NOT EXISTS (
                   SELECT FROM sale_order_line_invoice_rel rel
                    WHERE rel.invoice_line_id = item.id)
               AND %(asked)s
            """,
            extra=EXTRA,
            asked=self._asked(
                """
                move.id IN (
                    SELECT own.move_id
                      FROM sale_order_line line
                      JOIN sale_order_line_invoice_rel rel
                        ON rel.order_line_id = line.id
                      JOIN account_move_line own ON own.id = rel.invoice_line_id
                     WHERE line.order_id = %s)
                """
            ),
        )

    def _asked(self, condition):
        """SQL: all orders; or only the one that is looked at, so that this is quick."""
        order_id = self.env.context.get("o2c_order_id")
        return SQL(condition, int(order_id)) if order_id else SQL("TRUE")

    def _items(self):
        """The invoice lines of this row, those of cancelled invoices left out."""
        own = [self.id - EXTRA] if self.is_extra else self.line_id.invoice_lines.ids
        return self.env["account.move.line"].browse(own)._o2c_not_cancelled()

    @api.depends_context("lang")
    def _compute_sentence(self):
        for row in self:
            words = format_list(self.env, row._sentences()) or ""
            row.sentence = words[:1].upper() + words[1:]

    def _sentences(self):
        """What differs, each in a few words."""
        said = []
        if self.is_extra:
            said.append(self.env._("not on the order"))
        if self.is_overbilled:
            said.append(
                self.env._("%s too much invoiced", self._in_unit(-self.to_bill))
            )
        if self.is_unbilled:
            said.append(self.env._("%s to be invoiced", self._in_unit(self.to_bill)))
        if self.is_other_price:
            said.append(
                self.env._(
                    "invoiced at %(price)s instead of %(agreed)s",
                    price=self._money(self.invoice_price),
                    agreed=self._money(self.price),
                )
            )
        if self.is_other_tax:
            said.append(self.env._("other taxes"))
        if self.is_other_currency:
            said.append(self.env._("invoiced in another currency"))
        return said

    def _in_unit(self, quantity):
        number = formatLang(self.env, quantity, dp="Product Unit")
        return f"{number} {self.uom_id.name or ''}".strip()

    def _money(self, amount):
        return formatLang(
            self.env, amount, dp="Product Price", currency_obj=self.currency_id
        )

    def action_open_order(self):
        """The order, where its tab shows every line on both sides."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }
