from odoo import fields, models


class Change(models.Model):
    """A quantity of a recurring service that changed in the middle of a period.

    Use: nothing to do; it is written when the quantity per period of a running service
    is changed, where that was agreed to count at once. How: what a period comes to is
    the sum of its days, each at the quantity agreed for it. More in a period that was
    charged in advance is charged once, by a row of ``o2c.period`` of its own.
    """

    _name = "o2c.change"
    _description = "Changed Quantity"
    _order = "since desc, id desc"

    line_id = fields.Many2one(
        "sale.order.line",
        "Service",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    order_id = fields.Many2one(
        related="line_id.order_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(
        related="line_id.company_id", store=True, index=True, precompute=True
    )
    since = fields.Date(required=True, readonly=True)
    before = fields.Float(digits="Product Unit", readonly=True)
    quantity = fields.Float("From Then On", digits="Product Unit", readonly=True)
    user_id = fields.Many2one(
        "res.users", "By", readonly=True, default=lambda self: self.env.user
    )
    period_id = fields.Many2one(
        "o2c.period",
        "Charged With",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )

    _once = models.UniqueIndex(
        "(line_id, since)", "The quantity has changed on this day already."
    )
