from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from .event_words import SETBACKS

# how the customer pays: for those who may read what he owes
PAYING = ("paid", "unpaid", "reminded", "disputed", "dispute_ended", "promised")
LATEST = 100  # steps; what is older stands in the history


class EventMixin(models.AbstractModel):
    """One document's way: what happened, why it stands there, what comes next.

    Sentences are made when read, for the acting user: what he may not read of the
    history is told as a bare step, without the words and figures that go with it.
    """

    _inherit = "o2c.event.mixin"

    def o2c_timeline(self):
        """The way of this document and its orders, for RPC.

        :return: dict of ``past`` (``key date sentence note is_about is_setback
            waited``, oldest first), ``present`` (as ``o2c_explain``), ``status`` (a
            sentence where nothing is in the way), ``since`` and ``is_about`` (how many
            seconds it has stood there), ``future`` (``date sentence is_late``)
        """
        self.ensure_one()
        is_reader = self._o2c_check_may_follow()
        present = self.o2c_explain() if is_reader else []
        return {
            "past": self._o2c_past(),
            "present": present,
            "status": "" if present or not is_reader else self._o2c_status_now() or "",
            "future": self._o2c_future() if is_reader else [],
            **self._o2c_since(),
        }

    def _o2c_check_may_follow(self):
        """:return: whether the acting user may read the document itself; an auditor
        follows the past of what he may not"""
        user = self.env.user
        if user._is_internal() and self.has_access("read"):
            return True
        # sudo: only the company, to know whether it is one of the auditor's
        company = self.sudo().company_id
        is_auditor = user.has_group("o2c_addon.group_o2c_auditor")
        if is_auditor and company in user.company_ids:
            return False
        self.check_access("read")
        raise AccessError(self.env._("This is for people of the company only."))

    # -- past ------------------------------------------------------------------------

    def _o2c_past(self):
        orders = self.sudo()._o2c_orders()  # sudo: see _o2c_check_may_follow
        # sudo: of what he may not read the reader gets the bare step
        events = self.env["o2c.event"].sudo()
        told = Domain("order_key", "in", orders.ids)
        if not self.env.user._o2c_may_read_settlement():
            told &= Domain("activity", "not in", PAYING)
        events = events.search(told, limit=LATEST)
        readable = events.with_env(self.env)._filtered_access("read")
        steps = [
            {
                "key": f"event-{event.id}",
                "date": event.date,
                "sentence": event._in_words(),
                "note": event.note if event in readable else False,
                "is_about": False,
                "is_setback": event.activity in SETBACKS,
            }
            for event in events.sorted("id")
        ]
        steps += orders._o2c_steps_before_us(set(orders._o2c_known()))
        return self._o2c_with_waits(sorted(steps, key=lambda step: step["date"]))

    def _o2c_known(self):
        """What the history has of these orders, whatever of it is shown."""
        # sudo: see _o2c_past
        return (
            self.env["o2c.event"]
            .sudo()
            ._read_group(
                [("order_key", "in", self.ids)], ["res_model", "res_id", "activity"]
            )
        )

    def _o2c_is_known(self, activity, known):
        return (self._name, self.id, activity) in known

    def _o2c_with_waits(self, steps):
        """How many seconds passed between each step and the one before."""
        before = None
        for step in steps:
            waited = before and (step["date"] - before).total_seconds()
            before = step["date"]
            step["waited"] = waited or 0
            step["date"] = fields.Datetime.to_string(step["date"])
        return steps

    def _o2c_step(self, activity, date, who=None):
        """A step that is read from the host's own dates, not from the history."""
        events = self.env["o2c.event"]
        name = self.display_name
        return {
            "key": f"{self._name}-{self.id}-{activity}",
            "date": fields.Datetime.to_datetime(date),
            "sentence": events._sentence(activity, name, who)
            if who
            else events._passive(activity, name),
            "note": False,
            "is_about": who is None,
            "is_setback": False,
        }

    # -- present and future ----------------------------------------------------------

    def _o2c_status_now(self):
        """One sentence where nothing is in the way; or nothing."""
        return ""

    def _o2c_since(self):
        """How many seconds it has stood where it stands, if that is known."""
        return {"since": False, "is_about": False}

    def _o2c_plans(self):
        """What will happen by itself or should happen by hand, each as ``_o2c_plan``.

        Override and extend; called with the reader's user and all rights.
        """
        return []

    def _o2c_plan(self, date, sentence):
        """:param date: a day or a moment; or nothing, where only the order is known"""
        is_day = not hasattr(date, "hour")
        now = self.company_id._o2c_today() if is_day else fields.Datetime.now()
        return {
            "date": str(date) if date and is_day else fields.Datetime.to_string(date),
            "sentence": sentence,
            "is_late": bool(date) and date < now,
        }

    def _o2c_future(self):
        # sudo: a plan is a date and a name, told to everybody who reads the document
        plans = self.sudo()._o2c_plans()
        return sorted(plans, key=lambda plan: plan["date"] or "9")


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_steps_before_us(self, known):
        """What the host's own dates say that the history, ``known``, does not."""
        steps = []
        for order in self:
            steps.append(order._o2c_step_created())
            if order.state == "sale" and not order._o2c_is_known("confirmed", known):
                steps.append(order._o2c_step("confirmed", order.date_order))
            for delivery in order.picking_ids:
                is_done = delivery.state == "done" and delivery._o2c_is_delivery()
                if is_done and not delivery._o2c_is_known("delivered", known):
                    steps.append(delivery._o2c_step("delivered", delivery.date_done))
            for invoice in order._o2c_invoices():
                steps += invoice._o2c_steps_of_invoice(known)
        return steps

    def _o2c_step_created(self):
        """The one step that is never in the history: the host keeps who and when."""
        who = self.create_uid
        is_person = who._is_internal() and who != self.env.ref("base.user_root")
        step = self._o2c_step("created", self.create_date, is_person and who.name)
        return step | {"is_about": False}

    def _o2c_status_now(self):
        return self.o2c_status

    def _o2c_since(self):
        # sudo: told to everybody who may follow the order
        order = self.sudo()
        since = order.o2c_stage_since
        return {
            "since": since and (fields.Datetime.now() - since).total_seconds(),
            "is_about": order.o2c_stage_is_about,
        }

    def _o2c_plans(self):
        plans = super()._o2c_plans()
        is_open = self.state != "cancel" and not self._o2c_is_delivered()
        if is_open and self.commitment_date:
            promised = self.env._("%s is promised to the customer", self.name)
            plans.append(self._o2c_plan(self.commitment_date, promised))
        for document in [*self.picking_ids, *self._o2c_invoices()]:
            plans += document._o2c_plans()
        without = self.o2c_billing_task_ids.filtered(lambda t: not t.picking_id)
        return plans + without._plans()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_status_now(self):
        return self.o2c_status

    def _o2c_plans(self):
        plans = super()._o2c_plans()
        if self._o2c_is_open_delivery():
            leaves = self.env._("%s leaves", self.name)
            plans.append(self._o2c_plan(self.scheduled_date, leaves))
        return plans + self.o2c_billing_task_ids._plans()


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_steps_of_invoice(self, known):
        """Confirmed and paid, as accounting has it, where the history does not."""
        steps = []
        if self.state != "posted":
            return steps
        if not self._o2c_is_known("posted", known):
            steps.append(self._o2c_step("posted", self.invoice_date))
        was_paid = self.payment_state in ("paid", "in_payment", "reversed")
        may_tell = self.env.user._o2c_may_read_settlement()
        if may_tell and was_paid and not self._o2c_is_known("paid", known):
            matches = self.line_ids.matched_credit_ids | self.line_ids.matched_debit_ids
            if dates := matches.mapped("max_date"):
                steps.append(self._o2c_step("paid", max(dates)))
        return steps

    def _o2c_owes(self):
        return self.state == "posted" and self.payment_state in ("not_paid", "partial")

    def _o2c_status_now(self):
        if self.state == "draft":
            return self.env._("A draft: it is to be confirmed")
        if self.move_type != "out_invoice" or not self._o2c_owes():
            return ""
        due = self.invoice_date_due or self.invoice_date
        words = {"invoice": self.name, "date": format_date(self.env, due)}
        if due < self.company_id._o2c_today():
            return self.env._("%(invoice)s is overdue since %(date)s", **words)
        return self.env._("%(invoice)s is due on %(date)s", **words)

    def _o2c_plans(self):
        plans = super()._o2c_plans()
        if self.o2c_send_on and self.state == "posted":
            sent = self.env._("%s is sent to the customer", self.name)
            plans.append(self._o2c_plan(self.o2c_send_on, sent))
        is_due = self.move_type == "out_invoice" and self._o2c_owes()
        is_due = is_due and self.env.user._o2c_may_read_settlement()
        # what is overdue is no plan any more
        if is_due and self.invoice_date_due >= self.company_id._o2c_today():
            due = self.env._("%s is due to be paid", self.name)
            plans.append(self._o2c_plan(self.invoice_date_due, due))
        return plans
