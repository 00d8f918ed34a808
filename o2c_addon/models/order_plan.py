from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_amount
from odoo.tools.sql import column_exists, create_column

TOGETHER = object()  # made in Python only: a context from outside cannot hold it


class SaleOrder(models.Model):
    """The plan by which an order is invoiced in parts. What recurs is no part of it."""

    _inherit = "sale.order"

    o2c_plan_ids = fields.One2many("o2c.plan.line", "order_id", "Billing Plan")
    o2c_is_planned = fields.Boolean(
        "Has a Billing Plan", compute="_compute_o2c_is_planned", store=True, copy=False
    )
    o2c_plan_fault = fields.Char(
        "To Mend in the Billing Plan",
        compute="_compute_o2c_plan_fault",
        compute_sudo=True,
    )

    def _auto_init(self):
        """Older orders have none."""
        if not column_exists(self.env.cr, self._table, "o2c_is_planned"):
            create_column(self.env.cr, self._table, "o2c_is_planned", "bool")
        return super()._auto_init()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_is_planned"}

    @api.depends("o2c_plan_ids")
    def _compute_o2c_is_planned(self):
        for order in self:
            order.o2c_is_planned = bool(order.o2c_plan_ids)

    # -- the sum ---------------------------------------------------------------------

    def _o2c_planned_lines(self):
        """What the plan parts: what is sold and does not recur."""
        return self.order_line.filtered(
            lambda line: line._o2c_is_sold() and not line.o2c_every
        )

    def _o2c_planned_total(self):
        recurring = self.order_line.filtered("o2c_every")
        return self.amount_total - sum(recurring.mapped("price_total"))

    def _o2c_left_of_plan(self):
        """What of it is on no invoice yet, drafts included, taxes too."""
        lines = self._o2c_planned_lines() | self.order_line.filtered("is_downpayment")
        items = lines.invoice_lines.filtered(lambda i: i.parent_state != "cancel")
        invoiced = -sum(i.move_id.direction_sign * i.price_total for i in items)
        return self.currency_id.round(self._o2c_planned_total() - invoiced)

    def _o2c_is_all_billed(self):
        """Whether all that is planned is delivered and invoiced."""
        return self._o2c_is_delivered() and not any(
            self._o2c_planned_lines().mapped("qty_to_invoice")
        )

    @api.depends(
        "amount_total",
        "order_line.price_total",
        *(f"o2c_plan_ids.{name}" for name in ("percentage", "amount", "billed")),
        *(f"o2c_plan_ids.{name}" for name in ("name", "due", "due_on", "line_id")),
    )
    @api.depends_context("lang")
    def _compute_o2c_plan_fault(self):
        for order in self:
            order.o2c_plan_fault = (
                order.o2c_is_planned and order._o2c_fault_of_plan() or False
            )

    def _o2c_sum_of_plan(self):
        total = self._o2c_planned_total()
        return sum(
            part.amount or total * part.percentage / 100 for part in self.o2c_plan_ids
        )

    def _o2c_plan_adds_up(self):
        planned, total = self._o2c_sum_of_plan(), self._o2c_planned_total()
        return not self.currency_id.compare_amounts(planned, total)

    def _o2c_fault_of_plan(self):
        """What is to be mended in the plan, one sentence; or nothing."""
        for part in self.o2c_plan_ids:
            if (part.due == "date" and not part.due_on) or (
                part.due == "done" and part.line_id.order_id != self._origin
            ):
                return self.env._(
                    "Say when “%(part)s” of %(order)s is to be invoiced.",
                    part=part.name or "",
                    order=self.name,
                )
        if not self._o2c_plan_adds_up():
            planned, total = self._o2c_sum_of_plan(), self._o2c_planned_total()
            return self.env._(
                "The billing plan of %(order)s adds up to %(planned)s, and the order "
                "to %(total)s. Change a part so that both are the same.",
                order=self.name,
                planned=format_amount(self.env, planned, self.currency_id),
                total=format_amount(self.env, total, self.currency_id),
            )
        return ""

    @api.constrains("o2c_plan_ids")
    def _o2c_check_plan(self):
        """What is confirmed stays planned in full; until then the form says it."""
        for order in self.filtered(lambda o: o.state == "sale"):
            if order.o2c_plan_fault:
                raise ValidationError(order.o2c_plan_fault)
            order._o2c_follow_plan()

    def write(self, vals):
        """Parts that are changed together add up together, not one by one."""
        if "o2c_plan_ids" in vals:
            self = self.with_context(o2c_plan=TOGETHER)
        result = super().write(vals)
        for order in self:
            order._o2c_take_plan(vals)
        return result

    def _o2c_check_part(self):
        """What is written on a part itself, not on its order."""
        if self.env.context.get("o2c_plan") is not TOGETHER:
            self._o2c_check_plan()

    def _confirmation_error_message(self):
        """A customer's yes is taken as it is: the last part settles the rest."""
        error = super()._confirmation_error_message()
        if error or not self.o2c_is_planned:
            return error
        is_person = self.env.uid != SUPERUSER_ID and self.env.user._is_internal()
        return is_person and self.o2c_plan_fault

    def action_quotation_send(self):
        for order in self.filtered(lambda o: o.o2c_is_planned and o.o2c_plan_fault):
            raise UserError(order.o2c_plan_fault)
        return super().action_quotation_send()

    # -- what is approved ------------------------------------------------------------

    @api.depends(
        *(f"o2c_plan_ids.{name}" for name in ("percentage", "amount", "due", "due_on"))
    )
    def _compute_o2c_seal(self):
        return super()._compute_o2c_seal()

    def _o2c_terms(self):
        """When money comes belongs to the terms."""
        plan = self.o2c_plan_ids._content() if self.o2c_is_planned else []
        return super()._o2c_terms() + plan

    # -- from a template, and once more ----------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        for order, vals in zip(orders, vals_list, strict=True):
            order._o2c_take_plan(vals)
        return orders

    def _o2c_take_plan(self, vals):
        """That of the quotation template which is chosen by writing ``vals``."""
        if not vals.get("sale_order_template_id") or vals.get("o2c_plan_ids"):
            return
        items = self.sale_order_template_id.o2c_plan_ids
        if items and self.state in ("draft", "sent"):
            parts = [Command.create(item._prepare_part(self)) for item in items]
            self.o2c_plan_ids = [Command.clear(), *parts]

    def copy(self, default=None):
        """The plan, too; its days as far from the new order as they were from this."""
        copies = super().copy(default)
        if "o2c_plan_ids" not in (default or {}):
            for order, copied in zip(self, copies, strict=True):
                if order.o2c_is_planned or copied.o2c_is_planned:
                    parts = order._o2c_plan_for(copied)
                    copied.o2c_plan_ids = [Command.clear(), *parts]
        return copies

    def _o2c_plan_for(self, copied):
        """Values of the parts of ``copied``, which has the lines of this order."""
        later = copied.date_order.date() - self.date_order.date()
        return [
            Command.create(
                values
                | {
                    "due_on": part.due_on and part.due_on + later,
                    "line_id": copied._o2c_line_like(part.line_id).id,
                }
            )
            for part, values in zip(
                self.o2c_plan_ids, self.o2c_plan_ids.copy_data(), strict=True
            )
        ]

    def _o2c_line_like(self, line):
        """The line of this order, a copy, that ``line`` has become."""
        alike = self._get_copiable_order_lines().filtered(
            lambda other: other.product_id == line.product_id
        )
        before = line.order_id._get_copiable_order_lines().filtered(
            lambda other: other.product_id == line.product_id
        )
        return dict(zip(before, alike, strict=False)).get(line, alike.browse())
