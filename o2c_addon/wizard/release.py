from odoo import api, fields, models
from odoo.tools import format_amount


class Release(models.TransientModel):
    """The words that go with a release: of holds, or of checks that are not met."""

    _name = "o2c.release"
    _description = "Release"

    hold_ids = fields.Many2many("o2c.hold", readonly=True)
    picking_keys = fields.Json(
        readonly=True, help="Deliveries: who may release need not read them."
    )
    reasons = fields.Text(compute="_compute_reasons")
    note = fields.Char("Why You Release It")

    @api.depends("hold_ids", "picking_keys")
    @api.depends_context("uid", "lang")
    def _compute_reasons(self):
        for page in self:
            page.reasons = "\n".join(
                [
                    *(page._hold_in_words(hold) for hold in page.hold_ids),
                    *page._unmet_in_words(),
                ]
            )

    def _deliveries(self):
        return self.env["stock.picking"].browse(self.picking_keys or [])

    def _unmet_in_words(self):
        """What the acting user may release of the checks not met, as he may read it."""
        # sudo: see picking_keys
        return [
            delivery._o2c_sentence(obstacle)
            for delivery in self._deliveries().sudo().exists()
            for obstacle in delivery._o2c_unmet_of_mine()
        ]

    def _hold_in_words(self, hold):
        why = f"{hold.reason_id.name} ({hold.note})" if hold.note else None
        words = {
            "document": hold.res_name,
            "customer": hold.partner_name,
            "reason": why or hold.reason_id.name,
        }
        if not hold.can_release:
            return self.env._("%(document)s of %(customer)s: %(reason)s", **words)
        # sudo: whoever may release reads what is at stake
        amount = format_amount(self.env, hold.sudo().amount, hold.currency_id)
        return self.env._(
            "%(document)s of %(customer)s, %(amount)s: %(reason)s",
            amount=amount,
            **words,
        )

    def action_release(self):
        """Release, in the words of the acting user."""
        if self.hold_ids:
            self.hold_ids.action_release(self.note)
        if self.picking_keys:
            self._deliveries().action_o2c_release(self.note)
        return {"type": "ir.actions.act_window_close"}
