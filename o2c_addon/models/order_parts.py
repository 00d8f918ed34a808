from odoo import api, models
from odoo.fields import Domain

from .billing_task import OPEN

OF_PLAN = object()  # made in Python only: a context from outside cannot hold it


class SaleOrder(models.Model):
    """An order that is invoiced in parts, as its plan says."""

    _inherit = "sale.order"

    # -- when ------------------------------------------------------------------------

    def _o2c_due_parts(self):
        """Parts to be invoiced as deposits now; never the last one, which settles. By
        hand, only those that were asked for."""
        if not self.o2c_is_planned:
            return self.env["o2c.plan.line"]
        parts = self.o2c_plan_ids
        due = (parts - parts._last()).filtered(lambda part: part._is_due())
        return due if self._o2c_is_billed_by_itself() else due.filtered("picked")

    def _o2c_is_released(self):
        """Whether the order itself may be invoiced: its last part is due."""
        if not self.o2c_is_planned:
            return True
        last = self.o2c_plan_ids._last()
        return not last or last._is_due()

    def _o2c_follow_plan(self):
        """Parts of the plan may have come: hand them to the queue, which looks now."""
        planned = self.sudo().filtered("o2c_is_planned")
        # sudo: whoever did the work, accounting is not his
        planned._o2c_collect()
        planned._o2c_bill_at_once()
        planned._o2c_wake_billing()

    def _o2c_pick_plan(self):
        """What of the queue invoices a part of this order that is asked for by hand;
        where that is the last one, all that waits for it."""
        waiting = self.o2c_billing_task_ids.filtered(
            lambda t: t.kind != "return" and t.state in OPEN
        )
        collecting = waiting.filtered(lambda t: t.kind == "service")
        if not collecting:
            collecting = self.env["o2c.billing.task"]._create_once(
                [{"kind": "service", "order_id": self.id, "picked": True}]
            )
        return collecting if self._o2c_due_parts() else waiting | collecting

    def _action_confirm(self):
        result = super()._action_confirm()
        self._o2c_follow_plan()
        return result

    def _o2c_invoicing_period(self):
        """A plan says when: the order is invoiced as a whole, with its last part."""
        if self.o2c_is_planned:
            return "delivery" if self.o2c_is_recurring else "order"
        return super()._o2c_invoicing_period()

    # -- what is collected -----------------------------------------------------------

    def _o2c_has_collected(self):
        if self.o2c_is_planned:  # what is found to be done meanwhile marks it, too
            self.order_line.mapped("qty_delivered")
        return super()._o2c_has_collected() or bool(self._o2c_due_parts())

    def _o2c_collected(self):
        """Until the last part only what is no part of the plan."""
        collected = super()._o2c_collected()
        if self._o2c_is_released():
            return collected
        return {line: q for line, q in collected.items() if line.o2c_every}

    def _o2c_ordered_lines(self):
        return "confirm" if self.o2c_is_planned else super()._o2c_ordered_lines()

    # -- deposits --------------------------------------------------------------------

    def _o2c_lines_of_deposit(self):
        if self.o2c_is_planned:
            return self._o2c_planned_lines()
        return super()._o2c_lines_of_deposit()

    def _o2c_reason_of_deposit(self):
        """Only what deducts deposits waits for them."""
        if self._o2c_is_released() and not self._o2c_due_parts():
            return super()._o2c_reason_of_deposit()
        return None

    def _o2c_invoice_part(self, part, amount, task):
        """A draft of so much of the order, taxes included, by the host's deposit."""
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": self.ids,
                "advance_payment_method": "fixed",
                "fixed_amount": amount,
            }
        )
        invoice = wizard.with_context(o2c_of_plan=OF_PLAN)._create_invoices(self)
        invoice = invoice.with_context(o2c_of_plan=None)
        invoice.invoice_date = self._o2c_invoice_date(task)
        invoice.invoice_line_ids.write(
            {"name": part._on_invoice(), "o2c_task_id": task.id}
        )
        return invoice

    # -- words -----------------------------------------------------------------------

    def _o2c_next_part(self):
        parts = self.o2c_plan_ids.filtered(lambda part: not part.task_id)
        return parts[:1]

    def _o2c_waits_for_part(self):
        part = self._o2c_next_part()
        return self.env._(
            "“%(part)s” is to be invoiced: %(when)s",
            part=part.name,
            when=part._due_in_words(),
        )

    def _o2c_waits_for_invoice(self):
        if self._o2c_is_released() or self._o2c_due_parts():
            return super()._o2c_waits_for_invoice()
        return self._o2c_waits_for_part()

    def _o2c_plans(self):
        plans = super()._o2c_plans()
        dated = self.o2c_plan_ids.filtered(lambda p: p.due == "date" and p.due_on)
        for part in dated.filtered(lambda p: p.state == "planned"):
            words = self.env._("“%s” is to be invoiced", part.name)
            plans.append(self._o2c_plan(part.due_on, words))
        return plans

    @api.model
    def _o2c_domain_too_long(self, company):
        """Waiting for the day that was agreed is not late."""
        later = [
            ("task_id", "=", False),
            ("due", "=", "date"),
            ("due_on", ">", company._o2c_today()),
        ]
        waits = Domain("o2c_stage", "=", "invoicing") & Domain(
            "o2c_plan_ids", "any!", later
        )
        return super()._o2c_domain_too_long(company) & ~waits


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_is_done(self):
        """Whether all of it is done, and accepted where that was agreed."""
        done = self._o2c_done()
        return self.product_uom_id.compare(done, self.product_uom_qty) >= 0

    @api.depends_context("o2c_of_this_order")
    def _compute_display_name(self):
        """On its own order neither number nor customer says anything new."""
        result = super()._compute_display_name()
        if self.env.context.get("o2c_of_this_order"):
            customers = self._additional_name_per_id()
            for line in self:
                name = line.display_name.removeprefix(f"{line.order_id.name} - ")
                line.display_name = name.removesuffix(f" {customers.get(line.id)}")
        return result

    @api.constrains("qty_delivered")
    def _o2c_check_planned(self):
        """Work of any kind may be what a part of the plan waits for."""
        orders = self.order_id.filtered("o2c_is_planned")
        orders._o2c_collect()
        # sudo: whoever did the work need not know the queue
        orders.sudo()._o2c_wake_billing()

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """What recurs is no part of a plan, nor are its taxes."""
        if self.env.context.get("o2c_of_plan") is OF_PLAN and self.o2c_every:
            kwargs["quantity"] = 0
        return super()._prepare_base_line_for_taxes_computation(**kwargs)


class BillingTask(models.Model):
    """The queue makes the parts of plans, too."""

    _inherit = "o2c.billing.task"

    def _due_parts(self):
        if self.kind != "service":
            return self.env["o2c.plan.line"]
        return self.order_id._o2c_due_parts()

    def _reason_to_wait(self):
        """Parts that are due come first, each on its own: the rest deducts them."""
        reason, order = super()._reason_to_wait(), self.order_id
        if reason or self.kind != "delivery":
            return reason
        is_free = self.picked or order._o2c_is_released()
        if is_free and not order._o2c_due_parts():
            return None
        return order._o2c_waits_for_part()

    def _waits_for_the_rest(self):
        """A part that is due does not; the last one also waits for what is still to be
        accepted."""
        if self._due_parts():
            return False
        return super()._waits_for_the_rest() or self._waits_to_be_accepted()

    def _waits_to_be_accepted(self):
        order = self.order_id
        if self.picked or not order.o2c_is_planned or order.o2c_is_recurring:
            return False
        lines = order._o2c_planned_lines().filtered("o2c_needs_acceptance")
        return not all(line._o2c_is_done() for line in lines)

    def _make_invoices(self):
        with_parts = self.filtered(lambda task: task._due_parts())
        for task in with_parts:
            parts = task._due_parts()
            parts._bill(task)
            invoices = parts.move_id.ids
            task.order_id._o2c_log("invoiced", data={"invoices": invoices})
        return super(BillingTask, self - with_parts)._make_invoices()

    def _finish(self):
        """What else is to be invoiced of an order comes after its parts."""
        orders = self.order_id.filtered(lambda o: o.o2c_plan_ids.task_id & self)
        result = super()._finish()
        orders._o2c_follow_plan()
        return result

    def _amount(self):
        parts = self._due_parts()
        if not parts:
            return super()._amount()
        order, company = self.order_id, self.company_id
        untaxed = order.amount_untaxed / order.amount_total if order.amount_total else 1
        return order.currency_id._convert(
            sum(parts.mapped("value")) * untaxed,
            company.currency_id,
            company,
            company._o2c_today(),
        )
