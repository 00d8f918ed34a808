"""What colleagues read by mail: the host's digest, and each morning what waits."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD, O2CCase
from .sink import Sink

MORNING = fields.Datetime.to_datetime("2026-03-10 08:00:00")  # a Tuesday
HOSTILE = '<script>alert("o2c")</script>'


@tagged(*STANDARD)
class TestDailyMail(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["o2c.notice"].search([("state", "=", "queued")]).unlink()
        cls.env["res.users"].search([]).o2c_daily_mail = False
        cls.daily = cls.env.ref("o2c_addon.notice_rule_colleague")
        cls.daily.active = True
        cls.people = cls.ada | cls.ben
        cls.people.write({"o2c_daily_mail": True, "tz": "UTC"})
        cls.startClassPatcher(
            patch.object(
                cls.registry["ir.mail_server"], "_disable_send", lambda s: False
            )
        )
        cls.rule(limit=10000, approvers=cls.ada)
        cls.large = cls.order(quantity=12)
        cls.large.action_confirm()

    def setUp(self):
        super().setUp()
        self.sink = Sink(ignored=("@example.com",))
        self.sink.start()
        self.addCleanup(self.sink.stop)
        self.env["ir.mail_server"].search([]).action_archive()
        self.env["ir.mail_server"].create(
            {
                "name": "Sink",
                "smtp_host": "127.0.0.1",
                "smtp_port": self.sink.port,
                "smtp_encryption": "none",
            }
        )

    def at(self, moment=MORNING):
        return patch.object(fields.Datetime, "now", lambda: moment)

    def look(self, moment=MORNING):
        with self.at(moment), self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_daily").method_direct_trigger()

    def send(self, moment=MORNING):
        with self.at(moment), self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_send_notices").method_direct_trigger()

    def notices(self, user):
        return self.env["o2c.notice"].search([("user_id", "in", user.ids)])

    def test_who_is_waited_for_reads_it_in_the_morning_once(self):
        self.look()
        self.send()
        self.look(MORNING + timedelta(hours=3))
        self.send(MORNING + timedelta(hours=3))

        [mail] = self.sink.mails
        self.assertIn("ada_t@seller.example", mail["to"])
        [text] = self.sink.texts()
        self.assertIn(self.large.name, text)
        self.assertIn("is 2,000.00 above", text.replace("$\xa0", "").replace("$", ""))
        self.assertIn("/odoo/waiting-for-me", text)
        self.assertEqual(self.notices(self.ada).state, "sent")

        self.look(MORNING + timedelta(days=1))
        self.send(MORNING + timedelta(days=1))
        self.assertEqual(len(self.sink.mails), 2, "the next day it still waits")

    def test_each_reads_it_in_his_language(self):
        """Mails to many are made in one transaction."""
        self.env["res.lang"]._activate_lang("de_DE")
        for lang, words in (("en_US", "10,000.00"), ("de_DE", "10.000,00")):
            self.ada.lang = lang
            with self.subTest(lang):
                self.assertIn(words, self.ada._o2c_waiting_table())

    def test_nothing_waits_nothing_is_sent(self):
        self.large.o2c_request_ids.with_user(self.ada).action_approve()

        self.look()
        self.send()

        self.assertFalse(self.sink.mails or self.notices(self.people))

    def test_what_is_answered_before_it_goes_out_is_not_said(self):
        self.look()
        self.large.o2c_request_ids.with_user(self.ada).action_approve()
        self.send()

        self.assertFalse(self.sink.mails)
        notice = self.notices(self.ada)
        self.assertEqual((notice.state, notice.cause), ("kept", "overtaken"))

    def test_each_may_do_without(self):
        self.ada.with_user(self.ada).o2c_daily_mail = False

        self.look()

        self.assertFalse(self.notices(self.ada))
        with self.assertRaises(AccessError):
            self.rpc(
                self.ada, "res.users", "write", self.ben.ids, {"o2c_daily_mail": 0}
            )
        with self.assertRaises(AccessError):
            self.rpc(
                self.ada, "res.users", "write", self.ada.ids, {"o2c_daily_on": False}
            )

    def test_off_until_it_is_switched_on(self):
        self.daily.active = False

        self.look()

        self.assertFalse(self.notices(self.ada))

    def test_not_in_the_night_nor_on_a_sunday(self):
        self.look(MORNING.replace(hour=5))
        self.assertFalse(self.notices(self.ada))
        self.look(MORNING - timedelta(days=2))
        self.assertFalse(self.notices(self.ada))

        self.ada.tz = "America/Los_Angeles"  # midnight there
        self.look()
        self.assertFalse(self.notices(self.ada))
        self.look(MORNING + timedelta(hours=6))
        self.assertTrue(self.notices(self.ada))

    def test_a_server_that_is_away_doubles_and_loses_nothing(self):
        self.sink.mode = "451 later"
        self.look()
        self.send()
        self.assertEqual(self.notices(self.ada).state, "queued")
        tried = len(self.sink.mails)

        self.sink.mode = "ok"
        self.send(MORNING + timedelta(minutes=30))

        self.assertEqual(len(self.sink.mails) - tried, 1)
        self.assertEqual(self.notices(self.ada).state, "sent")

    def test_yesterdays_mail_is_not_sent_today(self):
        self.sink.mode = "451 later"
        self.look()
        self.send()

        self.sink.mode = "ok"
        self.send(MORNING + timedelta(days=1))

        self.assertEqual(self.notices(self.ada).cause, "overtaken")

    def test_two_at_once_make_one(self):
        self.look()
        notice = self.notices(self.ada)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            notice.copy({"message_id": "<other@example.com>"})
            self.env.flush_all()

    def test_nobody_else_reads_it(self):
        self.look()
        self.send()
        notice = self.notices(self.ada)
        for user in (self.sam, self.kim, self.mia, self.ben):
            messages = self.env["mail.message"].with_user(user)
            self.assertFalse(
                messages.search(
                    [("model", "=", "res.users"), ("res_id", "=", self.ada.id)]
                )
            )
            if user != self.ben:
                with self.assertRaises(AccessError):
                    notice.with_user(user).read(["state"])

    def test_words_of_others_are_text(self):
        self.large.o2c_request_ids.with_user(self.ada).action_refuse("No")
        self.large.o2c_request_ids.with_user(self.sam).action_ask_again(HOSTILE)

        self.look()
        self.send()

        [text] = self.sink.texts()
        self.assertNotIn(HOSTILE, text)
        self.assertIn("&lt;script&gt;", text)


@tagged(*STANDARD)
class TestDigest(O2CCase):
    KPIS = (
        "kpi_o2c_total",
        "kpi_o2c_on_time",
        "kpi_o2c_right",
        "kpi_o2c_by_itself",
        "kpi_o2c_overdue",
        "kpi_o2c_broken",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.env["res.company"].create({"name": "Digest Place"})
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Order to Cash",
                "company_id": cls.company.id,
                **dict.fromkeys(cls.KPIS, True),
            }
        )

    def kpis(self, user):
        found = self.digest._compute_kpis(self.company, user)
        return {kpi["kpi_name"]: kpi for kpi in found if kpi["kpi_name"] in self.KPIS}

    def test_the_figures_are_those_of_the_dashboard(self):
        report = self.env["o2c.cycle.report"].with_user(self.kim)
        now = fields.Datetime.now()
        advice = self.product("Advice", 500, "order", type="service")
        order = self.confirmed(product=advice)
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        self.pay(invoice)
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = %s WHERE id = %s",
            (now - timedelta(days=4), order.id),
        )
        self.env.invalidate_all()
        later = fields.Datetime.now() + timedelta(minutes=1)
        mine = self.env["o2c.cycle.report"].search([("order_id", "=", order.id)])
        self.assertTrue(mine.paid_on)

        digest = self.digest.with_user(self.kim).with_context(
            start_datetime=now - timedelta(minutes=1), end_datetime=later
        )
        paid = report.search_read(
            [("paid_on", ">=", now - timedelta(minutes=1)), ("paid_on", "<", later)],
            ["hours_total"],
        )
        hours = sorted(row["hours_total"] for row in paid)
        half = (hours[(len(hours) - 1) // 2] + hours[len(hours) // 2]) / 2

        self.assertAlmostEqual(digest.kpi_o2c_total_value, half / 24, 3)

    def test_what_fell_due_and_is_not_paid(self):
        today = self.company._o2c_today()
        start = today - timedelta(days=7)
        digest = self.digest.with_user(self.kim).with_context(
            start_datetime=start, end_datetime=today
        )
        before = digest.kpi_o2c_overdue_value
        for days in (10, 3, 0, -3):
            due = today - timedelta(days=days)
            move = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": due,
                    "invoice_date_due": due,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {"name": "A", "price_unit": 100 + days, "tax_ids": False},
                        )
                    ],
                }
            )
            move.action_post()
        digest.invalidate_recordset()

        self.assertEqual(digest.kpi_o2c_overdue_value - before, 103)

    def test_each_reads_what_he_may(self):
        self.assertEqual(set(self.kpis(self.kim)), set(self.KPIS))
        self.assertEqual(set(self.kpis(self.sam)), set(self.KPIS[:4]))
        self.assertFalse(self.kpis(self.wim))

    def test_the_mail_is_made_by_the_host(self):
        self.digest._action_send_to_user(self.kim, tips_count=0)

        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn("Ran by Itself", mail.body_html)
        self.assertIn("Promises to Pay Not Kept", mail.body_html)
