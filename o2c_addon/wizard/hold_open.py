from odoo import api, fields, models

from ..models.hold_reason import GATES


class HoldOpen(models.TransientModel):
    """Why documents are put on hold, and what of an order has to wait."""

    _name = "o2c.hold.open"
    _description = "Put on Hold"

    res_model = fields.Selection(
        [
            ("sale.order", "Orders"),
            ("stock.picking", "Deliveries"),
            ("account.move", "Invoices"),
        ],
        required=True,
        readonly=True,
    )
    res_ids = fields.Json(readonly=True)
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    reason_id = fields.Many2one(
        "o2c.hold.reason",
        required=True,
        domain="[('company_id', 'in', (company_id, False))]",
    )
    lift = fields.Selection(related="reason_id.lift")
    gate = fields.Selection(
        GATES,
        "What Waits",
        compute="_compute_gate",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    until = fields.Date()
    note = fields.Char("In Your Words", help="Is read by everybody who is stopped.")

    @api.depends("res_model", "res_ids")
    def _compute_company_id(self):
        for page in self:
            page.company_id = page._documents().company_id[:1]

    @api.depends("reason_id")
    def _compute_gate(self):
        for page in self:
            page.gate = page.reason_id.gate or page.gate or "deliver"

    def _documents(self):
        return self.env[self.res_model or "sale.order"].browse(self.res_ids or [])

    def action_hold(self):
        """Put them on hold."""
        self._documents().action_o2c_hold(
            self.reason_id.id, self.note, self.gate, self.until
        )
        return {"type": "ir.actions.act_window_close"}
