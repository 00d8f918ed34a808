from odoo import api, fields, models

ACTIVITIES = [
    ("approval_requested", "Approval asked"),
    ("approved", "Approved"),
    ("refused", "Refused"),
    ("withdrawn", "Question withdrawn"),
    ("not_needed", "Approval no longer needed"),
    ("escalated", "Not answered in time"),
    ("auto_approved", "Approved automatically"),
    ("would_ask", "Would have waited"),
    ("held", "Put on hold"),
    ("released", "Released"),
    ("confirmed", "Confirmed"),
    ("confirmation_failed", "Confirmation failed"),
    ("delivered", "Delivered"),
    ("warned", "Left with warnings"),
    ("returned", "Returned"),
    ("corrected", "Quantity corrected afterwards"),
    ("invoiced", "Invoiced"),
    ("invoicing_failed", "Invoicing failed"),
    ("invoicing_skipped", "Not invoiced automatically"),
    ("credited", "Credit note made"),
    ("posted", "Invoice confirmed"),
    ("sent", "Invoice sent"),
    ("reminded", "Reminder sent"),
    ("paid", "Paid"),
    ("unpaid", "Payment taken back"),
    ("disputed", "Questioned by the customer"),
    ("dispute_ended", "Question answered"),
    ("promised", "Payment promised"),
    ("promise_kept", "Paid as promised"),
    ("promise_broken", "Not paid as promised"),
    ("acceptance_asked", "Customer asked to accept the work"),
    ("accepted", "Accepted by the customer"),
    ("acceptance_refused", "Not accepted by the customer"),
    ("renewed", "Renewed"),
    ("revised", "New price"),
    ("noticed", "Notice given"),
    ("changed", "Changed after it was confirmed"),
    ("reset", "Set back to a quotation"),
    ("cancelled", "Cancelled"),
]


class Event(models.Model):
    """What happened to which order: when, by whom, on which document."""

    _name = "o2c.event"
    _description = "Order to Cash History"
    _inherit = ["o2c.append.only"]
    _order = "id desc"
    _rec_name = "res_name"
    _log_access = False

    order_key = fields.Integer("Order ID", index=True, readonly=True)
    order_id = fields.Many2one(
        "sale.order", compute="_compute_order_id", search="_search_order_id"
    )
    order_name = fields.Char(readonly=True)
    res_model = fields.Char("Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", readonly=True, index=True
    )
    res_name = fields.Char("Document", readonly=True)
    activity = fields.Selection(
        ACTIVITIES, "What Happened", required=True, readonly=True
    )
    date = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, index=True
    )
    user_id = fields.Many2one(
        "res.users", "By", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    data = fields.Json("Figures", readonly=True)
    note = fields.Char("Details", readonly=True)

    # what lead times count and the dashboard names, see o2c.cycle.report
    _failures = models.Index(
        "(activity, date) WHERE activity IN ('invoicing_failed', 'disputed')"
    )
    # what watching has found
    _watched = models.Index("(rule_id, date) WHERE activity IN ('would_ask')")
    _work = models.Index(
        "(order_key, activity, user_id, date) WHERE activity IN ('changed', 'reset', "
        "'cancelled', 'held', 'released', 'invoiced', 'invoicing_failed', "
        "'invoicing_skipped', 'posted')"
    )

    @api.depends("order_key")
    def _compute_order_id(self):
        """The order, or nothing once it is deleted."""
        orders = self.env["sale.order"].browse(set(self.mapped("order_key"))).exists()
        for event in self:
            event.order_id = orders.filtered(lambda o, e=event: o.id == e.order_key)

    def _search_order_id(self, operator, value):
        if operator not in ("in", "any", "any!"):
            return NotImplemented
        if operator != "in":
            value = self.env["sale.order"]._search(value)
        return [("order_key", "in", value)]
