from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tools import format_list

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
    amount = fields.Monetary("Order Amount", readonly=True)
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
    changes = fields.Text("Changed Since Asked Before", readonly=True)
    partner_key = fields.Integer("Customer ID", readonly=True)
    earlier_decision_ids = fields.Many2many(
        "o2c.approval.decision",
        string="Earlier Answers",
        compute="_compute_earlier_decision_ids",
    )
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
        "res.users", string="Waiting For", readonly=True, help="Who may answer now."
    )
    can_answer = fields.Boolean(compute="_compute_can_answer")

    _one_pending = models.UniqueIndex(
        "(order_id, rule_id) WHERE state = 'pending'",
        "This is already waiting for approval under the same rule.",
    )
    _pending_is_about_a_document = models.Constraint(
        "CHECK (state != 'pending' OR num_nonnulls(order_id) = 1)",
        "A request that waits must be about a document.",
    )

    @api.depends("fact", "limit", "rule_id")
    def _compute_reason(self):
        for request in self:
            # sudo: the question is readable by who must answer it, the rule need not be
            request.reason = request.rule_id.sudo()._sentence(
                request.fact, request.limit
            )

    @api.depends_context("uid")
    def _compute_margin_shown(self):
        sees = self.env.user.has_group(COSTS)
        for request in self:
            # sudo: the group that may see costs was just asked for
            margin = request.sudo().margin
            request.margin_shown = sees and self.env._("%s %%", f"{margin:g}")

    @api.depends("order_id", "rule_id")
    def _compute_earlier_decision_ids(self):
        """What was said before about the same document under the same rule."""
        for request in self:
            # sudo: who is asked again sees the old answers, also those of others
            earlier = request._document().o2c_request_ids.filtered(
                lambda r, of=request: r.rule_id == of.sudo().rule_id and r.id < of.id
            )
            request.earlier_decision_ids = earlier.decision_ids

    @api.depends_context("uid")
    @api.depends("state", "approver_ids")
    def _compute_can_answer(self):
        for request in self:
            request.can_answer = not request._problem_of_answering(self.env.user)

    # -- asking ----------------------------------------------------------------------

    def _document(self):
        """The document this request is about."""
        return self.sudo().order_id  # sudo: an approver needs no right on it

    def _covers(self, seal, document_fact):
        """Whether this question was about such a document, or its answer settles it.

        A yes to x covers anything smaller on the same terms, a no anything bigger.
        """
        if self.seal == seal:
            return True
        if self._terms(self.seal) != self._terms(seal):
            return False
        if self.state == "refused":
            return document_fact >= self.document_fact
        return document_fact <= self.document_fact

    @api.model
    def _terms(self, seal):
        return (seal or "").partition(".")[0]

    def _ask_next(self):
        """Put the question to whoever is next, and tell them."""
        for request in self:
            if request.approver_ids:
                request._close_activities()
            request.approver_ids = request._who_may_answer(request._turn())
            request._tell_approvers()

    def _tell_approvers(self):
        """An activity for each; and a mail, queued, for who wants mails."""
        approvers = self.approver_ids
        for approver in approvers:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY,
                user_id=approver.id,
                summary=self.env._(
                    "Approve %(document)s of %(customer)s",
                    document=self.res_name,
                    customer=self.partner_name,
                ),
                note=self.reason,
            )
        mailed = approvers.filtered(lambda u: u.notification_type == "email")
        if mailed:
            self.env.ref("o2c_addon.mail_template_o2c_approval").send_mail(
                self.id,
                email_values={"recipient_ids": [Command.set(mailed.partner_id.ids)]},
            )

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Who is asked is told by the activity, and does not become a follower."""
        if self.env.context.get("mail_activity_quick_update"):
            return True
        return super().message_subscribe(partner_ids, subtype_ids)

    def _close_activities(self):
        """Nobody needs to look any more. Archived in one write, as done ones are."""
        activities = self.activity_search([ACTIVITY])
        activities.with_context(mail_activity_quick_update=True).write(
            {"active": False}
        )

    def _turn(self):
        """The step that is asked now."""
        return self.turn_ids.filtered(lambda t: t.state == "pending")[:1]

    def _who_may_answer(self, turn):
        """The people of the step who had no part in the document; else the managers."""
        parties = self.requested_by_id | self._document()._o2c_authors()

        def can(users):
            return users.filtered(
                lambda u: (
                    u.active
                    and u._is_internal()
                    and self.company_id.id in u._get_company_ids()
                    and u not in parties
                )
            )

        return can(turn.user_ids) or can(self._managers())

    @api.model
    def _managers(self):
        """Who stands in where nobody else may decide."""
        # sudo: groups are read by administrators only
        managers = self.env.ref("o2c_addon.group_o2c_manager").sudo()
        return managers.all_user_ids - self.env.ref("base.user_root")

    def _waiting_for(self):
        """Who must answer, in words."""
        if not self.approver_ids:
            return self.env._("nobody who may approve it: ask your administrator")
        approvers = self.sudo().approver_ids  # sudo: who is asked is told to everybody
        return format_list(self.env, approvers.mapped("name"), "or")

    # -- answering -------------------------------------------------------------------

    def action_approve(self, reason=None):
        """Say yes, as the acting user, to each of these requests.

        :raise UserError: who may not answer, or answers too late, reads why.
        """
        return self._answer("approved", reason)

    def action_refuse(self, reason):
        """Say no, as the acting user; the reason is what the salesperson reads."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse: the salesperson reads it."))
        return self._answer("refused", reason)

    def action_open_answer(self):
        """Ask for the words that go with a refusal."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse %s", self.res_name),
            "res_model": "o2c.approval.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def action_open_argument(self):
        """Ask for the words that go with the question when it is put again."""
        view = self.env.ref("o2c_addon.approval_answer_view_form_ask_again")
        return self.action_open_answer() | {
            "name": self.env._("Ask again for %s", self.res_name),
            "views": [(view.id, "form")],
        }

    def _answer(self, verdict, reason):
        self.check_access("read")
        if len(self) == 1:
            return self._answer_one(verdict, reason) or True
        problems = [request._answer_alone(verdict, reason) for request in self]
        problems = [problem for problem in problems if problem]
        return self._tell("\n".join(problems)) if problems else True

    def _answer_alone(self, verdict, reason):
        """One of many: what is wrong with it stops none of the others, and is told."""
        try:
            with self.env.cr.savepoint():
                action = self._answer_one(verdict, reason)
        except UserError as error:
            return f"{self.res_name}: {error}"
        return action and action["params"]["message"]

    def _answer_one(self, verdict, reason):
        # sudo: the right to answer is checked here, no other is needed
        request = self.sudo()
        request._lock_document()
        if problem := request._problem_of_answering(self.env.user):
            raise UserError(problem)
        request._document()._o2c_forget_facts()
        if request._is_overtaken():
            request._ask_anew()
            return self._tell(
                self.env._(
                    "%s was changed meanwhile. Your answer was not counted; look at "
                    "the new question.",
                    request.res_name,
                )
            )
        request._settle(verdict, reason)
        return None

    def _tell(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ask_again(self, reason):
        """Put a refused question once more, with a new argument: a new round."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say what speaks for it now."))
        document = self._document()
        document.with_user(self.env.user).check_access("write")
        if self.state != "refused":
            raise UserError(self.env._("%s was not refused.", self.res_name))
        # sudo: nobody writes a question but the gate
        request = self.sudo()
        request._lock_document()
        document._o2c_forget_facts()
        request._move_to("obsolete")
        # with the rights of who asks now, whatever the first asker had
        intent = request.intent and request.intent | {"su": self.env.su}
        document._o2c_ask(document._o2c_gate, intent, document._o2c_asker(), reason)
        return True

    def action_withdraw(self):
        """Take the question back: nobody has to answer any more."""
        for request in self:
            document = request._document()
            document.with_user(self.env.user).check_access("write")
            request._lock_document()
            # sudo: nobody writes a question but the gate
            request.sudo()._move_to("cancelled")
            document._o2c_log("withdrawn", rule_id=request.sudo().rule_id.id)
        return True

    def _lock_document(self):
        """Keep others from editing or answering meanwhile; who comes second retries."""
        document = self._document()
        if document.try_lock_for_update(allow_referencing=True) != document:
            raise ConcurrencyError(self.env._("%s is being changed.", self.res_name))

    def _problem_of_answering(self, user):
        """Why ``user`` may not answer this now: a sentence, or nothing."""
        self = self.sudo()  # sudo: the sentence names people, whoever reads it
        if self.state != "pending":
            state = dict(self._fields["state"]._description_selection(self.env))
            return self.env._(
                "“%(document)s” no longer waits for an answer: %(state)s.",
                document=self.res_name,
                state=state[self.state],
            )
        document = self._document()
        if user in self.requested_by_id | document._o2c_authors():
            return self.env._(
                "You asked for or changed %(document)s, so somebody else approves it: "
                "%(who)s.",
                document=self.res_name,
                who=self._waiting_for(),
            )
        at_home = self.company_id.id in user._get_company_ids()
        if user not in self.approver_ids or not at_home:
            return self.env._(
                "%(document)s waits for %(who)s.",
                document=self.res_name,
                who=self._waiting_for(),
            )
        return None

    def _is_overtaken(self):
        """Whether the document outgrew the question while it was waiting."""
        document = self._document()
        return not self._covers(
            document._o2c_current_seal(),
            document._o2c_document_fact(self.rule_id.criterion),
        )

    def _settle(self, verdict, reason):
        document = self._document()
        turn = self._turn()
        # what was seen is what is covered: it may be smaller than what was asked
        self.write(document._o2c_figures(self.rule_id))
        self.env["o2c.approval.decision"]._record(self, turn, verdict, reason)
        turn.state = verdict
        document._o2c_say(self._answer_in_words(verdict, reason))
        document._o2c_log(
            verdict, note=reason, rule_id=self.rule_id.id, data={"fact": self.fact}
        )
        if verdict == "refused":
            self._move_to("refused")
            document._o2c_after_refusal(self)
        elif self._turn():
            self._ask_next()
        else:
            self._move_to("approved")
            document._o2c_replay(self.intent, self.requested_by_id)

    def _answer_in_words(self, verdict, reason):
        words = {
            "approved": self.env._("%s approved", self.env.user.name),
            "refused": self.env._("%s refused", self.env.user.name),
        }[verdict]
        return f"{words}: “{reason}”" if reason else f"{words}: {self.reason}"

    def _ask_anew(self):
        """The document changed: this question is void, the new one is put at once."""
        self._move_to("obsolete")
        document = self._document()
        document._o2c_ask(document._o2c_gate, self.intent, self.requested_by_id)

    # -- keeping it answerable -------------------------------------------------------

    @api.model
    def _keep_answerable(self):
        """Where those who are asked can no longer answer, ask who can. Run by a cron.

        Archived, without access to the company, out of the group, or become an author.
        """
        for request in self.search([("state", "=", "pending")]):
            if request._who_may_answer(request._turn()) != request.approver_ids:
                request._ask_next()

    # -- the one place that writes the state -----------------------------------------

    def _move_to(self, state):
        """:raise UserError: when that is no way from where the request is"""
        for request in self:
            if request.state not in SOURCES[state]:
                raise UserError(
                    self.env._("“%s” was already decided.", request.display_name)
                )
        self.write(
            {
                "state": state,
                "decided_on": fields.Datetime.now(),
                "approver_ids": [Command.clear()],
            }
        )
        self._close_activities()

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for rule in self.filtered("request_count"):
            raise UserError(
                self.env._(
                    "“%s” has already asked for approvals, which keep pointing to it. "
                    "Archive it instead: it then stops nothing any more.",
                    rule.name,
                )
            )

    def action_open_requests(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "o2c.approval.request",
            "view_mode": "list,form",
            "domain": [("rule_id", "=", self.id)],
        }
