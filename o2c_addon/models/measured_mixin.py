from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

DIGITS = 4


class MeasuredMixin(models.AbstractModel):
    """What is looked at, or measured and compared with limits."""

    _name = "o2c.measured.mixin"
    _description = "Looked At or Measured"

    answer = fields.Selection(
        [
            ("look", "Passed or failed"),
            ("between", "A value from – to"),
            ("least", "A value of at least"),
            ("most", "A value of at most"),
        ],
        "Answered By",
        required=True,
        default="look",
        help="A value is measured and passes within its limits, fails outside.",
    )
    minimum = fields.Float("From", digits=(16, DIGITS))
    maximum = fields.Float("To", digits=(16, DIGITS))
    unit = fields.Char(help="What it is measured in, e.g. °C.")
    limits = fields.Char(compute="_compute_limits")

    @api.constrains("answer", "minimum", "maximum")
    def _check_limits(self):
        for point in self:
            if point.answer == "between" and point.minimum > point.maximum:
                raise ValidationError(
                    self.env._(
                        "“%s”: what is measured cannot be at least more than it may be "
                        "at most.",
                        point.display_name,
                    )
                )

    @api.depends("answer", "minimum", "maximum", "unit")
    @api.depends_context("lang")
    def _compute_limits(self):
        for point in self:
            low, high = point._number(point.minimum), point._number(point.maximum)
            point.limits = {
                "between": self.env._("%(low)s to %(high)s", low=low, high=high),
                "least": self.env._("at least %s", low),
                "most": self.env._("at most %s", high),
            }.get(point.answer)

    def _number(self, value):
        """“36.6 °C”"""
        return f"{value:.10g} {self.unit or ''}".strip()

    def _is_measured(self):
        return self.answer != "look"

    def _outside(self, value):
        """How far ``value`` is outside the limits: 0 within them."""
        below = self.minimum - value if self.answer in ("between", "least") else 0.0
        above = value - self.maximum if self.answer in ("between", "most") else 0.0
        far = max(below, above, 0.0)
        return far if float_compare(far, 0, precision_digits=DIGITS) > 0 else 0.0

    def _instruction(self):
        """What to do, with the limits there are."""
        return f"{self.name} ({self.limits})" if self.limits else self.name

    def _to_fill_in(self, value=None):
        """The same for paper, with what was measured or room for it."""
        if not self._is_measured():
            return self.name
        blank = f"______ {self.unit or ''}".strip()
        return f"{self._instruction()}: {value or blank}"
