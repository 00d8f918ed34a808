from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from .res_company import INVOICING, PERIODS


class ResPartner(models.Model):
    """How a customer wants to be invoiced, in the company of the environment."""

    _inherit = "res.partner"

    o2c_invoicing = fields.Selection(
        INVOICING,
        "Invoice After Delivery",
        company_dependent=True,
        help="Empty: as set for the company.",
    )
    o2c_invoicing_period = fields.Selection(
        PERIODS,
        "One Invoice",
        company_dependent=True,
        help="Empty: as set for the company.",
    )
    o2c_invoicing_inherited = fields.Char(compute="_compute_o2c_inherited")
    o2c_invoicing_period_inherited = fields.Char(compute="_compute_o2c_inherited")

    @api.model
    def _commercial_fields(self):
        return [*super()._commercial_fields(), "o2c_invoicing", "o2c_invoicing_period"]

    @api.model
    @ormcache()
    def _o2c_differ(self):
        """Whether any customer is invoiced in a way of its own, in any company."""
        # sudo: whoever sells need not read all customers
        self = self.sudo()
        self.flush_model(["o2c_invoicing"])
        [[is_any]] = self.env.execute_query(
            SQL(
                "SELECT EXISTS"
                " (SELECT FROM res_partner WHERE o2c_invoicing IS NOT NULL)"
            )
        )
        defaults = self.env["ir.default"].search_count(
            [
                ("field_id.model", "=", self._name),
                ("field_id.name", "=", "o2c_invoicing"),
            ],
            limit=1,
        )
        return bool(is_any or defaults)

    @api.constrains("o2c_invoicing")
    def _o2c_remember_difference(self):
        if any(partner.o2c_invoicing for partner in self) and not self._o2c_differ():
            self.env.registry.clear_cache()

    @api.depends_context("company", "lang")
    def _compute_o2c_inherited(self):
        for name in ("o2c_invoicing", "o2c_invoicing_period"):
            self[f"{name}_inherited"] = self.env.company._o2c_label(name)

    def _o2c_inherited(self, name):
        """What an order of this customer inherits, in words: the setting and whose."""
        company = self.env.company
        return self._o2c_label(name) if self[name] else company._o2c_label(name)

    def _o2c_label(self, name):
        return self.env._(
            "%(setting)s (%(customer)s)",
            setting=dict(self._fields[name]._description_selection(self.env))[
                self[name]
            ],
            customer=self.name,
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    def _o2c_label(self, name):
        choices = dict(self._fields[name]._description_selection(self.env))
        return self.env._(
            "%(setting)s (company)",
            setting=choices.get(self[name]) or next(iter(choices.values())),
        )
