import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    MissingError,
    UserError,
    ValidationError,
)
from odoo.fields import Domain

from .billing_task import OPEN

_logger = logging.getLogger(__name__)

CHUNK = 20  # invoices of one transaction: how long others wait for the next number


class BillingTask(models.Model):
    """Working the queue: many at once, and one by one where many at once fail."""

    _inherit = "o2c.billing.task"

    @api.model
    def _domain_due(self):
        now = fields.Datetime.now()
        is_time = Domain("next_try_on", "=", False) | Domain("next_try_on", "<=", now)
        todo = Domain("state", "=", "todo") & Domain("due_on", "<=", now) & is_time
        return todo | (
            Domain("state", "=", "parked") & Domain("next_try_on", "<=", now)
        )

    @api.model
    def _process_due(self):
        """Bill what is due, in chunks, each in a transaction of its own.

        Safe to be called from several processes at any time: cron, job runner. What
        another process has in hands is left to it.
        """
        cron = self.env["ir.cron"]
        due = self.search(self._domain_due(), order="order_id, id")
        left = cron._commit_progress(remaining=len(due))
        for chunk in due._chunks(CHUNK):
            if not left:
                break
            left = chunk._bill_chunk()

    def _bill_chunk(self):
        """:return: the seconds left to this run"""
        is_shared = len({task._key() for task in self}) == 1
        try:
            self._claim()._bill_together()
            return self.env["ir.cron"]._commit_progress(len(self))
        except OperationalError:
            self.env.cr.rollback()
            if is_shared:  # together again in the next round
                return float("inf")
        except Exception:
            self.env.cr.rollback()
            if is_shared and self._put_aside_what_fails_alone():
                return self._bill_chunk()
        left = float("inf")
        for tasks in self._parts():
            is_one = len(tasks.order_id) == 1
            left = tasks._bill_order() if is_one else tasks._bill_chunk()
            if not left:
                break
        return left

    def _put_aside_what_fails_alone(self):
        """Find the orders of a shared invoice that fail, for the others to share it.

        :return: whether there are such, and others
        """
        failing = self.browse()
        for tasks in self.grouped("order_id").values():
            point = self.env.cr.savepoint()
            try:
                tasks._bill_together()
            except OperationalError:
                raise
            except Exception:
                failing |= tasks
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()
        if not failing or failing == self:
            return False
        for tasks in failing.grouped("order_id").values():
            tasks._bill_or_park()
        self.env["ir.cron"]._commit_progress(len(failing))
        return True

    def _bill_order(self):
        """What a chunk cannot do together: one order, whose failure is its own.

        :return: the seconds left to this run
        """
        try:
            self._claim()._bill_or_park()
            return self.env["ir.cron"]._commit_progress(len(self))
        except OperationalError:
            # somebody else has it in hands: the row waits for the next round
            self.env.cr.rollback()
            return float("inf")

    def _claim(self):
        """Those still due that nobody else has in hands, with their orders locked."""
        tasks = self.try_lock_for_update(allow_referencing=True)
        tasks = tasks.filtered_domain(self._domain_due())
        orders = tasks.order_id.sorted("id").try_lock_for_update(allow_referencing=True)
        if orders == tasks.order_id:
            return tasks
        # what shares an invoice waits for the whole of it
        busy = {task._key() for task in tasks if task.order_id not in orders}
        return tasks.filtered(lambda task: task._key() not in busy)

    def _bill_or_park(self):
        """Bill these of one order; what fails is put aside, says why, stops nothing."""
        tasks = self.filtered(lambda t: t.state in OPEN)
        if not tasks:
            return
        try:
            with self.env.cr.savepoint():
                tasks._lock_orders()
                tasks._bill_together()
        except ConcurrencyError:
            return  # somebody works on the order: the cron comes back to it
        except OperationalError:
            raise  # a retry helps: whoever called retries the transaction
        except (UserError, ValidationError, AccessError, MissingError) as error:
            tasks._park_each(str(error))
        except Exception as error:  # accounting never stops the truck
            _logger.exception("Billing of %s failed", tasks)
            tasks._park_each(
                self.env._(
                    "An unexpected error (%s). Ask your administrator: the server's "
                    "log says more.",
                    type(error).__name__,
                )
            )

    def _park_each(self, error):
        for task in self:
            task._park(error)

    def _lock_orders(self):
        orders = self.order_id.sudo()  # sudo: the warehouse's delivery may end here
        if orders.sorted("id").try_lock_for_update(allow_referencing=True) != orders:
            raise ConcurrencyError(self.env._("This order is being changed."))

    def _bill_together(self):
        """Make the invoices of these, whose orders are locked, all in one batch.

        What has to wait or is known to be wrong is put aside with its sentence. Any
        other error is the caller's: then nothing of it may stay.
        """
        for tasks in self._as_robot().grouped("company_id").values():
            tasks.with_company(tasks.company_id)._bill_in_company()

    def _bill_in_company(self):
        self.env["sale.order"]._o2c_forget_facts()
        ready = self - self._put_off()
        ready -= ready._park_faulty()
        returns = ready.filtered(lambda t: t.kind == "return")
        to_invoice = ready - returns
        while to_invoice:
            tasks = to_invoice._next_of_each_order()
            tasks._make_invoices()
            to_invoice -= tasks
        returns._make_credit_notes()
        ready._finish()

    def _next_of_each_order(self):
        """What the next invoice of each order is for: one delivery, or all of these."""
        chosen = self.browse()
        for order, tasks in self.grouped("order_id").items():
            each = order._o2c_invoicing_period() == "delivery"
            chosen |= tasks.sorted("id")[:1] if each else tasks
        return chosen

    # -- what has to wait ------------------------------------------------------------

    def _put_off(self):
        """Those that have to wait: each says what for."""
        waiting = self.browse()
        for task in self:
            if reason := task._reason_to_wait():
                task._wait(reason)
                task._ask_if_outgrown()
                waiting |= task
        return waiting

    def _reason_to_wait(self):
        """A sentence, or nothing; changes nothing. Override and extend."""
        order = self.order_id
        if self.billed and not (self.move_ids or self.picked):
            return self.env._("its draft was deleted; Retry makes it again")
        if self._policy() == "manual":
            return self.env._("invoices of %s are made by hand", order.name)
        if self.kind == "return":
            return self._reason_not_to_credit_yet()
        if self._waits_for_the_rest():
            return self.env._("the rest of %s is to be delivered", order.name)
        if obstacles := order._o2c_obstacles_to_invoice():
            return "; ".join(order._o2c_sentence_for_all(o) for o in obstacles)
        return order._o2c_reason_of_deposit()

    def _waits_for_the_rest(self):
        """Whether it shares the invoice of an order that is not delivered in full."""
        order = self.order_id
        is_whole = not self.picked and order._o2c_invoicing_period() == "order"
        return is_whole and not order._o2c_is_delivered()

    def _ask_if_outgrown(self):
        if self.kind != "return" and self.order_id._o2c_obstacles_to_invoice():
            self.order_id._o2c_ask_if_outgrown()

    # -- the end ---------------------------------------------------------------------

    def _finish(self):
        """Confirm what is to be confirmed; done is what needs nothing more."""
        to_confirm = self.filtered(lambda t: t._policy() in ("post", "send"))
        drafts = to_confirm.move_ids.filtered(lambda m: m.state == "draft")
        locked = drafts.filtered(lambda m: m._o2c_lock_message())
        if to_post := drafts - locked:
            # asked for what a person who presses Confirm is asked for
            to_post.with_context(validate_analytic=True).action_post()
        for task in to_confirm.filtered(
            lambda t: "draft" in t.move_ids.mapped("state")
        ):
            draft = task.move_ids.filtered(lambda m: m.state == "draft")[0]
            if draft in locked:
                task._park(draft._o2c_lock_message(), draft)
            else:
                obstacles = draft._o2c_obstacles("post")
                reasons = "; ".join(
                    draft._o2c_sentence_for_all(o) for o in obstacles if o.blocking
                )
                task._wait(reasons or self.env._("%s is a draft", draft.display_name))
            self -= task
        self._done_by_note()

    def _done_by_note(self):
        """Done; what made no invoice says where its quantities are."""
        empty = self.filtered(lambda t: not t.move_ids)
        (self - empty)._done()
        for task in empty:
            task._done(task._where_billed())
