import logging
from collections import Counter
from hashlib import sha256

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_list

from ..models.approval_rule import GATES

_logger = logging.getLogger(__name__)

CHUNK = 500  # documents judged in one transaction
UNDER_WAY = ("waiting", "running")


class Trial(models.Model):
    """The rules tried on what was done: which documents would have waited, for whom.

    Each is judged twice, by the rules as they are and as they would be
    (``change_ids``), by the evaluator that watching is tried with (``_stops``). A cron
    works through them, newest first, one transaction for each few hundred; it goes on
    where it was stopped, and starts anew where somebody changed a rule meanwhile.

    A try-out tells of documents its creator may read, so it is his alone.
    """

    _name = "o2c.trial"
    _description = "Try-Out on Past Orders"
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="The company and its branches.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    document = fields.Selection(
        [
            ("sale.order", "Sales orders"),
            ("account.move", "Customer invoices and credit notes"),
        ],
        "Tried On",
        required=True,
        default="sale.order",
    )
    months = fields.Integer("Months Back", required=True, default=12)
    change_ids = fields.One2many(
        "o2c.trial.change", "trial_id", "What Would Be Different", copy=True
    )
    state = fields.Selection(
        [
            ("draft", "Not started"),
            ("waiting", "Starts soon"),
            ("running", "Running"),
            ("done", "Done"),
            ("cancelled", "Stopped"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    error = fields.Char(readonly=True, copy=False)
    started_on = fields.Datetime(readonly=True, copy=False)
    finished_on = fields.Datetime(readonly=True, copy=False)
    total = fields.Integer("To Look At", readonly=True, copy=False)
    judged = fields.Integer("Looked At", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress", help="In %.")
    last_id = fields.Integer(readonly=True, copy=False, help="Goes on below this one.")
    rules_as_of = fields.Char(
        readonly=True, copy=False, help="Fingerprint of the rules it is judged by."
    )
    left_out = fields.Text("What It Cannot Know", readonly=True, copy=False)
    document_ids = fields.One2many("o2c.trial.document", "trial_id", "Documents")
    waited = fields.Integer("Wait As It Is", readonly=True, copy=False)
    would_wait = fields.Integer(readonly=True, copy=False)
    more = fields.Integer(readonly=True, copy=False)
    fewer = fields.Integer(readonly=True, copy=False)
    amount_more = fields.Monetary("Money More", readonly=True, copy=False)
    amount_fewer = fields.Monetary("Money Fewer", readonly=True, copy=False)
    desks = fields.Text("On Whose Desk", readonly=True, copy=False)

    _months_in_range = models.Constraint(
        "CHECK (months BETWEEN 1 AND 60)", "Choose between 1 and 60 months."
    )

    @api.depends("change_ids.rule_id", "change_ids.limit", "change_ids.counts")
    def _compute_name(self):
        for trial in self:
            changes = trial.change_ids.filtered("rule_id")
            trial.name = (
                format_list(self.env, [change._in_words() for change in changes])
                if changes
                else self.env._("The rules as they are")
            )

    @api.depends("judged", "total", "state")
    def _compute_progress(self):
        for trial in self:
            share = 100 * trial.judged / trial.total if trial.total else 0.0
            trial.progress = 100.0 if trial.state == "done" else share

    # -- starting and stopping -------------------------------------------------------

    def action_start(self):
        """Begin, or begin anew; the server does it, nobody has to stay here."""
        for trial in self:
            trial._check_may_start()
        self._forget()
        self.write({"state": "waiting", "error": False})
        self.env.ref("o2c_addon.ir_cron_o2c_try_out")._trigger()
        return True

    def _check_may_start(self):
        self.check_access("write")
        if self.state in UNDER_WAY:
            raise UserError(self.env._("“%s” is running already.", self.name))
        if not self.env[self.document].has_access("read"):
            raise UserError(
                self.env._(
                    "You may not read the documents it would be tried on: ask somebody "
                    "in sales or accounting who may change the rules."
                )
            )

    def action_cancel(self):
        """Stop it; what was found so far is kept."""
        self.check_access("write")
        under_way = self.filtered(lambda t: t.state in UNDER_WAY)
        under_way.write({"state": "cancelled", "finished_on": fields.Datetime.now()})
        return True

    def action_open_documents(self):
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.trial_document_action"
        )
        return action | {"name": self.name, "domain": [("trial_id", "in", self.ids)]}

    def _forget(self):
        """A new beginning: nothing was looked at yet."""
        # sudo: nobody writes what a try-out found
        self.sudo().document_ids.unlink()
        self.write(
            {
                "total": 0,
                "judged": 0,
                "last_id": 0,
                "rules_as_of": False,
                "left_out": False,
                "desks": False,
                "started_on": False,
                "finished_on": False,
                "waited": 0,
                "would_wait": 0,
                "more": 0,
                "fewer": 0,
                "amount_more": 0.0,
                "amount_fewer": 0.0,
            }
        )

    # -- running ---------------------------------------------------------------------

    @api.model
    def _run_due(self):
        """Work through what is under way, a chunk at a time. Run by a cron."""
        cron = self.env["ir.cron"]
        trials = self.search([("state", "in", UNDER_WAY)], order="id")
        cron._commit_progress(remaining=len(trials))
        for trial in trials:
            while trial._advance():
                if not cron._commit_progress():
                    return
            cron._commit_progress(1)

    def _advance(self):
        """One chunk more.

        :return: whether there is more to do; what is stopped or held by another is not
        """
        self.invalidate_recordset()
        trial = self.try_lock_for_update()
        if not trial or trial.state not in UNDER_WAY:
            return False
        try:
            with self.env.cr.savepoint():
                return trial._judge_next()
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("Try-out %s cannot go on", self.id)
            trial.write({"state": "failed", "error": str(error)})
            return False

    def _judge_next(self):
        self._begin_unless_begun()
        documents = self._next()
        if not documents:
            self._finish()
            return False
        found = self._judge(documents)
        self.env["o2c.trial.document"].create(found)
        self.write(
            {"judged": self.judged + len(documents), "last_id": min(documents.ids)}
        )
        self.env.flush_all()
        self.env.invalidate_all()  # of 100,000 orders, remember none
        return True

    def _begin_unless_begun(self):
        """Anew also where the rules are no longer those it began with."""
        rules_as_of = self._fingerprint()
        if self.rules_as_of == rules_as_of:
            return
        self._forget()
        self.write(
            {
                "state": "running",
                "started_on": fields.Datetime.now(),
                "rules_as_of": rules_as_of,
                "total": self._documents().search_count(self._domain()),
                "left_out": "\n".join(self._left_out()),
            }
        )

    def _fingerprint(self):
        """Of all that a judgement depends on but the documents."""
        # sudo: rules of all people
        rules = self.env["o2c.approval.rule"].sudo().with_context(active_test=False)
        rules = rules.search([("document", "=", self.document)])
        policy = [rules.mapped("write_date"), rules.step_ids.mapped("write_date")]
        changes = [(c.rule_id.id, c.limit, c.counts) for c in self.change_ids]
        return sha256(repr([policy, changes]).encode()).hexdigest()[:24]

    def _as_creator(self):
        """For the eyes of who made it: no document he may not read is looked at."""
        return self.with_user(self.create_uid).with_company(self.company_id)

    def _documents(self):
        branches = self.env["res.company"].search(
            [("id", "child_of", self.company_id.ids)]
        )
        # sudo: in which companies one works is no secret
        companies = self.company_id | branches & self.create_uid.sudo().company_ids
        documents = self._as_creator().env[self.document]
        return documents.with_context(allowed_company_ids=companies.ids)

    def _domain(self):
        since = fields.Datetime.now() - relativedelta(months=self.months)
        return self._documents()._o2c_passed_since(since) & Domain(
            "company_id", "child_of", self.company_id.ids
        )

    def _next(self):
        domain = self._domain()
        if self.last_id:
            domain &= Domain("id", "<", self.last_id)
        return self._documents().search(domain, order="id DESC", limit=CHUNK)

    # -- judging ---------------------------------------------------------------------

    def _rules_today(self, company):
        """What stops documents of ``company`` now, as who made this sees it."""
        # sudo: judged alike whoever tries
        rules = self._as_creator().env["o2c.approval.rule"].sudo()
        return rules.browse(
            rule.id
            for gate in GATES[self.document]
            for rule in rules._in_force(self.document, gate, company.id)
            if rule.effect == "enforce"
        )

    def _rules_tried(self, company):
        """What would stop them: today's, but for what would be different."""
        tried = list(self._rules_today(company))
        for change in self._as_creator().sudo().change_ids:  # sudo: see above
            tried = [rule for rule in tried if rule != change.rule_id]
            if change.counts and change._is_for(company):
                tried.append(change._changed_rule())
        return tried

    def _judge(self, documents):
        """Values of what is found: one for each document that waits, now or then."""
        documents._o2c_forget_facts()
        found = []
        # sudo: which there are was asked as the user; judged as by the law
        for company, group in documents.sudo().grouped("company_id").items():
            today = self._stopped_by(self._rules_today(company), group)
            tried = self._stopped_by(self._rules_tried(company), group)
            found += [
                self._prepare_document(document, today, tried)
                for document in group
                if document in today or document in tried
            ]
        documents._o2c_forget_facts()
        return found

    def _stopped_by(self, rules, documents):
        """Document → the rules that stop it."""
        stopped = {}
        for rule in rules:
            if not self._why_left_out(rule):
                for document in rule._stops(documents):
                    stopped.setdefault(document, []).append(rule)
        return stopped

    def _prepare_document(self, document, today, tried):
        before, after = today.get(document, []), tried.get(document, [])
        return {
            "trial_id": self.id,
            "res_id": document.id,
            "res_name": document.display_name,
            "partner_name": document.partner_id.display_name,
            "passed_on": document[document._o2c_passed_date],
            "amount": document._o2c_amount_at_risk(),
            "change": "more" if not before else "same" if after else "fewer",
            "rules": format_list(self.env, [rule.name for rule in after or before]),
            "desk": after[0]._desk_of(document) if after else False,
        }

    # -- what cannot be known --------------------------------------------------------

    def _why_left_out(self, rule):
        """Why ``rule`` is not tried: a sentence, or nothing."""
        if not rule._knows_past():
            return self.env._(
                "“%s” is left out: what customers owed in the past is not known any "
                "more.",
                rule.name,
            )
        if not rule._may_be_told():
            return self.env._(
                "“%s” is left out: its figures are for who may see costs or what "
                "customers owe.",
                rule.name,
            )
        if problem := rule._origin._problem_of_condition():
            return self.env._(
                "%(problem)s. Until it is mended, “%(rule)s” stops all it looks at.",
                problem=problem,
                rule=rule.name,
            )
        return None

    def _left_out(self):
        """Sentences on what this try-out does not look at, or not as it was."""
        rules = [*self._rules_today(self.company_id)]
        rules += [r for r in self._rules_tried(self.company_id) if r not in rules]
        said = dict.fromkeys(filter(None, map(self._why_left_out, rules)))
        tried = (rule for rule in rules if not self._why_left_out(rule))
        said |= dict.fromkeys(filter(None, (rule._caveat() for rule in tried)))
        return list(said)

    # -- the result ------------------------------------------------------------------

    def _finish(self):
        rows = self.env["o2c.trial.document"]._read_group(
            [("trial_id", "=", self.id)], ["change"], ["__count", "amount:sum"]
        )
        count = Counter({change: number for change, number, _amount in rows})
        money = {change: amount for change, _number, amount in rows}
        self.write(
            {
                "state": "done",
                "finished_on": fields.Datetime.now(),
                "waited": count["same"] + count["fewer"],
                "would_wait": count["same"] + count["more"],
                "more": count["more"],
                "fewer": count["fewer"],
                "amount_more": money.get("more", 0.0),
                "amount_fewer": money.get("fewer", 0.0),
                "desks": self._desks_in_words(),
            }
        )

    def _desks_in_words(self):
        """“Ada or Ben: 12”, who would have had most first."""
        rows = self.env["o2c.trial.document"]._read_group(
            [("trial_id", "=", self.id), ("desk", "!=", False)], ["desk"], ["__count"]
        )
        rows.sort(key=lambda row: (-row[1], row[0]))
        return "\n".join(f"{desk}: {number}" for desk, number in rows)


class TrialChange(models.Model):
    """A rule as it would be, for one try-out."""

    _name = "o2c.trial.change"
    _description = "What Would Be Different"

    trial_id = fields.Many2one(
        "o2c.trial", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="trial_id.company_id", store=True)
    document = fields.Selection(related="trial_id.document")
    rule_id = fields.Many2one(
        "o2c.approval.rule",
        required=True,
        ondelete="cascade",
        context={"active_test": False},
        domain="[('document', '=', document)]",
    )
    has_limit = fields.Boolean(related="rule_id.has_limit")
    unit = fields.Char(related="rule_id.unit")
    limit = fields.Float(
        "Limit Tried",
        digits=(16, 2),
        compute="_compute_limit",
        store=True,
        readonly=False,
    )
    counts = fields.Boolean(
        "Stops",
        default=True,
        help="Off: as if there were no such rule. On: as if it stopped, also where it "
        "only watches, warns, or is archived.",
    )

    @api.depends("rule_id")
    def _compute_limit(self):
        for change in self:
            change.limit = change.rule_id.limit

    def _in_words(self):
        rule = self.rule_id
        if not self.counts:
            return self.env._("without “%s”", rule.name)
        if not rule.has_limit:
            return rule.name
        threshold = self._changed_rule()._threshold()
        return f"{rule.name}: {rule._format(threshold)}"

    def _is_for(self, company):
        """Whether the rule counts for documents of ``company``."""
        home = self.rule_id.company_id
        return not home or home in company.parent_ids

    def _changed_rule(self):
        """The rule with the limit that is tried; never saved."""
        return self.rule_id.new({"limit": self.limit}, origin=self.rule_id)


class TrialDocument(models.Model):
    """A document that waits by the rules as they are, or would by those tried."""

    _name = "o2c.trial.document"
    _description = "Document of a Try-Out"
    _order = "id"
    _rec_name = "res_name"

    trial_id = fields.Many2one(
        "o2c.trial", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="trial_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    res_id = fields.Integer("Document ID", readonly=True)
    res_name = fields.Char("Document", readonly=True)
    partner_name = fields.Char("Customer", readonly=True)
    passed_on = fields.Datetime("Date", readonly=True)
    amount = fields.Monetary("Untaxed Amount", readonly=True)
    change = fields.Selection(
        [
            ("more", "Would wait, does not today"),
            ("fewer", "Would not wait any more"),
            ("same", "Waits either way"),
        ],
        "Difference",
        readonly=True,
        index=True,
    )
    rules = fields.Char("Because Of", readonly=True)
    desk = fields.Char("Would Be Asked", readonly=True)

    def action_open(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.trial_id.document,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    def action_open_try_out(self):
        """Try this rule on what was done, with another limit if one likes."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try on past orders"),
            "res_model": "o2c.trial",
            "views": [[False, "form"]],
            "context": {
                "default_document": self.document,
                "default_company_id": (self.company_id or self.env.company).id,
                "default_change_ids": [
                    Command.create({"rule_id": self.id, "limit": self.limit})
                ],
            },
        }

    def _desk_of(self, document):
        """Of whom it would have been asked first, in words."""
        fact = document._o2c_fact(self.criterion, self._needs())
        steps = self.step_ids.filtered(lambda step: step._applies(fact))
        return (
            steps[0]._in_words()
            if steps
            else self.env._("Nobody: something is to be added")
        )
