from odoo import fields, models


class Measure(models.TransientModel):
    """Ask for what was measured: zero is a value too."""

    _name = "o2c.measure"
    _description = "Measured Value"

    line_id = fields.Many2one(
        "o2c.checklist.line", required=True, readonly=True, ondelete="cascade"
    )
    name = fields.Char(related="line_id.name", string="Instruction")
    limits = fields.Char(related="line_id.limits")
    unit = fields.Char(related="line_id.unit")
    value = fields.Float("Measured", digits=(16, 4))

    def action_save(self):
        """Write it down: within the limits the point has passed."""
        return self.line_id.action_measure(self.value)
