from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date

from .res_company import SPANS


class BillingTask(models.Model):
    """One invoice for all that a payer got in a day, a week or a month."""

    _inherit = "o2c.billing.task"

    def _key(self):
        """What has the same one shares an invoice. Override to part or to join.

        Within a period everything of a payer in the same currency, terms, fiscal
        position, journal and setting, whatever address it was shipped to.
        """
        order = self.order_id
        if self.kind == "return" or not order._o2c_is_billed_by_period():
            return f"order {order.id}"
        return " ".join(
            str(part)
            for part in (
                order.company_id.id,
                order.partner_invoice_id.id,
                order.currency_id.id,
                order.payment_term_id.id,
                order.fiscal_position_id.id,
                order.journal_id.id,
                self._policy(),
                order._o2c_invoicing_period(),
            )
        )

    def _parts(self):
        """These, by what shares an invoice; what shares one already, by its orders."""
        parts = self.grouped(lambda task: task._key())
        if len(parts) == 1:
            parts = self.grouped("order_id")
        return parts.values()

    def _chunks(self, size):
        """These in parts of about ``size``; what shares an invoice stays together."""
        chunk = self.browse()
        for tasks in self.grouped(lambda task: task._key()).values():
            chunk |= tasks
            if len(chunk) >= size:
                yield chunk
                chunk = self.browse()
        if chunk:
            yield chunk

    def _reschedule(self, due_on):
        if self:
            self.due_on = due_on
            self.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger(at=due_on)

    def _companions(self):
        """How many others are to be invoiced together with this."""
        same = self.search(
            [
                ("state", "=", "todo"),
                ("due_on", "=", self.due_on),
                ("order_id.partner_invoice_id", "=", self.partner_id.id),
                ("id", "!=", self.id),
            ]
        )
        return len(same.filtered(lambda task: task._key() == self._key()))

    def _heading(self):
        """What stands above the lines of this on an invoice of several."""
        delivery = self.picking_id
        lang = self.partner_id.lang
        parts = [
            self.order_id.name,
            self.order_id.client_order_ref,
            delivery.name,
            delivery
            and format_date(
                self.env,
                self.company_id._o2c_day_of(delivery.date_done),
                lang_code=lang,
            ),
        ]
        return " · ".join(part for part in parts if part)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_is_billed_by_period(self):
        """Whether one invoice is for a span of time, not for a delivery or an order."""
        return self._o2c_invoicing_period() in SPANS

    def _o2c_due_on(self):
        """When what is delivered now is to be invoiced, in UTC."""
        period = self._o2c_invoicing_period()
        if period in SPANS:
            return self.company_id._o2c_end_of(period)
        return fields.Datetime.now()

    @api.constrains("o2c_invoicing_period")
    def _o2c_reschedule(self):
        """What is not invoiced yet is invoiced as it is wanted now."""
        for order in self:
            # sudo: whoever changes an order need not know the queue
            waiting = order.sudo().o2c_billing_task_ids.filtered(
                lambda t: t.state == "todo" and t.kind == "delivery"
            )
            waiting._reschedule(order._o2c_due_on())

    def _o2c_invoice_date(self, tasks):
        """Of a period, its last day, where that is not ahead."""
        date = super()._o2c_invoice_date(tasks)
        if not (date and self._o2c_is_billed_by_period()):
            return date
        if self.company_id.o2c_invoice_date == "delivery":
            return date
        last_moment = max(tasks.mapped("due_on")) - timedelta(seconds=1)
        return min(date, self.company_id._o2c_day_of(last_moment))

    def _get_invoice_grouping_keys(self):
        if self._o2c_slice():
            return ["o2c_key"]
        return super()._get_invoice_grouping_keys()

    def _prepare_invoice(self):
        values = super()._prepare_invoice()
        if part := self._o2c_slice():
            values["o2c_key"] = part.keys.get(self.id, f"order {self.id}")
        return values

    def _create_account_invoices(self, invoice_vals_list, final):
        if self._o2c_slice():
            for values in invoice_vals_list:
                values.pop("o2c_key", None)
                values["invoice_line_ids"] = self._o2c_by_delivery(
                    values["invoice_line_ids"]
                )
        return super()._create_account_invoices(invoice_vals_list, final)

    def _o2c_by_delivery(self, commands):
        """The lines of an invoice under a heading for each delivery, where they are
        shared among several; deposits below."""
        part = self._o2c_slice()
        shared = {task_id for shares in part.shares.values() for task_id, _q in shares}
        deliveries, rest = {}, []
        for command in commands:
            task_id = command[2].get("o2c_task_id")
            into = deliveries.setdefault(task_id, []) if task_id in shared else rest
            into.append(command)
        if not deliveries:
            return commands
        ordered = []
        for task in self.env["o2c.billing.task"].browse(sorted(deliveries)):
            heading = {"display_type": "line_section", "name": task._heading()}
            ordered += [Command.create(heading), *deliveries[task.id]]
        ordered += rest
        for sequence, command in enumerate(ordered, 1):
            command[2]["sequence"] = sequence
        return ordered


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _prepare_invoice_lines_vals_list(self, **optional_values):
        """A line for each delivery that has its heading on the invoice."""
        part = self.order_id._o2c_slice()
        shares = part and part.shares.get(self.id)
        if not shares:
            return super()._prepare_invoice_lines_vals_list(**optional_values)
        lines = super()._prepare_invoice_lines_vals_list(**optional_values)
        return [
            values | {"quantity": quantity, "o2c_task_id": task_id}
            for task_id, quantity in shares
            for values in lines
        ]
