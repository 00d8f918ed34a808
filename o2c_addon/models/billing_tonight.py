from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount


class BillingTask(models.Model):
    """What will be invoiced until tomorrow, before it happens."""

    _inherit = "o2c.billing.task"

    amount = fields.Monetary(
        "To Invoice",
        compute="_compute_amount",
        compute_sudo=True,
        help="Untaxed, in the company's currency of today; deposits not deducted.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    held_back = fields.Char(
        "Held Back Because",
        compute="_compute_held_back",
        compute_sudo=True,
        help="As things are now. What is mended until then is invoiced.",
    )

    @api.depends("state", "order_id.order_line.qty_to_invoice")
    def _compute_amount(self):
        for task in self:
            task.amount = task._amount() if task.state in ("todo", "parked") else 0

    def _amount(self):
        """What this alone would bill; what came back counts against it."""
        order = self.order_id
        if self.kind == "return":
            total = -sum(line._o2c_price(q) for line, q in self._to_credit().items())
        else:
            total = sum(
                line._o2c_price(quantity)
                for line, shares in self._quantities().items()
                for _task, quantity in shares
            )
        company = self.company_id
        return order.currency_id._convert(
            total, company.currency_id, company, company._o2c_today()
        )

    @api.depends("state", "waits_for", "error")
    @api.depends_context("lang")
    def _compute_held_back(self):
        for task in self:
            task.held_back = task.state in ("todo", "parked") and task._foresee()

    def _foresee(self):
        """Why this would not be invoiced now, or nothing. Changes nothing."""
        task = self.with_company(self.company_id)
        if reason := task._reason_to_wait():
            return reason
        return next(task._faults(), (None,))[0] or None

    @api.model
    def _domain_tonight(self):
        """What is due within a day."""
        return Domain("state", "in", ("todo", "parked")) & Domain("due_on", "<=", "+1d")

    @api.model
    def tonight(self):
        """One sentence: how many deliveries become how many invoices, and how much."""
        tasks = self.search(self._domain_tonight())
        held = tasks.filtered("held_back")
        ready = tasks - held
        sentences = [
            self.env._(
                "To be invoiced: %(deliveries)s, as invoices: %(invoices)s, "
                "amount: %(amount)s.",
                deliveries=len(ready),
                invoices=ready._count_invoices(),
                amount=ready._total(),
            )
            if ready
            else self.env._("Nothing is to be invoiced within a day.")
        ]
        if held:
            sentences.append(
                self.env._(
                    "Held back: %(count)s, amount: %(amount)s.",
                    count=len(held),
                    amount=held._total(),
                )
            )
        return " ".join(sentences)

    def _count_invoices(self):
        # sudo: settings of customers are theirs to know who sees the queue
        tasks = self.sudo()
        each = tasks.filtered(
            lambda task: task.order_id._o2c_invoicing_period() == "delivery"
        )
        return len(each) + len((tasks - each).grouped(lambda task: task._key()))

    def _total(self):
        currency = self.env.company.currency_id
        today = fields.Date.context_today(self)
        total = sum(
            task.currency_id._convert(task.amount, currency, task.company_id, today)
            for task in self
        )
        return format_amount(self.env, total, currency)
