from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

DOCUMENTS = ("out_invoice", "out_refund", "out_receipt")


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "o2c.approval.mixin", "o2c.event.mixin"]

    _o2c_gate = "post"
    _o2c_final_state = "posted"
    _o2c_passed_date = "invoice_date"

    o2c_hold_ids = fields.One2many("o2c.hold", "move_id", "Holds", readonly=True)

    def _o2c_orders(self):
        return self.line_ids.sale_line_ids.order_id

    def _o2c_customer(self):
        """Who owes, as accounting sees it."""
        # sudo: judged alike whoever acts
        return self.sudo().commercial_partner_id.with_company(self.company_id)

    def _o2c_of_customers(self):
        return self.filtered(lambda m: m.move_type in DOCUMENTS)

    def _o2c_of_orders(self):
        """The customer documents among these that come from orders."""
        return self._o2c_of_customers().filtered(lambda m: m._o2c_orders())

    # -- the gate --------------------------------------------------------------------

    def _o2c_is_final(self):
        return super()._o2c_is_final() and self.move_type in DOCUMENTS

    def _o2c_passed_where(self):
        return SQL("move_type IN %s", DOCUMENTS)

    def _o2c_forget_facts(self):
        self.env["sale.order"]._o2c_forget_facts()
        return super()._o2c_forget_facts()

    def _o2c_obstacles(self, gate):
        """An order that outgrew its approval is not invoiced until it is asked again.

        Credit notes go; where the money is already taken, so does the invoice.
        """
        if gate != "post" or self.move_type not in DOCUMENTS:
            return []
        obstacles = super()._o2c_obstacles(gate)
        if self.move_type != "out_invoice":
            return obstacles
        if self._o2c_is_paid_for():
            return obstacles
        # sudo: accounting need not read orders
        return obstacles + self.sudo()._o2c_orders()._o2c_outgrown_by_rules()

    def _o2c_open_holds(self, gate):
        # sudo: accounting need not read orders; what is taken back is never held
        invoice = self.sudo().filtered(lambda m: m.move_type != "out_refund")
        return invoice._o2c_orders()._o2c_open_holds(gate) | super()._o2c_open_holds(
            gate
        )

    def _o2c_hold_gate(self, gate):
        if self.move_type not in DOCUMENTS:
            raise UserError(self.env._("Only invoices to customers are put on hold."))
        return super()._o2c_hold_gate(gate)

    def _o2c_is_paid_for(self):
        """Whether the money is already taken: online, or at a till."""
        # sudo: a yes or no, whoever may read payments
        invoice = self.sudo()
        return "done" in invoice.transaction_ids.mapped("state") or bool(
            "pos_order_ids" in self._fields and invoice.pos_order_ids
        )

    def _post(self, soft=True):
        """Confirm what may be confirmed; the rest stays a draft that says why."""
        gated = self._o2c_of_customers()
        if soft:  # what is for a later day is asked about on that day
            today = fields.Date.context_today(self)
            gated = gated.filtered(lambda m: m.date <= today)
        waiting = gated._o2c_park("post")
        with (gated - waiting)._o2c_passing():
            posted = super(AccountMove, self - waiting)._post(soft)
        posted._o2c_of_orders()._o2c_log("posted")
        posted._o2c_of_customers()._o2c_log_watched()
        return posted

    def _o2c_log_watched(self):
        """The rules that only watch or warn, of which these would have waited."""
        rows = [row for move in self for row in move._o2c_prepare_watched("post")]
        if rows:
            self._o2c_remember(rows)

    # -- what happened ---------------------------------------------------------------

    @api.constrains("payment_state")
    def _o2c_check_payment(self):
        """Remember when an invoice became paid, and when it no longer was.

        A constraint, because the state is computed and changes in many ways.
        """
        self.env["o2c.hold"].sudo()._look_again()  # sudo: only wakes the server up
        # sudo: whoever registers a payment need not read the orders
        invoices = self.sudo()._o2c_of_orders()
        were_paid = invoices._o2c_were_paid()
        now_paid = invoices.filtered(
            lambda m: m.payment_state in ("paid", "in_payment", "reversed")
        )
        (now_paid - were_paid)._o2c_log("paid")
        (were_paid - now_paid)._o2c_log("unpaid")

    def _o2c_were_paid(self):
        """Those of which the last thing remembered about payment is that it is paid."""
        last = self.env["o2c.event"]._read_group(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity", "in", ("paid", "unpaid")),
            ],
            ["res_id"],
            ["id:max"],
        )
        events = self.env["o2c.event"].browse(event for _move, event in last)
        return self.browse(event.res_id for event in events if event.activity == "paid")
