from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_list


class DifferenceReport(models.Model):
    """The tab *Order vs. invoice*: one order, every line on both sides."""

    _inherit = "o2c.difference.report"

    @api.model
    def compare(self, order_id):
        """One order beside its invoices.

        Told to everybody in sales and accounting who may read the order: quantities,
        prices and taxes of what it sold, and how far it is paid. Invoices are named to
        all of them and linked for those who may read them.

        :return: dict ``currency_id figures lines``
        """
        order = self.env["sale.order"].browse(order_id)
        order._o2c_check_may_read_settlement()
        readable = order._o2c_invoices_to_open()
        order = order.sudo()  # sudo: see above
        rows = self.with_env(order.env).with_context(o2c_order_id=order.id)
        rows = rows.search([("order_id", "=", order.id)], order="id")
        by_line = {row.line_id: row for row in rows if row.line_id}
        lines = []
        for line in order.order_line.filtered(lambda line: not line.display_type):
            if line in by_line:
                lines.append(by_line[line]._compared(readable))
            elif line.is_downpayment:
                lines.append(line._o2c_deposit_compared(readable))
        lines += [row._compared(readable) for row in rows if not row.line_id]
        return {
            "currency_id": order.currency_id.id,
            "figures": self._figures(order),
            "lines": lines,
        }

    def _figures(self, order):
        """How far it is paid, in a row: what is zero is left out where it may be."""
        figures = [
            (self.env._("Order"), order.amount_total, True),
            (self.env._("Invoiced"), order.o2c_invoiced, True),
            (self.env._("Credit notes in it"), -order.o2c_credited, False),
            (self.env._("Deposits in it"), order.o2c_deposited, False),
            (self.env._("Received"), order.o2c_paid, True),
            (self.env._("To pay"), order.o2c_residual, False),
        ]
        shown = [
            {"label": label, "amount": amount, "bad": False}
            for label, amount, always in figures
            if always or not order.currency_id.is_zero(amount)
        ]
        if order.o2c_is_overdue:
            overdue = order.o2c_overdue
            shown.append(
                {"label": self.env._("Overdue"), "amount": overdue, "bad": True}
            )
        return shown

    def _compared(self, readable):
        """This line on both sides, for the tab."""
        line = self.line_id
        items = self._items()
        to_deliver = line._o2c_is_to_deliver() if line else False
        return {
            "id": self.id,
            "is_deposit": False,
            "name": line.product_id.display_name or self.name,
            "unit": self.uom_id.name or "",
            "ordered": self.ordered,
            "delivered": self.delivered,
            "invoiced": self.invoiced,
            "drafted": self.drafted,
            "credited": self.credited,
            "to_deliver": max(self.ordered - self.delivered, 0) if to_deliver else 0,
            "to_bill": self.to_bill,
            "price": False if self.is_extra else self.price,
            "invoice_price": self.invoice_price if self.invoiced else False,
            "taxes": format_list(self.env, line.tax_ids.mapped("name")),
            "invoice_taxes": format_list(self.env, items.tax_ids.mapped("name")),
            "subtotal": False if self.is_extra else line.price_subtotal,
            "invoice_subtotal": items._o2c_untaxed_in(self.currency_id),
            "bad": {
                "invoiced": self.is_overbilled or self.is_extra,
                "price": self.is_other_price or self.is_other_currency,
                "taxes": self.is_other_tax,
                "subtotal": self.is_extra or self.is_overbilled or self.is_other_price,
            },
            "sentence": self.sentence,
            "invoices": items.move_id._o2c_named_for(readable),
        }


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_invoices_to_open(self):
        """Those the acting user can open: the host's form reads payments."""
        # sudo: which there are; what of them may be opened is looked up without
        invoices = self.sudo()._o2c_invoices().with_env(self.env)
        if not self.env["account.payment"].has_access("read"):
            return invoices.browse()
        return invoices._filtered_access("read")

    def action_o2c_open_unpaid(self):
        """What is to be paid: the invoice, or for sales its page for the customer.

        That page shows all of the invoice, so none with orders the reader may not read.
        """
        self._o2c_check_may_read_settlement()
        if self._o2c_invoices_to_open():
            return self.action_view_invoice()
        # sudo: sales may see what the customer sees
        unpaid = self.sudo()._o2c_confirmed_invoices()
        unpaid = unpaid.filtered(lambda m: m._o2c_is_open()) or unpaid
        if not unpaid:
            raise UserError(self.env._("Nothing is invoiced yet."))
        unpaid = unpaid.filtered(
            lambda m: m._o2c_orders().with_env(self.env).has_access("read")
        )
        if not unpaid:
            raise AccessError(
                self.env._(
                    "Orders of others are on the same invoice: ask accounting for it."
                )
            )
        url = unpaid.sorted("invoice_date_due")[0].get_portal_url()
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_deposit_compared(self, readable):
        """A deposit has no quantity: what is invoiced of it, less what is deducted."""
        items = self.invoice_lines._o2c_not_cancelled()
        return {
            "id": self.id,
            "is_deposit": True,
            "name": self.name,
            "invoice_subtotal": items._o2c_untaxed_in(self.currency_id),
            "bad": {},
            "sentence": "",
            "invoices": items.move_id._o2c_named_for(readable),
        }


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _o2c_not_cancelled(self):
        return self.filtered(
            lambda item: (
                item.parent_state != "cancel"
                and item.move_id.move_type in ("out_invoice", "out_refund")
            )
        )

    def _o2c_untaxed_in(self, currency):
        """Their untaxed total in ``currency``, credit notes taken off."""
        return sum(
            item.currency_id._convert(
                -item.move_id.direction_sign * item.price_subtotal,
                currency,
                item.company_id,
                item.move_id.invoice_date or item.company_id._o2c_today(),
            )
            for item in self
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_named_for(self, readable):
        return [
            {
                "id": invoice.id,
                "name": invoice.name or invoice.display_name,
                "is_linked": invoice.id in readable.ids,
            }
            for invoice in self.sorted("id")
        ]
