from odoo import api, fields, models
from odoo.tools import ormcache


class ChecklistItem(models.Model):
    """One thing to look at before goods leave; a template for deliveries."""

    _name = "o2c.checklist.item"
    _description = "Checklist Point"
    _inherit = ["o2c.policy.mixin", "o2c.measured.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(
        "Instruction",
        required=True,
        translate=True,
        help="What to do or to look at, e.g. “Screen shows no dead pixel”.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="The company and its branches. Empty: all companies.",
    )
    picking_type_ids = fields.Many2many(
        "stock.picking.type",
        string="Operation Types",
        check_company=True,
        help="Empty: all deliveries to customers.",
    )
    categ_id = fields.Many2one(
        "product.category",
        "Product Category",
        ondelete="cascade",
        help="Only deliveries of such products, subcategories included.",
    )
    product_id = fields.Many2one(
        "product.product",
        check_company=True,
        ondelete="cascade",
        help="Only deliveries of this product.",
    )
    needs_photo = fields.Boolean(
        help="The point is finished only with a photo, e.g. of the packed goods."
    )

    @api.model
    @ormcache("company_id", "picking_type_id")
    def _in_force(self, company_id, picking_type_id):
        """The ids of the points of deliveries of a type, in a company or branch."""
        # sudo: the warehouse need not read companies
        self = self.sudo()
        company = self.env["res.company"].browse(company_id)
        return tuple(
            self.search(
                [
                    ("company_id", "in", [False, *company.parent_ids.ids]),
                    ("active", "=", True),
                    "|",
                    ("picking_type_ids", "=", False),
                    ("picking_type_ids", "in", picking_type_id),
                ]
            ).ids
        )

    def _is_about(self, products):
        """Whether one of these products has to be looked at for this point."""
        if self.product_id:
            return self.product_id in products
        if self.categ_id:
            path = self.categ_id.parent_path
            return any(
                p.startswith(path) for p in products.categ_id.mapped("parent_path")
            )
        return True
