from odoo import api, models
from odoo.tools import SQL

SHOWN = ("quotation", "approval", "delivery", "invoicing", "payment")


class SaleOrder(models.Model):
    """What the screens that show orders ask every half minute."""

    _inherit = "sale.order"

    @api.model
    def o2c_news(self):
        """A short text that is another one as soon as something on the board is.

        Looks at the rows that cards are made of, of the open orders the acting user
        may read. Their dates of change are added up instead of looking at the last one:
        who began to write first may well be the last to finish.
        """
        self.env.flush_all()
        orders = self._search([("o2c_stage", "in", SHOWN)])
        [[news]] = self.env.execute_query(
            SQL(
                """
                WITH shown AS MATERIALIZED (%(orders)s), news AS (
                    SELECT o.write_date
                      FROM sale_order o WHERE o.id IN (SELECT id FROM shown)
                 UNION ALL
                    SELECT picking.write_date
                      FROM stock_picking picking
                     WHERE picking.sale_id IN (SELECT id FROM shown)
                       AND picking.state NOT IN ('done', 'cancel')
                 UNION ALL
                    SELECT request.write_date
                      FROM o2c_approval_request request
                     WHERE request.order_id IN (SELECT id FROM shown)
                 UNION ALL
                    SELECT hold.write_date
                      FROM o2c_hold hold
                     WHERE hold.order_id IN (SELECT id FROM shown)
                 UNION ALL
                    SELECT task.write_date
                      FROM o2c_billing_task task
                     WHERE task.order_id IN (SELECT id FROM shown)
                )
                SELECT count(*) || '-' || COALESCE(
                           sum(EXTRACT(EPOCH FROM write_date)), 0)
                  FROM news
                """,
                orders=orders.select(),
            )
        )
        return news
