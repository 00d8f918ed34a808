from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

OPEN = ("waiting", "confirmed", "partially_available", "assigned")


class Shortage(models.Model):
    """A product that customers ordered and a warehouse does not have.

    How: SQL adds up what open deliveries ask for and have not reserved, less what lies
    there free. What is on hand, on the way, and when, the host's forecast says, once
    for all rows of a warehouse. A row counts the orders its reader may read.
    """

    _name = "o2c.shortage"
    _description = "Shortage"
    _auto = False
    _order = "promised_on, id"
    _rec_name = "product_id"
    _depends = {
        "stock.move": [
            "state",
            "product_qty",
            "quantity",
            "location_id",
            "location_dest_id",
            "location_final_id",
            "sale_line_id",
            "date_deadline",
            "move_orig_ids",
        ],
        "stock.quant": ["quantity", "reserved_quantity"],
        "sale.order": ["currency_rate"],
        "sale.order.line": ["qty_delivered", "product_uom_qty", "price_subtotal"],
    }

    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", "Product Category", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    to_deliver = fields.Float(
        digits="Product Unit", readonly=True, help="Ordered and not delivered."
    )
    missing = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Ordered, and neither reserved nor free in this warehouse.",
    )
    promised_on = fields.Datetime(
        "Promised", readonly=True, help="For the first order that waits for it."
    )
    orders = fields.Integer(readonly=True, help="That wait for it.")
    amount = fields.Monetary(
        "Money Waiting",
        readonly=True,
        groups="sales_team.group_sale_salesman,account.group_account_invoice,"
        "o2c_addon.group_o2c_release",
        help="What is missing, at the prices of its orders: untaxed, in company "
        "currency.",
    )
    on_hand = fields.Float(digits="Product Unit", compute="_compute_forecast")
    incoming = fields.Float(
        "On the Way", digits="Product Unit", compute="_compute_forecast"
    )
    incoming_on = fields.Datetime(
        "Next Arrival", compute="_compute_forecast", help="When more of it comes first."
    )
    sentence = fields.Char("What Follows", compute="_compute_sentence")
    will_be_late = fields.Boolean(
        compute="_compute_sentence",
        help="An order that waits for it cannot be delivered by its promised day.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH RECURSIVE demand AS (%(demand)s),
            chain AS (
                SELECT id AS demand_id, id FROM demand
                 UNION
                SELECT chain.demand_id, link.move_orig_id
                  FROM chain
                  JOIN stock_move_move_rel link ON link.move_dest_id = chain.id
                  JOIN stock_move origin
                    ON origin.id = link.move_orig_id
                   AND origin.state IN %(open)s
                  JOIN stock_location place
                    ON place.id = origin.location_id AND place.usage = 'internal'
            ),
            reserved AS (
                SELECT chain.demand_id,
                       SUM(move.quantity * move.product_qty
                           / NULLIF(move.product_uom_qty, 0)) AS quantity
                  FROM chain
                  JOIN stock_move move ON move.id = chain.id
              GROUP BY chain.demand_id
            ),
            waiting AS (
                SELECT demand.*,
                       demand.order_id IN %(readable)s AS is_mine,
                       GREATEST(demand.quantity - COALESCE(reserved.quantity, 0), 0)
                           AS missing
                  FROM demand
             LEFT JOIN reserved ON reserved.demand_id = demand.id
            ),
            free AS (
                SELECT quant.product_id, place.warehouse_id,
                       SUM(quant.quantity - quant.reserved_quantity) AS quantity
                  FROM stock_quant quant
                  JOIN stock_location place
                    ON place.id = quant.location_id AND place.usage = 'internal'
              GROUP BY quant.product_id, place.warehouse_id
            )
            SELECT MIN(waiting.id) AS id, waiting.product_id, template.categ_id,
                   waiting.warehouse_id, waiting.company_id,
                   SUM(waiting.quantity) AS to_deliver,
                   SUM(waiting.missing)
                       - GREATEST(COALESCE(MIN(free.quantity), 0), 0) AS missing,
                   MIN(waiting.date_deadline) FILTER (WHERE waiting.missing > 0)
                       AS promised_on,
                   COUNT(DISTINCT waiting.order_id)
                       FILTER (WHERE waiting.missing > 0 AND is_mine) AS orders,
                   SUM(waiting.missing / NULLIF(waiting.quantity, 0) * waiting.amount)
                       FILTER (WHERE is_mine) AS amount
              FROM waiting
              JOIN product_product product ON product.id = waiting.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN free
                ON free.product_id = waiting.product_id
               AND free.warehouse_id = waiting.warehouse_id
          GROUP BY waiting.product_id, template.categ_id, waiting.warehouse_id,
                   waiting.company_id
            HAVING SUM(waiting.missing)
                       - GREATEST(COALESCE(MIN(free.quantity), 0), 0) > %(small)s
               AND BOOL_OR(is_mine)
            """,
            demand=self._demand(),
            open=OPEN,
            readable=self.env["sale.order"]._search([]).subselect(),
            small=0.00001,
        )

    def _demand(self):
        """SQL of what orders ask of our stock and what it is worth, move by move.

        What is picked first for a customer is asked for by that step, until the next
        one is there.
        """
        return SQL(
            """
            SELECT move.id, move.product_id, place.warehouse_id, move.company_id,
                   move.product_qty AS quantity, move.date_deadline,
                   line.order_id,
                   line.price_subtotal / COALESCE(NULLIF(o.currency_rate, 0), 1)
                       * GREATEST(line.product_uom_qty - line.qty_delivered, 0)
                       / NULLIF(line.product_uom_qty, 0)
                       * move.product_qty
                       / NULLIF(SUM(move.product_qty)
                                OVER (PARTITION BY line.id, move.product_id), 0)
                       AS amount
              FROM stock_move move
              JOIN sale_order_line line ON line.id = move.sale_line_id
              JOIN sale_order o ON o.id = line.order_id AND o.state = 'sale'
              JOIN product_product product ON product.id = move.product_id
              JOIN product_template template
                ON template.id = product.product_tmpl_id
               AND template.is_storable
              JOIN stock_location place
                ON place.id = move.location_id
               AND place.usage = 'internal'
               AND place.warehouse_id IS NOT NULL
              JOIN stock_location target
                ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
               AND target.usage = 'customer'
             WHERE move.state IN %(open)s
            """,
            open=OPEN,
        )

    # -- what the host's forecast says -----------------------------------------------

    def _compute_forecast(self):
        """Nothing of a row is read as sudo: what it counts depends on its reader."""
        for warehouse, rows in self.grouped("warehouse_id").items():
            # sudo: who reads a shortage may know what is there and what comes
            products = rows.product_id.sudo().with_context(warehouse_id=warehouse.id)
            arrivals = self._next_arrivals(products)
            product_of = dict(zip(products.ids, products, strict=True))
            for row in rows:
                product = product_of[row.product_id.id]
                row.on_hand = product.qty_available
                row.incoming = product.incoming_qty
                row.incoming_on = arrivals.get(product)

    def _next_arrivals(self, products):
        """Product → when more of it comes first; the warehouse is in the context."""
        _stored, arriving, _leaving = products._get_domain_locations()
        moves = Domain("product_id", "in", products.ids) & Domain("state", "in", OPEN)
        arrivals = products.env["stock.move"]._read_group(
            moves & arriving, ["product_id"], ["date:min"]
        )
        return dict(arrivals)

    @api.depends_context("lang")
    def _compute_sentence(self):
        # sudo: see _compute_forecast
        waiting = self.env["stock.move"].sudo().search(self._domain_waiting())
        waiting.mapped("forecast_availability")  # of all at once
        moves = waiting.grouped(
            lambda m: (m.product_id.id, m.location_id.warehouse_id.id)
        )
        nothing = waiting.browse()
        for row in self:
            of_row = moves.get((row.product_id.id, row.warehouse_id.id), nothing)
            row.sentence = row._what_follows(of_row)
            row.will_be_late = any(move._o2c_will_be_late() for move in of_row)

    def _what_follows(self, moves):
        """What comes for ``moves``, and what does not: a sentence."""
        uncovered = sum(
            move.product_uom._compute_quantity(move._o2c_uncovered(), self.uom_id)
            for move in moves
        )
        comes = max(filter(None, moves.mapped("forecast_expected_date")), default=None)
        day = comes and format_date(self.env, self.company_id._o2c_day_of(comes))
        if self.uom_id.compare(uncovered, 0) <= 0:
            return comes and self.env._("All of it comes by %s", day)
        missing = f"{uncovered:g} {self.uom_id.name}"
        if not comes:
            return self.env._("%s: nothing is on the way", missing)
        return self.env._(
            "%(missing)s: nothing is on the way; the rest comes by %(day)s",
            missing=missing,
            day=day,
        )

    def _domain_waiting(self):
        """The moves that wait for the products of these rows."""
        to_customers = Domain("location_final_id.usage", "=", "customer") | (
            Domain("location_final_id", "=", False)
            & Domain("location_dest_id.usage", "=", "customer")
        )
        return to_customers & Domain(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id.warehouse_id", "in", self.warehouse_id.ids),
                ("location_id.usage", "=", "internal"),
                ("sale_line_id", "!=", False),
                ("state", "in", ("waiting", "confirmed", "partially_available")),
            ]
        )

    # -- what to do ------------------------------------------------------------------

    def action_open(self):
        """The deliveries that wait for this product, as the delivery plan has them."""
        self.ensure_one()
        # sudo: which they are; they are read in the reader's own rights
        moves = self.env["stock.move"].sudo().search(self._domain_waiting())
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.delivery_plan_action"
        )
        return action | {
            "name": self.env._("Waiting for %s", self.product_id.display_name),
            "views": [view for view in action["views"] if view[1] != "calendar"],
            "domain": [("id", "in", moves.picking_id.ids)],
        }

    def action_open_forecast(self):
        """The host's forecast of this product: what comes, and for whom it is."""
        self.ensure_one()
        return self.product_id.action_product_forecast_report() | {
            "context": {
                "active_model": "product.product",
                "active_id": self.product_id.id,
                "warehouse_id": self.warehouse_id.id,
            }
        }

    def action_replenish(self):
        """The host's own question how much to buy, make or move, and by when."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replenish"),
            "res_model": "product.replenish",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_product_id": self.product_id.id,
                "default_product_tmpl_id": self.product_id.product_tmpl_id.id,
                "default_warehouse_id": self.warehouse_id.id,
                "default_quantity": self.missing,
            },
        }
