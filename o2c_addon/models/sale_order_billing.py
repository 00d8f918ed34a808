from odoo import api, fields, models
from odoo.exceptions import AccessError

from .billing_task import OPEN
from .res_company import INVOICING, PERIODS


class SaleOrder(models.Model):
    """What of an order is to be invoiced, when, and how far by itself."""

    _inherit = "sale.order"

    o2c_invoicing = fields.Selection(
        INVOICING,
        "Invoice After Delivery",
        tracking=True,
        help="Empty: as set on the quotation template, else for the customer, else for "
        "the company.",
    )
    o2c_invoicing_period = fields.Selection(
        PERIODS,
        "One Invoice",
        help="Empty: as set on the quotation template, else for the customer, else for "
        "the company.",
    )
    o2c_invoicing_inherited = fields.Char(compute="_compute_o2c_inherited")
    o2c_invoicing_period_inherited = fields.Char(compute="_compute_o2c_inherited")
    o2c_billing_task_ids = fields.One2many(
        "o2c.billing.task", "order_id", "Invoicing Queue", readonly=True
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_billing_task_ids"}

    @api.depends("partner_invoice_id", "company_id", "sale_order_template_id")
    def _compute_o2c_inherited(self):
        for order in self:
            for name in ("o2c_invoicing", "o2c_invoicing_period"):
                template = order._o2c_template().filtered(name)
                order[f"{name}_inherited"] = (
                    template._o2c_label(name)
                    if template
                    else order._o2c_payer()._o2c_inherited(name)
                )

    def _o2c_template(self):
        """The quotation template, whose settings count before the customer's."""
        # sudo: whoever ships or confirms need not read templates
        return self.sudo().sale_order_template_id

    def _o2c_payer(self):
        """Whose settings count, as this order's company sees them."""
        payer = self.partner_invoice_id.commercial_partner_id
        return payer.with_company(self.company_id or self.env.company)

    def _o2c_invoicing(self):
        """What happens after a delivery: ``manual``, ``draft``, ``post``, ``send``."""
        if decided := self.o2c_invoicing or self._o2c_template().o2c_invoicing:
            return decided
        company = self.company_id or self.env.company
        # most databases have one way for all: then no customer has to be read
        own = self.partner_id._o2c_differ() and self._o2c_payer().o2c_invoicing
        return own or company.o2c_invoicing or "manual"

    def _o2c_invoicing_period(self):
        """What shares an invoice: a ``delivery``, the ``order``, a ``day``, …"""
        payer = self._o2c_payer()
        company = payer.env.company
        own = (
            self.o2c_invoicing_period
            or self._o2c_template().o2c_invoicing_period
            or payer.o2c_invoicing_period
        )
        return own or company.o2c_invoicing_period or "delivery"

    def _o2c_is_billed_by_itself(self):
        """Whether deliveries of this order are invoiced automatically."""
        return self._o2c_invoicing() != "manual"

    @api.constrains("o2c_invoicing", "o2c_invoicing_period")
    def _o2c_wake_billing(self):
        """What its invoices wait for may have happened."""
        # sudo: whoever changes an order need not know the queue
        self.sudo().o2c_billing_task_ids._wake()

    @api.constrains("o2c_stage")
    def _o2c_wake_billing_by_stage(self):
        """The rest may be delivered now. Where invoices are made by hand nothing waits
        for that, and nothing is read."""
        # sudo: see _o2c_wake_billing
        self.sudo().filtered(lambda o: o._o2c_is_billed_by_itself())._o2c_wake_billing()

    def _o2c_put_on_hold(self, *args, **values):
        """The queue says at once that it waits, and for what."""
        holds = super()._o2c_put_on_hold(*args, **values)
        held = holds.filtered(lambda h: h.gate == "post").order_id
        held.o2c_billing_task_ids._say_what_for()
        return holds

    def _o2c_after_release(self, hold):
        result = super()._o2c_after_release(hold)
        self._o2c_wake_billing()
        return result

    def _o2c_replay(self, *args):
        outgrown = self.filtered("o2c_passed_on")  # others are not in the queue yet
        result = super()._o2c_replay(*args)
        outgrown._o2c_wake_billing()
        return result

    def _o2c_obstacles_to_invoice(self):
        """What keeps invoices of this order back: holds, and approvals it outgrew."""
        # sudo: accounting need not read orders
        order = self.sudo()
        found = [order._o2c_obstacle_hold(h) for h in order._o2c_open_holds("post")]
        return found + order._o2c_outgrown_by_rules()

    def _o2c_outgrown_by_rules(self):
        """What these orders outgrew, looked at only where a rule is in force."""
        return self.filtered(lambda o: o._o2c_rules("confirm"))._o2c_outgrown()

    # -- what was delivered ----------------------------------------------------------

    def _o2c_delivered_with(self, delivery):
        """Line → quantity, in its unit, that ``delivery`` brought to the customer."""
        brought = {}
        for move in delivery.move_ids:
            line = move.sale_line_id
            if line.order_id == self and line._o2c_counts(move):
                if line._o2c_is_kit():
                    brought[line] = line._o2c_kits_brought(delivery)
                else:
                    brought[line] = brought.get(line, 0) + line._o2c_in_unit(move)
        return brought

    def _o2c_returned_with(self, picking):
        """Line → quantity, in its unit, that ``picking`` brought back for a refund."""
        returned = {}
        for move in picking.move_ids:
            line = move.sale_line_id
            came_back = move.state == "done" and move.location_id.usage == "customer"
            if line.order_id == self and came_back and move.to_refund:
                if line._o2c_is_kit():
                    returned[line] = line._o2c_kits_returned(picking)
                else:
                    returned[line] = returned.get(line, 0) + line._o2c_in_unit(move)
        return returned

    def _o2c_is_first_delivery(self, task):
        """Whether no other delivery of this order was in the queue before ``task``."""
        others = self.o2c_billing_task_ids.filtered(lambda t: t.kind == "delivery")
        return min(others.ids, default=task.id) == task.id

    # -- what no delivery carries ----------------------------------------------------

    def _o2c_prepaid_lines(self, when):
        """Line → quantity of what is invoiced as ordered and carried by no delivery.

        :param when: nothing, unless the company wants it just then
        """
        if self._o2c_ordered_lines() != when:
            return {}
        return {
            line: more
            for line in self.order_line.filtered(lambda line: line._o2c_is_prepaid())
            if (more := line._o2c_prepaid()) > 0
        }

    def _o2c_ordered_lines(self):
        """When services invoiced as ordered are billed, as the company chose."""
        return self.company_id.o2c_ordered_lines

    def _o2c_has_collected(self):
        """Whether the queue has anything to bill that no delivery carries."""
        return bool(self._o2c_collected())

    def _o2c_collected(self):
        """Line → quantity of services done, and of done deliveries changed since."""
        collected, brought = {}, {}
        for line in self.order_line.filtered(lambda line: line._o2c_is_service_done()):
            # not qty_to_invoice: while that is being computed, its old value is read
            more = min(
                line.qty_delivered - line.qty_invoiced,
                line._o2c_not_billed(line._o2c_done()),
            )
            if line.product_uom_id.compare(more, 0) > 0:
                collected[line] = more
        for task in self.o2c_billing_task_ids.filtered(
            lambda t: t.kind == "delivery" and t.state == "done"
        ):
            for line, quantity in task._brought().items():
                if line.qty_delivered_method == "stock_move":
                    brought[line] = brought.get(line, 0) + quantity
        for line, quantity in brought.items():
            more = line._o2c_not_billed(quantity)
            if line.product_uom_id.compare(more, 0) > 0:
                collected[line] = more
        collected |= self._o2c_prepaid_lines("confirm")
        if not self._o2c_has_goods():  # no delivery will ever carry it
            collected |= self._o2c_prepaid_lines("delivery")
        return collected

    def _o2c_has_goods(self):
        return any(
            line.qty_delivered_method == "stock_move" for line in self.order_line
        )

    def _o2c_collect(self):
        """Mark these orders: something no delivery carries is to be invoiced.

        One open row for each order; what comes up until the end of the day shares it.
        """
        orders = self.sudo()  # sudo: whoever did the work, accounting is not his
        orders = orders.filtered(
            lambda o: o.state == "sale" and o._o2c_is_billed_by_itself()
        )
        # first: what is computed for it may be found to be done, and marked, meanwhile
        more = orders.filtered(lambda o: o._o2c_has_collected())
        collecting = orders.o2c_billing_task_ids.filtered(
            lambda t: t.kind == "service" and t.state in OPEN
        )
        collecting._touch()
        tasks = orders.env["o2c.billing.task"]._create_once(
            [
                {
                    "kind": "service",
                    "order_id": order.id,
                    "due_on": order._o2c_evening(),
                }
                for order in more - collecting.order_id
            ]
        )
        for due_on in set(tasks.mapped("due_on")):
            self.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger(at=due_on)

    def _o2c_evening(self):
        """When work done now is to be invoiced: not before the day ends."""
        return max(self._o2c_due_on(), self.company_id._o2c_end_of("day"))

    def _o2c_bill_at_once(self):
        """What is collected of these does not wait for the evening, only for the end
        of a period its payer shares."""
        for order in self:
            # sudo: see _o2c_collect
            collecting = order.sudo().o2c_billing_task_ids.filtered(
                lambda t: t.kind == "service" and t.state == "todo"
            )
            collecting._reschedule(order._o2c_due_on())

    def _action_confirm(self):
        result = super()._action_confirm()
        self._o2c_collect()
        return result

    # -- what left before the switch -------------------------------------------------

    def action_o2c_queue_invoices(self):
        """Put what of these was delivered outside the queue into it, by hand.

        What is in the queue already stays as it is.
        """
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoicing is handled by accounting. Ask them to look.")
            )
        orders = self.sudo()  # sudo: accounting need not work in the warehouse
        deliveries = orders.picking_ids.filtered(
            lambda p: (
                p.state == "done"
                and p._o2c_is_delivery()
                and not p.o2c_billing_task_ids
            )
        )
        tasks = deliveries._o2c_add_tasks(lambda order: order in orders, picked=True)
        self.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if tasks else "warning",
                "message": self.env._("%s deliveries are to be invoiced.", len(tasks))
                if tasks
                else self.env._("Nothing to add: no delivery is left out."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # -- words -----------------------------------------------------------------------

    def o2c_explain(self):
        """And what keeps its invoices back."""
        explained = super().o2c_explain()
        if self.state != "sale":
            return explained
        # sudo: where an invoice stands is told to everybody who may read the order
        tasks = self.sudo().o2c_billing_task_ids.with_user(self.env.user).sudo()
        said = [line["reason"] for line in explained]
        return explained + [
            task._explain()
            for task in tasks.sorted("id")
            if task.state in OPEN and task.waits_for not in said
        ]


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_counts(self, move):
        """Whether ``move`` brought something of this line to the customer."""
        return (
            move.state == "done"
            and move._o2c_goes_to_customer()
            and (not move.origin_returned_move_id or move.to_refund)
        )

    def _o2c_in_unit(self, move):
        """The quantity of ``move`` in this line's unit, as the host counts it."""
        return move.product_uom._compute_quantity(
            move.quantity, self.product_uom_id, rounding_method="HALF-UP"
        )

    def _o2c_not_billed(self, quantity):
        """What of ``quantity`` the queue has not billed yet, in this line's unit.

        What was credited or deleted since counts as billed: a person decides then.
        """
        tasks = self.order_id.o2c_billing_task_ids.filtered(
            lambda t: t.kind != "return"
        )
        billed = sum((task.billed or {}).get(str(self.id), 0) for task in tasks)
        return quantity - billed

    def _o2c_worked(self):
        """How much of a service is done. Override and restrict."""
        return self.qty_delivered

    def _o2c_done(self):
        """How much of a service may be invoiced. Override and restrict."""
        return self._o2c_worked()

    def _o2c_prepaid(self):
        """What of a line invoiced as ordered is to be invoiced by the queue."""
        return min(self.qty_to_invoice, self._o2c_not_billed(self.product_uom_qty))

    # -- kits: their parts are delivered ---------------------------------------------

    def _o2c_is_kit(self):
        return any(move.product_id != self.product_id for move in self.move_ids)

    def _o2c_kits_brought(self, delivery):
        """Kits that ``delivery`` made complete: what the host counts as delivered, less
        what other deliveries billed."""
        others = self.order_id.o2c_billing_task_ids.filtered(
            lambda t: t.picking_id != delivery
        )
        billed = sum((task.billed or {}).get(str(self.id), 0) for task in others)
        return max(self.qty_delivered - billed, 0)

    def _o2c_kits_returned(self, picking):
        """Whole kits that came back: as many as the scarcest part is enough for."""
        back = self.move_ids.filtered(lambda move: move.picking_id == picking)
        kits = back.bom_line_id.bom_id.filtered(
            lambda bom: bom.product_tmpl_id == self.product_id.product_tmpl_id
        )
        if not kits:
            return 0
        parts = self._get_bom_component_qty(kits[0])
        return min(
            sum(
                move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
                for move in back.filtered(lambda m, part=part: m.product_id.id == part)
            )
            // need["qty"]
            for part, need in parts.items()
        )

    def _o2c_is_sold(self):
        return self.product_id and not self.display_type and not self.is_downpayment

    def _o2c_is_prepaid(self):
        """Whether it is invoiced as ordered, and no delivery carries it."""
        return (
            self._o2c_is_sold()
            and self.product_id.invoice_policy == "order"
            and self.qty_delivered_method != "stock_move"
        )

    def _o2c_is_service_done(self):
        """Whether it is invoiced as work gets done."""
        return (
            self._o2c_is_sold()
            and self.product_id.invoice_policy == "delivery"
            and self.qty_delivered_method != "stock_move"
        )

    @api.constrains("qty_delivered")
    def _o2c_check_done(self):
        """Work was done: remember that it is to be invoiced.

        A constraint, because the quantity is computed and rises in many ways.
        """
        done = self.filtered(lambda line: line.qty_delivered_method != "stock_move")
        done.order_id._o2c_collect()
