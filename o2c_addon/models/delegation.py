from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache


class Delegation(models.Model):
    """Who decides for whom: between two days, or whenever somebody is out of office.

    Everybody names his own deputy; whoever sets approval rules may do it for others. A
    deputy decides only what he may decide in the document's company, never on what he
    wrote himself, and his answers keep for whom they were given.
    """

    _name = "o2c.delegation"
    _description = "Deputy"
    _inherit = ["o2c.policy.mixin", "mail.thread"]
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        "Who Is Away",
        required=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
        index=True,
        tracking=True,
        domain="[('share', '=', False)]",
    )
    deputy_id = fields.Many2one(
        "res.users",
        required=True,
        ondelete="cascade",
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        help="Is asked instead, unless he wrote or changed the document.",
    )
    period = fields.Selection(
        [("dates", "Between two days"), ("away", "Whenever out of office")],
        "When",
        required=True,
        default="dates",
        tracking=True,
        help="Whenever out of office: as the user's out-of-office message says, or "
        "time off in his working calendar.",
    )
    date_from = fields.Date("From", default=fields.Date.context_today, tracking=True)
    date_to = fields.Date(
        "Until", tracking=True, help="The last day. Empty: until this is ended."
    )
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: in all companies of the deputy."
    )
    active = fields.Boolean(default=True)
    is_now = fields.Boolean(
        "Now", compute="_compute_is_now", help="Whether the deputy is asked today."
    )

    _not_oneself = models.Constraint(
        "CHECK (user_id != deputy_id)", "Nobody is his own deputy."
    )
    _ends_after_it_begins = models.Constraint(
        "CHECK (date_to >= date_from)", "The last day comes after the first."
    )

    @api.depends("user_id", "period", "date_from", "date_to", "active", "company_id")
    def _compute_is_now(self):
        for deputy in self:
            company = deputy.company_id or deputy.user_id.company_id
            deputy.is_now = deputy.active and deputy._is_in_force(company)

    @api.depends("user_id", "deputy_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for deputy in self:
            names = {"deputy": deputy.deputy_id.name, "absent": deputy.user_id.name}
            is_named = all(names.values())  # a new one is called “New” by the host
            deputy.display_name = is_named and self.env._(
                "%(deputy)s for %(absent)s", **names
            )

    @api.constrains("user_id", "deputy_id", "period", "date_from")
    def _check_names_are_possible(self):
        for deputy in self:
            for user in deputy.user_id | deputy.deputy_id:
                if not user._is_internal():
                    raise ValidationError(
                        self.env._("%s is no employee and approves nothing.", user.name)
                    )
            if deputy.period == "dates" and not deputy.date_from:
                raise ValidationError(
                    self.env._("Say from which day on somebody else decides.")
                )

    def write(self, vals):
        """Still one's own afterwards: a record rule looks only at what was before."""
        result = super().write(vals)
        self.check_access("write")
        return result

    # -- who stands in now -----------------------------------------------------------

    @api.model
    @ormcache("company_id")
    def _known(self, company_id):
        """Whose delegations may count for a company, and which: kept in memory."""
        # sudo: who is asked need not read who stands in for others
        found = self.sudo().search(
            [("company_id", "in", [False, company_id]), ("active", "=", True)]
        )
        return tuple((delegation.user_id.id, delegation.id) for delegation in found)

    @api.model
    def _deputy_of(self, user, company):
        """Who decides for ``user`` today in ``company``; nobody if he does himself."""
        ids = [known for of, known in self._known(company.id) if of == user.id]
        # sudo: see _known; without any nothing is read
        for delegation in self.sudo().browse(ids):
            if delegation._is_in_force(company):
                return delegation.deputy_id
        return user.browse()

    def _is_in_force(self, company):
        if self.period == "away":
            return self.user_id._o2c_is_away()
        today = company._o2c_today()
        return self.date_from <= today <= (self.date_to or today)

    def action_end(self):
        """Back: from now on the user decides himself."""
        self.active = False
        return True


class ResUsers(models.Model):
    _inherit = "res.users"

    def _o2c_is_away(self):
        """Whether the host says so: out of office, or time off in his calendar."""
        # sudo: whoever asks need not read the calendar of a colleague
        user, now = self.sudo(), fields.Datetime.now()
        return user.is_out_of_office or bool(
            user.env["resource.calendar.leaves"].search_count(
                [
                    ("resource_id.user_id", "=", user.id),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", now),
                    ("date_to", ">=", now),
                ],
                limit=1,
            )
        )
