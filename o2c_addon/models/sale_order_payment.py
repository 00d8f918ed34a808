from odoo import models
from odoo.tools import groupby

ONLINE = "online"  # of a share: what was paid online and is in no invoice yet
PAID = ("paid", "in_payment", "reversed")  # payment states of what is not owed


class SaleOrder(models.Model):
    """What the customer paid for an order, however it came in."""

    _inherit = "sale.order"

    def _o2c_paid(self):
        """Money received for this order, in its currency.

        What is reconciled with its invoices, deposits included and credit notes taken
        off, and online payments that are not in an invoice yet.
        """
        return self._o2c_paid_each()[self.id]

    def _o2c_paid_each(self):
        """Order id → the same for each of these orders, their invoices read at once."""
        orders = self.sudo()  # sudo: a sum, whoever may read accounting
        paid = dict.fromkeys(orders.ids, 0.0)
        for key, shares in groupby(orders._o2c_shares(), lambda s: s.order):
            paid[key] = orders.browse(key)._o2c_sum(shares, "settled")
        return paid

    def _o2c_is_taken(self):
        """Whether all of it was paid and handed over at a till (``pos_sale``)."""
        lines = self._o2c_goods()
        if "pos_order_line_ids" not in lines._fields:
            return False
        # sudo: judged alike whoever acts
        taken = (line.sudo()._o2c_is_taken() for line in lines)
        return bool(lines) and all(taken)

    def _o2c_is_paid(self):
        """Whether nothing of this order is left to pay."""
        return (
            self.currency_id.compare_amounts(self._o2c_paid(), self.amount_total) >= 0
        )

    def _o2c_missing_prepayment(self, check, more=0.0):
        """What has to be paid before goods leave and is not; in order currency.

        :param check: the check, whose ``value`` is a part of the order in %, or an
            amount in company currency, at most the order
        :param more: what leaves with it beyond what was ordered
        """
        total = self.amount_total + more
        if check.value_unit == "percent":
            wanted = total * min(check.value, 100) / 100
        else:
            wanted = self.company_id.currency_id._convert(
                check.value, self.currency_id, self.company_id, self.date_order
            )
        paid = self._o2c_together("paid", lambda orders: orders._o2c_paid_each())
        missing = min(wanted, total) - paid[self.id]
        missing = self.currency_id.round(missing)
        return max(missing, 0.0)

    def _o2c_amount_at_risk(self):
        return self._o2c_fact_amount()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_is_taken(self):
        """Whether tills handed over as much as this line says, and got the money.

        One cent less is rounding; whatever is cheaper at the till waits as any other.
        """
        sold = self.pos_order_line_ids.filtered(
            lambda li: (
                li.product_id == self.product_id and self._o2c_is_paid_at(li.order_id)
            )
        )
        quantity = sum(
            li.product_uom_id._compute_quantity(li.qty, self.product_uom_id)
            for li in sold
        )
        amount = sum(
            li.currency_id._convert(
                li.price_subtotal_incl,
                self.currency_id,
                self.company_id,
                li.order_id.date_order,
            )
            for li in sold
        )
        wanted = self.price_total - self.currency_id.rounding
        return (
            self.product_uom_id.compare(quantity, self.product_uom_qty) >= 0
            and self.currency_id.compare_amounts(amount, wanted) >= 0
        )

    def _o2c_is_paid_at(self, till):
        """Whether payments cover what ``till`` sold: its totals are what it says."""
        paid = sum(till.payment_ids.mapped("amount"))
        worth = till._get_rounded_amount(sum(till.lines.mapped("price_subtotal_incl")))
        return (
            till.state not in ("draft", "cancel")
            and bool(till.payment_ids)
            and till.currency_id.compare_amounts(paid, worth) >= 0
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_is_paid(self):
        return self.payment_state in PAID

    def _o2c_amount_at_risk(self):
        return self.amount_untaxed_signed


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_is_paid(self):
        orders = self.sudo()._o2c_orders()  # sudo: a yes or no, whoever asks
        return bool(orders) and all(order._o2c_is_paid() for order in orders)
