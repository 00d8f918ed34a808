from odoo import api, fields, models
from odoo.exceptions import UserError

from .measured_mixin import DIGITS

FILLED_IN = {"result", "note", "photo"}  # what the warehouse writes


class ChecklistLine(models.Model):
    """Was this prepared and looked at, by whom? One point of one delivery."""

    _name = "o2c.checklist.line"
    _description = "Checklist of a Delivery"
    _inherit = ["o2c.own.mixin", "o2c.measured.mixin"]
    _order = "sequence, id"

    picking_id = fields.Many2one(
        "stock.picking",
        "Delivery",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="picking_id.company_id", store=True, index=True, precompute=True
    )
    item_id = fields.Many2one(
        "o2c.checklist.item", "Point", readonly=True, ondelete="set null", index=True
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char("Instruction", required=True, readonly=True)
    needs_photo = fields.Boolean("Needs a Photo", readonly=True)
    result = fields.Selection(
        [("todo", "To do"), ("pass", "Passed"), ("fail", "Failed")],
        required=True,
        default="todo",
    )
    value = fields.Float("Measured", digits=(16, DIGITS), readonly=True)
    reading = fields.Char("Value", compute="_compute_reading")
    note = fields.Char(help="What was found, e.g. why it failed.")
    photo = fields.Image(max_width=1920, max_height=1920)
    user_id = fields.Many2one("res.users", "By", readonly=True)
    done_on = fields.Datetime(readonly=True)

    _once = models.UniqueIndex(
        "(picking_id, item_id) WHERE item_id IS NOT NULL",
        "This point is already on the checklist of this delivery.",
    )

    @api.depends("answer", "result", "value", "unit")
    def _compute_reading(self):
        for line in self:
            is_read = line._is_measured() and line.done_on
            line.reading = is_read and line._number(line.value)

    @api.model_create_multi
    def create(self, vals_list):
        deliveries = {v["picking_id"] for v in vals_list if v.get("picking_id")}
        self.env["stock.picking"].browse(deliveries)._o2c_check_checklist_is_open()
        return super().create(vals_list)

    def write(self, vals):
        """Whoever says that a point passed or failed is remembered with it."""
        self.picking_id._o2c_check_checklist_is_open()
        if vals.get("result") == "pass":
            for line in self.filtered(lambda li: li._is_measured()):
                raise UserError(self.env._("Enter what you measured: %s", line.name))
        result = super().write(vals)
        if "result" in vals:
            self._sign(vals["result"])
        return result

    def _sign(self, result, **values):
        """Who said so and when, which nobody writes by hand."""
        is_open = result == "todo"
        # sudo: see above
        models.BaseModel.write(
            self.sudo(),
            {
                "result": result,
                "user_id": False if is_open else self.env.uid,
                "done_on": False if is_open else fields.Datetime.now(),
                **values,
            },
        )

    def unlink(self):
        self.picking_id._o2c_check_checklist_is_open()
        return super().unlink()

    def action_pass(self):
        """The points are as they should be."""
        for line in self.filtered(lambda li: li.needs_photo and not li.photo):
            raise UserError(self.env._("Add a photo first: %s", line.name))
        return self.write({"result": "pass"})

    def action_fail(self):
        """The points are not as they should be: the delivery waits."""
        return self.write({"result": "fail"})

    def action_measure(self, value):
        """Write down what was measured: within its limits a point has passed."""
        self.check_access("write")
        self.picking_id._o2c_check_checklist_is_open()
        for line in self:
            if not line._is_measured():
                raise UserError(self.env._("Nothing is measured here: %s", line.name))
            result = "fail" if line._outside(value) else "pass"
            line._sign(result, value=value)
        return True

    def action_open_measure(self):
        """Ask for the value."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Measured value"),
            "res_model": "o2c.measure",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_id": self.id, "default_value": self.value},
        }

    def _found(self):
        """The point with what was measured and noted: “Voltage (11.9 V, old)”"""
        details = ", ".join(filter(None, (self.reading, self.note)))
        return f"{self.name} ({details})" if details else self.name

    def _is_finished(self):
        return self.result == "pass" and (bool(self.photo) or not self.needs_photo)

    def _o2c_own_fields(self):
        return frozenset(self._fields) - FILLED_IN
