import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .plan_item import DUE

_logger = logging.getLogger(__name__)

AGREED = ("sequence", "percentage", "amount", "due", "due_on", "line_id", "order_id")


class PlanLine(models.Model):
    """A part of an order's amount, invoiced on a date or when something is reached.

    Use: the order's tab *Billing plan*. How: each part but the last is a deposit of
    the host's, made once by the invoicing queue; the last one lets the order itself
    be invoiced, less these deposits. So all invoices together are the order, to the
    cent, whatever was changed, credited or deleted in between.
    """

    _name = "o2c.plan.line"
    _inherit = ["o2c.own.mixin"]
    _description = "Part of a Billing Plan"
    _order = "order_id, sequence, id"

    order_id = fields.Many2one(
        "sale.order", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="order_id.currency_id")
    sequence = fields.Integer(default=10)
    name = fields.Char("Part", required=True, help="Stands on the invoice.")
    percentage = fields.Float("%", digits=(16, 2), help="Of what does not recur.")
    amount = fields.Monetary("Or Amount", help="Taxes included.")
    due = fields.Selection(DUE, "When", required=True, default="date")
    due_on = fields.Date("Date")
    line_id = fields.Many2one(
        "sale.order.line",
        "Service",
        domain="[('order_id', '=', order_id), ('product_id', '!=', False),"
        " ('is_downpayment', '=', False), ('o2c_every', '=', False)]",
        ondelete="set null",
        index="btree_not_null",
        help="Done, and accepted by the customer where that was agreed.",
    )
    value = fields.Monetary(
        "Comes To",
        compute="_compute_value",
        compute_sudo=True,
        help="Taxes included. The last part is what the others leave of the order.",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("due", "Due"), ("invoiced", "Invoiced")],
        "Status",
        compute="_compute_state",
        compute_sudo=True,
    )
    picked = fields.Boolean("Asked For by Hand", readonly=True, copy=False)
    billed = fields.Monetary(readonly=True, copy=False)
    task_id = fields.Many2one(
        "o2c.billing.task",
        "Invoiced By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    _shares = models.Constraint(
        "CHECK(percentage >= 0 AND amount >= 0)",
        "A part of a billing plan cannot be below zero.",
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"picked", "billed", "task_id", "move_id"}

    # -- what it comes to ------------------------------------------------------------

    @api.depends(
        "percentage",
        "amount",
        "billed",
        "task_id",
        "order_id.state",
        "order_id.amount_total",
        "order_id.order_line.price_total",
        "order_id.o2c_plan_ids.sequence",
        "order_id.o2c_plan_ids.percentage",
        "order_id.o2c_plan_ids.amount",
        "order_id.o2c_plan_ids.billed",
    )
    def _compute_value(self):
        for part in self:
            order, parts = part.order_id, part.order_id.o2c_plan_ids
            # while it is being written, each shows what was typed
            is_agreed = order.state == "sale" or order._o2c_plan_adds_up()
            if is_agreed and part == parts._last():
                others = sum(other._share() for other in parts - part)
                part.value = order._o2c_planned_total() - others
            else:
                part.value = part._share()

    def _share(self):
        """Its part of the order as it is now; what was invoiced is what it was."""
        if self.task_id:
            return self.billed
        total = self.order_id._o2c_planned_total()
        return self.amount or self.currency_id.round(total * self.percentage / 100)

    def _last(self):
        """The part of a plan, these, that settles the rest."""
        ordered = self.sorted(lambda part: (part.sequence, part._origin.id or 1e9))
        return ordered.filtered(lambda part: not part.task_id)[-1:]

    # -- when it is due --------------------------------------------------------------

    @api.depends(
        "task_id", "picked", "due", "due_on", "line_id.qty_delivered", "order_id.state"
    )
    def _compute_state(self):
        for part in self:
            order = part.order_id
            is_due = part._is_due()
            is_invoiced = part.task_id or (is_due and order._o2c_is_all_billed())
            part.state = "invoiced" if is_invoiced else "due" if is_due else "planned"

    def _is_due(self):
        """Whether it may be invoiced and is not yet."""
        if self.task_id or self.order_id.state != "sale":
            return False
        return self.picked or bool(self.due and getattr(self, f"_is_due_{self.due}")())

    def _is_due_confirmed(self):
        return True

    def _is_due_date(self):
        return bool(self.due_on) and self.due_on <= self.company_id._o2c_today()

    def _is_due_done(self):
        return bool(self.line_id) and self.line_id._o2c_is_done()

    @api.model
    def _make_due(self):
        """Hand the parts whose date has come to the invoicing queue, order by order."""
        first_to_see_it = fields.Datetime.now() + timedelta(hours=14)
        came = self.search(
            Domain("due", "=", "date")
            & Domain("due_on", "<=", first_to_see_it.date())
            & Domain("task_id", "=", False)
            & Domain("order_id.state", "=", "sale")
            & Domain("order_id.o2c_stage", "in", ("delivery", "invoicing"))
        )
        orders = came.filtered(lambda part: part._is_due()).order_id
        cron = self.env["ir.cron"]
        left = cron._commit_progress(remaining=len(orders))
        for order in orders:
            if not left:
                break
            try:
                order._o2c_follow_plan()
                left = cron._commit_progress(1)
            except (OperationalError, ConcurrencyError):
                self.env.cr.rollback()  # somebody works on it: the next run comes back
            except Exception:  # what is wrong with one stops no other
                self.env.cr.rollback()
                _logger.exception("The plan of order %s cannot be followed", order.id)
                left = cron._commit_progress(1)

    # -- what is agreed --------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_open()
        parts.order_id._o2c_check_part()
        return parts

    def write(self, vals):
        if vals.keys().isdisjoint(AGREED):
            return super().write(vals)
        orders = self.order_id
        self._check_open()
        result = super().write(vals)
        self._check_open()
        (orders | self.order_id)._o2c_check_part()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_open(self):
        self._check_open()

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders._o2c_check_part()
        return result

    def _check_open(self):
        """Whoever changes what was agreed is a party to it; what was invoiced stays.

        :raise UserError: where it was invoiced, or the order is locked
        """
        for part in self:
            if part.task_id:
                raise UserError(
                    self.env._(
                        "“%(part)s” of %(order)s was invoiced already: change the "
                        "parts to come.",
                        part=part.name,
                        order=part.order_id.name,
                    )
                )
            if part.order_id.locked:
                raise UserError(
                    self.env._(
                        "%s is locked: unlock it to change its billing plan.",
                        part.order_id.name,
                    )
                )
        self.order_id._o2c_add_author()

    def _content(self):
        """What of it is approved with the order."""
        return [
            [part.percentage, part.amount, part.due, str(part.due_on), part.line_id.id]
            for part in self
        ]

    # -- invoicing -------------------------------------------------------------------

    def action_invoice(self):
        """Invoice this part now, whatever it waits for; a draft is opened.

        :raise AccessError: where that is not the user's work
        :raise UserError: where it is invoiced already, or settles what others leave
        """
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoicing is handled by accounting. Ask them to look.")
            )
        part = self.sudo()  # sudo: accounting need not write orders
        if part.task_id or part.order_id.state != "sale":
            raise UserError(
                self.env._(
                    "“%s” is invoiced already, or its order is not confirmed.",
                    part.name,
                )
            )
        open_parts = part.order_id.o2c_plan_ids.filtered(lambda p: not p.task_id)
        if part == open_parts._last() and part != open_parts:
            raise UserError(
                self.env._(
                    "“%(part)s” settles the rest of %(order)s: invoice its other parts "
                    "first.",
                    part=part.name,
                    order=part.order_id.name,
                )
            )
        part.picked = True
        before = part.order_id.invoice_ids
        asked = part.order_id._o2c_pick_plan().with_user(self.env.user)
        result = asked.action_retry()
        made = part.order_id.invoice_ids - before
        if result is True and not made:
            return self._tell_work_first()
        drafts = made.filtered(lambda move: move.state == "draft")
        return drafts._get_records_action() if drafts else result

    def _tell_work_first(self):
        words = self.env._(
            "“%(part)s” settles %(order)s: it is invoiced as soon as the work is done.",
            part=self.name,
            order=self.order_id.name,
        )
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "message": words, "next": reload},
        }

    def _bill(self, task):
        """A deposit for each of these of one order, which is locked; once for ever."""
        for part in self:
            left = part.order_id._o2c_left_of_plan()
            amount = min(part.value, left)
            part.task_id = task
            if part.currency_id.compare_amounts(amount, 0) > 0:
                part.move_id = part.order_id._o2c_invoice_part(part, amount, task)
                part.billed = part.move_id.amount_total

    # -- words -----------------------------------------------------------------------

    def _share_in_words(self):
        if self.percentage and not self.amount:
            return f"{self.percentage:g}\N{NO-BREAK SPACE}%"
        return ""

    def _due_in_words(self):
        """When it will be invoiced, for everybody who may read the order."""
        if self.due == "date":
            return format_date(self.env, self.due_on) if self.due_on else ""
        if self.due == "done":
            # sudo: the customer reads it too
            name = self.line_id.sudo().product_id.display_name or ""
            return self.env._("when %s is done", name)
        return self.env._("with the order")

    def _on_invoice(self):
        """What the line of its invoice says, in the customer's language."""
        part = self.with_context(lang=self.order_id._get_lang())
        words = [part._share_in_words(), part.order_id.name]
        return f"{part.name} ({' · '.join(filter(None, words))})"
