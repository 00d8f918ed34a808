import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

_logger = logging.getLogger(__name__)

MOST_DAYS = 3650  # ten years
KINDS = [
    ("received", "Order received"),
    ("waiting", "Quotation waits for the customer"),
    ("confirmed", "Order confirmed"),
    ("held", "Order on hold"),
    ("shipped", "Shipped"),
    ("partly", "Partly shipped"),
    ("invoiced", "Invoiced"),
    ("paid", "Payment received"),
    ("reminder", "Reminder"),
    ("colleague", "Something waits for a colleague (daily)"),
]
DOCUMENT_OF = {
    "received": "sale.order",
    "waiting": "sale.order",
    "confirmed": "sale.order",
    "held": "sale.order",
    "shipped": "stock.picking",
    "partly": "stock.picking",
    "invoiced": "account.move",
    "paid": "account.move",
    "reminder": "account.move",
    "colleague": "res.users",
}
# what the host already has a text for
HOST_TEMPLATES = {
    "confirmed": "sale.mail_template_sale_confirmation",
    "invoiced": "account.email_template_edi_invoice",
}


class NoticeRule(models.Model):
    """Which customer hears what: at a step of the order, or so many days from a date.

    To add a step: one value of ``kind``, the document it is about in ``DOCUMENT_OF``,
    and a call of ``_o2c_tell_customer(kind)`` where it happens.
    """

    _name = "o2c.notice.rule"
    _description = "Customer Message"
    _inherit = ["o2c.policy.condition"]
    _order = "days, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index=True,
        default=lambda self: self.env.company,
        help="The company and its branches. Empty: all companies.",
    )
    kind = fields.Selection(KINDS, "When", required=True, default="confirmed")
    model = fields.Char(compute="_compute_model")
    days = fields.Integer(
        help="Reminders: days after the due date, negative for days before it. "
        "Quotations: days after it was sent.",
    )
    scope = fields.Selection(
        [
            ("invoice", "About one invoice"),
            ("customer", "One statement of all that is open"),
        ],
        "One Mail",
        required=True,
        default="customer",
    )
    channel = fields.Selection(
        [
            ("mail", "E-mail"),
            ("activity", "Activity for a colleague"),
            ("both", "Both"),
        ],
        "How",
        required=True,
        default="mail",
    )
    template_id = fields.Many2one(
        "mail.template",
        "Text",
        compute="_compute_template_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        domain="[('model', '=', model)]",
        help="Goes out in the customer's language.",
    )
    attach = fields.Boolean(
        "Attach the Document",
        help="The invoice, the order, or the delivery slip: signed, where the customer "
        "signed it.",
    )
    domain = fields.Char(
        "Customers",
        help="Only customers that match hear it. Empty: all of them.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Colleague to Ask",
        help="Who gets the activity. Empty: the salesperson of the invoice.",
    )
    hold_reason_id = fields.Many2one(
        "o2c.hold.reason",
        "Put Orders On Hold",
        ondelete="restrict",
        domain="[('lift', 'in', ('paid', 'overdue'))]",
        help="What of the customer is confirmed and not delivered waits from then on, "
        "until the payment is there.",
    )
    patience_days = fields.Integer(
        "Days of Patience",
        default=7,
        help="After a part payment nobody is reminded of the rest for so many days.",
    )

    _days_in_range = models.Constraint(
        f"CHECK (days BETWEEN -{MOST_DAYS} AND {MOST_DAYS})",
        "The days cannot be more than ten years.",
    )
    _patience_in_range = models.Constraint(
        f"CHECK (patience_days BETWEEN 0 AND {MOST_DAYS})",
        "The days of patience cannot be negative, nor more than ten years.",
    )

    @api.depends("kind")
    def _compute_model(self):
        for rule in self:
            rule.model = DOCUMENT_OF.get(rule.kind)

    @api.depends("kind")
    def _compute_template_id(self):
        """The host's text where it has one, else ours."""
        for rule in self:
            if rule.template_id.model != rule.model:
                rule.template_id = self.env.ref(
                    HOST_TEMPLATES.get(
                        rule.kind, f"o2c_addon.mail_template_o2c_notice_{rule.kind}"
                    ),
                    raise_if_not_found=False,
                )

    @api.constrains("kind", "template_id", "channel", "days")
    def _check_complete(self):
        for rule in self:
            if rule.channel != "activity" and rule.template_id.model != rule.model:
                raise ValidationError(
                    self.env._(
                        "Choose a text for “%s” that is about the right document.",
                        rule.name,
                    )
                )
            if rule.channel != "mail" and rule.kind != "reminder":
                raise ValidationError(
                    self.env._("Only reminders ask a colleague: “%s”.", rule.name)
                )
            if rule.kind == "waiting" and rule.days < 1:
                raise ValidationError(
                    self.env._("Say after how many days “%s” goes out.", rule.name)
                )

    # -- for the engine --------------------------------------------------------------

    def _about(self):
        return self.env["res.partner"]

    def _hears(self, partners):
        """Those of ``partners`` this rule is about; of a broken rule, nobody."""
        if self.domain in (False, "", "[]"):
            return partners
        try:
            # sudo: everybody gets the same answer, whatever he may read
            found = self.env["res.partner"].sudo().with_context(active_test=False)
            with self.env.cr.savepoint():
                return found.search(
                    Domain("id", "in", partners.ids) & self._read_domain()
                )
        except OperationalError:
            raise  # the transaction is lost, and where it helps the host retries
        except Exception as error:  # a broken condition never stops what somebody does
            _logger.warning("Rule %s cannot be applied", self.id, exc_info=True)
            self._alert(self._unreadable(error))
            return partners.browse()

    @api.model
    @ormcache("company_id", "kind")
    def _in_force(self, company_id, kind):
        """The ids of the rules of a step in a company or branch."""
        # sudo: whoever does the step need not read companies and rules
        self = self.sudo()
        company = self.env["res.company"].browse(company_id)
        return tuple(
            self.search(
                [
                    ("kind", "=", kind),
                    ("company_id", "in", [False, *company.parent_ids.ids]),
                    ("active", "=", True),
                ]
            ).ids
        )

    @api.model
    def _rules(self, company, kind):
        # sudo: see _in_force
        return self.sudo().browse(self._in_force(company.id, kind))
