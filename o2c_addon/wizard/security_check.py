from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_list

SUBJECTS = [
    ("order", "Orders"),
    ("delivery", "Deliveries"),
    ("invoice", "Invoices"),
    ("rule", "Approval rules"),
    ("history", "History"),
]


class SecurityCheck(models.TransientModel):
    """One known way around a stop, tried in this database with these addons.

    Tried by the acting administrator himself, whose rights are the widest, and as
    superuser, in a transaction of its own that is always rolled back: no number is
    used up, no mail goes out, and the history does not know of it. What is tried
    stands in the files beside this one: ways, births, history.
    """

    _name = "o2c.security.check"
    _description = "Security Self-check"
    _order = "state, company_id, id"
    _rec_name = "way"

    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    subject = fields.Selection(SUBJECTS, "What Was Tried On", readonly=True)
    way = fields.Char("Way Around", readonly=True)
    state = fields.Selection(
        [("a_open", "Open"), ("b_untried", "Not tried"), ("c_closed", "Closed")],
        "Result",
        readonly=True,
    )
    advice = fields.Char("What to Do", readonly=True)

    def action_check(self):
        """Try all of it for the active companies, and show what came of it."""
        if not self.env.user.has_group("o2c_addon.group_o2c_manager"):
            raise AccessError(
                self.env._("Administrators of Order to Cash check the security.")
            )
        rows = [
            row | {"company_id": company.id}
            for company in self.env.companies
            for row in self._try_everything(company)
        ]
        # sudo: nobody writes results but this; they are his who asked
        results = self.sudo()
        results.search([("create_uid", "=", self.env.uid)]).unlink()
        results.create(rows)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": self._in_words(rows)
            | {"next": {"type": "ir.actions.client", "tag": "soft_reload"}},
        }

    def _in_words(self, rows):
        """What came of it, in one sentence."""
        found = [row for row in rows if row["state"] == "a_open"]
        tried = [row for row in rows if row["state"] != "b_untried"]
        if found:
            return {
                "type": "danger",
                "sticky": True,
                "message": self.env._(
                    "%(open)s of %(tried)s ways around are open.",
                    open=len(found),
                    tried=len(tried),
                ),
            }
        return {
            "type": "success",
            "message": self.env._("All %s ways around are closed.", len(tried)),
        }

    def _try_everything(self, company):
        """What came of each way, in a transaction that leaves nothing."""
        with self.env.registry.cursor() as cr:
            env = api.Environment(
                cr,
                self.env.uid,
                {"allowed_company_ids": company.ids, "lang": self.env.lang},
            )
            try:
                return env[self._name]._try_ways(env["res.company"].browse(company.id))
            finally:
                cr.rollback()
                # a way that is open may have left what no longer is in memory
                env.registry.clear_cache()

    def _try_ways(self, company):
        rows = []
        for subject, _label in SUBJECTS:
            rows += getattr(self, f"_try_{subject}")(company)
        return rows

    def _row(self, subject, way, state, advice=""):
        return {"subject": subject, "way": way, "state": state, "advice": advice}

    def _who_changes(self, model, *names):
        """What to do about an open way: whose code runs there, besides ours."""
        modules = {
            base._module
            for base in type(self.env[model]).mro()
            if getattr(base, "_module", None) and any(n in vars(base) for n in names)
        }
        infos = self.env["ir.module.module"]
        # sudo: the names of what is installed, for an administrator
        infos = infos.sudo().search([("name", "in", list(modules - {"o2c_addon"}))])
        others = infos.filtered(lambda m: not (m.author or "").startswith("Odoo"))
        suspects = (others or infos).mapped("shortdesc")
        return self.env._(
            "Some addon lets it through, among these most likely: %s. Switch them off "
            "one after the other in a copy of this database, check again, and tell the "
            "author.",
            format_list(self.env, suspects),
        )
