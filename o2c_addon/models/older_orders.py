from odoo import api, models
from odoo.tools import SQL

from .order_settlement import OWED


class SaleOrder(models.Model):
    """Orders from before the addon: what would be computed for each, by one UPDATE.

    What stands here answers ``_o2c_next_stage``, ``_o2c_how_settled`` and
    ``_compute_o2c_milestones`` from the host's own dates; nobody knows when an old
    invoice was sent. A table of 100,000 orders is written once, not once for each.
    """

    _inherit = "sale.order"

    def _o2c_stamp_table(self):
        """Orders are stamped with all the rest, see ``_o2c_take_over``."""
        return SQL(
            "ALTER TABLE sale_order ADD o2c_passed_on timestamp, "
            "ADD o2c_passed_facts jsonb"
        )

    @api.model
    def _o2c_take_over(self):
        self.env.flush_all()
        # of new columns PostgreSQL knows nothing, and would expect hardly any order
        self.env.cr.execute("ANALYZE sale_order (state, o2c_stage, o2c_passed_on)")
        self.env.cr.execute(self._o2c_facts_of_older_orders())
        # what was touched while the addon was being installed has a stage, no stamp
        return super()._o2c_take_over()

    def _o2c_facts_of_older_orders(self):
        return SQL(
            """
            WITH shipment AS (
                SELECT move.sale_line_id AS line_id,
                       bool_or(move.state NOT IN ('done', 'cancel'))
                           FILTER (WHERE source.usage != 'customer') AS is_open,
                       bool_or(move.state = 'done')
                           FILTER (WHERE source.usage != 'customer') AS is_done,
                       max(move.date) FILTER (
                           WHERE move.state = 'done' AND source.usage != 'customer'
                       ) AS done_on,
                       max(picking.date_done) FILTER (
                           WHERE move.state = 'done' AND target.usage = 'customer'
                       ) AS left_on
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location target ON target.id = move.location_dest_id
             LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                 WHERE move.sale_line_id IS NOT NULL
              GROUP BY move.sale_line_id
            ), content AS (
                SELECT line.order_id,
                       bool_or(
                           line.product_uom_qty > 0
                           AND CASE
                               WHEN line.qty_delivered_method != 'stock_move'
                               THEN template.invoice_policy = 'delivery'
                                    AND line.qty_delivered < line.product_uom_qty
                               ELSE COALESCE(shipment.is_open, FALSE)
                                    OR NOT COALESCE(shipment.is_done, FALSE)
                                       AND line.qty_delivered < line.product_uom_qty
                           END
                       ) AS to_deliver,
                       bool_or(line.qty_to_invoice != 0) AS to_invoice,
                       max(shipment.done_on) AS done_on,
                       max(shipment.left_on) AS left_on
                  FROM sale_order_line line
                  JOIN product_product product ON product.id = line.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
             LEFT JOIN shipment ON shipment.line_id = line.id
                 WHERE line.display_type IS NULL
                   AND line.is_downpayment IS NOT TRUE
              GROUP BY line.order_id
            ), payment AS (
                SELECT item.move_id,
                       max(CASE WHEN match.create_date::date = match.max_date
                                THEN match.create_date
                                ELSE match.max_date END) AS paid_on
                  FROM account_partial_reconcile match
                  JOIN account_move_line item ON item.id = match.debit_move_id
              GROUP BY item.move_id
            ), invoice AS (
                SELECT move.id,
                       move.state = 'draft' AS is_draft,
                       move.state = 'posted' AS is_posted,
                       move.move_type = 'out_invoice' AS is_debt,
                       move.payment_state IN %(owed)s AS is_owed,
                       move.payment_state = 'not_paid' AS is_open,
                       move.invoice_date::timestamp AS issued_on,
                       CASE WHEN move.payment_state IN ('paid', 'in_payment')
                            THEN payment.paid_on END AS paid_on
                  FROM account_move move
             LEFT JOIN payment ON payment.move_id = move.id
                 WHERE move.move_type IN ('out_invoice', 'out_refund')
                   AND move.state != 'cancel'
            ), billed AS (
                SELECT line.order_id,
                       bool_or(is_draft) AS has_draft,
                       bool_or(is_posted) AS has_posted,
                       bool_or(is_posted AND is_owed) AS owes,
                       bool_or(is_posted AND is_owed AND is_debt) AS owes_debt,
                       bool_and(is_open) FILTER (WHERE is_posted AND is_debt)
                           AS is_open,
                       max(issued_on) FILTER (WHERE is_posted) AS last_on,
                       max(issued_on) FILTER (WHERE is_posted AND is_debt) AS issued_on,
                       max(paid_on) FILTER (WHERE is_posted AND is_debt) AS paid_on
                  FROM sale_order_line line
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                  JOIN account_move_line item ON item.id = rel.invoice_line_id
                  JOIN invoice ON invoice.id = item.move_id
              GROUP BY line.order_id
            ), fact AS (
                SELECT o.id, content.done_on, content.left_on,
                       billed.last_on, billed.issued_on, billed.paid_on,
                       CASE
                           WHEN o.state = 'cancel' THEN 'cancelled'
                           WHEN o.state != 'sale' THEN 'quotation'
                           WHEN content.to_deliver THEN 'delivery'
                           WHEN content.to_invoice OR billed.has_draft THEN 'invoicing'
                           WHEN billed.owes THEN 'payment'
                           ELSE 'done'
                       END AS stage,
                       CASE
                           WHEN billed.has_posted IS NOT TRUE THEN 'none'
                           WHEN NOT billed.owes THEN 'paid'
                           WHEN NOT billed.owes_debt THEN 'credit'
                           WHEN billed.is_open THEN 'open'
                           ELSE 'partial'
                       END AS settlement
                  FROM sale_order o
             LEFT JOIN content ON content.order_id = o.id
             LEFT JOIN billed ON billed.order_id = o.id
                 WHERE o.o2c_stage IS NULL
            )
            UPDATE sale_order
               SET o2c_approval_state = 'none',
                   o2c_stage = stage,
                   o2c_stage_is_about = TRUE,
                   o2c_stage_since = CASE stage
                       WHEN 'cancelled' THEN write_date
                       WHEN 'quotation' THEN create_date
                       WHEN 'delivery' THEN date_order
                       WHEN 'invoicing' THEN COALESCE(done_on, date_order)
                       ELSE COALESCE(last_on, done_on, date_order)
                   END,
                   o2c_settlement = settlement,
                   o2c_delivered_on = CASE
                       WHEN stage IN ('invoicing', 'payment', 'done') THEN left_on
                   END,
                   o2c_invoiced_on = CASE
                       WHEN stage IN ('payment', 'done') THEN issued_on
                   END,
                   o2c_paid_on = CASE WHEN stage = 'done' THEN paid_on END,
                   %(stamp)s
              FROM fact
             WHERE fact.id = sale_order.id
            """,
            owed=OWED,
            stamp=self._o2c_stamp_of_older(),
        )
