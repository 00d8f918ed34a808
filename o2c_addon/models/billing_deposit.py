from odoo import models
from odoo.tools import float_round

TOTALS = ("manual_total_excluded", "manual_total_excluded_currency")


class SaleOrder(models.Model):
    """Deposits: each invoice takes back its share, the last one what is left."""

    _inherit = "sale.order"

    def _o2c_deposits(self):
        """The lines of deposits of which something is left to deduct."""
        return self.order_line.filtered(
            lambda line: (
                line.is_downpayment
                and not line.display_type
                and line.qty_to_invoice < 0
            )
        )

    def _o2c_reason_of_deposit(self):
        """A deposit that is not confirmed cannot be deducted yet."""
        drafts = self._o2c_deposits().invoice_lines.move_id.filtered(
            lambda m: m.state == "draft" and m._is_downpayment()
        )
        if drafts:
            name = drafts[0].display_name
            return self.env._("the deposit %s is to be confirmed first", name)
        return None

    def _o2c_deductions(self, part):
        """Line of a deposit → values of the invoice line that deducts its share.

        The smaller of what is left and its share (deposit × this invoice ÷ order, of
        what is taxed alike); on the last invoice all that is left; all of them together
        never more than the invoice.
        """
        deposits = self._o2c_deposits()
        sold = self._o2c_lines_of_deposit()
        lines = sold.filtered(lambda line: line.id in part.quantities)
        if not (deposits and lines):
            return {}
        invoice = sum(line._o2c_price(part.quantities[line.id]) for line in lines)
        is_last = self._o2c_is_last_invoice(part)
        wanted = {}
        for line in deposits:
            left = line._o2c_left_of_deposit()
            share = line._o2c_deposited() * line._o2c_ratio_of_invoice(part.quantities)
            wanted[line] = left if is_last else min(left, share)
        factor = self._o2c_payable(invoice, sum(wanted.values()), len(lines))
        return {
            line.id: values
            for line, amount in wanted.items()
            if (values := line._o2c_deduct(self.currency_id.round(amount * factor)))
            is not None
        }

    def _o2c_payable(self, invoice, wanted, lines):
        """The part of what is wanted that an invoice of so many ``lines`` can bear.

        The host rounds a deposit as a whole and an invoice line by line: the cents
        between them are no reason to keep part of a deposit back.
        """
        cents = (lines + 1) * self.currency_id.rounding
        return 1 if wanted <= invoice + cents else invoice / wanted

    def _o2c_is_last_invoice(self, part):
        """Whether nothing is left to deliver or to invoice after this."""
        return self._o2c_is_delivered() and not any(
            line.product_uom_id.compare(
                line.qty_to_invoice, part.quantities.get(line.id, 0)
            )
            > 0
            for line in self._o2c_lines_of_deposit()
        )

    def _o2c_lines_of_deposit(self):
        """What deposits of this order are for."""
        return self.order_line.filtered(lambda line: line._o2c_is_sold())


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_price(self, quantity):
        """Untaxed price of ``quantity`` of this line, in order currency."""
        if self.product_uom_qty:
            return self.price_subtotal * quantity / self.product_uom_qty
        return self.price_unit * (1 - self.discount / 100) * quantity

    def _o2c_ratio_of_invoice(self, quantities):
        """How much of the order is invoiced by these quantities, from 0 to 1.

        Of what has the taxes of this deposit, for which the host made a line of its
        own; where the order has nothing of the kind any more, of all.
        """
        sold = self.order_id._o2c_lines_of_deposit()
        alike = sold.filtered(lambda line: line.tax_ids == self.tax_ids)
        if not sum(alike.mapped("price_subtotal")):
            alike = sold
        total = sum(alike.mapped("price_subtotal"))
        invoiced = sum(line._o2c_price(quantities.get(line.id, 0)) for line in alike)
        return invoiced / total if total else 1

    def _o2c_deposit_items(self):
        return self.invoice_lines.filtered(lambda line: line.parent_state == "posted")

    def _o2c_deposited(self):
        """What was invoiced as deposit, untaxed; credit notes on it taken off."""
        items = self._o2c_deposit_items().filtered(
            lambda line: line.move_id._is_downpayment()
        )
        return -sum(item.move_id.direction_sign * item.price_subtotal for item in items)

    def _o2c_left_of_deposit(self):
        """What of it no invoice has deducted yet, drafts included; untaxed."""
        items = self.invoice_lines.filtered(lambda line: line.parent_state != "cancel")
        left = -sum(item.move_id.direction_sign * item.price_subtotal for item in items)
        return max(self.currency_id.round(left), 0)

    def _o2c_deduct(self, amount):
        """Values of the invoice line that deducts ``amount``, or None for nothing.

        Its quantity is the part of the deposit it takes, as the host counts deposits:
        the whole is one.
        """
        left, left_quantity = self._o2c_left_of_deposit(), -self.qty_to_invoice
        if self.currency_id.is_zero(amount):
            return None
        if self.currency_id.compare_amounts(left, amount) <= 0:
            return self._o2c_rest_of_deposit()
        # at least something, and not yet all of it
        quantity = max(round(amount / left * left_quantity, 2), 0.01)
        quantity = min(quantity, round(left_quantity - 0.01, 2))
        if quantity <= 0:
            return None  # too little to be told apart: the next invoice takes it
        part = amount / self._o2c_deposited()
        figures = {
            name: self._o2c_round_figure(name, -figure * part)
            for name, figure in self._o2c_figures(self.extra_tax_data).items()
        }
        return self._o2c_deduction(quantity, amount, figures)

    def _o2c_rest_of_deposit(self):
        """The same for all that is left; nothing to say where nothing was deducted."""
        if self.qty_to_invoice in (0, -1):
            return {}
        figures = self._o2c_figures(self.extra_tax_data)
        left = {name: -figure for name, figure in figures.items()}
        items = self.invoice_lines.filtered(lambda line: line.parent_state != "cancel")
        for item in items.filtered(lambda line: line.quantity < 0):
            for name, figure in self._o2c_figures(item.extra_tax_data).items():
                left[name] = self._o2c_round_figure(name, left.get(name, 0) - figure)
        amount = self._o2c_left_of_deposit()
        return self._o2c_deduction(-self.qty_to_invoice, amount, left)

    def _o2c_deduction(self, quantity, amount, figures):
        digits = self.env["decimal.precision"].precision_get("Product Price")
        values = {
            "quantity": -quantity,
            "price_unit": float_round(amount / quantity, precision_digits=digits),
        }
        extra = None
        if figures:
            extra = {**self.extra_tax_data, **values, "manual_tax_amounts": {}}
            for (tax, name), figure in figures.items():
                into = extra["manual_tax_amounts"].setdefault(tax, {}) if tax else extra
                into[name] = figure
        return values | {"extra_tax_data": extra}

    def _o2c_figures(self, extra):
        """The amounts the host fixed for a deposit, so that they add up to the cent.

        :param extra: ``extra_tax_data`` of a line
        :return: (tax id or nothing, name of the figure) → amount
        """
        extra = extra or {}
        taxes = extra.get("manual_tax_amounts") or {}
        totals = {name: extra[name] for name in TOTALS if extra.get(name)}
        return {
            (tax, name): amount
            for tax, amounts in [*taxes.items(), (None, totals)]
            for name, amount in amounts.items()
        }

    def _o2c_round_figure(self, name, amount):
        foreign = name[1].endswith("_currency")
        currency = self.currency_id if foreign else self.company_id.currency_id
        return currency.round(amount)
