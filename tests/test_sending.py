"""Confirmed and sent: the customer's own way, later if wanted, once whatever fails."""

import smtplib
import socket
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from aiosmtpd.controller import Controller
from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError

from odoo.addons.base.models.ir_actions_report import IrActionsReport
from odoo.addons.base.models.ir_mail_server import IrMail_Server

from .common import O2CCase

CUSTOMER = "orders@harbor.example"


class Sink:
    """A mail server that keeps what the customer is sent."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        if CUSTOMER in envelope.rcpt_tos:  # not: you were assigned to …
            self.mails.append(envelope)
        return "250 OK"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TestSending(O2CCase):
    def setUp(self):
        super().setUp()
        self.company.write(
            {
                "o2c_invoicing": "send",
                "o2c_send_delay": 0,
                "o2c_billing_owner_id": self.kim.id,
            }
        )
        self.port = free_port()
        self.env["ir.mail_server"].search([]).action_archive()
        self.env["ir.mail_server"].create(
            {"name": "Sink", "smtp_host": "127.0.0.1", "smtp_port": self.port}
        )
        self.env["mail.mail"].search([]).unlink()

    @contextmanager
    def mail_server(self):
        sink = Sink()
        controller = Controller(sink, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield sink
        finally:
            controller.stop()

    def invoice(self, **values):
        order = self.confirmed(**values)
        self.deliver(order)
        return order.sudo().invoice_ids

    def run_cron(self, name="ir_cron_o2c_send_invoices", module="o2c_addon"):
        # real connections: the host sends nothing during tests
        nothing_is_off = patch.object(
            IrMail_Server, "_disable_send", classmethod(lambda cls: False)
        )
        with nothing_is_off, self.enter_registry_test_mode():
            self.env.ref(f"{module}.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def run_mail_queue(self):
        self.run_cron("ir_cron_mail_scheduler_action", "mail")

    def mails(self, invoice):
        """What the customer is sent of it, or will be."""
        return self.env["mail.mail"].search(
            [
                ("model", "=", "account.move"),
                ("res_id", "=", invoice.id),
                ("recipient_ids", "in", self.customer.ids),
            ]
        )

    def text(self, invoice):
        return " ".join(line["reason"] for line in invoice.o2c_explain())

    def test_by_email_with_the_document_after_the_commit(self):
        invoice = self.invoice()
        self.assertTrue(invoice.o2c_send_on)
        self.assertFalse(invoice.is_move_sent, "never in the user's transaction")

        self.run_cron()
        with self.mail_server() as sink:
            self.run_mail_queue()

        self.assertTrue(invoice.is_move_sent)
        self.assertFalse(invoice.o2c_send_on)
        [mail] = sink.mails
        self.assertEqual(mail.rcpt_tos, [CUSTOMER])
        self.assertIn(invoice.name.replace("/", "_").encode(), mail.content)
        self.assertEqual(
            self.events(invoice.line_ids.sale_line_ids.order_id)[-1], "sent"
        )
        self.run_cron()
        with self.mail_server() as sink:
            self.run_mail_queue()
        self.assertFalse(sink.mails, "once")

    def test_some_hours_later(self):
        self.company.o2c_send_delay = 4
        invoice = self.invoice()
        self.assertIn("It is sent by itself on", self.text(invoice))

        self.run_cron()
        self.assertFalse(invoice.is_move_sent)
        with freeze_time(fields.Datetime.now() + timedelta(hours=4, minutes=1)):
            self.run_cron()

        self.assertTrue(invoice.is_move_sent)

    def test_what_is_taken_back_meanwhile_is_not_sent(self):
        self.company.o2c_send_delay = 4
        invoice = self.invoice()

        invoice.with_user(self.kim).button_draft()
        with freeze_time(fields.Datetime.now() + timedelta(hours=5)):
            self.run_cron()

        self.assertFalse(invoice.is_move_sent)
        self.assertFalse(invoice.o2c_send_on)

    def test_sent_by_hand_meanwhile_is_not_sent_again(self):
        invoice = self.invoice()
        send = self.env["account.move.send"].with_user(self.kim)
        send._generate_and_send_invoices(invoice)
        self.assertFalse(invoice.o2c_send_on)

        self.run_cron()

        self.assertEqual(len(self.mails(invoice)), 1)

    def test_who_is_sent_nothing_is_sent_nothing(self):
        self.customer.invoice_sending_method = "manual"

        invoice = self.invoice()
        self.run_cron()

        self.assertFalse(invoice.o2c_send_on)
        self.assertFalse(invoice.is_move_sent)

    def test_confirmed_only_is_not_sent(self):
        self.customer.o2c_invoicing = "post"

        invoice = self.invoice()

        self.assertEqual(invoice.state, "posted")
        self.assertFalse(invoice.o2c_send_on)

    def test_a_server_that_is_down_loses_and_doubles_nothing(self):
        invoice = self.invoice()
        self.run_cron()
        self.run_mail_queue()  # refused: nobody listens
        [mail] = self.mails(invoice)
        self.assertEqual(mail.state, "exception")
        message_id = mail.message_id

        self.run_cron()
        with self.mail_server() as sink:
            self.run_mail_queue()
            self.run_cron()
            self.run_mail_queue()

        [received] = sink.mails
        self.assertIn(message_id.encode(), received.content)

    def test_what_a_server_refused_is_told_and_not_sent_again(self):
        invoice = self.invoice()
        self.run_cron()
        refused = smtplib.SMTPResponseException(550, "No such user")
        with (
            self.mail_server() as sink,
            patch.object(IrMail_Server, "send_email", side_effect=refused),
        ):
            self.run_mail_queue()

        self.run_cron()
        with self.mail_server() as sink:
            self.run_mail_queue()

        self.assertFalse(sink.mails)
        self.assertIn("No such user", self.text(invoice))
        self.assertEqual(invoice.activity_ids.user_id, self.kim)

    def test_without_an_address_it_says_so_and_goes_on_when_there_is_one(self):
        self.customer.email = False
        invoice = self.invoice()
        self.run_cron()
        self.assertFalse(invoice.is_move_sent)
        self.assertIn("Harbor Logistics has no e-mail address.", self.text(invoice))
        self.assertTrue(invoice.o2c_send_on, "tried again by itself")

        self.customer.email = "desk@harbor.example"
        invoice.with_user(self.kim).action_o2c_send_again()
        self.run_cron()

        self.assertTrue(invoice.is_move_sent)
        self.assertFalse(self.text(invoice))

    def test_a_server_that_cannot_print_says_so_and_gives_up_after_five_times(self):
        invoice = self.invoice()
        broken = patch.object(
            IrActionsReport, "get_wkhtmltopdf_state", lambda self: "install"
        )
        for attempt in range(1, 6):
            later = fields.Datetime.now() + timedelta(days=attempt)
            with broken, freeze_time(later):
                self.run_cron()
            self.assertEqual(invoice.o2c_send_attempts, attempt)

        self.assertIn("wkhtmltopdf is not installed", self.text(invoice))
        self.assertFalse(invoice.o2c_send_on)
        self.assertEqual(invoice.activity_ids.user_id, self.kim)
        self.assertFalse(self.mails(invoice))

    def test_one_that_fails_does_not_stop_the_others(self):
        other = self.env["res.partner"].create({"name": "Nobody"})
        bad, good = self.invoice(partner_id=other.id), self.invoice()

        self.run_cron()

        self.assertFalse(bad.is_move_sent)
        self.assertTrue(good.is_move_sent)

    def interrupted(self, method):
        """An invoice whose sending died after that it is being sent was committed."""
        invoice = self.invoice()
        self.assertTrue(invoice._o2c_claim_sending())
        way = patch.object(
            type(invoice), "_o2c_sending_method", lambda self: method, create=True
        )
        later = freeze_time(fields.Datetime.now() + timedelta(hours=2))
        with way, later:
            self.run_cron()
        return invoice

    def test_what_may_have_left_when_the_server_died_is_not_sent_again(self):
        invoice = self.interrupted("peppol")

        self.assertFalse(invoice.is_move_sent)
        self.assertFalse(invoice.o2c_send_on)
        self.assertIn("Look whether the customer has it", self.text(invoice))
        self.assertEqual(invoice.activity_ids.user_id, self.kim)

    def test_a_mail_dies_with_its_transaction_and_is_sent(self):
        invoice = self.interrupted("email")

        self.assertTrue(invoice.is_move_sent)

    def test_a_network_that_fails_while_sending_leaves_it_to_a_person(self):
        invoice = self.invoice()
        with (
            patch.object(type(invoice), "_o2c_sending_method", lambda self: "peppol"),
            patch.object(
                type(invoice), "_o2c_send", side_effect=ConnectionResetError("gone")
            ),
            self.assertLogs("odoo.addons.o2c_addon", "ERROR"),
        ):
            self.run_cron()

        self.assertIn("was interrupted", self.text(invoice))
        self.assertFalse(invoice.o2c_send_on)

    def test_only_accounting_sends_again_and_nobody_twice(self):
        invoice = self.invoice()
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "account.move", "action_o2c_send_again", invoice.ids)
        self.run_cron()
        with self.assertRaisesRegex(UserError, "sent already"):
            self.rpc(self.kim, "account.move", "action_o2c_send_again", invoice.ids)
        with self.assertRaises(AccessError):
            values = {"o2c_send_on": fields.Datetime.now()}
            self.rpc(self.kim, "account.move", "write", invoice.ids, values)
