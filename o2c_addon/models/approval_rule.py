from ast import literal_eval
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount, format_list, ormcache


class RuleInForce(NamedTuple):
    """What a gate needs of a rule, so that judging a document reads no table."""

    id: int
    criterion: str
    limit: float
    domain: str | None
    has_steps: bool


class ApprovalRule(models.Model):
    """Who must say yes to a document, beyond which limit of which criterion.

    Use: choose a criterion and a limit, name who decides in the steps.
    How: the document is *asked* for its fact (``_o2c_fact_<criterion>``, bigger is
    worse); what exceeds the limit needs a yes, if the optional domain matches too.
    A rule without steps asks nobody: it stops until its fact is mended.
    To add a criterion: one value here, one method on the document.
    """

    _name = "o2c.approval.rule"
    _description = "Approval Rule"
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
    document = fields.Selection(
        [("sale.order", "Sales order")], required=True, default="sale.order"
    )
    gate = fields.Selection(
        [("confirm", "Before confirming")],
        "When",
        compute="_compute_gate",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    criterion = fields.Selection(
        [("amount", "Order amount")],
        "What Is Looked At",
        required=True,
        default="amount",
        help="The figure that is compared with the limit. Order amount: untaxed, in "
        "the company's currency at the order's date.",
    )
    limit = fields.Float("Approval Needed Above", digits=(16, 2))
    unit = fields.Char(compute="_compute_unit")
    domain = fields.Char(
        "Applies To",
        help="Only documents that match are looked at. Empty: all of them.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        help="Is told when this rule cannot be applied.",
    )
    step_ids = fields.One2many("o2c.approval.step", "rule_id", "Steps", copy=True)

    _limit_not_negative = models.Constraint(
        'CHECK ("limit" >= 0)', "The limit of an approval rule cannot be negative."
    )

    @api.depends("document")
    def _compute_gate(self):
        for rule in self:
            rule.gate = "confirm"

    @api.depends("criterion", "company_id.currency_id")
    def _compute_unit(self):
        for rule in self:
            company = rule.company_id or self.env.company
            rule.unit = company.currency_id.name

    @api.constrains("domain", "document")
    def _check_domain(self):
        for rule in self.filtered("domain"):
            try:
                rule._read_domain().validate(self.env[rule.document])
            except (ValueError, SyntaxError, TypeError, RecursionError) as error:
                raise ValidationError(
                    self.env._(
                        "“Applies to” of the rule “%(rule)s” cannot be read: "
                        "%(error)s. Choose the conditions again.",
                        rule=rule.name,
                        error=error,
                    )
                ) from error

    def _read_domain(self):
        """The rule's own condition: data only, never code."""
        return Domain(literal_eval(self.domain or "[]"))

    # -- which rules count -----------------------------------------------------------

    @api.model
    @ormcache("document", "gate", "company_id")
    def _in_force(self, document, gate, company_id):
        """The rules that count for a document at a gate, for a company or branch."""
        self = self.sudo()  # sudo: who is judged need not read companies and rules
        company = self.env["res.company"].browse(company_id)
        rules = self.search(
            [
                ("document", "=", document),
                ("gate", "=", gate),
                ("company_id", "in", [False, *company.parent_ids.ids]),
            ]
        )
        return tuple(
            RuleInForce(
                rule.id,
                rule.criterion,
                rule.limit,
                rule.domain if rule.domain not in (False, "[]") else None,
                bool(rule.step_ids),
            )
            for rule in rules
        )

    def _is_about(self, document):
        """Whether the rule's own condition matches the document."""
        # sudo: everybody gets the same answer, whatever he may read
        return bool(document.sudo().filtered_domain(self._read_domain()))

    # -- sentences -------------------------------------------------------------------

    def _format(self, value):
        """``value`` of this rule's criterion, in words."""
        company = self.company_id or self.env.company
        return format_amount(self.env, value, company.currency_id)

    def _sentence(self, fact, limit):
        """Why this rule asks, with the figures."""
        return self.env._(
            "%(fact)s is %(excess)s above %(limit)s",
            fact=self._format(fact),
            excess=self._format(fact - limit),
            limit=self._format(limit),
        )

    def _in_words(self):
        """The rule as it stands now, to be frozen with a decision taken under it."""
        criteria = dict(self._fields["criterion"]._description_selection(self.env))
        steps = [
            self.env._("%(step)s: %(who)s", step=step.name, who=step._in_words())
            for step in self.step_ids
        ]
        return self.env._(
            "%(name)s: %(criterion)s above %(limit)s. %(steps)s",
            name=self.name,
            criterion=criteria[self.criterion],
            limit=self._format(self.limit),
            steps=format_list(self.env, steps) if steps else "",
        ).strip()


class Event(models.Model):
    _inherit = "o2c.event"

    rule_id = fields.Many2one("o2c.approval.rule", readonly=True, ondelete="restrict")
