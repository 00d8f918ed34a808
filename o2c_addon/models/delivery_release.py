from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..reading import read_lines
from .sale_order import digest


class StockPicking(models.Model):
    """Letting goods go although a check is not met, with a reason.

    A release is a hold that is born released: it says who let what go and why, and
    covers the problem as long as the goods are the same and it got no bigger.
    """

    _inherit = "stock.picking"

    def action_o2c_release(self, reason):
        """Release what the acting user may release of the checks not met.

        Whoever may is written on the check; no right on deliveries is needed.

        :raise UserError: where nothing is said
        :raise AccessError: where the user may release none of it, with who may
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you release it."))
        user = self.env.user
        deliveries = self.sudo()  # sudo: the right to release is checked here
        deliveries._o2c_lock()
        deliveries._o2c_forget_facts()
        refused, released = [], self.browse()
        for delivery in deliveries:
            for obstacle in delivery._o2c_unmet_checks():
                if not delivery._o2c_may_release(obstacle, user):
                    refused.append(f"{obstacle.reason}. {obstacle.remedy}")
                    continue
                delivery._o2c_write_release(obstacle, reason)
                released |= delivery
        if refused and not released:
            raise AccessError(
                self.env._("You may not release:")
                + "\n"
                + "\n".join(self._o2c_refusals(deliveries, user))
            )
        released._o2c_tell_released(reason)
        return True

    def action_o2c_open_release(self):
        """Ask for the words that go with a release."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release"),
            "res_model": "o2c.release",
            "view_mode": "form",
            "target": "new",
            "context": {"default_picking_keys": self.ids},
        }

    def _o2c_refusals(self, deliveries, user):
        return [
            f"{delivery._o2c_sentence(obstacle)}. {obstacle.remedy}"
            for delivery in deliveries
            for obstacle in delivery._o2c_unmet_checks()
            if not delivery._o2c_may_release(obstacle, user)
        ]

    def _o2c_unmet_checks(self):
        """The obstacles that are checks, not met and not released."""
        return [
            obstacle
            for obstacle in self._o2c_obstacles("deliver")
            if obstacle.blocking and obstacle.source._name == "o2c.fulfillment.check"
        ]

    @api.model
    def _o2c_mine_to_release(self):
        """What somebody was stopped with at the door and the acting user may release.

        Of all open deliveries only those are judged, and for those who release only:
        this is asked with each page that is opened.
        """
        groups = self.env["o2c.fulfillment.check"]._release_group_ids()
        if groups.isdisjoint(self.env.user._get_group_ids()):
            return self.browse()
        self._o2c_forget_facts()
        # sudo: who may release need not read deliveries
        tried = self.sudo().search(
            [
                ("o2c_tried_by_id", "!=", False),
                ("state", "not in", ("done", "cancel")),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        return tried.filtered(lambda delivery: delivery._o2c_unmet_of_mine())

    def _o2c_unmet_of_mine(self):
        """The checks that stop this delivery and that the acting user may release."""
        return [
            obstacle
            for obstacle in self._o2c_unmet_checks()
            if self._o2c_may_release(obstacle, self.env.user)
        ]

    def _o2c_may_release(self, obstacle, user):
        """Whether ``user`` may let these goods go although this check is not met."""
        # sudo: whoever is stopped need not read the policy
        group = obstacle.source.sudo().release_group_id
        at_home = self.company_id.id in user._get_company_ids()
        return at_home and group.id in user._get_group_ids()

    def _o2c_write_release(self, obstacle, reason):
        check = obstacle.source
        hold = self.env["o2c.hold"].create(
            self._o2c_prepare_hold("deliver")
            | {
                "check_id": check.id,
                "note": self._o2c_sentence(obstacle),
                "size": obstacle.facts.get("size", 1.0),
                "seal": self._o2c_goods_seal(check),
                "state": "released",
                "released_by_id": self.env.uid,
                "released_on": self.env.cr.now(),
                "release_note": reason,
            }
        )
        self._o2c_log("released", note=reason, data=hold._figures())

    def _o2c_is_released(self, check):
        """Whether somebody released ``check`` for these goods and it got no worse."""
        released = read_lines(self, "o2c_hold_ids").filtered(
            lambda h: h.check_id == check and h.state == "released"
        )
        return any(
            hold.seal == self._o2c_goods_seal(check)
            and self._o2c_size(check) <= hold.size + 0.005
            for hold in released.sudo()  # sudo: how bad it was is not for everybody
        )

    def _o2c_goods_seal(self, check):
        """What was released: these goods for this customer, and what the check adds."""
        goods = sorted(
            (
                move.product_id.id,
                move.product_uom.id,
                max(move.product_uom_qty, move.quantity),  # more may leave than asked
            )
            for move in self.move_ids
            if move.state != "cancel"
        )
        facts = [self.partner_id.id, goods]
        if particulars := getattr(self, f"_o2c_particulars_{check.code}", None):
            facts.append(particulars(check))
        return digest(facts)

    def _o2c_amount_at_risk(self):
        """What is in this delivery, at the prices of its orders, company currency."""
        total = 0.0
        for move in self.move_ids.filtered(lambda m: m.state != "cancel"):
            line = move.sale_line_id
            quantity = move.product_uom._compute_quantity(
                move.product_uom_qty, line.product_uom_id or move.product_uom
            )
            order = line.order_id
            total += (
                order.currency_id._convert(
                    quantity * line.price_reduce_taxexcl,
                    self.company_id.currency_id,
                    self.company_id,
                    order.date_order,
                )
                if order
                else 0.0
            )
        return total

    def _o2c_actions(self, obstacle):
        actions = super()._o2c_actions(obstacle)
        check = obstacle.source
        if check._name != "o2c.fulfillment.check":
            return actions
        is_worker = self.env.user.has_group("stock.group_stock_user")
        if obstacle.kind == "check" and check.code == "checklist" and is_worker:
            actions.append(
                (self, "action_o2c_open_checklist", self.env._("Open checklist"))
            )
        # no sudo: whether the reader may
        reads_shortages = self.env["o2c.shortage"].sudo(False).has_access("read")
        if check.code == "available" and obstacle.kind == "check" and reads_shortages:
            actions.append((self, "action_o2c_open_shortages", self.env._("Shortages")))
        if obstacle.blocking and self._o2c_may_release(obstacle, self.env.user):
            actions.append((self, "action_o2c_open_release", self.env._("Release")))
        return actions

    # -- telling ---------------------------------------------------------------------

    def _o2c_after_release(self, hold):
        self._o2c_tell_released(hold.release_note)

    def _o2c_tell_released(self, reason):
        """Whoever was stopped at the door reads that the goods may leave now."""
        for delivery in self.sudo():  # sudo: the one who releases need not write here
            waiting = delivery.o2c_tried_by_id - self.env.user
            delivery.with_context(mail_notify_force_send=False).message_post(
                body=self.env._(
                    "Released by %(who)s: “%(reason)s”.%(next)s",
                    who=self.env.user.name,
                    reason=reason,
                    next=""
                    if delivery._o2c_is_stopped("deliver")
                    else self.env._(" The goods may leave now: validate again."),
                ),
                partner_ids=waiting.partner_id.ids,
                message_type="notification",
                subtype_xmlid="mail.mt_note",
            )
