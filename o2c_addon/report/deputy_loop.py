from odoo import fields, models
from odoo.tools import format_list


class Delegation(models.Model):
    """Deputies in a circle: whoever is asked then is away himself."""

    _inherit = "o2c.delegation"

    def _loop_of(self, user):
        """The shortest way over these that leads from ``user`` back to him, all of it
        at the same time: delegations, or none."""
        ways = {user: self.browse()}
        to_look_at = [user]
        for person in to_look_at:
            for each in self.filtered(lambda d, of=person: d.user_id == of):
                way = ways[person] | each
                if each.deputy_id == user and way._is_at_once():
                    return way
                if each.deputy_id not in ways:
                    ways[each.deputy_id] = way
                    to_look_at.append(each.deputy_id)
        return self.browse()

    def _is_at_once(self):
        """Whether there is a day on which all of these may count."""
        dated = self.filtered(lambda d: d.period == "dates")
        begin = max(dated.mapped("date_from"), default=fields.Date.today())
        return all(not d.date_to or d.date_to >= begin for d in dated)


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    def _looked_for(self):
        return [*super()._looked_for(), "deputy_loop"]

    def _find_deputy_loop(self):
        """People who are asked and whose deputies lead back to them."""
        today = fields.Date.today()
        companies = [False, *self.company_id.ids]
        deputies = self.env["o2c.delegation"].search(
            [("company_id", "in", companies)] if self.company_id else []
        )
        deputies = deputies.filtered(
            lambda d: d.period == "away" or not d.date_to or d.date_to >= today
        )
        people = self.env["res.users"].union(*map(self._people_of, self.step_ids))
        loops = {deputies._loop_of(user).user_id for user in people}
        return [
            (
                self.env._(
                    "%s are deputies of each other: if they are away at the same time, "
                    "it waits for one who is away.",
                    format_list(self.env, sorted(loop.mapped("name"))),
                ),
                self.env._("Let one of them name somebody else."),
            )
            for loop in loops
            if loop
        ]
