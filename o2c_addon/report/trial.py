from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

UNDER_WAY = ("waiting", "running")
DESKS = " · "  # between those who are asked about one document by several rules


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

    # -- the result --------------------------------------------------------------------

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
                "desks": self._count_on_desks(),
            }
        )

    def _count_on_desks(self):
        """“Ada or Ben: 12”, who would have had most first."""
        rows = self.env["o2c.trial.document"]._read_group(
            [("trial_id", "=", self.id), ("desk", "!=", False)], ["desk"], ["__count"]
        )
        number = Counter()
        for desks, count in rows:
            number.update(dict.fromkeys(desks.split(DESKS), count))
        most_first = sorted(number.items(), key=lambda item: (-item[1], item[0]))
        return "\n".join(f"{desk}: {count}" for desk, count in most_first)
