from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_list


class StockPicking(models.Model):
    """Whether the customer is good for what leaves: paid, within the limit, not late.

    What a customer owes is in sentences of checks that are *private*: who may not read
    it reads the check's name.
    """

    _inherit = "stock.picking"

    def _o2c_sentence(self, obstacle):
        """What the customer owes is told only to those who may read it."""
        check = obstacle.source
        if (
            check._name == "o2c.fulfillment.check"
            and obstacle.kind == "check"
            and check._is_private()
            and not self._o2c_reads_debt()
        ):
            return self.env._(
                "%(delivery)s waits for: %(check)s",
                delivery=self.name,
                check=check.name,
            )
        return super()._o2c_sentence(obstacle)

    def _o2c_customer(self):
        """Who owes for this delivery, as accounting sees it."""
        return self._o2c_once("customer", lambda delivery: delivery._o2c_payer())

    def _o2c_payer(self):
        # sudo: judged alike whoever acts
        delivery = self.sudo()
        payer = delivery._o2c_orders().partner_invoice_id[:1] or delivery.partner_id
        return payer.commercial_partner_id.with_company(self.company_id)

    def _o2c_names_nobody(self):
        """Who is judged has to be said: goods for nobody would be good for anybody."""
        return not self._o2c_customer() and self.env._("%s has no contact", self.name)

    def _o2c_problem_prepayment(self, check):
        """What of its orders has to be paid first and is not."""
        if nobody := self._o2c_names_nobody():
            return nobody
        problems = []
        for order in self._o2c_orders_concerned():
            if missing := order._o2c_missing_prepayment(check, self._o2c_more(order)):
                amount = format_amount(self.env, missing, order.currency_id)
                problems.append(f"{order.name}: {amount}")
        return problems and self.env._(
            "%(delivery)s: still to be paid before it leaves: %(amounts)s",
            delivery=self.name,
            amounts=format_list(self.env, problems),
        )

    def _o2c_size_prepayment(self, check):
        orders = self._o2c_orders_concerned()
        return sum(o._o2c_missing_prepayment(check, self._o2c_more(o)) for o in orders)

    def _o2c_more(self, order):
        """What leaves beyond what ``order`` says, at its prices, taxed, in its
        currency: a delivery may bring more than was ordered, and paid for."""
        more = 0.0
        for move, extra in self._o2c_surplus().items():
            line = move.sale_line_id
            if (line.order_id or move.picking_id.sale_id) == order:
                price = line.price_reduce_taxinc if line else move.product_id.lst_price
                to_unit = line.product_uom_id or move.product_id.uom_id
                more += move.product_uom._compute_quantity(extra, to_unit) * price
        return more

    def _o2c_problem_overdue(self, check):
        if nobody := self._o2c_names_nobody():
            return nobody
        days, customer = self._o2c_size_overdue(check), self._o2c_customer()
        if days == 1 > check.value:
            return self.env._(
                "%s has an invoice that is overdue since yesterday",
                customer.display_name,
            )
        return days > check.value and self.env._(
            "%(customer)s has an invoice that is %(days)s days overdue",
            customer=customer.display_name,
            days=f"{days:g}",
        )

    def _o2c_size_overdue(self, check):
        days = self._o2c_together("overdue", lambda d: d._o2c_customer_days())
        return float(days.get(self._o2c_customer().id, 0))

    def _o2c_customer_days(self):
        return self._o2c_customers()._o2c_overdue_days(self._o2c_owed())

    def _o2c_customers(self):
        customers = self.env["res.partner"].union(*(d._o2c_customer() for d in self))
        return customers.with_company(self.company_id)

    def _o2c_owed(self):
        """What the customers owe: asked by more than one check, read once."""
        owed = {}
        for delivery in self:  # each: they may have been read apart
            owed |= delivery._o2c_together(
                "owed", lambda deliveries: deliveries._o2c_customers()._o2c_owed()
            )
        return owed

    def _o2c_problem_credit(self, check):
        """By how much the customer, this delivery included, is above the limit."""
        if not self.company_id.account_use_credit_limit:
            raise UserError(
                self.env._(
                    "The check “%s” needs credit limits, which are switched off in the "
                    "settings of accounting",
                    check.name,
                )
            )
        if nobody := self._o2c_names_nobody():
            return nobody
        excess = self._o2c_size_credit(check)
        return excess > check.value and self.env._(
            "%(customer)s is %(amount)s above the credit limit",
            customer=self._o2c_customer().display_name,
            amount=format_amount(self.env, excess, self.company_id.currency_id),
        )

    def _o2c_size_credit(self, check):
        known = self._o2c_together("credit", lambda d: d._o2c_customer_excess())
        excess = known.get(self._o2c_customer().id)
        if excess is None:
            return 0.0
        company = self.company_id
        for order in self.sudo()._o2c_orders():  # sudo: see above
            excess += order.currency_id._convert(
                self._o2c_more(order), company.currency_id, company, order.date_order
            )
        return excess

    def _o2c_customer_excess(self):
        return self._o2c_customers()._o2c_credit_excess(self._o2c_owed())
