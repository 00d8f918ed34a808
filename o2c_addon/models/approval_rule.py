from functools import cached_property
from math import inf
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_is_zero, format_amount, format_list, formatLang, ormcache

from ..words import within

CRITERIA = [
    ("amount", "Untaxed amount"),
    ("discount", "Discount on the whole order"),
    ("discount_line", "Highest discount of a line"),
    ("margin", "Margin"),
    ("price_below_list", "Price below the price list"),
    ("payment_term", "Payment later than the customer's own terms"),
    ("credit", "Amount above the customer's credit limit"),
    ("overdue", "Customer's oldest unpaid invoice is overdue"),
    ("new_customer", "Customer never paid an invoice"),
    ("broken_promises", "Promises to pay the customer broke within a year"),
    ("incomplete", "Something is missing on the order"),
    ("price_revision", "New price of a recurring service"),
    ("credit_note", "Credit note amount"),
    ("price_deviation", "Price other than on the order"),
    ("quantity_deviation", "Quantity beyond what was ordered or delivered"),
    ("no_order", "Something is on no order"),
    ("domain", "Always"),
]
EFFECTS = [("observe", "Watch only"), ("warn", "Warn"), ("enforce", "Stop")]
# in the order a document passes them
GATES = {"sale.order": ("send", "confirm"), "account.move": ("post",)}
THINGS = ("reference", "date", "address", "price", "tax")  # that can be missing
AMOUNTS = {"amount", "credit_note"}  # every document has one
MONEY = AMOUNTS | {"credit"}
PERCENT = {
    "discount",
    "discount_line",
    "margin",
    "price_below_list",
    "price_revision",
    "price_deviation",
    "quantity_deviation",
}
DAYS = {"payment_term", "overdue"}
COUNTS = {"broken_promises"}
AT_LEAST = {"margin"}  # asked for what is below the limit instead of above it
YES_OR_NO = {"new_customer", "incomplete", "no_order", "domain"}  # without a limit


class RuleInForce(NamedTuple):
    """What a gate needs of a rule, so that judging a document reads no table.

    ``threshold`` is the limit as the document's figure counts: bigger is worse.
    """

    id: int
    criterion: str
    threshold: float
    needs: tuple  # what may not be missing, for ``incomplete``
    domain: str | None
    exempt_users: frozenset
    exempt_groups: frozenset
    effect: str
    reapproval: str

    @property
    def figure(self):
        """What the document is asked for."""
        return self.criterion, self.needs

    def exempts(self, user):
        """Whether the rule is not needed for what ``user`` asks for."""
        return user.id in self.exempt_users or not self.exempt_groups.isdisjoint(
            user._get_group_ids() if self.exempt_groups else ()
        )


class RulesInForce(tuple):
    """The rules of a gate (:class:`RuleInForce`), in their order."""

    @cached_property
    def enforced(self):
        return RulesInForce(rule for rule in self if rule.effect == "enforce")

    @cached_property
    def watching(self):
        """Those that stop nothing."""
        return RulesInForce(rule for rule in self if rule.effect != "enforce")

    @cached_property
    def shown(self):
        """Those whose verdict people see."""
        return RulesInForce(rule for rule in self if rule.effect != "observe")

    @cached_property
    def least(self):
        """(criterion, needs) → the least limit: hundreds ask about few figures."""
        least = {}
        for rule in self:
            known = least.get(rule.figure, inf)
            least[rule.figure] = min(known, rule.threshold)
        return least


class ApprovalRule(models.Model):
    """Who must say yes to a document, beyond which limit of which criterion.

    Use: choose a criterion and a limit, name who decides in the steps.
    How: the document is *asked* for its fact (``_o2c_fact_<criterion>``, bigger is
    worse); what exceeds the limit needs a yes, if the optional domain matches too.
    A rule without steps asks nobody: what is beyond it stops until it is mended.
    To add a criterion: one value here, one method on the document.
    """

    _name = "o2c.approval.rule"
    _description = "Approval Rule"
    _inherit = ["o2c.policy.condition"]
    _order = "sequence, id"
    _check_company_auto = True
    _o2c_links = ("step_ids",)

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
        [
            ("sale.order", "Sales order"),
            ("account.move", "Customer invoice or credit note"),
        ],
        required=True,
        default="sale.order",
    )
    gate = fields.Selection(
        [
            ("send", "Before sending the quotation"),
            ("confirm", "Before confirming"),
            ("post", "Before confirming the invoice"),
        ],
        "When",
        compute="_compute_gate",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    criterion = fields.Selection(
        CRITERIA,
        "What Is Looked At",
        required=True,
        default="amount",
        help="The figure that is compared with the limit. Amounts are untaxed, in the "
        "company's currency at the document's date.",
    )
    possible = fields.Json(
        compute="_compute_possible", help="What can be looked at, and when."
    )
    effect = fields.Selection(
        EFFECTS,
        "What It Does",
        required=True,
        default="enforce",
        help="Watch only: nobody notices, what would have waited is counted. "
        "Warn: it is said on the document, which goes on. "
        "Stop: the document waits until somebody says yes.",
    )
    reapproval = fields.Selection(
        [("worse", "Only if it gets worse"), ("any", "After any change")],
        "Ask Again",
        required=True,
        default="worse",
        help="Only if it gets worse: who said yes is not asked again while the figure "
        "gets no worse on the same terms. After any change: as soon as terms or lines "
        "are others.",
    )
    limit = fields.Float(
        "Approval Needed Above",
        digits=(16, 2),
        help="Nobody is asked up to this figure. For the margin: from this figure on.",
    )
    unit = fields.Char(compute="_compute_unit")
    is_at_least = fields.Boolean(compute="_compute_unit")
    has_limit = fields.Boolean(compute="_compute_unit")
    domain = fields.Char(
        "Applies To",
        help="Only documents that match are looked at. Empty: all of them.",
    )
    exempt_user_ids = fields.Many2many(
        "res.users",
        "o2c_approval_rule_exempt_user_rel",
        string="Not Needed For",
        # as text: a list makes every new user be looked for here, before he is complete
        domain="[('share', '=', False)]",
        help="What these people ask for needs no approval under this rule: they have "
        "the wider limit.",
    )
    exempt_group_ids = fields.Many2many(
        "res.groups",
        "o2c_approval_rule_exempt_group_rel",
        string="Not Needed For Groups",
        help="What members of these groups ask for needs no approval under this rule.",
    )
    needs_reference = fields.Boolean("Customer's Reference", default=True)
    needs_date = fields.Boolean("Delivery Date")
    needs_address = fields.Boolean("Complete Delivery Address")
    needs_price = fields.Boolean("A Price on Every Line")
    needs_tax = fields.Boolean("A Tax on Every Line")
    step_ids = fields.One2many("o2c.approval.step", "rule_id", "Steps", copy=True)

    _limit_not_negative = models.Constraint(
        'CHECK ("limit" >= 0)', "The limit of an approval rule cannot be negative."
    )

    @api.depends("document")
    def _compute_gate(self):
        for rule in self:
            if rule.gate not in GATES[rule.document]:
                rule.gate = GATES[rule.document][-1]

    @api.depends("document")
    def _compute_possible(self):
        for rule in self:
            rule.possible = rule._answers() + list(GATES[rule.document])

    def _answers(self):
        """The figures this kind of document can tell."""
        return [
            criterion
            for criterion, _label in self._fields["criterion"].selection
            if hasattr(self.env[self.document], f"_o2c_fact_{criterion}")
        ]

    @api.constrains("document", "criterion", "gate")
    def _check_is_possible(self):
        for rule in self:
            if rule.gate not in GATES[rule.document] or (
                rule.criterion not in rule._answers()
            ):
                raise ValidationError(
                    self.env._(
                        "The rule “%s” asks for something such a document does not "
                        "have. Choose again what is looked at, and when.",
                        rule.name,
                    )
                )

    @api.depends("criterion", "company_id.currency_id")
    @api.depends_context("lang")
    def _compute_unit(self):
        for rule in self:
            company = rule.company_id or self.env.company
            rule.unit = (
                (rule.criterion in MONEY and company.currency_id.name)
                or (rule.criterion in PERCENT and "%")
                or (rule.criterion in DAYS and self.env._("days"))
            )
            rule.is_at_least = rule.criterion in AT_LEAST
            rule.has_limit = rule.criterion not in YES_OR_NO

    @api.constrains(
        "criterion",
        "limit",
        "domain",
        "step_ids",
        *(f"needs_{thing}" for thing in THINGS),
    )
    def _check_says_something(self):
        for rule in self:
            if rule.criterion == "domain" and rule._read_domain().is_true():
                raise ValidationError(
                    self.env._(
                        "The rule “%s” would stop everything. Choose what it applies "
                        "to, or a figure and a limit.",
                        rule.name,
                    )
                )
            if rule.criterion == "incomplete" and not rule._needs():
                raise ValidationError(
                    self.env._("Say what may not be missing: “%s”.", rule.name)
                )
            if rule._asks_nobody() and rule._is_about_all():
                raise ValidationError(
                    self.env._("Say who approves under the rule “%s”.", rule.name)
                )

    def write(self, vals):
        """What a rule has asked stays about what it was asked."""
        for name in {"document", "criterion"} & vals.keys():
            for rule in self.filtered(lambda r, n=name: r[n] != vals[n]):
                rule._check_never_asked()
        return super().write(vals)

    def _about(self):
        return self.env[self.document]

    def _needs(self):
        """What may not be missing under this rule; nothing for other figures."""
        if self.criterion != "incomplete":
            return ()
        return tuple(thing for thing in THINGS if self[f"needs_{thing}"])

    def _asks_nobody(self):
        """Whether it stops until its figure is mended, and no yes helps."""
        return not self.step_ids

    def _steps_for(self, fact):
        """The steps that are asked about such a figure."""
        return self.step_ids.filtered(lambda step: step._applies(fact))

    def _asks_above(self):
        """Beyond which figure somebody is asked, or it has to be mended."""
        first = min((step._threshold() for step in self.step_ids), default=-inf)
        return max(self._threshold(), first)

    def _wants_something(self, fact):
        """Whether somebody is asked about such a figure, or it has to be mended."""
        return fact > self._asks_above()

    def _is_about_all(self):
        """Whether no document is small enough for this rule."""
        return (
            self.criterion in AMOUNTS
            and not self.limit
            and self._read_domain().is_true()
        )

    # -- which rules count -----------------------------------------------------------

    @api.model
    def _o2c_recall(self, ids):
        """With their steps: whoever judges by a rule asks whom it asks."""
        rules = super()._o2c_recall(ids)
        rules.step_ids._o2c_recall(rules.step_ids.ids)
        return rules

    @api.model
    @ormcache("document", "gate", "company_id")
    def _in_force(self, document, gate, company_id):
        """The rules to pass before ``gate``, for a company or branch.

        What is asked before sending is asked before confirming all the more.
        """
        self = self.sudo()  # sudo: who is judged need not read companies and rules
        gates = GATES[document][: GATES[document].index(gate) + 1]
        company = self.env["res.company"].browse(company_id)
        rules = self.search(
            [
                ("document", "=", document),
                ("gate", "in", gates),
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("active", "=", True),
            ]
        )
        return RulesInForce(
            RuleInForce(
                rule.id,
                rule.criterion,
                rule._threshold(),
                rule._needs(),
                rule.domain if rule.domain not in (False, "[]") else None,
                frozenset(rule.exempt_user_ids.ids),
                frozenset(rule.exempt_group_ids.ids),
                rule.effect,
                rule.reapproval,
            )
            for rule in rules.sorted(lambda r: gates.index(r.gate))
        )

    def _threshold(self):
        """The limit as figures count, where bigger is worse."""
        if not self.has_limit:
            return 0.0
        return -self.limit if self.is_at_least else self.limit

    def _is_about(self, document):
        """Whether the rule's own condition matches the document."""
        # sudo: everybody gets the same answer, whatever he may read
        return bool(document.sudo().filtered_domain(self._read_domain()))

    # -- sentences -------------------------------------------------------------------

    def _format(self, value):
        """``value`` of this rule's criterion, in words."""
        value = -value if self.is_at_least else value
        if self.criterion in MONEY:
            company = self.company_id or self.env.company
            return format_amount(self.env, value, company.currency_id)
        digits = 0 if float_is_zero(value % 1, precision_digits=2) else 2
        number = formatLang(self.env, value, digits=digits)
        if self.criterion in COUNTS:
            return number
        if self.criterion in PERCENT:
            return self.env._("%s %%", number)
        return self.env._("1 day") if value == 1 else self.env._("%s days", number)

    def _sentence(self, fact, threshold):
        """Why this rule asks, with the figures."""
        if self.criterion == "domain":
            return self.env._("%s: always asked", self.name)
        if self.criterion == "new_customer":
            return self.env._("the customer never paid an invoice so far")
        if self.criterion == "no_order":
            return self.env._("something on it is on no order")
        if self.criterion == "incomplete":
            return self.env._("%s of what is needed is missing", f"{fact:g}")
        figures = {
            "what": within(self.env, self._label()),
            "fact": self._format(fact),
            "limit": self._format(threshold),
        }
        if self.is_at_least:
            return self.env._("%(what)s: %(fact)s, at least %(limit)s", **figures)
        if self.criterion not in MONEY:
            return self.env._("%(what)s: %(fact)s, limit %(limit)s", **figures)
        figures["excess"] = self._format(fact - threshold)
        if self.criterion == "amount":
            return self.env._("%(fact)s is %(excess)s above %(limit)s", **figures)
        return self.env._("%(what)s: %(fact)s is %(excess)s above %(limit)s", **figures)

    def _label(self):
        labels = dict(self._fields["criterion"]._description_selection(self.env))
        return labels[self.criterion]

    def _in_words(self):
        """The rule as it stands now, to be frozen with a decision taken under it."""
        steps = [
            self.env._("%(step)s: %(who)s", step=step.name, who=step._in_words())
            for step in self.step_ids
        ]
        return self.env._(
            "%(name)s: %(what)s, limit %(limit)s. %(steps)s",
            name=self.name,
            what=self._label(),
            limit=self._format(self._threshold()) if self.has_limit else "-",
            steps=format_list(self.env, steps) if steps else "",
        ).strip()


class Event(models.Model):
    _inherit = "o2c.event"

    rule_id = fields.Many2one("o2c.approval.rule", readonly=True, ondelete="restrict")
