from math import floor, log10
from statistics import median

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command

MONTHS = 12
FEW = 5  # questions below which nothing is suggested
WORTH = "o2c_addon.group_o2c_manager"


class ApprovalRule(models.Model):
    """Is this rule worth the waits it costs? Its last twelve months in figures.

    As far as the reader may read the questions; a suggestion with its evidence.
    """

    _inherit = "o2c.approval.rule"

    worth_asked = fields.Integer("Asked", compute="_compute_worth", groups=WORTH)
    worth_approved = fields.Integer("Approved", compute="_compute_worth", groups=WORTH)
    worth_refused = fields.Integer("Refused", compute="_compute_worth", groups=WORTH)
    worth_changed = fields.Integer(
        "Changed",
        compute="_compute_worth",
        groups=WORTH,
        help="How often the document was changed instead of approved as it was.",
    )
    worth_hours = fields.Float(
        "Hours Until Answered",
        compute="_compute_worth",
        groups=WORTH,
        digits=(16, 1),
        help="Half of the answers came sooner, half later; nights and weekends count.",
    )
    worth_amount = fields.Monetary(
        "Money That Waited",
        compute="_compute_worth",
        groups=WORTH,
        currency_field="worth_currency_id",
    )
    worth_currency_id = fields.Many2one(
        "res.currency", "Currency", compute="_compute_worth", groups=WORTH
    )
    worth_limit = fields.Float(
        "Limit Suggested", compute="_compute_worth", groups=WORTH, digits=(16, 2)
    )
    suggestion = fields.Char(compute="_compute_worth", groups=WORTH)

    @api.depends_context("uid", "lang", "company")
    def _compute_worth(self):
        since = fields.Datetime.now() - relativedelta(months=MONTHS)
        requests = self.env["o2c.approval.request"].search(
            [("rule_id", "in", self._origin.ids), ("requested_on", ">=", since)]
        )
        asked = requests.grouped("rule_id")
        for rule in self:
            own = asked.get(rule._origin, requests.browse())
            answered = own.filtered(lambda r: r._was_refused() or r._was_approved())
            no = own.filtered(lambda r: r._was_refused())
            rule.worth_asked = len(own)
            rule.worth_approved = len(own.filtered(lambda r: r._was_approved()))
            rule.worth_refused = len(no)
            rule.worth_changed = len(own.filtered(lambda r: r._was_changed()))
            rule.worth_hours = median(
                [request._hours_until_answered() for request in answered] or [0.0]
            )
            rule.worth_currency_id = (rule.company_id or self.env.company).currency_id
            rule.worth_amount = rule._worth_in_money(own)
            threshold = rule._better_threshold(own)
            rule.worth_limit = abs(threshold) if threshold is not None else 0.0
            rule.suggestion = rule._suggest(own, threshold)

    def _worth_in_money(self, requests):
        """What waited, each document once, in the currency of the rule."""
        last = {request.res_name: request for request in requests.sorted("id")}
        today = self.env.company._o2c_today()
        return sum(
            request.currency_id._convert(
                request.amount, self.worth_currency_id, request.company_id, today
            )
            for request in last.values()
        )

    def _better_threshold(self, requests):
        """A limit, as figures count, that lets go much of what was approved and
        nothing of what was refused or changed; none where there is no such.

        A round one, if it lets go nearly as much.
        """
        wrong = requests.filtered(lambda r: r._was_refused() or r._was_changed())
        right = (requests - wrong).filtered(lambda r: r._was_approved())
        if not self.has_limit or not wrong or len(requests) < FEW:
            return None
        if not self._may_be_told():
            return None
        lowest = min(wrong.mapped("fact"))
        most = len(right.filtered(lambda r: r.fact < lowest))
        if not most:
            return None
        facts = right.mapped("fact")
        for digits in (1, 2, 3, 6):
            threshold = _rounded_below(lowest, digits)
            saved = sum(fact <= threshold for fact in facts)
            if threshold > self._threshold() and saved and saved >= 0.9 * most:
                return threshold
        return None

    def _suggest(self, requests, threshold):
        """What to do with this rule, and the evidence: a sentence."""
        wrong = requests.filtered(lambda r: r._was_refused() or r._was_changed())
        if not requests:
            return ""
        if len(requests) < FEW:
            return self.env._(
                "Asked %s× in a year: too few to suggest anything.", len(requests)
            )
        if not wrong:
            return self.env._(
                "Nobody said no to any of the %s: a warning would do, and nobody would "
                "wait.",
                len(requests),
            )
        if threshold is None:
            return self.env._(
                "Keep it: %(wrong)s of %(asked)s were refused or changed, and no other "
                "limit would have told them apart.",
                wrong=len(wrong),
                asked=len(requests),
            )
        figures = {
            "new": self._format(threshold),
            "old": self._format(self._threshold()),
            "saved": len(requests.filtered(lambda r: r.fact <= threshold)),
            "asked": len(requests),
            "wrong": len(wrong),
        }
        if len(wrong) == 1:
            return self.env._(
                "%(new)s instead of %(old)s: %(saved)s of %(asked)s would not have "
                "waited; the one refused or changed would be asked about still.",
                **figures,
            )
        return self.env._(
            "%(new)s instead of %(old)s: %(saved)s of %(asked)s would not have waited; "
            "the %(wrong)s refused or changed would be asked about still.",
            **figures,
        )

    def action_try_suggestion(self):
        """Try the limit suggested on past orders, before it is changed."""
        self.ensure_one()
        action = self.action_open_try_out()
        if self.worth_limit:
            values = {"rule_id": self.id, "limit": self.worth_limit}
            action["context"]["default_change_ids"] = [Command.create(values)]
        return action


class ApprovalRequest(models.Model):
    """What came of a question, whatever became of the document since."""

    _inherit = "o2c.approval.request"

    def _was_refused(self):
        return "refused" in self.decision_ids.mapped("verdict")

    def _was_approved(self):
        """Also where the document outgrew the yes since then."""
        said_yes = "approved" in self.decision_ids.mapped("verdict")
        overtaken = self.state == "obsolete" and said_yes and not self._was_refused()
        return self.state == "approved" or overtaken

    def _was_changed(self):
        """Overtaken by another version of the document before anybody said yes."""
        if self.decision_ids:
            return False
        return self.state == "obsolete" or (
            self.state == "pending" and self._is_needless()
        )

    def _is_needless(self):
        """Whether the document, made smaller, got through without an answer."""
        # sudo: how often it happened is told, not which document it was
        request = self.sudo()
        document = request._document()
        document._o2c_forget_facts()
        return document._o2c_is_final() and not request.rule_id._stops(document)

    def _hours_until_answered(self):
        answers = self.decision_ids.mapped("decided_on") or [self.decided_on]
        return (max(answers) - self.requested_on).total_seconds() / 3600


def _rounded_below(number, digits):
    """The next smaller number with so many digits: 8341 → 8000, -20 → -30."""
    if not number:
        return -1.0
    step = 10 ** (floor(log10(abs(number))) - digits + 1)
    below = floor(number / step) * step
    return float(below if below < number else below - step)
