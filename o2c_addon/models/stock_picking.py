from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list

from .gate_mixin import Obstacle

IMMEDIATE = 3  # deliveries of one call billed at once; more are left to the cron


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "o2c.gate.mixin", "o2c.event.mixin"]

    _o2c_gate = "deliver"
    _o2c_final_state = "done"
    _o2c_passed_date = "date_done"

    o2c_billing_task_ids = fields.One2many(
        "o2c.billing.task", "picking_id", "Invoicing Queue", readonly=True
    )

    def _o2c_orders(self):
        return self.move_ids.sale_line_id.order_id

    # -- facts -----------------------------------------------------------------------

    def _o2c_is_delivery(self):
        """Whether these goods go from us to a customer: dropship too, POS not."""
        if "pos_session_id" in self._fields and self.pos_session_id:
            return False
        return any(
            move.location_dest_id.usage == "customer"
            and move.location_id.usage != "customer"
            for move in self.move_ids
        )

    def _o2c_is_return(self):
        """Whether a customer sends these goods back."""
        return any(
            move.location_id.usage == "customer"
            and move.location_dest_id.usage != "customer"
            for move in self.move_ids
        )

    def _o2c_is_open_delivery(self):
        return self.state not in ("done", "cancel") and self._o2c_is_delivery()

    # -- the checks ------------------------------------------------------------------

    def _o2c_checks(self):
        if not self._o2c_is_delivery():
            return self.env["o2c.fulfillment.check"]
        checks = self.env["o2c.fulfillment.check"]._in_force(
            self.company_id.id, self.picking_type_id.id
        )
        # sudo: the warehouse is checked, it need not read the policy
        return self.env["o2c.fulfillment.check"].sudo().browse(checks)

    def _o2c_forget_facts(self):
        self.env["sale.order"]._o2c_forget_facts()
        return super()._o2c_forget_facts()

    def _o2c_obstacles(self, gate):
        obstacles = super()._o2c_obstacles(gate)
        if gate == "deliver" and self._o2c_is_delivery():
            # sudo: the warehouse need not read orders
            obstacles += self.sudo()._o2c_orders()._o2c_outgrown()
        for check in self._o2c_checks() if gate == "deliver" else ():
            if problem := getattr(self, f"_o2c_problem_{check.code}")(check):
                who = check.responsible_id
                obstacles.append(
                    Obstacle(
                        "check",
                        check,
                        problem,
                        {},
                        who,
                        self.env._("%s can help.", who.name) if who else "",
                        True,
                    )
                )
        return obstacles

    def _o2c_problem_available(self, check):
        """What leaves, or would leave, without being in stock."""
        missing = [
            self.env._(
                "%(quantity)s %(unit)s of %(product)s",
                quantity=f"{quantity:g}",
                unit=product.uom_id.name,
                product=product.display_name,
            )
            for product, quantity in self._o2c_missing().items()
        ]
        if not missing:
            return None
        return self.env._(
            "%(delivery)s: not in stock: %(missing)s",
            delivery=self.name,
            missing=format_list(self.env, missing),
        )

    def _o2c_missing(self):
        """Product → quantity, in its unit, that leaves but is not there.

        As the host validates: what is picked leaves; where nothing is, all that has a
        quantity; before that, what was ordered and could not be reserved is missing.
        """
        moves = self.move_ids.filtered(
            lambda m: (
                m.state != "cancel"
                and m.product_id.is_storable
                and not m.location_id.should_bypass_reservation()
            )
        )
        lines = moves.move_line_ids
        leaving = lines.filtered("picked") or lines.filtered("quantity")
        missing = {}
        for move in moves:
            quantity = move._o2c_missing(leaving)
            if move.product_id.uom_id.compare(quantity, 0) > 0:
                missing[move.product_id] = missing.get(move.product_id, 0) + quantity
        return missing

    # -- the gate --------------------------------------------------------------------

    def _pre_action_done_hook(self):
        """Nothing may leave: a page with every reason instead of an error.

        Questions are put here, where nothing is raised that would take them back.
        """
        waiting = self._o2c_waiting()
        if waiting:
            # sudo: the warehouse need not read orders
            waiting.sudo()._o2c_orders()._o2c_ask_if_outgrown()
        if waiting and waiting == self:
            return self._o2c_open_stop_page()
        return super()._pre_action_done_hook()

    def _o2c_open_stop_page(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not ready to leave"),
            "res_model": "o2c.delivery.stop",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_ids": self.ids},
        }

    def _action_done(self):
        """Let go what is ready. What is not stays, and everybody reads why."""
        waiting = self._o2c_waiting()
        released = self - waiting
        if waiting and not released:
            raise UserError("\n".join(p._o2c_stop_message() for p in waiting))
        with released._o2c_passing():
            result = super(StockPicking, released)._action_done()
        for delivery in waiting:
            delivery.message_post(body=delivery._o2c_stop_message())
        done = released.filtered(lambda p: p.state == "done")
        done._o2c_after_delivery()
        return result

    def _o2c_waiting(self):
        self._o2c_forget_facts()
        # sudo: judged alike whoever acts
        deliveries = self.sudo().filtered(lambda p: p._o2c_is_delivery())
        return deliveries.filtered(lambda p: p._o2c_is_stopped("deliver")).with_env(
            self.env
        )

    def _o2c_stop_message(self):
        obstacles = self.sudo()._o2c_obstacles("deliver")  # sudo: see _o2c_waiting
        return self._o2c_refusal([o for o in obstacles if o.blocking])

    def _o2c_after_delivery(self):
        deliveries = self.filtered(lambda p: p._o2c_is_delivery())
        deliveries._o2c_log("delivered")
        self.filtered(lambda p: p._o2c_is_return())._o2c_log("returned")
        deliveries._o2c_queue_invoices()

    def _o2c_queue_invoices(self):
        """Write down what has to be invoiced, and bill a few at once."""
        # sudo: the warehouse delivers, it never meets accounting
        deliveries = self.sudo()
        tasks = deliveries.env["o2c.billing.task"].create(
            [
                {"picking_id": delivery.id, "order_id": order.id}
                for delivery in deliveries
                for order in delivery._o2c_orders()
                if order._o2c_is_billed_by_itself()
            ]
        )
        if 0 < len(tasks) <= IMMEDIATE:
            tasks._bill_or_park()
        if tasks.filtered(lambda t: t.state == "todo"):
            tasks.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger()

    # -- words -----------------------------------------------------------------------

    def _o2c_waits_for(self):
        """One sentence: why these goods have not left yet."""
        for obstacle in self._o2c_obstacles("deliver"):
            return obstacle.reason
        if self.state == "assigned":
            return self.env._("%s is ready to leave", self.name)
        return self.env._(
            "%(delivery)s is planned for %(date)s",
            delivery=self.name,
            date=format_date(self.env, self.scheduled_date),
        )
