from itertools import repeat

from odoo import fields, models
from odoo.tools import SQL, format_list, formatLang

from ..reading import read_lines, read_with
from .approval_rule import THINGS


class SaleOrder(models.Model):
    """The figures approval rules look at. Bigger is worse; percentages have two digits.

    Each is answered once per judgement. What needs a query answers for all orders that
    are judged together.
    """

    _inherit = "sale.order"

    def _o2c_read_lines(self):
        products = read_lines(self, "order_line").product_id
        products._o2c_read_with_cost(self.company_id[:1])

    def _o2c_goods(self):
        """The lines that sell something."""
        return self.order_line.filtered(
            lambda line: not line.display_type and not line._o2c_is_deposit()
        )

    # -- the order itself ------------------------------------------------------------

    def _o2c_fact_amount(self):
        """Untaxed amount in company currency at the order's date."""
        return self._o2c_in_company_currency(self.amount_untaxed)

    def _o2c_in_company_currency(self, amount):
        currency, company = self.currency_id, self.company_id
        if currency == company.currency_id:
            return amount
        day = self.date_order or fields.Date.context_today(self)
        return currency._convert(amount, company.currency_id, company, day)

    def _o2c_document_fact_amount(self):
        """Untaxed amount in the order's currency."""
        return self.amount_untaxed

    def _o2c_passed_figures(self):
        return SQL("jsonb_build_object('amount', COALESCE(amount_untaxed, 0))")

    def _o2c_fact_discount(self):
        """Discount of the whole order in %: on lines, or as lines of negative price."""
        lines = self._o2c_goods()
        full = sum(line._o2c_undiscounted() for line in lines)
        if full <= 0:
            return 0.0
        return round(100 * (1 - sum(lines.mapped("price_subtotal")) / full), 2)

    def _o2c_fact_discount_line(self):
        """Highest discount of a line in %."""
        return max((li._o2c_discount() for li in self._o2c_goods()), default=0.0)

    def _o2c_fact_margin(self):
        """Margin in % of what is paid, negated: the smaller the margin, the worse.

        Where a line carries a cost of its own (``sale_margin``), the worse of that and
        the product's counts: a margin is not made by typing a lower cost.
        """
        lines = self._o2c_goods()
        # sudo: the verdict is the same for who may see costs and who may not
        lines.sudo().product_id._o2c_read_with_cost(self.company_id)
        revenue = sum(lines.mapped("price_subtotal"))
        cost = sum(line._o2c_cost() for line in lines)
        if revenue <= 0:
            return 100.0 if cost > 0 else 0.0
        return round(-100 * (revenue - cost) / revenue, 2)

    def _o2c_fact_price_below_list(self):
        """By how many % the cheapest line is below its price list, all included."""
        prices = self._o2c_together("list_prices", lambda o: o._o2c_list_prices())
        return round(
            max(
                (
                    100 * (1 - line._o2c_net_price() / prices[line.id])
                    for line in self.order_line
                    if prices.get(line.id, 0) > 0 and line.product_uom_qty > 0
                ),
                default=0.0,
            ),
            2,
        )

    def _o2c_list_prices(self):
        """Line id → unit price of the price list on the order's day, order currency."""
        prices = {}
        for (pricelist, _day), orders in self.grouped(
            lambda order: (order.pricelist_id, order.date_order.date())
        ).items():
            goods = orders._o2c_goods().filtered("product_id")
            date = orders[0].date_order
            rules = pricelist._get_applicable_rules(goods.product_id, date)
            for lines in goods.grouped(lambda li: li._o2c_priced_by()).values():
                product = lines.product_id
                differ = rules or product._o2c_has_attributes()
                for alike in lines if differ else [lines]:
                    price = alike[0]._o2c_list_price(rules)
                    prices.update(dict.fromkeys(alike._ids, price))
        return prices

    def _o2c_fact_payment_term(self):
        """Days from the customer's own last instalment to the one of this order."""
        if not self.payment_term_id:
            return 0.0  # due at once: nobody's own terms are earlier
        partner = self.partner_invoice_id.with_company(self.company_id)
        today = fields.Date.context_today(self)
        agreed = partner.property_payment_term_id._o2c_last_day(today)
        return float((self.payment_term_id._o2c_last_day(today) - agreed).days)

    def _o2c_fact_incomplete(self, *things):
        """How many of these ``things`` are missing; of all that can be, if none."""
        return float(len(self._o2c_incomplete(things or THINGS)))

    def _o2c_incomplete(self, things):
        """What is missing on this order, in words, as something to add."""
        answers = (getattr(self, f"_o2c_missing_{thing}")() for thing in things)
        return [answer for answer in answers if answer]

    def _o2c_missing_reference(self):
        return not self.client_order_ref and self.env._("the customer's reference")

    def _o2c_missing_date(self):
        return not self.commitment_date and self.env._("the delivery date")

    def _o2c_missing_price(self):
        lines = self._o2c_goods().filtered(
            lambda li: li.product_uom_qty and not li.price_unit
        )
        return lines and self.env._("a price for %s", self._o2c_names(lines))

    def _o2c_missing_tax(self):
        lines = self._o2c_goods().filtered(
            lambda li: li.product_uom_qty and not li.tax_ids
        )
        return lines and self.env._("a tax for %s", self._o2c_names(lines))

    def _o2c_missing_address(self):
        missing = self.partner_shipping_id._o2c_missing_of_address()
        return missing and self.env._(
            "%(missing)s of the address of %(customer)s",
            missing=format_list(self.env, missing),
            customer=self.partner_shipping_id.display_name,
        )

    def _o2c_names(self, lines):
        names = dict.fromkeys(lines.mapped("product_id.display_name"))
        return format_list(self.env, list(names))

    def _o2c_why(self, rule, fact):
        if rule.criterion != "incomplete":
            return super()._o2c_why(rule, fact)
        missing = self._o2c_incomplete(rule._needs())
        return self.env._("Add %s", format_list(self.env, missing))

    # -- the customer ----------------------------------------------------------------

    def _o2c_customer(self):
        """The company that owes, as accounting sees it."""
        # sudo: judged alike whoever acts
        partner = self.sudo().partner_invoice_id.commercial_partner_id
        return partner.with_company(self.company_id)

    def _o2c_of_customers(self, method):
        """What ``method`` answers about the customers of all that are judged
        together."""
        self._o2c_meet(self.env["res.users"])
        self._o2c_meet_customers()
        return self._o2c_together(
            method, lambda orders: getattr(orders._o2c_customer(), method)()
        )

    def _o2c_fact_credit(self):
        """Money above the customer's credit limit, this order included.

        Receivable, delivered and not invoiced, confirmed and not delivered. Without a
        limit for the customer nothing exceeds it.
        """
        excess = self._o2c_of_customers("_o2c_credit_excess")
        customer = self._o2c_customer()
        if customer.id not in excess:
            return 0.0
        own = 0.0 if self.state == "sale" else self._o2c_taxed_amount()
        return excess[customer.id] + own

    def _o2c_taxed_amount(self):
        """What the customer will owe, in company currency at the order's date."""
        return self._o2c_in_company_currency(self.amount_total)

    def _o2c_fact_overdue(self):
        """Days the customer's oldest unpaid invoice is overdue."""
        days = self._o2c_of_customers("_o2c_overdue_days")
        return float(days.get(self._o2c_customer().id, 0))

    def _o2c_fact_new_customer(self):
        """1 if the customer never paid an invoice of this company."""
        known = self._o2c_of_customers("_o2c_ever_paid")
        return 0.0 if self._o2c_customer().id in known else 1.0

    def _o2c_fact_broken_promises(self):
        """How many promises to pay the customer broke within a year."""
        broken = self._o2c_of_customers("_o2c_broken_promises")
        return float(broken.get(self._o2c_customer().id, 0))

    # -- for the approver's page -----------------------------------------------------

    def _o2c_summary(self):
        history, overdue_days = self._o2c_customer()._o2c_history()
        return {
            "margin": -self._o2c_fact("margin"),  # first: reads products with cost
            "content": self._o2c_content_in_words(),
            "discount": self._o2c_fact("discount"),
            "overdue_days": overdue_days,
            "amount": self._o2c_fact("amount"),
            "customer_history": history,
            "partner_key": self.partner_id.id,
        }

    def _o2c_content_in_words(self):
        """What is sold, on which terms, one line each."""
        goods = self._o2c_goods()
        goods.product_uom_id._o2c_recall(goods.product_uom_id.ids)
        lines = [line._o2c_in_words() for line in goods]
        lines.append(self.env._("Payer: %s", self.partner_invoice_id.display_name))
        if self.payment_term_id:
            lines.append(self.env._("Terms: %s", self.payment_term_id.name))
        return "\n".join(lines)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_cost(self):
        """Cost of this line in order currency: its own or the product's, if worse."""
        # sudo: the verdict is the same for who may see costs and who may not
        line = self.sudo().with_company(self.company_id)
        cost = line.product_id.uom_id._compute_price(
            line.product_id.standard_price, line.product_uom_id
        )
        cost = line.product_id.cost_currency_id._convert(
            cost,
            line.currency_id,
            line.company_id,
            line.order_id.date_order or fields.Date.context_today(line),
            round=False,
        )
        if "purchase_price" in line._fields:
            cost = max(cost, line.purchase_price)
        return cost * line.product_uom_qty

    def _o2c_priced_by(self):
        """What the price depends on, where neither list nor attribute changes it."""
        return self.product_id.id, self.product_uom_id.id, self.currency_id.id

    def _o2c_list_price(self, rules):
        """Unit price by the first of the price list's ``rules`` that applies."""
        quantity = self.product_uom_id._compute_quantity(
            self.product_uom_qty or 1.0, self.product_id.uom_id, raise_if_failure=False
        )
        rule = next(
            (r for r in rules if r._is_applicable_for(self.product_id, quantity)),
            self.env["product.pricelist.item"],
        )
        product = self.product_id
        if product._o2c_has_attributes():
            product = product.with_context(**self._get_product_price_context())
        elif not rule:
            return self._o2c_plain_list_price()
        return rule._compute_price(product=product, **self._get_pricelist_kwargs())

    def _o2c_plain_list_price(self):
        """The same where no price list and no attribute says anything: what the host
        answers then, without looking for attributes."""
        product = self.product_id
        price = product.uom_id._compute_price(product.list_price, self.product_uom_id)
        main = self.env["ir.model.data"]._xmlid_to_res_id("base.main_company")
        company = product.company_id.sudo() or self.env["res.company"].browse(main)
        return company.sudo().currency_id._convert(  # sudo: the currency of its price
            price,
            self.currency_id,
            self.env.company,
            self._get_order_date(),
            round=False,
        )

    def _o2c_in_words(self):
        """“12 Units Laptop at 1,000.00 (−5 %): 11,400.00”"""
        figures = {
            "quantity": f"{self.product_uom_qty:g}",
            "unit": self.product_uom_id.name,
            "product": self.product_id.display_name,
            "price": formatLang(
                self.env, self.price_unit, currency_obj=self.currency_id
            ),
            "total": formatLang(
                self.env, self.price_subtotal, currency_obj=self.currency_id
            ),
        }
        if not self.discount:
            return self.env._(
                "%(quantity)s %(unit)s %(product)s at %(price)s: %(total)s", **figures
            )
        return self.env._(
            "%(quantity)s %(unit)s %(product)s at %(price)s less %(discount)s %%: "
            "%(total)s",
            discount=f"{self.discount:g}",
            **figures,
        )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _o2c_has_attributes(self):
        """Whether its price may depend on attributes chosen on a line."""
        return self.combination_indices or self.has_configurable_attributes

    def _o2c_read_with_cost(self, company):
        """Read all of these with their templates and their cost in ``company``; what
        has no attributes is not looked up among them."""
        products = read_with(self.with_company(company), "standard_price")
        plain = products.filtered(lambda p: not p.combination_indices)
        attributes = self._fields["product_template_attribute_value_ids"]
        attributes._insert_cache(plain, repeat(()))


class PaymentTerm(models.Model):
    _inherit = "account.payment.term"

    def _o2c_last_day(self, start):
        """The day the last instalment is due for what is invoiced on ``start``."""
        return max((line._get_due_date(start) for line in self.line_ids), default=start)
