from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL, format_date, format_datetime, format_list, plaintext2html

ATTEMPTS = 5  # then a person has to look
OPEN = ("todo", "parked")
FIRST_WAIT = timedelta(minutes=5)  # four times as long after each further failure
LOOK_AGAIN = timedelta(hours=4)  # at what waits; whatever ends the wait looks at once


class BillingTask(models.Model):
    """What was delivered and must become an invoice: written with the delivery itself.

    Use: nothing to do; the queue shows what waits and why, with Retry and Skip.
    How: the row is made in the delivery's own transaction, so neither a crash nor a
    missed wake-up loses it. It is unique per delivery and order, and changes state in
    the transaction that makes the invoice: it bills once, whatever dies.
    """

    _name = "o2c.billing.task"
    _description = "Delivery to Invoice"
    _order = "id desc"

    kind = fields.Selection(
        [
            ("delivery", "Delivery"),
            ("return", "Return"),
            ("service", "Services"),
        ],
        required=True,
        default="delivery",
        readonly=True,
    )
    order_id = fields.Many2one(
        "sale.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    picking_id = fields.Many2one(
        "stock.picking", "Delivery", readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="order_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(related="order_id.partner_invoice_id", string="Payer")
    state = fields.Selection(
        [
            ("todo", "Due"),
            ("parked", "Needs attention"),
            ("done", "Done"),
            ("cancelled", "Skipped"),
        ],
        required=True,
        default="todo",
        readonly=True,
        index=True,
    )
    standing = fields.Selection(
        [
            ("todo", "Due"),
            ("waiting", "Waiting"),
            ("parked", "Needs attention"),
            ("done", "Done"),
            ("cancelled", "Skipped"),
        ],
        "Now",
        compute="_compute_standing",
        help="The same, told apart: what waits for something goes on by itself.",
    )
    due_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    attempts = fields.Integer(readonly=True)
    next_try_on = fields.Datetime("Next Try", readonly=True)
    waits_for = fields.Char(
        readonly=True, help="It is not due yet and goes on by itself."
    )
    error = fields.Char("What Is Wrong", readonly=True)
    why = fields.Char(compute="_compute_why", help="Where it stands, in one sentence.")
    fault_model = fields.Char(readonly=True)
    fault_id = fields.Many2oneReference(
        "Where to Mend It", model_field="fault_model", readonly=True
    )
    picked = fields.Boolean(
        "Asked For by Hand",
        readonly=True,
        help="A person wants it invoiced, whatever the customer's setting says.",
    )
    billed = fields.Json(
        readonly=True, help="Quantity invoiced of each order line, in its unit."
    )
    owner_id = fields.Many2one(
        "res.users", "Responsible", compute="_compute_owner_id", compute_sudo=True
    )
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, ondelete="set null", index="btree_not_null"
    )
    carried_by_id = fields.Many2one(
        "o2c.billing.task",
        "Invoiced With",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="One invoice for the whole order: its lines hang on this one.",
    )
    move_ids = fields.Many2many(
        "account.move", string="Invoices", compute="_compute_move_ids"
    )
    line_ids = fields.One2many("account.move.line", "o2c_task_id", readonly=True)

    _once = models.UniqueIndex(
        "(picking_id, order_id, kind)",
        "This delivery already has its place in the invoicing queue.",
    )
    _one_collector = models.UniqueIndex(
        "(order_id) WHERE kind = 'service' AND state IN ('todo', 'parked')",
        "What this order collects to be invoiced has one place in the queue.",
    )

    @api.depends("kind", "picking_id.name", "order_id.name")
    def _compute_display_name(self):
        for task in self:
            task.display_name = task.picking_id.name or task.order_id.name

    @api.depends("line_ids.move_id", "carried_by_id.line_ids.move_id")
    def _compute_move_ids(self):
        for task in self:
            task.move_ids = (task.line_ids | task.carried_by_id.line_ids).move_id

    @api.depends("state", "waits_for")
    def _compute_standing(self):
        for task in self:
            waits = task.state == "todo" and task.waits_for
            task.standing = "waiting" if waits else task.state

    @api.depends("state", "error", "waits_for", "due_on", "line_ids")
    @api.depends_context("lang", "tz")
    def _compute_why(self):
        for task in self:
            task.why = task.error or task.waits_for or task._sentence(is_brief=True)

    @api.depends("order_id.user_id", "company_id.o2c_billing_owner_id")
    def _compute_owner_id(self):
        for task in self:
            task.owner_id = (
                task.company_id.o2c_billing_owner_id or task.order_id.user_id
            )

    def _as_robot(self):
        """As OdooBot in the order's company, free of what the caller's context says."""
        robot = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        return robot.with_company(robot.order_id.company_id[:1])

    def _policy(self):
        """What becomes of it: ``manual``, ``draft``, ``post`` or ``send``."""
        if self.kind == "return":
            policy = self.company_id.o2c_crediting or "draft"
        else:
            policy = self.order_id._o2c_invoicing()
        return "draft" if policy == "manual" and self.picked else policy

    # -- what becomes of it ----------------------------------------------------------

    def _done(self, note=False):
        """These are invoiced; whoever was asked to look need not any more."""
        self._close("done", note)

    def _close(self, state, note=False):
        self.activity_id.sudo().unlink()  # sudo: whoever it was planned for
        self.write(
            {
                "state": state,
                "error": note,
                "waits_for": False,
                "next_try_on": False,
                "fault_model": False,
                "fault_id": False,
            }
        )

    def _wait(self, reason):
        """Not yet: ``reason`` says why. What ends the wait, or the sweep, looks on."""
        self.write(
            {
                "state": "todo",
                "waits_for": reason,
                "next_try_on": fields.Datetime.now() + LOOK_AGAIN,
            }
        )

    @api.model
    def _create_once(self, vals_list):
        """Create these. Where somebody else just did, the host tries again, and finds
        his."""
        if not vals_list:
            return self.browse()
        try:
            with self.env.cr.savepoint():
                return self.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError(
                self.env._("This order is being changed.")
            ) from error

    def _touch(self):
        """There is more to bill here than a moment ago.

        Of two who change a row they both have read, PostgreSQL lets only one: who
        bills these with what he read before, or is about to commit that, and who did
        this work, one of them looks again. It waits for a chunk of the queue at most.
        """
        if self:
            self.flush_recordset(["write_date"])
            self.env.cr.execute(
                SQL(
                    "UPDATE o2c_billing_task"
                    " SET write_date = now() AT TIME ZONE 'UTC' WHERE id IN %s",
                    self._ids,
                )
            )
            self.invalidate_recordset(["write_date"], flush=False)

    def _wake(self):
        """Look at these again now: what they wait for may have happened."""
        waiting = self.filtered(lambda t: t.state == "todo" and t.waits_for)
        if waiting:
            waiting.next_try_on = False
            now = fields.Datetime.now()
            waiting.filtered(lambda t: t.due_on > now)._say_what_for()
            self.env.ref("o2c_addon.ir_cron_o2c_billing")._trigger()

    def _say_what_for(self):
        """What these wait for besides their day has changed, and the server may look
        at them much later."""
        for task in self.filtered(lambda t: t.state == "todo"):
            task.waits_for = task._as_robot()._reason_to_wait()

    def _park(self, error, fault=None):
        """Put this aside, say why and where to mend it, and ask its owner to look."""
        attempts = self.attempts + 1
        wait = FIRST_WAIT * 4 ** (attempts - 1)
        self.sudo().write(  # sudo: the warehouse's delivery may end here
            {
                "state": "parked",
                "error": error,
                "waits_for": False,
                "attempts": attempts,
                "next_try_on": attempts < ATTEMPTS and fields.Datetime.now() + wait,
                "fault_model": (fault or self.order_id)._name,
                "fault_id": (fault or self.order_id).id,
            }
        )
        task = self._as_robot()
        task.order_id._o2c_log("invoicing_failed", note=error)
        if not task.activity_id and task.owner_id:
            task.activity_id = task.order_id.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=task.owner_id.id,
                summary=self.env._("%s could not be invoiced", task.display_name),
                note=plaintext2html(error),
            )

    # -- words -----------------------------------------------------------------------

    def _where_billed(self):
        """Why there is nothing left to bill."""
        if invoices := self.order_id._o2c_invoices():
            names = format_list(self.env, invoices.mapped("display_name"))
            return self.env._("Already on %s.", names)
        return self.env._("Nothing to invoice.")

    def _sentence(self, is_brief=False):
        """Where it stands, for everybody who may see the delivery or the order.

        :param is_brief: without looking who shares the invoice, for long lists
        """
        if self.state == "done":
            names = format_list(self.env, self.move_ids.mapped("display_name"))
            return names or self.error or self.env._("Nothing to invoice.")
        if self.state == "parked":
            return self.env._(
                "%(delivery)s could not be invoiced: %(why)s",
                delivery=self.display_name,
                why=self.error,
            )
        if self.state == "cancelled":
            return self.error
        if self.waits_for:
            return self.env._(
                "The invoice of %(delivery)s waits: %(why)s",
                delivery=self.display_name,
                why=self.waits_for,
            )
        if self.due_on > fields.Datetime.now():
            return self._sentence_of_plan(is_brief)
        return self.env._("%s is about to be invoiced", self.display_name)

    def _sentence_of_plan(self, is_brief):
        when = self._due_in_words()
        if others := 0 if is_brief else self._companions():
            return self.env._(
                "%(order)s will be invoiced after %(time)s with %(others)s others",
                order=self.display_name,
                time=when,
                others=others,
            )
        return self.env._(
            "%(order)s will be invoiced after %(time)s",
            order=self.display_name,
            time=when,
        )

    def _due_in_words(self):
        """The day of this company at whose end it is due, or else the moment."""
        day = self.company_id._o2c_day_of(self.due_on - timedelta(microseconds=1))
        if self.company_id._o2c_day_of(self.due_on) > day:
            return format_date(self.env, day)
        return format_datetime(self.env, self.due_on, dt_format="short")

    def _explain(self):
        """The same as a line of the panel, with what the acting user may do."""
        is_mine = self.env.user.has_group("account.group_account_invoice")
        actions = []
        if self.state == "parked" and is_mine:
            actions = [
                ("action_open_fault", self.env._("Open it")),
                ("action_retry", self.env._("Retry")),
            ]
        remedy = ""
        if self.state == "parked":
            remedy = self.env._(
                "%s has been asked to look.",
                self.owner_id.name or self.env._("Accounting"),
            )
        return {
            "kind": "invoicing",
            "reason": self._sentence(),
            "remedy": remedy,
            "who": self.owner_id.mapped("name") if self.state == "parked" else [],
            "blocking": self.state == "parked",
            "source": [self._name, self.id],
            "actions": [
                {"model": self._name, "id": self.id, "name": name, "label": label}
                for name, label in actions
            ],
        }

    # -- what a person may do --------------------------------------------------------

    def action_retry(self):
        """Try now. What fails again says why."""
        self._check_may_handle()
        tasks = self.sudo()  # sudo: see _check_may_handle
        tasks.filtered(lambda t: t.state in OPEN).picked = True
        for of_order in tasks.grouped("order_id").values():
            of_order._bill_or_park()
        failed = self.filtered(lambda t: t.state in OPEN)
        return failed._tell_why() if failed else True

    def _tell_why(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Still not invoiced"),
                "message": "\n".join(
                    f"{task.display_name}: {task.error or task.waits_for or ''}"
                    for task in self
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_skip(self):
        """Ask for the reason of skipping."""
        self._check_may_handle()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not to be invoiced automatically"),
            "res_model": "o2c.billing.skip",
            "view_mode": "form",
            "target": "new",
            "context": {"default_task_ids": self.ids},
        }

    def action_skip(self, reason=None):
        """These need no automatic invoice.

        :raise UserError: without a reason
        """
        self._check_may_handle()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why this is not to be invoiced."))
        note = self.env._(
            "Skipped by %(user)s: %(reason)s",
            user=self.env.user.name,
            reason=reason.strip(),
        )
        skipped = self.sudo().filtered(lambda t: t.state in OPEN)
        # sudo: see _check_may_handle
        skipped._close("cancelled", note)
        skipped.order_id._o2c_log("invoicing_skipped", note=reason.strip())
        return True

    def action_open_fault(self):
        """Open what has to be mended."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.fault_model or "sale.order",
            "res_id": self.fault_id or self.order_id.id,
            "views": [(False, "form")],
        }

    def _check_may_handle(self):
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoicing is handled by accounting. Ask them to look.")
            )
