import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    MissingError,
    UserError,
    ValidationError,
)
from odoo.fields import Domain
from odoo.tools import format_list

_logger = logging.getLogger(__name__)

ATTEMPTS = 5  # then a person has to look
OPEN = ("todo", "parked")
FIRST_WAIT = timedelta(minutes=5)  # four times as long after each further failure


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
    _rec_name = "picking_id"

    kind = fields.Selection(
        [("delivery", "Delivery")], required=True, default="delivery", readonly=True
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
    due_on = fields.Datetime(
        required=True, readonly=True, default=lambda self: self.env.cr.now()
    )
    attempts = fields.Integer(readonly=True)
    next_try_on = fields.Datetime("Next Try", readonly=True)
    error = fields.Char("Why", readonly=True)
    owner_id = fields.Many2one(
        "res.users", "Responsible", compute="_compute_owner_id", compute_sudo=True
    )
    move_ids = fields.Many2many(
        "account.move", string="Invoices", compute="_compute_move_ids"
    )
    line_ids = fields.One2many("account.move.line", "o2c_task_id", readonly=True)

    _once = models.UniqueIndex(
        "(picking_id, order_id, kind)",
        "This delivery already has its place in the invoicing queue.",
    )

    @api.depends("line_ids.move_id")
    def _compute_move_ids(self):
        for task in self:
            task.move_ids = task.line_ids.move_id

    @api.depends("order_id.user_id", "company_id.o2c_billing_owner_id")
    def _compute_owner_id(self):
        for task in self:
            task.owner_id = (
                task.company_id.o2c_billing_owner_id or task.order_id.user_id
            )

    # -- working the queue -----------------------------------------------------------

    @api.model
    def _domain_due(self):
        now = fields.Datetime.now()
        todo = Domain("state", "=", "todo") & Domain("due_on", "<=", now)
        again = Domain("state", "=", "parked") & Domain("next_try_on", "<=", now)
        return todo | again

    @api.model
    def _process_due(self):
        """Bill what is due, each task on its own and in a transaction of its own.

        Safe to be called from several processes and at any time: cron, job runner.
        """
        cron = self.env["ir.cron"]
        due = self.search(self._domain_due(), order="id")
        cron._commit_progress(remaining=len(due))
        for task in due:
            try:
                task = task.try_lock_for_update(allow_referencing=True)
                task.filtered_domain(self._domain_due())._bill_or_park()
                left = cron._commit_progress(1)
            except OperationalError:
                # somebody else has it in hands: the row waits for the next round
                self.env.cr.rollback()
                continue
            if not left:
                break

    def _bill_or_park(self):
        """Bill each open task; what fails is put aside, says why, and stops nothing."""
        for task in self.filtered(lambda t: t.state in OPEN):
            try:
                with self.env.cr.savepoint():
                    task._bill()
            except ConcurrencyError:
                continue  # somebody works on the order: the cron comes back to it
            except OperationalError:
                raise  # a retry helps: whoever called retries the transaction
            except (UserError, ValidationError, AccessError, MissingError) as error:
                task._park(str(error))
            except Exception as error:  # accounting never stops the truck
                _logger.exception("Billing task %s failed", task.id)
                task._park(
                    self.env._(
                        "An unexpected error (%s). Ask your administrator: the "
                        "server's log says more.",
                        type(error).__name__,
                    )
                )

    def _bill(self):
        """Make the invoice of exactly this delivery. One transaction with the state.

        :raise UserError: a sentence for an accountant
        """
        self._as_robot()._bill_as_robot()

    def _as_robot(self):
        """As OdooBot in the order's company, free of what the caller's context says."""
        robot = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        return robot.with_company(robot.order_id.company_id)

    def _bill_as_robot(self):
        order = self.order_id
        if order.try_lock_for_update(allow_referencing=True) != order:
            raise ConcurrencyError(self.env._("%s is being changed.", order.name))
        quantities = order._o2c_quantities_to_bill(self.picking_id)
        if not quantities:
            return self._move_to("done", self._where_billed())
        if order._o2c_has_open_deposit():
            raise UserError(
                self.env._(
                    "%s has a deposit. Invoice this delivery by hand, so that the "
                    "deposit is deducted, then skip it here.",
                    order.name,
                )
            )
        invoices = order._o2c_invoice(self, quantities)
        order._o2c_log("invoiced", data={"invoices": invoices.ids})
        if order.company_id.o2c_invoicing == "post":
            invoices.action_post()
        return self._move_to("done")

    def _where_billed(self):
        """Why there is nothing left to bill."""
        invoices = self.order_id._o2c_invoices()
        if not invoices:
            return self.env._("Nothing to invoice.")
        names = format_list(self.env, invoices.mapped("display_name"))
        return self.env._("Already on %s.", names)

    def _park(self, error):
        """Put this task aside, say why, and ask its owner to look."""
        attempts = self.attempts + 1
        wait = FIRST_WAIT * 4 ** (attempts - 1)
        self.sudo().write(  # sudo: the warehouse's delivery may end here
            {
                "state": "parked",
                "error": error,
                "attempts": attempts,
                "next_try_on": attempts < ATTEMPTS and fields.Datetime.now() + wait,
            }
        )
        order = self._as_robot().order_id
        order._o2c_log("invoicing_failed", note=error)
        if attempts == 1 and self.owner_id:
            order.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=self.owner_id.id,
                summary=self.env._("%s could not be invoiced", self.picking_id.name),
                note=error,
            )

    def _move_to(self, state, note=False):
        self.write({"state": state, "error": note, "next_try_on": False})
        if state == "done" and self.attempts:
            self.order_id.activity_unlink(
                ["o2c_addon.mail_activity_type_o2c_attention"]
            )

    # -- what a person may do --------------------------------------------------------

    def action_retry(self):
        """Try now. What fails again says why."""
        self._check_may_handle()
        self.sudo()._bill_or_park()  # sudo: see _check_may_handle
        failed = self.filtered(lambda t: t.state == "parked")
        return failed._tell_why() if failed else True

    def _tell_why(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "title": self.env._("Still not invoiced"),
                "message": "\n".join(
                    f"{task.picking_id.name}: {task.error}" for task in self
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_skip(self, reason=None):
        """This delivery needs no automatic invoice."""
        self._check_may_handle()
        for task in self.filtered(lambda t: t.state in OPEN):
            # sudo: see _check_may_handle
            task.sudo()._move_to(
                "cancelled",
                self.env._(
                    "Skipped by %(user)s. %(reason)s",
                    user=self.env.user.name,
                    reason=reason or "",
                ).strip(),
            )
        return True

    def _check_may_handle(self):
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoicing is handled by accounting. Ask them to look.")
            )
