from odoo import api, fields, models
from odoo.tools import ormcache


class FulfillmentCheck(models.Model):
    """Is the world ready for these goods to leave? A fact, asked at every attempt.

    To add a check: one value of ``code`` here and one method on the delivery,
    ``_o2c_problem_<code>(check)``, that answers with a sentence or with nothing.
    """

    _name = "o2c.fulfillment.check"
    _description = "Delivery Check"
    _inherit = ["o2c.policy.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="The company and its branches. Empty: all companies.",
    )
    code = fields.Selection(
        [("available", "What leaves is in stock")],
        "What Is Checked",
        required=True,
        default="available",
    )
    picking_type_ids = fields.Many2many(
        "stock.picking.type",
        string="Operation Types",
        check_company=True,
        help="Only deliveries of these types are checked. Empty: all deliveries.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        help="Is named to the warehouse as the one who can help.",
    )

    @api.model
    @ormcache("company_id", "picking_type_id")
    def _in_force(self, company_id, picking_type_id):
        """The ids of the checks of deliveries of a type, in a company or branch."""
        # sudo: the warehouse is checked, it need not read companies and checks
        self = self.sudo()
        company = self.env["res.company"].browse(company_id)
        return tuple(
            self.search(
                [
                    ("company_id", "in", [False, *company.parent_ids.ids]),
                    "|",
                    ("picking_type_ids", "=", False),
                    ("picking_type_ids", "in", picking_type_id),
                ]
            ).ids
        )
