from odoo import fields, models


class CustomerAnswer(models.TransientModel):
    """What a customer says about unpaid invoices."""

    _name = "o2c.customer.answer"
    _description = "The Customer Says"

    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    answer = fields.Selection(
        [("promise", "We will pay by a day"), ("dispute", "Something is wrong")],
        required=True,
        default="promise",
    )
    date = fields.Date("Pays By")
    reason = fields.Text("What Is Wrong")

    def action_note(self):
        """Note it on the invoices."""
        if self.answer == "promise":
            self.move_ids.action_o2c_promise(self.date)
        else:
            self.move_ids.action_o2c_dispute(self.reason)
        return {"type": "ir.actions.act_window_close"}
