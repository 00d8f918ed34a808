from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..reading import read_lines


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "o2c.gate.mixin", "o2c.event.mixin"]

    _o2c_gate = "deliver"
    _o2c_final_state = "done"
    _o2c_passed_date = "date_done"

    o2c_hold_ids = fields.One2many("o2c.hold", "picking_id", "Holds", readonly=True)
    o2c_status = fields.Char("Waits For", compute="_compute_o2c_status")
    o2c_tried_by_id = fields.Many2one(
        "res.users",
        "Tried By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Is told when it may go.",
    )
    o2c_tried_on = fields.Datetime(
        "First Tried On",
        readonly=True,
        copy=False,
        help="Since then it waits for whoever may release what stops it.",
    )

    def _o2c_orders(self):
        return self.move_ids.sale_line_id.order_id

    # -- facts -----------------------------------------------------------------------

    def _o2c_is_delivery(self):
        """Whether these goods go from us to a customer: dropship too, POS not."""
        # sudo: read_lines is for whoever may read all
        moves = read_lines(self.sudo(), "move_ids")
        return any(
            move._o2c_goes_to_customer() for move in moves
        ) and not self._o2c_is_at_till(moves)

    def _o2c_is_at_till(self, moves):
        """Whether a till hands this over; what it has shipped later is a delivery.

        By its operation type and by who acts: the session is noted on it by whoever
        likes, and by the host only once the goods are gone. A till delivers for no
        line of an order, and nobody but who works at tills (or, at one that serves
        itself, the customer) hands over there.
        """
        if "pos_type_id" not in self.env["stock.warehouse"]._fields:
            return False
        kind = self.sudo().picking_type_id  # sudo: see _o2c_is_delivery
        user = self.env.user
        return (
            kind == kind.warehouse_id.pos_type_id
            and not moves.sale_line_id
            and (user.has_group("point_of_sale.group_pos_user") or user._is_public())
        )

    def _o2c_is_return(self):
        """Whether a customer sends these goods back."""
        return any(
            move.location_id._o2c_usage() == "customer"
            and move.location_dest_id._o2c_usage() != "customer"
            for move in self.move_ids
        )

    def _o2c_is_open_delivery(self):
        return self.state not in ("done", "cancel") and self._o2c_is_delivery()

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_tried_by_id", "o2c_tried_on"}

    # -- its goods stay with its order -----------------------------------------------

    def write(self, vals):
        """Another operation type has other checks: none is chosen to escape these."""
        if not self.env.su:
            ours = self.move_ids._o2c_taken_away(vals).picking_id
            if kind := vals.get("picking_type_id"):
                # sudo: the warehouse need not read orders
                others = self.sudo().filtered(lambda d: d.picking_type_id.id != kind)
                ours |= others.filtered(lambda d: d._o2c_orders())
            ours._o2c_check_stay()
        return super().write(vals)

    def _o2c_check_stay(self):
        """Nobody takes goods off these deliveries while something stops them."""
        self._o2c_forget_facts()
        for delivery in self.filtered(lambda p: p._o2c_is_open_delivery()):
            if delivery._o2c_is_stopped("deliver"):
                raise UserError(
                    self.env._(
                        "%(delivery)s has to wait: its goods stay with %(order)s.",
                        delivery=delivery.name,
                        order=", ".join(delivery._o2c_orders().mapped("name"))
                        or delivery.name,
                    )
                )

    # -- the gate --------------------------------------------------------------------

    def button_validate(self):
        """Let go what is ready. What is not is named; where nothing may leave, a page
        shows every reason, and nothing is as if it had been tried.

        Judged is only once, in ``_action_done``. Questions are put here, where nothing
        is raised that would take them back.
        """
        asked, result, error = self.filtered(lambda p: p.state != "done"), None, None
        with self.env.cr.savepoint() as door:
            try:
                result = super().button_validate()
            except UserError as refused:
                door.rollback()
                error = refused
            waiting = asked.filtered(lambda p: p._o2c_is_open_delivery())._o2c_waiting()
            if waiting and waiting == asked and not error:  # the host asks back
                door.rollback()
        if not waiting:
            if error:
                raise error
            return result
        waiting._o2c_turn_away()
        if waiting == asked:
            return self._o2c_open_stop_page()
        if error:  # it stopped the others too
            result = (asked - waiting).button_validate()
        return waiting._o2c_tell_waiting() if result is True else result

    def _o2c_turn_away(self):
        """Nothing of these may leave: whoever can help is asked, or told."""
        self.check_access("write")
        deliveries = self.sudo()  # sudo: the warehouse need not read orders
        deliveries._o2c_orders()._o2c_ask_if_outgrown()
        deliveries._o2c_remember_who_tried(self.env.user)
        deliveries._o2c_tell_owners("deliver")

    def _o2c_remember_who_tried(self, user):
        """Somebody stands at the door: now it waits for those who may release it."""
        self.o2c_tried_by_id = user
        self.filtered(lambda d: not d.o2c_tried_on).o2c_tried_on = self.env.cr.now()

    def _o2c_open_stop_page(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not ready to leave"),
            "res_model": "o2c.delivery.stop",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_ids": self.ids},
        }

    def _o2c_tell_waiting(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not everything left"),
                "message": "\n".join(p._o2c_stop_message() for p in self),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _action_done(self):
        """Let go what is ready. What is not stays, and everybody reads why."""
        judged = self._o2c_judge()
        waiting = self.filtered(lambda p: any(o.blocking for o in judged.get(p.id, ())))
        released = self - waiting
        # sudo: judged alike whoever acts, before the goods are gone
        watched = {p.id: p._o2c_watched() for p in released.sudo() if p.id in judged}
        if waiting and not released:
            raise UserError("\n".join(p._o2c_stop_message() for p in waiting))
        with released._o2c_passing():
            result = super(StockPicking, released)._action_done()
        for delivery in waiting:
            delivery.message_post(body=delivery._o2c_stop_message_for_all())
        done = released.filtered(lambda p: p.state == "done")
        done._o2c_after_delivery()
        for delivery in done:
            delivery._o2c_log_warnings(judged.get(delivery.id, ()))
            delivery._o2c_log_watched(watched.get(delivery.id, ()))
        return result

    def _o2c_judge(self):
        """Id of each delivery to a customer → what its checks and holds find now."""
        self._o2c_forget_facts()
        # sudo: judged alike whoever acts
        deliveries = self.sudo().filtered(lambda p: p._o2c_is_delivery())
        return {p.id: p._o2c_obstacles("deliver") for p in deliveries}

    def _o2c_waiting(self):
        judged = self._o2c_judge()
        return self.filtered(lambda p: any(o.blocking for o in judged.get(p.id, ())))

    def _o2c_log_warnings(self, obstacles):
        """It left although checks that only warn were not met: which, and by whom.

        Who keeps one that could not be applied is told.

        In words that everybody may read; which customer owes what is not told.
        """
        warnings = [o for o in obstacles if not o.blocking]
        if warnings:
            self._o2c_log(
                "warned",
                note="; ".join(self._o2c_sentence_for_all(o) for o in warnings),
                data={"checks": [o.source.name for o in warnings]},
            )
        for obstacle in warnings:
            if obstacle.kind == "broken":
                obstacle.source._alert(obstacle.reason)

    def _o2c_log_watched(self, obstacles):
        """It would have stayed, had these checks been in force: one row for each."""
        for obstacle in obstacles:
            self._o2c_log(
                "would_ask",
                note=self._o2c_sentence_for_all(obstacle),
                data={"check": obstacle.source.id},
            )

    def _o2c_stop_message(self):
        """Why these goods stay, for the acting user's eyes."""
        obstacles = self.sudo()._o2c_obstacles("deliver")  # sudo: see _o2c_waiting
        return self._o2c_refusal([o for o in obstacles if o.blocking])

    def _o2c_stop_message_for_all(self):
        """The same for the chatter: as who knows least may read it."""
        nobody = self.env.ref("base.public_user")
        return self.with_user(nobody).sudo()._o2c_stop_message()  # sudo: see above

    def _o2c_stop_for_print(self):
        """Why these goods stay, for paper that everybody of ours may read; or nothing.

        Customers print their delivery slip too: it tells them nothing of it.
        """
        if not self._o2c_is_open_delivery() or not self.env.user._is_internal():
            return ""
        self._o2c_forget_facts()
        # sudo: see _o2c_stop_message_for_all
        nobody = self.with_user(self.env.ref("base.public_user")).sudo()
        return "; ".join(
            nobody._o2c_sentence(obstacle)
            for obstacle in nobody._o2c_obstacles("deliver")
            if obstacle.blocking and not nobody._o2c_is_work(obstacle)
        )

    def _o2c_is_work(self, obstacle):
        """Whether the warehouse itself clears it, on the way to the door."""
        return obstacle.kind == "check" and not obstacle.source._is_private()

    def _o2c_explain_own(self):
        """What stops this delivery itself, for the acting user's eyes."""
        self._o2c_forget_facts()
        return [
            self._o2c_explain_obstacle(obstacle)
            for obstacle in self._o2c_obstacles("deliver")
            if obstacle.source._name == "o2c.fulfillment.check"
            or (obstacle.kind == "hold" and obstacle.source.picking_id)
        ]

    def _o2c_hold_gate(self, gate):
        if not self._o2c_is_delivery():
            raise UserError(
                self.env._(
                    "%s does not go to a customer: only deliveries are put on hold.",
                    self.name,
                )
            )
        return super()._o2c_hold_gate(gate)

    def _o2c_after_delivery(self):
        deliveries = self.filtered(lambda p: p._o2c_is_delivery())
        deliveries._o2c_log("delivered")
        returns = self.filtered(lambda p: p._o2c_is_return())
        returns._o2c_log("returned")
        (deliveries | returns)._o2c_queue_invoices()

    @api.depends_context("uid", "lang")
    def _compute_o2c_status(self):
        self._o2c_forget_facts()
        for delivery in self:
            judged = delivery.sudo()  # sudo: the sentence is made for the reader
            delivery.o2c_status = (
                judged._o2c_is_open_delivery() and judged._o2c_waits_for()
            )

    # -- words -----------------------------------------------------------------------

    def _o2c_waits_for(self):
        """One sentence: why these goods have not left yet."""
        return self._o2c_say(self._o2c_obstacles("deliver"))

    def _o2c_say(self, obstacles):
        """The first of what was found, else what is planned."""
        for obstacle in obstacles:
            return self._o2c_sentence(obstacle)
        if self.state == "assigned":
            return self.env._("%s is ready to leave", self.name)
        return self.env._(
            "%(delivery)s is planned for %(date)s",
            delivery=self.name,
            date=format_date(self.env, self.scheduled_date),
        )
