from uuid import uuid4

from odoo import api, fields, models
from odoo.tools import format_date


class AccountMove(models.Model):
    """What customers hear of their invoices, reminders included."""

    _name = "account.move"
    _inherit = ["account.move", "o2c.notice.mixin"]

    o2c_told_together_ids = fields.Many2many(
        "account.move",
        string="Reminded Of Together",
        compute="_compute_o2c_told_together_ids",
        help="What a reminder of this invoice tells of.",
    )

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted.filtered(
            lambda m: m.move_type == "out_invoice" and m.state == "posted"
        )._o2c_tell_customer("invoiced")
        return posted

    @api.constrains("payment_state")
    def _o2c_check_thanks(self):
        """Thank for the payment; a constraint, because it comes in many ways."""
        self.filtered(
            lambda m: (
                m.move_type == "out_invoice"
                and m.state == "posted"
                and m.payment_state in ("paid", "in_payment")
                and m.amount_total
            )
        )._o2c_tell_customer("paid")

    def _o2c_notice_owner(self):
        return self.company_id.o2c_billing_owner_id or self.invoice_user_id

    def _o2c_reason_not_to_tell(self, notice):
        if notice.kind == "paid" and not self._o2c_is_paid():
            return ("overtaken",)
        if notice.kind == "invoiced" and (self.is_move_sent or self.o2c_send_on):
            return ("host",)
        if notice.kind == "reminder":
            if not self._o2c_is_open():
                return ("settled",)
            if self.o2c_disputed_on:
                return ("disputed",)
            if self._o2c_is_promised():
                return ("promised", str(self.o2c_promised_on))
        return super()._o2c_reason_not_to_tell(notice)

    def _o2c_papers(self):
        """The invoice as it was sent; if it never was, as it would be printed."""
        if self.invoice_pdf_report_id:
            return self.invoice_pdf_report_id
        report = self.env["account.move.send"]._get_default_pdf_report_id(self)
        return self._o2c_print(report.report_name, self.name)

    # -- for the texts ---------------------------------------------------------------

    def _compute_o2c_told_together_ids(self):
        reminders = self.env["o2c.notice"].search(
            [
                ("move_id", "in", self.ids),
                ("kind", "=", "reminder"),
                ("state", "in", ("queued", "sending")),
            ]
        )
        alone = reminders.grouped("move_id")
        statements = self._o2c_statements()
        for move in self:
            told = alone.get(move, reminders.browse())[:1].rule_id.scope == "invoice"
            statement = statements.get((move.commercial_partner_id, move.company_id))
            together = self.browse() if told or not statement else statement
            move.o2c_told_together_ids = together | move

    def _o2c_statements(self):
        """(customer, company) → all that is to be paid, the oldest first, but for
        what is questioned. In a number of queries that does not grow with them."""
        open_items = self.search(
            [
                ("commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("o2c_disputed_on", "=", False),
            ],
            order="invoice_date_due, id",
        ).filtered(lambda m: not m.no_followup)
        return open_items.grouped(lambda m: (m.commercial_partner_id, m.company_id))

    def _o2c_statement_table(self):
        """The same as a table with the way to pay each, in the customer's language."""
        return self.env["ir.qweb"]._render(
            "o2c_addon.statement_table", {"invoices": self.o2c_told_together_ids}
        )

    def _o2c_pay_link(self):
        """Where the customer pays this, logged in or not."""
        if not self.access_token:  # past what the host does when an invoice is edited
            # sudo: as the host does, whoever reads the text
            models.BaseModel.write(self.sudo(), {"access_token": str(uuid4())})
        return self.get_base_url() + self.get_portal_url()

    def _o2c_due_in_words(self):
        return format_date(self.env, self.invoice_date_due)

    # -- holds -----------------------------------------------------------------------

    def _o2c_hold_orders(self, reason):
        """Put on hold what of this customer is confirmed and not delivered."""
        if not reason:
            return
        orders = self.env["sale.order"].search(
            [
                (
                    "partner_id.commercial_partner_id",
                    "=",
                    self.commercial_partner_id.id,
                ),
                ("company_id", "=", self.company_id.id),
                ("o2c_stage", "=", "delivery"),
            ]
        )
        note = self.env._("%s is not paid", self.name)
        orders._o2c_put_on_hold(reason, note, until_paid_id=self.id)
