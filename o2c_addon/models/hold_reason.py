import logging

from psycopg2 import DatabaseError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

_logger = logging.getLogger(__name__)

GATES = [
    ("confirm", "Confirmation"),
    ("deliver", "Delivery"),
    ("post", "Invoice"),
]


class HoldReason(models.Model):
    """Why documents are put on hold, who may release them, and what does so by itself.

    A reason may also put orders on hold by itself, when they are confirmed.
    """

    _name = "o2c.hold.reason"
    _description = "Reason of a Hold"
    _inherit = ["o2c.policy.condition"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="The company and its branches. Empty: all companies.",
    )
    gate = fields.Selection(
        GATES,
        "What Waits",
        required=True,
        default="deliver",
        help="What an order on hold for this reason has to wait with.",
    )
    release_group_id = fields.Many2one(
        "res.groups",
        "Released By",
        required=True,
        default=lambda self: self.env.ref("o2c_addon.group_o2c_release", False),
        ondelete="restrict",
        help="Only members of this group end a hold for this reason.",
    )
    lift = fields.Selection(
        [
            ("person", "When somebody releases it"),
            ("paid", "When it is paid"),
            ("overdue", "When the customer has no overdue invoice"),
            ("credit", "When the customer is within the credit limit"),
            ("date", "On a date"),
        ],
        "Ends",
        required=True,
        default="person",
        help="What ends the hold by itself. Whoever may release it still may.",
    )
    customer_text = fields.Text(
        "What the Customer Reads",
        translate=True,
        help="What the customer can do about it, in words for him: the message “Order "
        "on hold” says so. Empty: he is not told.",
    )
    lift_days = fields.Integer(
        "Days Tolerated", help="Invoices overdue by up to so many days do not count."
    )
    is_automatic = fields.Boolean(
        "By Itself",
        help="Orders are put on hold for this reason as soon as they are confirmed.",
    )
    domain = fields.Char(
        "Applies To",
        help="Only orders that match are put on hold by themselves. Empty: all.",
    )

    _lift_days_not_negative = models.Constraint(
        "CHECK (lift_days >= 0)", "The days tolerated cannot be negative."
    )

    @api.constrains("is_automatic", "gate", "lift")
    def _check_automatic(self):
        for reason in self.filtered("is_automatic"):
            if reason.gate == "confirm" or reason.lift == "date":
                raise ValidationError(
                    self.env._(
                        "“%s” is put on by itself when an order is confirmed: choose "
                        "the delivery or the invoice to wait, and not a date.",
                        reason.name,
                    )
                )

    def _about(self):
        return self.env["sale.order"]

    def _is_about(self, order):
        """Whether ``order`` is put on hold by itself; if nobody can tell, yes."""
        try:
            return bool(order.filtered_domain(self._read_domain()))
        except DatabaseError:
            raise  # the transaction is lost, and where it helps the host retries
        except Exception as error:  # a broken condition must never stop a confirmation
            _logger.warning("Reason %s cannot be applied", self.id, exc_info=True)
            self._alert(self._unreadable(error))
            return True

    @api.model
    @ormcache("company_id")
    def _automatic(self, company_id):
        """The ids of the reasons that put confirmed orders on hold by themselves."""
        # sudo: whoever confirms need not read companies
        self = self.sudo()
        company = self.env["res.company"].browse(company_id)
        return tuple(
            self.search(
                [
                    ("is_automatic", "=", True),
                    ("company_id", "in", [False, *company.parent_ids.ids]),
                    ("active", "=", True),
                ]
            ).ids
        )

    def _may_release(self, user):
        """Whether ``user`` is one of those who end holds for this reason."""
        # sudo: whoever is stopped need not read the policy
        return self.sudo().release_group_id.id in user._get_group_ids()
