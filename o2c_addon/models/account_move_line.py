from odoo import fields, models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "o2c.line.mixin"]

    _o2c_quantity = "quantity"

    o2c_task_id = fields.Many2one(
        "o2c.billing.task",
        "Billed By",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The delivery this line was made for.",
    )

    def _o2c_own_fields(self):
        own = super()._o2c_own_fields() | {"o2c_task_id", "o2c_period_ids"}
        # what the host computes: no figure of a rule is typed
        return own | {"price_subtotal", "price_total"}
