from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

CODES = [
    ("available", "What leaves is in stock"),
    ("complete", "The whole order leaves together"),
    ("address", "The delivery address is complete"),
    ("prepayment", "The order is paid, in part or in full"),
    ("credit", "The customer is within the credit limit"),
    ("overdue", "The customer has no overdue invoice"),
    ("checklist", "The checklist is finished"),
    ("lots", "Lots are given and not expired"),
    ("tracking", "There is a tracking reference"),
    ("document", "A document is attached"),
    ("domain", "Never, for the deliveries it applies to"),
]
MONEY = {"prepayment", "credit", "overdue"}  # what their figures say is not for all
WITH_LIMIT = MONEY | {"lots"}


class FulfillmentCheck(models.Model):
    """Is the world ready for these goods to leave? A fact, asked at every attempt.

    To add a check: one value of ``code`` here and one method on the delivery,
    ``_o2c_problem_<code>(check)``, that answers with a sentence or with nothing;
    optionally ``_o2c_size_<code>(check)``, how bad it is: a problem that was released
    is asked about again when it got bigger; and ``_o2c_particulars_<code>(check)``,
    what the release is for besides the goods: when that changes it is asked again too.
    """

    _name = "o2c.fulfillment.check"
    _description = "Delivery Check"
    _inherit = ["o2c.policy.condition"]
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
        CODES, "What Must Be True", required=True, default="available"
    )
    severity = fields.Selection(
        [("observe", "Watch only"), ("warn", "Warn"), ("block", "Stop")],
        "If Not Met",
        required=True,
        default="block",
        help="Watch only: nobody notices, what would have stayed is counted. "
        "Warn: it is said on the delivery, and the goods may leave. "
        "Stop: they do not leave.",
    )
    value = fields.Float(
        "Limit",
        digits=(16, 2),
        help="Paid: how much has to be. Credit limit: how much more than the limit is "
        "tolerated, in company currency. Overdue: how many days are tolerated. Lots: "
        "how many more days they must last.",
    )
    value_unit = fields.Selection(
        [("percent", "% of the order"), ("amount", "in company currency")],
        "Unit",
        required=True,
        default="percent",
    )
    document_name = fields.Char(
        "Name Contains",
        help="A file whose name contains this has to be attached to the delivery, e.g. "
        "“certificate”. Empty: any file.",
    )
    domain = fields.Char(
        "Applies To",
        help="Only deliveries that match are checked. Empty: all of them.",
    )
    picking_type_ids = fields.Many2many(
        "stock.picking.type",
        string="Operation Types",
        check_company=True,
        help="Only deliveries of these types are checked. Empty: all deliveries.",
    )
    release_group_id = fields.Many2one(
        "res.groups",
        "May Be Released By",
        default=lambda self: self.env.ref("o2c_addon.group_o2c_release", False),
        ondelete="restrict",
        help="Members of this group may let goods leave although the check is not met, "
        "with a reason. Empty: nobody, it has to be mended.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        help="Is named to the warehouse as the one who can help, and told when this "
        "check cannot be applied.",
    )
    has_value = fields.Boolean(compute="_compute_has_value")

    _value_not_negative = models.Constraint(
        "CHECK (value >= 0)", "The limit of a delivery check cannot be negative."
    )

    @api.depends("code")
    def _compute_has_value(self):
        for check in self:
            check.has_value = check.code in WITH_LIMIT

    @api.constrains("domain", "code")
    def _check_says_something(self):
        for check in self:
            if check.code == "domain" and check._read_domain().is_true():
                raise ValidationError(
                    self.env._(
                        "The check “%s” would stop every delivery. Choose what it "
                        "applies to.",
                        check.name,
                    )
                )

    def _about(self):
        return self.env["stock.picking"]

    def _is_about(self, delivery):
        """Whether the check's own condition matches the delivery."""
        if self.domain in (False, "", "[]"):
            return True
        # sudo: everybody gets the same answer, whatever he may read
        return bool(delivery.sudo().filtered_domain(self._read_domain()))

    def _can_stop(self):
        """Whether it may stop something: a checklist without points stops nothing."""
        if self.code == "checklist" and not self.env["o2c.checklist.item"].search_count(
            [], limit=1
        ):
            return False
        return self.severity == "block"

    def _is_private(self):
        """Whether its sentences tell what the customer owes. Override for your own."""
        return self.code in MONEY

    @api.model
    @ormcache()
    def _release_group_ids(self):
        """The ids of all groups that release some check, in whatever company."""
        # sudo: see below
        groups = self.sudo()._read_group(
            [("severity", "=", "block")], ["release_group_id"]
        )
        return frozenset(group.id for [group] in groups if group)

    @api.model
    @ormcache("company_id", "picking_type_id")
    def _in_force(self, company_id, picking_type_id=None):
        """The ids of the checks of deliveries of a type, or of any, in a company or
        branch."""
        # sudo: the warehouse is checked, it need not read companies and checks
        self = self.sudo()
        company = self.env["res.company"].browse(company_id)
        domain = Domain("company_id", "in", [False, *company.parent_ids.ids])
        domain &= Domain("active", "=", True)
        if picking_type_id:
            domain &= Domain("picking_type_ids", "in", [False, picking_type_id])
        return tuple(self.search(domain).ids)
