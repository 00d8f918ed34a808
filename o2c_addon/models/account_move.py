from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tools import SQL

DOCUMENTS = ("out_invoice", "out_refund", "out_receipt")


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "o2c.gate.mixin", "o2c.event.mixin"]

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

    def _o2c_after_release(self, hold):
        """What was to be confirmed is, with the rights of who wanted it."""
        super()._o2c_after_release(hold)
        if not hold.intent or self._o2c_is_final() or self._o2c_is_stopped("post"):
            return
        user = hold.waiting_user_id
        move = self.with_env(self.env(user=user.id, su=hold.intent["su"], context={}))
        try:
            with self.env.cr.savepoint():
                move.with_company(self.company_id).action_post()
        except (UserError, ValidationError, AccessError, MissingError) as error:
            self.message_post(body=str(error), partner_ids=user.partner_id.ids)

    def _o2c_is_paid_for(self):
        # sudo: a yes or no, whoever may read payments
        return "done" in self.sudo().transaction_ids.mapped("state")

    def _post(self, soft=True):
        """Confirm what may be confirmed; the rest stays a draft that says why."""
        gated = self._o2c_of_customers()
        gated._o2c_forget_facts()
        # sudo: judged alike whoever acts
        waiting = gated.sudo().filtered(lambda m: m._o2c_is_stopped("post"))
        waiting = waiting.with_env(self.env)
        if waiting:
            waiting._o2c_check_may_wait()
            judged = waiting.sudo()  # sudo: see above
            judged._o2c_orders()._o2c_ask_if_outgrown()
            judged.o2c_hold_ids.filtered(lambda h: h.state == "open")._remember(
                {"gate": "post", "su": self.env.su}, self.env.user
            )
        with (gated - waiting)._o2c_passing():
            posted = super(AccountMove, self - waiting)._post(soft)
        posted._o2c_of_orders()._o2c_log("posted")
        return posted

    def _o2c_check_may_wait(self):
        """What the host checks first: waiting is no way to gain rights."""
        if not self.env.su and not self.env.user.has_group(
            "account.group_account_invoice"
        ):
            raise AccessError(
                self.env._("You don't have the access rights to post an invoice.")
            )

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
