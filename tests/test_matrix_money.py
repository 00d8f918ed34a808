"""Nothing about money is forged: every way × every role, one table.

An invoice and a credit note wait for a yes; another invoice is in question, and
promised; a delivery waits to be invoiced; the customer was told, and accepts work.
"""

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD
from .matrix import ALLOWED, KEYS, NOTHING, MatrixCase
from .test_invoice_approvals import InvoiceCase

#                             s c h w a e p A m S
TABLE = """
post                          - - - - . - - - - .
post_with_every_key           - - - - . - - - - .
post_privately                - - - - - - - - - -
post_by_the_page_of_odoo      - - - - . - - - - .
post_by_a_server_action       - - - - . - - - - .
write_posted                  - - - - - - - - - -
web_save_posted               - - - - - - - - - -
create_posted                 - - - - - - - - - -
default_posted                - - - - - - - - - -
outgrow_its_yes               - - - - - - - - - -
post_the_credit_note          - - - - . - - - - .
reverse_and_post              - - - - y - - - - y
fake_the_badge                - - - - - - - - - -
fake_the_stamp                - - - - - - - - - -
approve                       - - - - - - - y - -
promise                       - - - - y - - - - y
write_promise                 - - - - - - - - - -
create_promise                - - - - - - - - - -
unlink_promise                - - - - - - - - - -
promise_by_hand               - - - - - - - - - -
question                      - - - - y - - - - y
answer_the_question           y - - - y - - - - y
end_the_question_by_hand      - - - - - - - - - -
write_question                - - - - - - - - - -
create_question               - - - - - - - - - -
unlink_question               - - - - - - - - - -
spare_the_customer            - - - - - - - - - y
send_again                    - - - - y - - - - y
say_it_arrived                - - - - y - - - - y
write_message                 - - - - - - - - - -
create_message                - - - - - - - - - -
unlink_message                - - - - - - - - - -
switch_reminders_on           - - - - - - - - y y
write_acceptance              - - - - - - - - - -
create_acceptance             - - - - - - - - - -
unlink_acceptance             - - - - - - - - - -
accept_privately              - - - - - - - - - -
approve_hours                 - - - - - - - - - -
forge_hours                   - - - - - - - - - -
skip                          - - - - y - - - - y
write_task                    - - - - - - - - - -
create_task                   - - - - - - - - - -
unlink_task                   - - - - - - - - - -
run_the_queue_privately       - - - - - - - - - -
invoice_by_hand_for_all       - - - - - - - - - y
download_a_pack               - - - - - - - - y y
download_an_export            - - - - - - - - y y
download_the_pack_of_another  - - - - - - - - - -
look_for_tampering            - - - - - - - - y y
write_finding                 - - - - - - - - - -
unlink_finding                - - - - - - - - - -
write_proof                   - - - - - - - - - -
unlink_proof                  - - - - - - - - - -
"""

# ways that only answer; who gets an answer was allowed to
ANSWERS = ("download_a_pack", "download_an_export")


@tagged(*STANDARD)
class TestMoneyMatrix(MatrixCase, InvoiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"o2c_invoicing": "post", "o2c_invoicing_period": "month"})
        cls.invoice_rule(limit=10000)
        cls.invoice_rule("credit_note", limit=0)
        cls.large, cls.credit = cls.invoice(12000), cls.invoice(90, kind="out_refund")
        (cls.large | cls.credit).action_post()
        cls.asked = cls.large.o2c_request_ids
        cls.owed = cls.invoice(500, invoice_user_id=cls.sam.id)
        cls.owed.action_post()
        cls.owed.action_o2c_promise(fields.Date.add(fields.Date.today(), days=5))
        cls.owed.action_o2c_dispute("Two hours, not eight")
        cls.open = cls.invoice(700, invoice_user_id=cls.sam.id)
        cls.open.action_post()
        cls.sold = cls.confirmed()
        cls.deliver(cls.sold)
        cls.task = cls.sold.sudo().o2c_billing_task_ids
        cls.notice = cls.told("uncertain")
        cls.work = cls.done_for_the_customer()
        cls.time = cls.env["account.analytic.line"].create({"name": "Two hours"})
        cls.proof = cls.proven()
        cls.env["o2c.tamper.check"]._check(cls.company)
        cls.found = cls.env["o2c.tamper.check"].search([], limit=1)
        cls.env.flush_all()
        cls.before = cls.facts()

    @classmethod
    def told(cls, state):
        """A reminder of which nobody knows whether it arrived."""
        cls.reminder = cls.env["o2c.notice.rule"].create(
            {"name": "Late", "kind": "reminder", "days": 5, "active": False}
        )
        return cls.env["o2c.notice"].create(
            {
                "kind": "reminder",
                "level": 5,
                "state": state,
                "cause": "interrupted",
                "rule_id": cls.reminder.id,
                "move_id": cls.open.id,
                "res_name": cls.open.name,
                "company_id": cls.company.id,
                "partner_id": cls.customer.id,
                "contact_id": cls.customer.id,
            }
        )

    @classmethod
    def done_for_the_customer(cls):
        service = cls.product("Advice", 100, type="service", o2c_needs_acceptance=True)
        order = cls.confirmed(quantity=10, price=100, product=service)
        order.order_line.qty_delivered = 3
        return order.sudo().order_line.o2c_acceptance_ids

    @classmethod
    def proven(cls):
        seals = cls.env["o2c.event.seal"]
        return seals.search([], limit=1) or seals.create(
            {
                "company_id": cls.company.id,
                "model": "o2c.event",
                "after_id": 0,
                "last_id": 1,
                "rows": 1,
                "leaves": "",
                "digest": "0",
                "previous": "0",
                "hash": "0",
                "sealed_on": fields.Datetime.now(),
            }
        )

    @classmethod
    def facts(cls):
        """All that any of the ways could change."""
        cls.env.flush_all()
        cls.env.invalidate_all()
        moves = cls.large | cls.credit | cls.owed | cls.open
        return [
            moves.mapped("state"),
            moves.mapped("amount_total"),
            moves.mapped("o2c_passed_seal"),
            moves.mapped("o2c_promised_on"),
            moves.mapped("o2c_disputed_on"),
            moves.mapped("o2c_approval_state"),
            moves.reversal_move_ids.mapped("state"),
            cls.asked.mapped("state"),
            [
                cls.env[model].sudo().search_count([])
                for model in (
                    "o2c.approval.decision",
                    "o2c.promise",
                    "o2c.dispute",
                    "o2c.acceptance",
                    "o2c.notice",
                    "o2c.billing.task",
                    "o2c.event.seal",
                    "o2c.tamper.check",
                )
            ],
            cls.env["account.move"]
            .sudo()
            .search_count([("state", "=", "posted"), ("amount_total", ">", 0)]),
            cls.owed.sudo().o2c_promise_ids.mapped("state"),
            cls.owed.sudo().o2c_dispute_ids.mapped("state"),
            cls.owed.sudo().o2c_dispute_ids.mapped("words"),
            cls.task.mapped("state"),
            cls.task.mapped("attempts"),
            cls.notice.mapped("state"),
            cls.reminder.active,
            cls.work.mapped("state"),
            cls.work.mapped("asked_on"),
            cls.time.mapped("o2c_approved_on"),
            cls.proof.mapped("digest"),
            cls.found.mapped("state"),
            cls.company.o2c_invoicing,
            cls.customer.o2c_no_reminders,
        ]

    # -- the ways --------------------------------------------------------------------

    def call(self, records, method, *args, **context):
        self.answer = self.rpc(
            self.actor, records._name, method, records.ids, *args, context=context
        )

    # invoices and credit notes

    def way_post(self):
        self.call(self.large, "action_post")

    def way_post_with_every_key(self):
        keys = KEYS | {"allowed_company_ids": self.company.ids}
        self.call(self.large, "action_post", **keys)

    def way_post_privately(self):
        self.call(self.large, "_post")

    def way_post_by_the_page_of_odoo(self):
        context = {"active_model": "account.move", "active_ids": self.large.ids}
        [page] = self.rpc(
            self.actor, "validate.account.move", "create", [{}], context=context
        )
        self.rpc(
            self.actor,
            "validate.account.move",
            "validate_move",
            [page],
            context=context,
        )

    def way_post_by_a_server_action(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Confirm",
                "model_id": self.env["ir.model"]._get_id("account.move"),
                "state": "code",
                "code": "records.action_post()",
            }
        )
        context = {
            "active_model": "account.move",
            "active_id": self.large.id,
            "active_ids": self.large.ids,
        }
        self.call(action, "run", **context)

    def way_write_posted(self):
        self.call(self.large, "write", {"state": "posted"})

    def way_web_save_posted(self):
        self.call(self.large, "web_save", {"state": "posted"}, {})

    def values(self, **values):
        line = {"name": "Advice", "quantity": 1, "price_unit": 12000}
        return {
            "move_type": "out_invoice",
            "partner_id": self.customer.id,
            "invoice_date": "2026-01-15",
            "invoice_line_ids": [Command.create(line)],
            **values,
        }

    def way_create_posted(self):
        self.create("account.move", self.values(state="posted"))

    def way_default_posted(self):
        self.create("account.move", self.values(), default_state="posted")

    def way_outgrow_its_yes(self):
        """Confirmed as small, then made large by the key that lifts the protection."""
        line = self.open.invoice_line_ids
        values = {"invoice_line_ids": [Command.update(line.id, {"price_unit": 12000})]}
        self.call(self.open, "write", values, skip_readonly_check=True)

    def way_post_the_credit_note(self):
        self.call(self.credit, "action_post")

    def way_reverse_and_post(self):
        context = {"active_model": "account.move", "active_ids": self.open.ids}
        [page] = self.rpc(
            self.actor,
            "account.move.reversal",
            "create",
            [{"journal_id": self.open.journal_id.id}],
            context=context,
        )
        self.rpc(
            self.actor,
            "account.move.reversal",
            "modify_moves",
            [page],
            context=context,
        )

    def way_fake_the_badge(self):
        self.call(self.large, "write", {"o2c_approval_state": "approved"})

    def way_fake_the_stamp(self):
        self.call(self.large, "write", {"o2c_passed_seal": self.asked.seal})

    def way_approve(self):
        self.call(self.asked, "action_approve")

    # what the customer says

    def way_promise(self):
        self.call(self.open, "action_o2c_promise", "2099-01-01")

    def way_write_promise(self):
        self.call(self.owed.sudo().o2c_promise_ids, "write", {"state": "kept"})

    def way_create_promise(self):
        self.create("o2c.promise", {"move_id": self.open.id, "date": "2099-01-01"})

    def way_unlink_promise(self):
        self.call(self.owed.sudo().o2c_promise_ids, "unlink")

    def way_promise_by_hand(self):
        self.call(self.open, "write", {"o2c_promised_on": "2099-01-01"})

    def way_question(self):
        self.call(self.open, "action_o2c_dispute", "Not what we agreed")

    def way_answer_the_question(self):
        self.call(self.owed, "action_o2c_end_dispute", "stands", "It is right")

    def way_end_the_question_by_hand(self):
        self.call(self.owed, "write", {"o2c_disputed_on": False})

    def way_write_question(self):
        self.call(self.owed.sudo().o2c_dispute_ids, "write", {"words": "Nothing"})

    def way_create_question(self):
        self.create("o2c.dispute", {"move_id": self.open.id, "words": "Why?"})

    def way_unlink_question(self):
        self.call(self.owed.sudo().o2c_dispute_ids, "unlink")

    def way_spare_the_customer(self):
        self.call(self.customer, "write", {"o2c_no_reminders": True})

    # what the customer hears

    def way_send_again(self):
        self.call(self.notice, "action_send_again")

    def way_say_it_arrived(self):
        self.call(self.notice, "action_arrived")

    def way_write_message(self):
        self.call(self.notice, "write", {"state": "sent"})

    def way_create_message(self):
        self.create("o2c.notice", {"kind": "reminder", "move_id": self.owed.id})

    def way_unlink_message(self):
        self.call(self.notice, "unlink")

    def way_switch_reminders_on(self):
        self.call(self.reminder, "write", {"active": True})

    # work done

    def way_write_acceptance(self):
        self.call(self.work, "write", {"state": "accepted"})

    def way_create_acceptance(self):
        self.create("o2c.acceptance", {"line_id": self.work.line_id.id, "quantity": 9})

    def way_unlink_acceptance(self):
        self.call(self.work, "unlink")

    def way_accept_privately(self):
        self.call(self.work, "_accept", "Pat", "", 3)

    def way_approve_hours(self):
        self.call(self.time, "action_o2c_approve_time")

    def way_forge_hours(self):
        self.call(self.time, "write", {"o2c_approved_on": "2026-01-01 00:00:00"})

    # the queue

    def way_skip(self):
        self.call(self.task, "action_skip", "Never mind")

    def way_write_task(self):
        self.call(self.task, "write", {"state": "done"})

    def way_create_task(self):
        self.create("o2c.billing.task", {"order_id": self.sold.id, "kind": "service"})

    def way_unlink_task(self):
        self.call(self.task, "unlink")

    def way_run_the_queue_privately(self):
        self.call(self.env["o2c.billing.task"], "_process_due")

    def way_invoice_by_hand_for_all(self):
        self.call(self.company, "write", {"o2c_invoicing": "manual"})

    # proof

    def page(self, model):
        made = self.create(model, {"company_id": self.company.id})
        return self.env[model].browse(made)

    def way_download_a_pack(self):
        self.call(self.page("o2c.audit.pack"), "action_download")

    def way_download_an_export(self):
        self.call(self.page("o2c.history.export"), "action_download")

    def way_download_the_pack_of_another(self):
        other = self.env["o2c.audit.pack"].with_user(self.users["manager"])
        if self.actor == self.users["manager"]:
            other = other.with_user(self.users["system"])
        self.call(other.create({}).sudo(), "action_download")

    def way_look_for_tampering(self):
        self.call(self.env["o2c.tamper.check"], "action_check")

    def way_write_finding(self):
        self.call(self.found, "write", {"state": "altered"})

    def way_unlink_finding(self):
        self.call(self.found, "unlink")

    def way_write_proof(self):
        self.call(self.proof, "write", {"digest": "forged"})

    def way_unlink_proof(self):
        self.call(self.proof, "unlink")

    # -- the cells -------------------------------------------------------------------

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.http", "odoo.sql_db")
    def test_every_way_as_every_role(self):
        ways = {name[4:] for name in dir(self) if name.startswith("way_")}
        self.assertEqual(ways, {row.split()[0] for row in TABLE.strip().split("\n")})
        self.assertGreaterEqual(self.try_every_cell(TABLE), 450)

    def judge(self, way):
        """Whatever is allowed: nothing that needs a yes is confirmed without one."""
        self.assertNotEqual(self.credit.state, "posted")
        self.assertFalse(
            self.open.reversal_move_ids.filtered(lambda m: m.state == "posted")
        )
        if way != "approve":
            self.assertNotEqual(self.large.state, "posted")
        if way in ANSWERS:
            return ALLOWED if self.answer else NOTHING
        return NOTHING if self.facts() == self.before else ALLOWED

    def check_nothing_happened(self):
        self.assertEqual(self.facts(), self.before)
