from odoo import api, fields, models
from odoo.tools import SQL, format_date
from odoo.tools.sql import column_exists, create_column

STAGES = [
    ("quotation", "To confirm"),
    ("approval", "To approve"),
    ("delivery", "To deliver"),
    ("invoicing", "To invoice"),
    ("payment", "To be paid"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]


class SaleOrder(models.Model):
    """What an order waits for now: a definition, never a workflow."""

    _inherit = "sale.order"

    o2c_stage = fields.Selection(
        STAGES,
        "Stage",
        compute="_compute_o2c_stage",
        store=True,
        index=True,
        group_expand="_expand_o2c_stage",
        copy=False,
        help="What this order waits for now.",
    )
    o2c_status = fields.Char("Waits For", compute="_compute_o2c_status")

    def _auto_init(self):
        """Existing orders get their stage by one UPDATE, see ``_o2c_take_over``."""
        if not column_exists(self.env.cr, self._table, "o2c_stage"):
            create_column(self.env.cr, self._table, "o2c_stage", "varchar")
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_stage"}

    @api.model
    def _expand_o2c_stage(self, stages, domain):
        """The columns of the board: all but the cancelled ones, empty or not."""
        return [stage for stage, _label in STAGES if stage != "cancelled"]

    @api.depends(
        "state",
        "o2c_approval_state",
        "order_line.product_uom_qty",
        "order_line.qty_delivered",
        "order_line.qty_to_invoice",
        "order_line.move_ids.state",
        "order_line.invoice_lines.move_id.state",
        "order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_o2c_stage(self):
        for order in self:
            order.o2c_stage = order._o2c_next_stage()

    def _o2c_next_stage(self):
        """What this order waits for now, read from the facts alone."""
        if self.state == "cancel":
            return "cancelled"
        if self.state != "sale":
            waits = self.o2c_approval_state in ("pending", "refused")
            return "approval" if waits else "quotation"
        if not self._o2c_is_delivered():
            return "delivery"
        if self._o2c_has_something_to_invoice():
            return "invoicing"
        return "payment" if self._o2c_owes() else "done"

    def _o2c_is_delivered(self):
        """Whether nothing is left to deliver."""
        return not any(line._o2c_is_to_deliver() for line in self.order_line)

    def _o2c_invoices(self):
        """The invoices and credit notes of this order, cancelled ones left out.

        By way of the lines: the host's ``invoice_ids`` is not stored.
        """
        return self.order_line.invoice_lines.move_id.filtered(
            lambda m: (
                m.state != "cancel" and m.move_type in ("out_invoice", "out_refund")
            )
        )

    def _o2c_has_something_to_invoice(self):
        """Whether a quantity or a draft still has to become a confirmed invoice."""
        return any(self._o2c_invoices().mapped(lambda m: m.state == "draft")) or any(
            line.qty_to_invoice and not line.is_downpayment and not line.display_type
            for line in self.order_line
        )

    def _o2c_owes(self):
        """Whether a confirmed invoice is not yet paid."""
        return any(
            invoice.state == "posted"
            and invoice.payment_state in ("not_paid", "partial")
            for invoice in self._o2c_invoices()
        )

    @api.depends("o2c_stage")
    @api.depends_context("uid", "lang")
    def _compute_o2c_status(self):
        for order in self:
            order.o2c_status = order._o2c_waits_for()

    def _o2c_waits_for(self):
        """One sentence: why this order stands where it stands, for this reader."""
        reasons = {
            "quotation": self._o2c_waits_for_confirmation,
            "approval": self._o2c_waits_for_confirmation,
            "delivery": self._o2c_waits_for_delivery,
            "invoicing": self._o2c_waits_for_invoice,
            "payment": self._o2c_waits_for_payment,
        }
        return reasons[self.o2c_stage]() if self.o2c_stage in reasons else ""

    def _o2c_waits_for_confirmation(self):
        for obstacle in self.o2c_explain():
            return obstacle["reason"]
        if self.state == "sent":
            return self.env._("Waiting for the customer's answer")
        return self.env._("Not sent to the customer yet")

    def _o2c_waits_for_delivery(self):
        # sudo: sales may know why goods wait without access to the warehouse
        deliveries = self.sudo().picking_ids.filtered(
            lambda p: p._o2c_is_open_delivery()
        )
        for delivery in deliveries:
            return delivery.with_user(self.env.user).sudo()._o2c_waits_for()
        return self.env._("Work to be done before it is delivered")

    def _o2c_waits_for_invoice(self):
        # sudo: every reader of the order may know that invoicing needs attention
        tasks = self.sudo().o2c_billing_task_ids
        if parked := tasks.filtered(lambda t: t.state == "parked"):
            return self.env._("Invoicing needs attention: %s", parked[0].error)
        if waiting := tasks.filtered(lambda t: t.state == "todo" and t.waits_for):
            return waiting[0]._sentence()
        if any(invoice.state == "draft" for invoice in self.sudo()._o2c_invoices()):
            return self.env._("A draft invoice is to be confirmed")
        return self.env._("To be invoiced")

    def _o2c_waits_for_payment(self):
        invoices = self.sudo()._o2c_invoices()  # sudo: only number and date are told
        owed = invoices.filtered(lambda m: m.state == "posted" and m.amount_residual)
        first = owed.sorted("invoice_date_due")[:1]
        due = first.invoice_date_due or first.invoice_date
        if due and due < fields.Date.context_today(self):
            return self.env._(
                "%(invoice)s is overdue since %(date)s",
                invoice=first.name,
                date=format_date(self.env, due),
            )
        return self.env._(
            "%(invoice)s is due on %(date)s",
            invoice=first.name,
            date=format_date(self.env, due),
        )

    # -- taking over a database in use -----------------------------------------------

    @api.model
    def _o2c_take_over(self):
        result = super()._o2c_take_over()
        self.env.cr.execute(self._o2c_stage_of_old_orders())
        self.env.invalidate_all()
        return result

    def _o2c_stage_of_old_orders(self):
        """``_o2c_next_stage`` in SQL, for orders from before the addon."""
        return SQL(
            """
            WITH shipment AS (
                SELECT move.sale_line_id AS line_id,
                       bool_or(move.state NOT IN ('done', 'cancel')) AS is_open,
                       bool_or(move.state = 'done') AS is_done
                  FROM stock_move move
                  JOIN stock_location source ON source.id = move.location_id
                 WHERE move.sale_line_id IS NOT NULL AND source.usage != 'customer'
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
                       bool_or(line.qty_to_invoice != 0) AS to_invoice
                  FROM sale_order_line line
                  JOIN product_product product ON product.id = line.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
             LEFT JOIN shipment ON shipment.line_id = line.id
                 WHERE line.display_type IS NULL
                   AND line.is_downpayment IS NOT TRUE
              GROUP BY line.order_id
            ), billed AS (
                SELECT line.order_id,
                       bool_or(invoice.state = 'draft') AS has_draft,
                       bool_or(
                           invoice.state = 'posted'
                           AND invoice.payment_state IN ('not_paid', 'partial')
                       ) AS owes
                  FROM sale_order_line line
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
                  JOIN account_move_line item ON item.id = rel.invoice_line_id
                  JOIN account_move invoice ON invoice.id = item.move_id
                 WHERE invoice.move_type IN ('out_invoice', 'out_refund')
              GROUP BY line.order_id
            )
            UPDATE sale_order
               SET o2c_approval_state = 'none',
                   o2c_stage = CASE
                       WHEN sale_order.state = 'cancel' THEN 'cancelled'
                       WHEN sale_order.state != 'sale' THEN 'quotation'
                       WHEN content.to_deliver THEN 'delivery'
                       WHEN content.to_invoice OR billed.has_draft THEN 'invoicing'
                       WHEN billed.owes THEN 'payment'
                       ELSE 'done'
                   END
              FROM sale_order same
         LEFT JOIN content ON content.order_id = same.id
         LEFT JOIN billed ON billed.order_id = same.id
             WHERE same.id = sale_order.id AND sale_order.o2c_stage IS NULL
            """
        )
