"""Builders for tests of what customers hear: rules, invoices, a mail server."""

from datetime import datetime, time, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import STANDARD, O2CCase
from .sink import Sink, free_port

MONDAY = datetime(2026, 11, 23, 9, 0)


@tagged(*STANDARD)
class HearingCase(O2CCase):
    """Nine o'clock on a Monday in UTC; every mail goes to a sink."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["o2c.notice.rule"].search([]).action_archive()
        cls.env["o2c.notice"].search([]).unlink()
        cls.env["account.move.line"].search(
            [("account_type", "=", "asset_receivable"), ("reconciled", "=", False)]
        ).reconciled = True  # what the demo data left open
        cls.env["account.move"].search(
            [("o2c_send_on", "!=", False)]
        ).o2c_send_on = False
        cls.company.write(
            {
                "stock_move_email_validation": False,
                "resource_calendar_id": cls.calendar("UTC").id,
            }
        )
        cls.advice = cls.product("Advice", 500, "order", type="service")
        cls.sink = Sink(ignored=("@seller.example", "@example.com"))  # colleagues
        cls.sink.start()
        cls.addClassCleanup(cls.sink.stop)
        cls.env["ir.mail_server"].search([]).active = False
        cls.server = cls.env["ir.mail_server"].create(
            {
                "name": "Sink",
                "smtp_host": "127.0.0.1",
                "smtp_port": cls.sink.port,
                "smtp_encryption": "none",
            }
        )
        cls.startClassPatcher(
            patch.object(
                cls.registry["ir.mail_server"], "_disable_send", lambda s: False
            )
        )

    def setUp(self):
        super().setUp()
        self.sink.mails.clear()
        self.sink.mode = "ok"
        self.at(MONDAY)

    def at(self, moment):
        """It is now ``moment``, for the rest of the test."""
        if getattr(self, "clock", None):
            self.clock.stop()
        self.now = moment
        self.clock = patch.object(fields.Datetime, "now", lambda *a: self.now)
        self.clock.start()
        self.addCleanup(self.clock.stop)

    def away(self):
        """Nobody listens where the mail server was."""
        self.server.smtp_port = free_port()

    def back(self):
        self.server.smtp_port = self.sink.port

    def later(self, **delta):
        self.now += timedelta(**delta)

    @classmethod
    def calendar(cls, tz):
        """Monday to Friday."""
        return cls.env["resource.calendar"].create({"name": tz, "tz": tz})

    @classmethod
    def tell(cls, kind, **values):
        """A rule: customers hear of this step."""
        return cls.env["o2c.notice.rule"].create(
            {"name": kind.title(), "kind": kind, "company_id": cls.company.id, **values}
        )

    @classmethod
    def remind(cls, days, **values):
        return cls.tell("reminder", days=days, name=f"Level {days}", **values)

    def invoice(self, late=0, amount=500, partner=None, **values):
        """A posted invoice that is ``late`` days overdue today."""
        due = self.now.date() - timedelta(days=late)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.customer).id,
                "invoice_date": due - timedelta(days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_user_id": self.sam.id,
                "invoice_line_ids": [
                    Command.create({"product_id": self.advice.id, "price_unit": amount})
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def partner(self, name="Blue Bay", **values):
        email = f"{name.split()[0].lower()}@customer.example"
        return self.env["res.partner"].create({"name": name, "email": email, **values})

    def evaluate(self):
        """What the hourly job does."""
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_remind").method_direct_trigger()
        self.env.invalidate_all()

    def send(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_send_notices").method_direct_trigger()
        self.env.invalidate_all()

    def run_day(self):
        self.evaluate()
        self.send()

    def notices(self, *documents):
        found = self.env["o2c.notice"].search(
            [("rule_id.company_id", "=", self.company.id)]
        )
        if documents:
            found = found.filtered(lambda n: n._document() in documents)
        return found.sorted("id")

    def heard(self):
        """(addressee, subject) of each mail that went out."""
        return [(mail.rcpt[0], mail["subject"]) for mail in self.sink.mails]

    def assert_kept(self, document, cause):
        notice = self.notices(document)
        self.assertEqual(notice.mapped(lambda n: (n.state, n.cause)), [("kept", cause)])
        self.assertTrue(notice.why)
        self.assertFalse(self.heard())


def midnight(day):
    return datetime.combine(day, time())
