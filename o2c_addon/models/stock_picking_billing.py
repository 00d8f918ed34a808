from itertools import chain

from odoo import api, fields, models
from odoo.tools import plaintext2html

IMMEDIATE = 3  # deliveries of one call billed at once; more are left to the cron
HOW_MUCH = {"quantity", "product_uom_id"}  # fields of how much left


class StockPicking(models.Model):
    """What left, or came back, and is to become an invoice or a credit note."""

    _inherit = "stock.picking"

    o2c_billing_task_ids = fields.One2many(
        "o2c.billing.task", "picking_id", "Invoicing Queue", readonly=True
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_billing_task_ids"}

    def _o2c_queue_invoices(self):
        """Write down what has to be invoiced, and bill a few at once."""
        # sudo: the warehouse delivers, it never meets accounting
        tasks = self.sudo()._o2c_add_tasks(
            lambda order: order._o2c_is_billed_by_itself()
        )
        due = tasks.filtered(lambda t: t.due_on <= fields.Datetime.now())
        if 0 < len(due) <= IMMEDIATE:
            for of_order in due.grouped("order_id").values():
                waiting = of_order.order_id.o2c_billing_task_ids.filtered("waits_for")
                (of_order | waiting)._bill_or_park()
        for due_on in set(tasks.filtered(lambda t: t.state == "todo").mapped("due_on")):
            tasks.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger(at=due_on)

    def _o2c_add_tasks(self, is_wanted, **values):
        """A place in the queue for each of these and its orders that are wanted."""
        rows = [picking._o2c_prepare_tasks(is_wanted) for picking in self]
        return self.env["o2c.billing.task"].create(
            [row | values for row in chain.from_iterable(rows)]
        )

    def _o2c_prepare_tasks(self, is_wanted):
        """What this changes of what is owed, order by order."""
        self.ensure_one()
        orders = self._o2c_orders().filtered(is_wanted)
        row = {"picking_id": self.id, "kind": "delivery"}
        if not self._o2c_is_return():
            return [
                row | {"order_id": order.id, "due_on": order._o2c_due_on()}
                for order in orders
            ]
        if self.company_id.o2c_crediting == "manual":
            return []
        back = orders.filtered(lambda order: order._o2c_returned_with(self))
        return [row | {"order_id": order.id, "kind": "return"} for order in back]

    def o2c_explain(self):
        """Once it has left: where its invoice stands."""
        if self.state != "done":
            return super().o2c_explain()
        self.check_access("read")
        # sudo: that it is invoiced, or why not, is told to whoever delivered it
        tasks = self.sudo().o2c_billing_task_ids.with_user(self.env.user).sudo()
        return [task._explain() for task in tasks]


class StockMoveLine(models.Model):
    """What is changed after it left is invoiced by the evening."""

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._o2c_collect_changes()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if HOW_MUCH & set(vals):
            self._o2c_collect_changes()
        return result

    def _o2c_collect_changes(self):
        done = self.move_id.filtered(lambda m: m.state == "done" and m.sale_line_id)
        done.sale_line_id.order_id._o2c_collect()
        done.sale_line_id._o2c_tell_overbilled()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_tell_overbilled(self):
        """Less left than was invoiced: somebody has to credit the rest."""
        # sudo: whoever corrects a delivery, accounting is not his
        for line in self.sudo():
            order = line.order_id
            owner = order.company_id.o2c_billing_owner_id or order.user_id
            too_much = line.product_uom_id.compare(line.qty_to_invoice, 0) < 0
            if not (too_much and owner and order._o2c_is_billed_by_itself()):
                continue
            summary = self.env._("More invoiced than delivered: credit the rest")
            if summary not in order.activity_ids.mapped("summary"):
                order.activity_schedule(
                    "o2c_addon.mail_activity_type_o2c_attention",
                    user_id=owner.id,
                    summary=summary,
                    note=plaintext2html(
                        self.env._(
                            "%(product)s: %(delivered)s delivered, %(invoiced)s "
                            "invoiced.",
                            product=line.product_id.display_name,
                            delivered=line.qty_delivered,
                            invoiced=line.qty_invoiced,
                        )
                    ),
                )
