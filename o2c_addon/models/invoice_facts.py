from odoo import fields, models
from odoo.tools import float_round, formatLang

NAMED = 3  # differing lines: so many in one sentence
COMPARED = ("price_deviation", "quantity_deviation", "no_order")


class AccountMove(models.Model):
    """The figures approval rules look at on invoices. Bigger is worse.

    Three are compared: what was ordered at which price, what was delivered, and what is
    invoiced. Percentages have two digits.
    """

    _inherit = "account.move"

    def _o2c_goods(self):
        """The lines that charge something."""
        return self.invoice_line_ids.filtered(lambda li: li.display_type == "product")

    def _o2c_in_company_currency(self, amount):
        return self.currency_id._convert(
            amount,
            self.company_id.currency_id,
            self.company_id,
            self.invoice_date or fields.Date.context_today(self),
        )

    # -- the invoice itself ----------------------------------------------------------

    def _o2c_untaxed(self):
        """What its lines come to, or its total, if that is more: the total is computed
        by the host, and written by whoever may edit."""
        lines = sum(self._o2c_goods().mapped("price_subtotal"))
        return max(self.amount_untaxed, self.currency_id.round(lines))

    def _o2c_fact_amount(self):
        """Untaxed amount of an invoice, in company currency at its date."""
        return self._o2c_in_company_currency(self._o2c_document_fact_amount())

    def _o2c_document_fact_amount(self):
        """Untaxed amount of an invoice; credit notes have a figure of their own."""
        return 0.0 if self.move_type == "out_refund" else self._o2c_untaxed()

    def _o2c_fact_credit_note(self):
        """Untaxed amount of a credit note, in company currency at its date."""
        return self._o2c_in_company_currency(self._o2c_document_fact_credit_note())

    def _o2c_document_fact_credit_note(self):
        return self._o2c_untaxed() if self.move_type == "out_refund" else 0.0

    def _o2c_fact_discount(self):
        """Discount of the whole invoice in %: on lines, or as lines of negative
        price; what deducts a deposit is none."""
        lines = self._o2c_goods().filtered(lambda li: not li._o2c_deducts_deposit())
        full = sum(line._o2c_undiscounted() for line in lines)
        if full <= 0:
            return 0.0
        return round(100 * (1 - sum(lines.mapped("price_subtotal")) / full), 2)

    # -- against order and delivery --------------------------------------------------

    def _o2c_fact_price_deviation(self):
        """By how many % the price of a line is other than ordered, up or down."""
        # sudo: accounting need not read orders
        lines = self.sudo()._o2c_goods()
        return max((line._o2c_price_deviation() for line in lines), default=0.0)

    def _o2c_fact_quantity_deviation(self):
        """By how many % more of something is invoiced than the customer owes."""
        if self.move_type == "out_refund":
            return 0.0
        sold = self.sudo()._o2c_goods().sale_line_ids  # sudo: see price_deviation
        return max((line._o2c_billed_beyond() for line in sold), default=0.0)

    def _o2c_fact_no_order(self):
        """1 if a line of it is on no order."""
        # sudo: see price_deviation
        return float(any(not li.sale_line_ids for li in self.sudo()._o2c_goods()))

    def _o2c_differences(self):
        """Each line that is other than on its order, in words."""
        lines = self.sudo()._o2c_goods()  # sudo: see price_deviation
        words = (word for line in lines for word in line._o2c_differences())
        return "\n".join(words)

    def _o2c_why(self, rule, fact):
        """Who has to correct it reads which lines are meant, and what was ordered."""
        why = super()._o2c_why(rule, fact)
        if rule.criterion not in COMPARED:
            return why
        found = self._o2c_differences().splitlines()
        more = ["…"] if len(found) > NAMED else []
        return "; ".join([why, *found[:NAMED], *more])

    # -- for the approver's page -----------------------------------------------------

    def _o2c_summary(self):
        history, overdue_days = self._o2c_customer()._o2c_history()
        return {
            "content": self._o2c_content_in_words(),
            "differences": self._o2c_differences(),
            "discount": self._o2c_fact("discount"),
            "overdue_days": overdue_days,
            "amount": abs(self._o2c_in_company_currency(self._o2c_untaxed())),
            "customer_history": history,
            "partner_key": self.partner_id.id,
        }

    def _o2c_content_in_words(self):
        """What is invoiced, on which terms, one line each."""
        lines = [line._o2c_in_words() for line in self._o2c_goods()]
        lines.append(self.env._("Payer: %s", self.partner_id.display_name))
        if self.invoice_payment_term_id:
            lines.append(self.env._("Terms: %s", self.invoice_payment_term_id.name))
        if self.reversed_entry_id:
            lines.append(self.env._("Credits %s", self.reversed_entry_id.name))
        return "\n".join(lines)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _o2c_deducts_deposit(self):
        """Whether it charges a deposit, or takes one off."""
        # sudo: accounting need not read orders
        return any(line._o2c_is_deposit() for line in self.sudo().sale_line_ids)

    def _o2c_ordered_price(self):
        """Unit price of its order, per unit and in the currency of this line."""
        sold = self.sale_line_ids[:1]
        price = sold.currency_id._convert(
            sold._o2c_net_price(),
            self.currency_id,
            self.company_id,
            self.move_id.invoice_date or fields.Date.context_today(self),
            round=False,
        )
        return sold.product_uom_id._compute_price(
            price, self.product_uom_id or sold.product_uom_id
        )

    def _o2c_price_deviation(self):
        """In %, up or down; from one cent of the line on; deposits have no price."""
        if not self.sale_line_ids or self._o2c_deducts_deposit():
            return 0.0
        ordered, price = self._o2c_ordered_price(), self._o2c_net_price()
        if self.currency_id.is_zero((price - ordered) * self.quantity):
            return 0.0
        return abs(round(100 * (price - ordered) / ordered, 2)) if ordered else 100.0

    def _o2c_differences(self):
        """What is other on this line than on its order: sentences."""
        if not self.sale_line_ids:
            return [self.env._("%s is on no order", self._o2c_in_words())]
        found = []
        if self._o2c_price_deviation():
            found.append(
                self.env._(
                    "%(product)s: price %(price)s, ordered at %(ordered)s",
                    product=self.product_id.display_name or self.name,
                    price=self._o2c_money(self._o2c_net_price()),
                    ordered=self._o2c_money(self._o2c_ordered_price()),
                )
            )
        if self.move_id.move_type != "out_refund":
            found += [
                self.env._(
                    "%(product)s: %(billed)s invoiced in all, %(owed)s to be invoiced",
                    product=sold.product_id.display_name or sold.name,
                    billed=f"{sold.qty_invoiced:g}",
                    owed=f"{sold._o2c_to_bill_in_all():g}",
                )
                for sold in self.sale_line_ids
                if sold._o2c_billed_beyond()
            ]
        return found

    def _o2c_money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _o2c_in_words(self):
        """“12 × Laptop at 1,000.00: 12,000.00”"""
        return self.env._(
            "%(quantity)s × %(product)s at %(price)s: %(total)s",
            quantity=f"{self.quantity:g}",
            product=self.product_id.display_name or self.name,
            price=self._o2c_money(self._o2c_net_price()),
            total=self._o2c_money(self.price_subtotal),
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_to_bill_in_all(self):
        """How many of this line may be invoiced: as it is delivered, or as ordered."""
        if self.product_id.invoice_policy == "delivery":
            return self.qty_delivered
        return self.product_uom_qty

    def _o2c_billed_beyond(self):
        """By how many % more is invoiced than that, drafts included."""
        if self._o2c_is_deposit():
            return 0.0
        owed = self._o2c_to_bill_in_all()
        beyond = float_round(
            self.qty_invoiced - owed, precision_rounding=self.product_uom_id.rounding
        )
        if beyond <= 0:
            return 0.0
        return round(100 * beyond / owed, 2) if owed > 0 else 100.0
