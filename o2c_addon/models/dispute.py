from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

ACTIVITY = "o2c_addon.mail_activity_type_o2c_dispute"
OUTCOMES = [
    ("granted", "The customer is right"),
    ("partly", "The customer is partly right"),
    ("stands", "The invoice stands"),
    ("settled", "Settled otherwise"),
]
CHANGEABLE = frozenset({"reason_id", "user_id"})  # of an open one, by accounting


class Dispute(models.Model):
    """A customer questions an invoice: why, who answers, and what came of it.

    Use: noted on the invoice, or asked by the customer in the portal. While one is
    open nobody is reminded of the invoice. The outcome, in words for the customer,
    stands on the customer's page and in the history.
    """

    _name = "o2c.dispute"
    _description = "Question on an Invoice"
    _inherit = ["o2c.own.mixin", "o2c.customer.word"]
    _order = "id desc"
    _check_company_auto = True

    currency_id = fields.Many2one(related="move_id.currency_id")
    amount = fields.Monetary("Open", related="move_id.amount_residual")
    reason_id = fields.Many2one(
        "o2c.dispute.reason",
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    words = fields.Text("What the Customer Says", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        "To Be Answered By",
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    opened_on = fields.Datetime(
        "Asked On",
        required=True,
        readonly=True,
        default=lambda self: fields.Datetime.now(),
    )
    state = fields.Selection(
        [("open", "Open"), ("answered", "Answered")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    outcome = fields.Selection(OUTCOMES, readonly=True)
    answer = fields.Text(
        "Answer to the Customer",
        readonly=True,
        help="Stands on the customer's page of the invoice.",
    )
    answered_on = fields.Datetime(readonly=True)
    answered_by_id = fields.Many2one("res.users", readonly=True)

    _one_open = models.UniqueIndex(
        "(move_id) WHERE state = 'open'",
        "This invoice is in question already.",
    )

    def _o2c_own_fields(self):
        """What the customer said and what came of it is written by the buttons only."""
        return frozenset(self._fields) - CHANGEABLE

    @api.constrains("user_id")
    def _check_user(self):
        """Who shall answer is told, and has to be there."""
        for dispute in self.filtered(lambda d: d.state == "open"):
            # sudo: who may reassign need not read users of other companies
            user, company = dispute.sudo().user_id, dispute.company_id
            if user and (not user._is_internal() or company not in user.company_ids):
                raise UserError(
                    self.env._(
                        "Choose a colleague of %s to answer.",
                        company.name,
                    )
                )

    def write(self, vals):
        if not CHANGEABLE.isdisjoint(vals) and any(d.state != "open" for d in self):
            raise UserError(self.env._("This question is answered already."))
        result = super().write(vals)
        if "user_id" in vals:
            for dispute in self:
                dispute._ask()
        return result

    # -- a life ----------------------------------------------------------------------

    @api.model
    def _open(self, invoices, words, reason=None, by_customer=False):
        """The invoices are in question from now on; where they are, the last words
        count."""
        standing = invoices.o2c_dispute_ids.filtered(lambda d: d.state == "open")
        standing.write({"words": words} | ({"reason_id": reason.id} if reason else {}))
        new = self.create(
            [
                self._prepare(
                    invoice,
                    reason_id=reason.id if reason else False,
                    words=words,
                    is_by_customer=by_customer,
                    user_id=self._who_answers(invoice, reason).id,
                )
                for invoice in invoices - standing.move_id
            ]
        )
        for dispute in new:
            dispute._ask()
        return new

    @api.model
    def _who_answers(self, invoice, reason):
        chosen = reason.user_id if reason else self.env["res.users"]
        if chosen and invoice.company_id in chosen.company_ids:
            return chosen
        return invoice._o2c_notice_owner()

    def _ask(self):
        """One activity, of whoever shall answer now."""
        self.ensure_one()
        # sudo: the activity is ours, whoever makes somebody else answer
        invoice = self.sudo().move_id
        invoice.activity_unlink([ACTIVITY])
        if self.user_id:
            invoice.activity_schedule(
                ACTIVITY,
                user_id=self.user_id.id,
                summary=self.env._("The customer questions %s", self.res_name),
                note=plaintext2html(self.words),
            )

    def _close(self, outcome, answer):
        """What came of these; the activity is done."""
        self.write(
            {
                "state": "answered",
                "outcome": outcome,
                "answer": (answer or "").strip() or False,
                "answered_on": fields.Datetime.now(),
                "answered_by_id": self.env.uid,
            }
        )
        self.flush_recordset(["state"])  # the next question is inserted at once
        self.move_id.activity_feedback([ACTIVITY])

    def _outcome_for_customer(self):
        """What came of it, in a sentence for the customer."""
        sentences = {
            "granted": self.env._("You are right: we will correct the invoice."),
            "partly": self.env._("You are partly right: we will correct the invoice."),
            "stands": self.env._("We have checked it: the invoice is correct."),
            "settled": self.env._("Your question has been settled."),
        }
        return sentences[self.outcome]

    def action_open_answer(self):
        """Ask what came of it, and what to tell the customer."""
        return self.move_id.action_o2c_open_dispute_answer()
