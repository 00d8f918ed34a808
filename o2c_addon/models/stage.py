from odoo import api, fields, models
from odoo.tools import format_date
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

COLUMNS = {
    "o2c_stage": "varchar",
    "o2c_stage_since": "timestamp",
    "o2c_stage_is_about": "bool",
}


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
    o2c_stage_since = fields.Datetime(
        "In Stage Since", compute="_compute_o2c_stage", store=True, copy=False
    )
    o2c_stage_is_about = fields.Boolean(
        "Since About",
        compute="_compute_o2c_stage",
        store=True,
        copy=False,
        help="The order is older than this addon: since when is read from the dates "
        "of its documents.",
    )
    o2c_status = fields.Char(
        "Waits For", compute="_compute_o2c_status", groups="base.group_user"
    )

    def _auto_init(self):
        """Existing orders get their stage by one UPDATE, see ``older_orders``."""
        for name, kind in COLUMNS.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, kind)
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | set(COLUMNS)

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
        """The stage, and with it since when: one write, no query more."""
        now = fields.Datetime.now()
        for order in self:
            stage = order._o2c_next_stage()
            stays = stage == order.o2c_stage
            order.o2c_stage_since = stays and order.o2c_stage_since or now
            order.o2c_stage_is_about = stays and order.o2c_stage_is_about
            order.o2c_stage = stage

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
        return any(
            line.qty_to_invoice and not line.is_downpayment and not line.display_type
            for line in self.order_line
        ) or any(invoice.state == "draft" for invoice in self._o2c_invoices())

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
        self._o2c_forget_facts()
        self._o2c_read_together()
        for order in self:
            so_far = [order._o2c_delivered_so_far(), order._o2c_overdue_so_far()]
            sentences = [*so_far, order._o2c_waits_for()]
            order.o2c_status = " · ".join(filter(None, sentences))

    def _o2c_delivered_so_far(self):
        """“2 of 3 delivered”, where some lines are and some are not."""
        if self.o2c_stage != "delivery":
            return ""
        # sudo: how many is told to whoever may read the order
        lines = (
            self.sudo()
            ._o2c_goods()
            .filtered(lambda li: li.product_uom_qty > 0 and not li.o2c_every)
        )
        delivered = lines.filtered(
            lambda li: (
                li.product_uom_id.compare(li.qty_delivered, li.product_uom_qty) >= 0
            )
        )
        if not delivered or delivered == lines:
            return ""
        return self.env._(
            "%(delivered)s of %(all)s delivered",
            delivered=len(delivered),
            all=len(lines),
        )

    def _o2c_overdue_so_far(self):
        """“1 invoice overdue”, while the rest is still on its way."""
        if self.o2c_stage not in ("delivery", "invoicing"):
            return ""
        if not self.env.user._o2c_may_read_settlement():
            return ""
        today = self.company_id._o2c_today()
        # sudo: how many there are is told to who may read the settlement
        overdue = (
            self.sudo()
            ._o2c_invoices()
            .filtered(
                lambda m: (
                    m.state == "posted"
                    and m.move_type == "out_invoice"
                    and m.payment_state in ("not_paid", "partial")
                    and m.invoice_date_due
                    and m.invoice_date_due < today
                )
            )
        )
        if not overdue:
            return ""
        if len(overdue) == 1:
            return self.env._("1 invoice overdue")
        return self.env._("%s invoices overdue", len(overdue))

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
        # sudo: the sentence is made for the reader, whatever he may read
        for obstacle in self.sudo()._o2c_obstacles("confirm"):
            if obstacle.blocking:
                return self._o2c_sentence(obstacle)
        if self.state == "sent":
            return self.env._("Waiting for the customer's answer")
        return self.env._("Not sent to the customer yet")

    def _o2c_read_together(self):
        """What the sentences are made of: read once for all of these orders."""
        # sudo: see _o2c_waits_for_delivery
        orders = self.sudo()
        orders.mapped("o2c_request_ids.approver_ids.name")
        moves = orders.filtered(
            lambda o: o.o2c_stage == "delivery"
        ).picking_ids.move_ids
        for path in (
            "move_line_ids.quantity",
            "product_id.display_name",
            "picking_id.o2c_hold_ids.reason_id.release_group_id",
            "sale_line_id.order_id.o2c_hold_ids.reason_id.release_group_id",
            "sale_line_id.order_id.partner_invoice_id.commercial_partner_id.name",
        ):
            moves.mapped(path)

    def _o2c_waits_for_delivery(self):
        # sudo: sales may know why goods wait without access to the warehouse
        for delivery in self.sudo().picking_ids:
            if delivery._o2c_is_open_delivery():
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
        if not self.env.user._o2c_may_read_settlement():
            return self.env._("Waiting for payment")
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
