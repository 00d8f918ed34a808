from odoo import models
from odoo.exceptions import AccessError, UserError


class GateMixin(models.AbstractModel):
    """Putting a document on hold."""

    _inherit = "o2c.gate.mixin"

    def action_o2c_open_hold(self):
        """Ask for the reason of a hold."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on hold"),
            "res_model": "o2c.hold.open",
            "view_mode": "form",
            "target": "new",
            "context": {"default_res_model": self._name, "default_res_ids": self.ids},
        }

    def action_o2c_hold(self, reason_id, note=None, gate=None, until=None):
        """Put these documents on hold, as the acting user.

        :param reason_id: id of the ``o2c.hold.reason``
        :param gate: what waits: ``confirm``, ``deliver`` or ``post``; default: as the
            reason says for orders, what is still before it for others
        :param until: the day it ends by itself, for reasons that end on a date
        :raise UserError: where there is nothing left to stop
        """
        self.check_access("read")
        if not self.env.user.has_group("o2c_addon.group_o2c_user"):
            raise AccessError(
                self.env._("Only users of Order to Cash put documents on hold.")
            )
        reason = self.env["o2c.hold.reason"].browse(reason_id)
        reason.check_access("read")
        if reason.lift == "date" and not until:
            raise UserError(self.env._("Say until which day “%s” holds.", reason.name))
        self._o2c_lock()
        # sudo: nobody writes a hold but this
        self.sudo()._o2c_put_on_hold(reason, note, gate, until)
        return True

    def _o2c_put_on_hold(self, reason, note=None, gate=None, until=None, **values):
        """Open a hold on each of these documents; where it is on already, leave it."""
        holds, reason = self.env["o2c.hold"], reason.sudo()  # sudo: policy is for all
        for document in self:
            at = document._o2c_hold_gate(gate or reason.gate)
            if reason in document._o2c_open_holds(at).reason_id:
                continue
            hold = holds.create(
                document._o2c_prepare_hold(at)
                | {"reason_id": reason.id, "note": note, "until": until}
                | values
            )
            document._o2c_log("held", note=note or reason.name, data=hold._figures())
            holds |= hold
            if reason.customer_text:
                document._o2c_orders()._o2c_tell_customer("held", hold.id)
        return holds

    def _o2c_hold_gate(self, gate):
        """Where a hold stops this document: there is one place only, but for orders."""
        if not self._o2c_may_wait():
            raise UserError(
                self.env._("%s has passed: nothing is left to hold.", self.display_name)
            )
        return self._o2c_gate

    def _o2c_prepare_hold(self, gate):
        """The values of a hold of this document, born open."""
        return {
            self._fields["o2c_hold_ids"].inverse_name: self.id,
            "gate": gate,
            "res_name": self.display_name,
            "partner_name": self.partner_id.display_name,
            "company_id": self.company_id.id,
            "amount": self._o2c_amount_at_risk(),
            "user_id": self.env.uid,
        }

    def _o2c_amount_at_risk(self):
        """What waits with this document: untaxed, in company currency."""
        raise NotImplementedError

    def _o2c_after_release(self, hold):
        """What was stopped goes on by itself, where that needs nobody at the screen."""

    def unlink(self):
        holds = self.sudo().o2c_hold_ids  # sudo: see o2c.hold
        if holds:
            self.check_access("unlink")
            holds._end_with_document()
        return super().unlink()
