from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from ..words import beginning

ACTIVITY = "o2c_addon.mail_activity_type_o2c_approval"
COSTS = "sales_team.group_sale_salesman"  # sees the cost on the product

STATES = [
    ("pending", "Waiting"),
    ("approved", "Approved"),
    ("refused", "Refused"),
    ("obsolete", "Overtaken by a change"),
    ("cancelled", "Cancelled"),
]

SOURCES = {
    "approved": {"pending"},
    "refused": {"pending"},
    "obsolete": {"pending", "approved", "refused"},
    "cancelled": {"pending"},
}


class ApprovalRequest(models.Model):
    """Did they say yes to *this* document? One rule's question about one document.

    The question keeps the figures it was asked with and the terms and lines it was
    asked about (``seal``), so that a yes never covers what the approver did not see,
    and an approver needs no right on the document to answer it.
    """

    _name = "o2c.approval.request"
    _description = "Approval Request"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "res_name"
    _mail_post_access = "read"
    _check_company_auto = True

    rule_id = fields.Many2one(
        "o2c.approval.rule",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="set null", index="btree_not_null"
    )
    move_id = fields.Many2one(
        "account.move",
        "Invoice",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    res_name = fields.Char("Document", readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    round = fields.Integer(default=1, readonly=True, help="How often this was asked.")
    state = fields.Selection(STATES, default="pending", required=True, readonly=True)
    fact = fields.Float("Figure", readonly=True, help="In the company's currency.")
    document_fact = fields.Float(
        "Figure of the Document",
        readonly=True,
        help="In the currency of the document: what a yes covers.",
    )
    limit = fields.Float(readonly=True)
    excess = fields.Float("Over By", readonly=True)
    seal = fields.Char("Fingerprint", readonly=True)
    rule_text = fields.Char("Rule as It Was", readonly=True)
    reason = fields.Char("Why", compute="_compute_reason")
    argument = fields.Char(readonly=True, help="What the asker says to it.")
    amount = fields.Monetary("Untaxed Amount", readonly=True)
    discount = fields.Float("Discount (%)", readonly=True)
    margin = fields.Float(
        "Margin (%)",
        readonly=True,
        groups="base.group_system",
        help="Shown to those who may see costs.",
    )
    margin_shown = fields.Char("Margin", compute="_compute_margin_shown")
    overdue_days = fields.Integer("Customer Overdue (days)", readonly=True)
    customer_history = fields.Char("Customer's Invoices", readonly=True)
    content = fields.Text("What Is Sold", readonly=True)
    differences = fields.Text("Other Than on the Order", readonly=True)
    changes = fields.Text("Changed Since Asked Before", readonly=True)
    partner_key = fields.Integer("Customer ID", readonly=True)
    earlier_decision_ids = fields.Many2many(
        "o2c.approval.decision",
        string="Earlier Answers",
        compute="_compute_earlier_decision_ids",
    )
    refused_before = fields.Char(compute="_compute_refused_before")
    intent = fields.Json(
        readonly=True, help="What goes on by itself once this is approved."
    )
    requested_by_id = fields.Many2one(
        "res.users", "Asked By", required=True, readonly=True, ondelete="restrict"
    )
    requested_on = fields.Datetime(
        "Asked On", required=True, readonly=True, default=fields.Datetime.now
    )
    decided_on = fields.Datetime(readonly=True)
    turn_ids = fields.One2many(
        "o2c.approval.turn", "request_id", "Steps", readonly=True
    )
    decision_ids = fields.One2many(
        "o2c.approval.decision", "request_id", "Answers", readonly=True
    )
    approver_ids = fields.Many2many(
        "res.users",
        string="Waiting For",
        compute="_compute_approver_ids",
        store=True,
        help="Who may answer now.",
    )
    deadline = fields.Datetime("Answer By", readonly=True, index="btree_not_null")
    can_answer = fields.Boolean(compute="_compute_can_answer")

    _one_pending = models.UniqueIndex(
        "(order_id, rule_id) WHERE state = 'pending'",
        "This is already waiting for approval under the same rule.",
    )
    _one_pending_of_invoice = models.UniqueIndex(
        "(move_id, rule_id) WHERE state = 'pending'",
        "This is already waiting for approval under the same rule.",
    )
    _pending_is_about_a_document = models.Constraint(
        "CHECK (state != 'pending' OR num_nonnulls(order_id, move_id) = 1)",
        "A request that waits must be about a document.",
    )

    @api.depends("fact", "limit", "rule_id")
    @api.depends_context("lang")
    def _compute_reason(self):
        for request in self:
            request.reason = beginning(request._why())

    def _why(self):
        """The same in the middle of a sentence."""
        # sudo: the question is readable by who must answer it, the rule need not be
        return self.rule_id.sudo()._sentence(self.fact, self.limit)

    @api.depends_context("uid", "lang")
    @api.depends("order_id")
    def _compute_margin_shown(self):
        sees = self.env.user.has_group(COSTS)
        for request in self:
            # sudo: the group that may see costs was just asked for
            margin = request.sudo().margin
            is_asked = sees and bool(request.order_id)  # of invoices it is not
            request.margin_shown = is_asked and self.env._("%s %%", f"{margin:g}")

    @api.depends("order_id", "move_id", "rule_id")
    def _compute_earlier_decision_ids(self):
        """What was said before about the same document under the same rule."""
        for request in self:
            # sudo: who is asked again sees the old answers, also those of others
            earlier = request._document().o2c_request_ids.filtered(
                lambda r, of=request: r.rule_id == of.sudo().rule_id and r.id < of.id
            )
            request.earlier_decision_ids = earlier.decision_ids

    @api.depends("earlier_decision_ids")
    def _compute_refused_before(self):
        """The last no, in sight of who is asked again; nothing where it was a yes."""
        for request in self:
            last = request.earlier_decision_ids.sorted("id")[-1:]
            said = last.verdict == "refused" and f"{last.user_id.name}: “{last.reason}”"
            request.refused_before = said

    @api.depends_context("uid")
    @api.depends("state", "approver_ids")
    def _compute_can_answer(self):
        for request in self:
            request.can_answer = not request._problem_of_answering(self.env.user)

    # -- asking ----------------------------------------------------------------------

    def _document(self):
        """The document this request is about."""
        request = self.sudo()  # sudo: an approver needs no right on it
        return request.order_id or request.move_id

    def _covers(self, seal, document_fact):
        """Whether this question was about such a document, or its answer settles it.

        A yes to x covers anything smaller on the same terms, a no anything bigger.
        """
        if self.state == "refused":
            return self.seal == seal or (
                self._is_bound_by_terms(self.seal, seal)
                and document_fact >= self.document_fact
            )
        return self._is_yes_to(self, seal, document_fact)

    def _is_yes_to(self, answer, seal, document_fact):
        """Whether an ``answer`` (or a request) was about this document or a worse one
        on the same terms."""
        return answer.seal == seal or (
            self._is_bound_by_terms(answer.seal, seal)
            and document_fact <= answer.document_fact
        )

    def _is_bound_by_terms(self, before, now):
        """Whether an answer still counts for other lines on the same terms."""
        # sudo: whose question it is need not read the rule
        only_if_worse = self.rule_id.sudo().reapproval == "worse"
        return only_if_worse and self._terms(before) == self._terms(now)

    @api.model
    def _terms(self, seal):
        return (seal or "").partition(".")[0]

    def _tell_approvers(self, approvers):
        """An activity for each; and a mail, queued, for who wants mails."""
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        activities.create([self._prepare_activity(user) for user in approvers])
        mailed = approvers.filtered(lambda u: u.notification_type == "email")
        if mailed:
            self.env.ref("o2c_addon.mail_template_o2c_approval").send_mail(
                self.id,
                email_values={"recipient_ids": [Command.set(mailed.partner_id.ids)]},
            )

    def _prepare_activity(self, user):
        """What ``user`` has to do, in his language and in one INSERT: what the host
        would look up and write afterwards is known here."""
        self = self.with_context(lang=user.lang)
        model = self.env["ir.model"]._get(self._name)
        model._fields["model"]._insert_cache(model, [self._name])
        return {
            "activity_type_id": self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY),
            "automated": True,
            "res_model_id": model.id,
            "res_model": self._name,
            "res_id": self.id,
            "res_name": self.display_name,
            "user_id": user.id,
            "user_tz": user.tz,
            "date_deadline": fields.Date.context_today(self),
            "summary": self.env._(
                "Approve %(document)s of %(customer)s",
                document=self.res_name,
                customer=self.partner_name,
            ),
            "note": plaintext2html(self.reason),
        }

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Who is asked is told by the activity, and does not become a follower."""
        if self.env.context.get("mail_activity_quick_update"):
            return True
        return super().message_subscribe(partner_ids, subtype_ids)

    def _close_activities(self, users=None):
        """They need not look any more, or nobody. Archived in one write, as done ones
        are."""
        activity_type = self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY)
        activities = self.env["mail.activity"].search_fetch(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "=", activity_type),
                *([("user_id", "in", users.ids)] if users else []),
            ],
            ["user_id", "active", "date_deadline", "date_done"],
        )
        activities.with_context(mail_activity_quick_update=True).write(
            {"active": False}
        )

    # -- the one place that writes the state -----------------------------------------

    def _move_to(self, state):
        """... and nobody has to look any more.

        :raise UserError: when that is no way from where the request is
        """
        self._become(state)
        self._close_activities()

    def _become(self, state):
        for request in self:
            if request.state not in SOURCES[state]:
                raise UserError(
                    self.env._("“%s” was already decided.", request.display_name)
                )
        self.write(
            {
                "state": state,
                "decided_on": fields.Datetime.now(),
                "deadline": False,
            }
        )

    def _cancel(self):
        """The document is gone or given up: nobody needs to answer any more."""
        self.filtered(lambda r: r.state == "pending")._move_to("cancelled")

    def action_open_document(self):
        self.ensure_one()
        document = self._document().with_user(self.env.user)
        return document.get_formview_action()


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    request_count = fields.Integer(compute="_compute_request_count")

    def _compute_request_count(self):
        counts = dict(
            self.env["o2c.approval.request"]._read_group(
                [("rule_id", "in", self.ids)], ["rule_id"], ["__count"]
            )
        )
        for rule in self:
            rule.request_count = counts.get(rule, 0)

    def _check_never_asked(self):
        for rule in self.filtered("request_count"):
            raise UserError(
                self.env._(
                    "“%s” has already asked for approvals, which keep pointing to it. "
                    "Archive it instead: it then stops nothing any more. For another "
                    "figure make another rule.",
                    rule.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_never_asked()

    def action_open_requests(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "o2c.approval.request",
            "view_mode": "list,form",
            "domain": [("rule_id", "=", self.id)],
        }
