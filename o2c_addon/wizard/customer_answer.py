from odoo import api, fields, models


class CustomerAnswer(models.TransientModel):
    """What a customer says about unpaid invoices."""

    _name = "o2c.customer.answer"
    _description = "The Customer Says"

    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    company_id = fields.Many2one("res.company", compute="_compute_of_invoices")
    currency_id = fields.Many2one("res.currency", compute="_compute_of_invoices")
    is_one = fields.Boolean(compute="_compute_of_invoices")
    answer = fields.Selection(
        [("promise", "We will pay by a day"), ("dispute", "Something is wrong")],
        required=True,
        default="promise",
    )
    date = fields.Date("Pays By")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="What is promised of this invoice.",
    )
    reason_id = fields.Many2one(
        "o2c.dispute.reason",
        "Kind of Question",
        domain="[('company_id', 'in', (company_id, False))]",
    )
    reason = fields.Text("What Is Wrong")

    @api.depends("move_ids")
    def _compute_of_invoices(self):
        for page in self:
            page.is_one = len(page.move_ids) == 1
            page.company_id = page.move_ids.company_id[:1]
            page.currency_id = page.move_ids.currency_id[:1]

    @api.depends("move_ids")
    def _compute_amount(self):
        for page in self:
            page.amount = page.move_ids.amount_residual if page.is_one else 0.0

    def action_note(self):
        """Note it on the invoices."""
        if self.answer == "promise":
            amount = self.amount if self.is_one else None
            self.move_ids.action_o2c_promise(self.date, amount)
        else:
            self.move_ids.action_o2c_dispute(self.reason, self.reason_id.id)
        return {"type": "ir.actions.act_window_close"}
