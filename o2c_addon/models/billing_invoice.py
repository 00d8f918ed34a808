from typing import NamedTuple

from odoo import models


class Slice(NamedTuple):
    """The part of each order its next invoice is for.

    Made in Python only: a context that comes from outside cannot hold one.
    """

    quantities: dict  # sale.order.line id → quantity in the line's unit
    shares: dict  # the same id → task id and quantity of each delivery with a heading
    keys: dict  # sale.order id → key of what shares an invoice
    tasks: dict  # sale.order.line id → id of the task its invoice line hangs on
    deductions: dict  # id of a deposit's line → values of the line that deducts it
    dates: dict  # sale.order id → invoice date

    def share_dates(self):
        """What shares an invoice shares the latest of its dates."""
        latest = {}
        for order_id, key in self.keys.items():
            dates = filter(None, (latest.get(key), self.dates.get(order_id)))
            latest[key] = max(dates, default=False)
        self.dates.update(
            {order_id: latest[key] for order_id, key in self.keys.items()}
        )


def slice_of(env):
    part = env.context.get("o2c_slice")
    return part if isinstance(part, Slice) else None


class BillingTask(models.Model):
    """Making the invoices of exactly what was delivered."""

    _inherit = "o2c.billing.task"

    def _make_invoices(self):
        """Draft invoices of exactly these, one for each order, linked to them."""
        part = Slice({}, {}, {}, {}, {}, {})
        for order, tasks in self.grouped("order_id").items():
            order._o2c_cut(part, tasks)
        orders = self.order_id.filtered(
            lambda o: not part.quantities.keys().isdisjoint(o.order_line.ids)
        )
        if not orders:
            return
        part.share_dates()
        invoices = orders._o2c_invoice(part)
        orders._o2c_remember(
            [
                order._o2c_prepare_event(order, "invoiced")
                | {"data": {"invoices": (invoices & order._o2c_invoices()).ids}}
                for order in orders
            ]
        )

    def _quantities(self):
        """Line → quantity in its unit that these of one order brought and bill."""
        wanted, taken = {}, {}
        for task in self:
            for line, quantity in task._brought().items():
                left = line._o2c_left_to_bill() - taken.get(line, 0)
                quantity = min(quantity, left)
                if line.product_uom_id.compare(quantity, 0) > 0:
                    wanted.setdefault(line, []).append((task, quantity))
                    taken[line] = taken.get(line, 0) + quantity
        return wanted

    def _brought(self):
        """Line → quantity, in its unit, that this asks to be invoiced."""
        if self.kind == "service":
            return self.order_id._o2c_collected()
        brought = self.order_id._o2c_delivered_with(self.picking_id)
        if not self.order_id._o2c_is_first_delivery(self):
            return brought
        return brought | self.order_id._o2c_prepaid_lines("delivery")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_cut(self, part, tasks):
        """Add to ``part`` what ``tasks`` bill of this order."""
        wanted = tasks._quantities()
        carrier = tasks[:1]
        for line, shares in wanted.items():
            part.quantities[line.id] = sum(quantity for _task, quantity in shares)
            part.tasks[line.id] = shares[-1][0].id
            carrier = shares[-1][0]
            if self._o2c_is_billed_by_period():
                part.shares[line.id] = [(task.id, share) for task, share in shares]
        for task in tasks:
            before = (task.line_ids and task.billed) or {}
            task.billed = before | {
                str(line.id): quantity + before.get(str(line.id), 0)
                for line, shares in wanted.items()
                for of_task, quantity in shares
                if of_task == task
            }
        if wanted:
            part.keys[self.id] = tasks[0]._key()
            if self._o2c_invoicing_period() == "order":
                (tasks - carrier).carried_by_id = carrier
            part.dates[self.id] = self._o2c_invoice_date(tasks)
            part.deductions.update(self._o2c_deductions(part))

    def _o2c_invoice_date(self, tasks):
        """Today, or the day the goods left, as the company chose; on drafts nothing."""
        today = self.company_id._o2c_today()
        delivered = max(tasks.picking_id.mapped("date_done"), default=None)
        if self.company_id.o2c_invoice_date == "delivery" and delivered:
            return min(self.company_id._o2c_day_of(delivered), today)
        return today if self._o2c_invoicing() in ("post", "send") else False

    def _o2c_invoice(self, part):
        """The draft invoices of exactly this part of these orders."""
        invoices = self.with_context(o2c_slice=part)._create_invoices()
        invoices = invoices.with_context(o2c_slice=None)
        # cents that rounding made of deposits: given back, as the host does
        invoices.filtered(lambda m: m.amount_total < 0).action_switch_move_type()
        invoices._o2c_log_origins()
        return invoices

    def _o2c_slice(self):
        return slice_of(self.env)

    def _prepare_invoice(self):
        values = super()._prepare_invoice()
        if part := self._o2c_slice():
            values["invoice_date"] = part.dates.get(self.id)
        return values

    def _get_invoiceable_lines(self, final=False):
        lines = super()._get_invoiceable_lines(final)
        if part := self._o2c_slice():
            deposits = self.order_line.filtered(lambda line: line.id in part.deductions)
            if self._o2c_is_billed_by_period():  # the deliveries are its headings
                sold = lines.filtered(lambda line: line.id in part.quantities)
            else:
                sold = lines._o2c_with_headings(part.quantities)
            return sold + deposits
        return lines


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_left_to_bill(self):
        """What a delivery may still bill of this: goods never beyond what the customer
        has, though they be invoiced as ordered."""
        if self.qty_delivered_method != "stock_move":
            return self.qty_to_invoice
        return min(self.qty_to_invoice, self.qty_delivered - self.qty_invoiced)

    def _o2c_with_headings(self, wanted):
        """The lines whose id is ``wanted``, under their headings, with their notes."""
        kept, headings, is_kept = self.browse(), self.browse(), False
        for line in self:
            if line.display_type == "line_section":
                headings, is_kept = line, False
            elif line.display_type == "line_subsection":
                sections = headings.filtered(lambda h: h.display_type == "line_section")
                headings, is_kept = sections + line, False
            elif line.product_id.type == "combo":
                headings = headings.filtered("display_type") + line
                is_kept = False
            elif line.display_type:  # a note goes with what stands above it
                if is_kept:
                    kept += line
                elif headings:
                    headings += line
            elif is_kept := line.id in wanted:
                kept += headings + line
                headings = self.browse()
        return kept

    def _prepare_invoice_line(self, **optional_values):
        """The quantity of this part, priced and charged as on the order line."""
        if part := self.order_id._o2c_slice():
            optional_values |= part.deductions.get(self.id, {})
            if self.id in part.quantities:
                optional_values |= {
                    "quantity": part.quantities[self.id],
                    "o2c_task_id": part.tasks[self.id],
                    "analytic_distribution": self.analytic_distribution,
                }
        elif self.is_downpayment and optional_values.get("quantity") == -1:
            # part of it is deducted already: the host would deduct all of it again
            optional_values |= self._o2c_rest_of_deposit()
        return super()._prepare_invoice_line(**optional_values)
