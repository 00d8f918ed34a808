from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class SaleOrder(models.Model):
    """An order with recurring services: when the next period comes."""

    _inherit = "sale.order"

    o2c_recurring_line_ids = fields.One2many(
        "sale.order.line",
        "order_id",
        "Recurring Services",
        domain=[("o2c_every", "!=", False)],
    )
    o2c_is_recurring = fields.Boolean(
        "Has Recurring Services", compute="_compute_o2c_is_recurring"
    )

    @api.depends("order_line.o2c_every")
    def _compute_o2c_is_recurring(self):
        for order in self:
            order.o2c_is_recurring = any(order.order_line.mapped("o2c_every"))

    def _action_confirm(self):
        # sudo: a customer's signature may confirm
        recurring = self.sudo().order_line.filtered("o2c_every")
        for line in recurring.filtered(lambda line: not line.o2c_starts_on):
            line.o2c_starts_on = line.company_id._o2c_today()
        result = super()._action_confirm()
        if recurring:
            self.env.ref("o2c_addon.ir_cron_o2c_periods")._trigger()
        return result

    def _o2c_next_period(self):
        """The recurring line that is charged next, or none."""
        running = self.order_line.filtered("o2c_next_due_on")
        return running.sorted("o2c_next_due_on")[:1]

    def _o2c_invoicing_period(self):
        """What never is complete, or in a year, does not wait for that."""
        period = super()._o2c_invoicing_period()
        if period == "order" and self.o2c_is_recurring:
            return "delivery"
        return period

    def _o2c_next_stage(self):
        """Between two periods it waits for the next one."""
        stage = super()._o2c_next_stage()
        return "delivery" if stage == "done" and self._o2c_next_period() else stage

    @api.depends("order_line.o2c_next_due_on")
    def _compute_o2c_stage(self):
        return super()._compute_o2c_stage()

    def _o2c_waits_for_delivery(self):
        line = self._o2c_next_period()
        if line and self._o2c_is_delivered():
            return self.env._(
                "%(service)s is charged next on %(date)s",
                service=line.product_id.display_name,
                date=format_date(self.env, line.o2c_next_due_on),
            )
        return super()._o2c_waits_for_delivery()

    @api.model
    def _o2c_domain_too_long(self, company):
        """Waiting for the calendar is not late."""
        between = (
            Domain("o2c_stage", "=", "delivery")
            & Domain("order_line", "any!", [("o2c_next_due_on", "!=", False)])
            & Domain(
                "picking_ids", "not any!", [("state", "not in", ("done", "cancel"))]
            )
        )
        return super()._o2c_domain_too_long(company) & ~between

    def _o2c_next_from_us(self):
        line = self._o2c_next_period()
        if line and self._o2c_is_delivered():
            return self.env._(
                "%(service)s goes on; it is charged next on %(date)s.",
                service=line.product_id.display_name,
                date=format_date(self.env, line.o2c_next_due_on),
            )
        return super()._o2c_next_from_us()

    def _o2c_plans(self):
        plans = super()._o2c_plans()
        for line in self.order_line.filtered("o2c_next_due_on"):
            words = self.env._("%s is charged", line.product_id.display_name)
            plans.append(self._o2c_plan(line.o2c_next_due_on, words))
        return plans

    def action_o2c_open_periods(self):
        """What was charged of this order."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "o2c_addon.period_action"
        )
        return action | {"domain": [("order_id", "=", self.id)]}

    def action_o2c_open_changes(self):
        """Quantities of this order that changed in the middle of a period."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "o2c_addon.change_action"
        )
        return action | {"domain": [("order_id", "=", self.id)]}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    o2c_period_ids = fields.One2many(
        "o2c.period", "invoice_line_id", "Periods", readonly=True, copy=False
    )
