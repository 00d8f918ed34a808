from odoo import fields, models

from ..models.dispute import OUTCOMES


class DisputeAnswer(models.TransientModel):
    """What came of the question of a customer, and what to tell him."""

    _name = "o2c.dispute.answer"
    _description = "Answer to a Question on an Invoice"

    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    question = fields.Text(compute="_compute_question")
    outcome = fields.Selection(OUTCOMES, required=True)
    answer = fields.Text("Answer to the Customer")

    def _compute_question(self):
        for page in self:
            words = page.move_ids.filtered("o2c_dispute_reason")
            page.question = "\n".join(words.mapped("o2c_dispute_reason"))

    def action_answer(self):
        """Note it; the customer reads it on the page of the invoice."""
        self.move_ids.action_o2c_end_dispute(self.outcome, self.answer)
        return {"type": "ir.actions.act_window_close"}

    def action_answer_and_credit(self):
        """The same, and go on with the host's credit note."""
        self.action_answer()
        return self.move_ids.action_reverse()
