from odoo import SUPERUSER_ID, models
from odoo.tools import ormcache


class ResGroups(models.Model):
    _inherit = "res.groups"

    def _o2c_members(self, company):
        """The members who are in ``company``; whom to ask for help, robots are not."""
        pairs = self._o2c_member_ids(company.id) if self and company else ()
        members = self.env["res.users"].browse(user for user, _partner in pairs)
        members._fields["partner_id"]._insert_cache(members, [p for _u, p in pairs])
        return members

    @ormcache("self.id", "company_id")
    def _o2c_member_ids(self, company_id):
        """Pairs of user and partner; forgotten when the host forgets who is in what."""
        # sudo: groups are read by administrators only; who helps is told to all
        users = self.env["res.users"].sudo()
        members = users.search_fetch(
            [
                ("all_group_ids", "in", self.id),
                ("company_ids", "in", company_id),
                ("share", "=", False),
                ("id", "!=", SUPERUSER_ID),
            ],
            ["partner_id"],
        )
        return tuple((user.id, user.partner_id.id) for user in members)
