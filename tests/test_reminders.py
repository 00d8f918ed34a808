"""Customers are reminded kindly: once a day, never early, and not without need."""

from ast import literal_eval
from datetime import datetime, timedelta
from itertools import cycle
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytz
from lxml import etree
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD
from .hearing import MONDAY, HearingCase
from .test_conventions import ADDON

FRIENDLY, FIRM = "Friendly reminder", "Overdue"


@tagged(*STANDARD)
class TestLevels(HearingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friendly = cls.remind(5)
        cls.firm = cls.remind(
            15,
            template_id=cls.env.ref(
                "o2c_addon.mail_template_o2c_notice_reminder_firm"
            ).id,
        )

    def test_a_reminder_arrives_with_the_amount_and_the_way_to_pay(self):
        invoice = self.invoice(late=5)

        self.run_day()

        self.assertEqual(
            self.heard(), [("orders@harbor.example", f"{FRIENDLY}: {invoice.name}")]
        )
        [text] = self.sink.texts()
        self.assertIn("500.00", text)
        self.assertIn(self.company.name, text)
        self.assertNotIn("Journal Entry", text)
        self.assertIn(f"{invoice.get_portal_url().replace('&', '&amp;')}", text)
        self.assertEqual(self.sink.mails[0]["message-id"], self.notices().message_id)
        self.assertEqual(self.notices().state, "sent")
        self.assertIn(self.notices().mail_message_id, invoice.message_ids)

    def test_not_a_day_early(self):
        self.invoice(late=4)

        self.run_day()

        self.assertFalse(self.heard())
        self.assertFalse(self.notices())

    def test_each_level_once_however_often_it_is_looked(self):
        self.invoice(late=5)
        for _hour in range(3):
            self.run_day()
            self.later(hours=1)
        self.assertEqual(len(self.heard()), 1)

        self.later(days=10)
        for _hour in range(3):
            self.run_day()
            self.later(hours=1)
        subjects = self.sink.subjects()
        self.assertEqual([s.split(":")[0] for s in subjects], [FRIENDLY, FIRM])

    def test_after_a_month_of_silence_only_the_highest_level(self):
        self.invoice(late=5)
        self.later(days=31 - 3)

        for _day in range(5):
            self.run_day()
            self.later(days=1)

        self.assertEqual([s.split(":")[0] for s in self.sink.subjects()], [FIRM])

    def test_one_mail_a_day_for_each_customer(self):
        for late in (5, 6, 16):
            self.invoice(late=late)
        other = self.partner()
        self.invoice(late=7, partner=other)

        self.run_day()
        self.run_day()

        self.assertEqual(
            sorted(to for to, _subject in self.heard()),
            ["blue@customer.example", "orders@harbor.example"],
        )

    def test_a_statement_lists_all_that_is_open_and_counts_for_all_that_was_due(self):
        late, later_, current = (self.invoice(late=n) for n in (16, 6, -20))

        self.run_day()
        self.later(days=1)
        self.run_day()

        [text] = self.sink.texts()
        for invoice in (late, later_, current):
            self.assertIn(invoice.name, text)
        self.assertIn("Total", text)
        self.assertEqual(
            self.notices().mapped(
                lambda n: (n.move_id, n.state, bool(n.carried_by_id))
            ),
            [(late, "sent", False), (later_, "sent", True)],
        )

    def test_per_invoice_the_others_follow_on_the_next_days_the_highest_first(self):
        (self.friendly | self.firm).scope = "invoice"
        invoices = {late: self.invoice(late=late) for late in (5, 16, 7)}

        for _day in range(4):
            self.run_day()
            self.later(days=1)

        names = [subject.split(": ")[1] for subject in self.sink.subjects()]
        self.assertEqual(names, [invoices[n].name for n in (16, 7, 5)])
        self.assertNotIn(invoices[7].name, self.sink.texts()[0])

    def test_who_was_reminded_today_stops_no_other(self):
        self.friendly.scope = "invoice"
        self.invoice(late=5)
        self.invoice(late=7)
        self.run_day()
        self.invoice(late=6, partner=self.partner())

        self.later(hours=2)
        self.run_day()

        self.assertEqual(len({to for to, _subject in self.heard()}), 2)
        self.assertEqual(len(self.heard()), 2)

    def test_before_the_due_date(self):
        self.remind(
            -3,
            template_id=self.env.ref(
                "o2c_addon.mail_template_o2c_notice_reminder_soon"
            ).id,
        )
        invoice = self.invoice(late=-4)
        self.run_day()
        self.assertFalse(self.heard())

        self.later(days=1)
        self.run_day()

        [subject] = self.sink.subjects()
        self.assertTrue(subject.startswith(f"{invoice.name} is due on"))

    def test_what_is_overdue_hears_nothing_of_due_soon(self):
        (self.friendly | self.firm).active = False
        self.remind(-3)
        self.invoice(late=1)

        self.run_day()

        self.assertFalse(self.heard())

    def test_an_instalment_is_late_before_the_invoice_is(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": n}
                    )
                    for n in (10, 60)
                ],
            }
        )
        invoice = self.invoice(
            invoice_date=self.now.date() - timedelta(days=15),
            invoice_date_due=False,
            invoice_payment_term_id=term.id,
        )
        self.run_day()
        self.later(days=57)
        self.run_day()

        self.assertEqual(len(self.heard()), 2)
        self.assertEqual(
            [(n.level, (n.due_on - invoice.invoice_date).days) for n in self.notices()],
            [(5, 10), (15, 10), (5, 60)],
        )

    def test_not_on_a_sunday_nor_on_a_holiday(self):
        self.at(MONDAY - timedelta(days=1))
        self.invoice(late=5)
        self.run_day()
        self.assertFalse(self.heard())

        self.at(MONDAY)
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "name": "Founder's day",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-11-23 00:00:00",
                "date_to": "2026-11-23 23:59:59",
            }
        )
        self.run_day()
        self.assertFalse(self.heard())

        holiday.unlink()
        self.run_day()
        self.assertEqual(len(self.heard()), 1)

    def test_never_early_in_any_time_zone(self):
        """At ten in the morning UTC it is Tuesday in Kiritimati, Sunday elsewhere."""
        invoice = self.invoice(late=4)  # due +5 is Tuesday
        self.at(datetime(2026, 11, 23, 10, 30))
        tuesday = fields.Date.to_date("2026-11-24")
        self.assertEqual(invoice.invoice_date_due + timedelta(days=5), tuesday)
        for here, there, hears in (
            ("UTC", False, False),
            ("Pacific/Pago_Pago", False, False),
            ("Pacific/Kiritimati", "Pacific/Pago_Pago", False),
            ("Pacific/Kiritimati", "Europe/Berlin", False),
            ("Pacific/Kiritimati", "Pacific/Kiritimati", True),
        ):
            with self.subTest(f"company in {here}, customer in {there}"):
                self.company.resource_calendar_id = self.calendar(here)
                self.customer.tz = there
                self.run_day()
                self.assertEqual(bool(self.heard()), hears)

    def test_today_is_in_no_time_zone_before_the_customers_or_ours(self):
        """All zones, around midnights and the hours that clocks skip or repeat."""
        moments = [
            datetime(2026, month, day, hour, 30)
            for month, day in ((3, 8), (3, 29), (4, 5), (10, 25), (11, 1), (12, 31))
            for hour in (0, 10, 23)
        ]
        new = self.env["res.partner"].new
        partners = {zone: new({"tz": zone}) for zone in pytz.all_timezones}
        self.assertGreater(len(partners), 400)
        places = cycle(("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"))
        for moment, here in zip(moments, places, strict=False):
            self.at(moment)
            self.company.resource_calendar_id = self.calendar(here)
            there = pytz.utc.localize(moment)
            ours = there.astimezone(ZoneInfo(here)).date()
            for zone, partner in partners.items():
                day = min(ours, there.astimezone(pytz.timezone(zone)).date())
                if self.company._o2c_today_for(partner) != day:
                    self.fail(f"{moment} in {here} it is not {day} for {zone}")

    def test_other_companies_have_their_own_rules_and_days(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.env["account.chart.template"].try_loading("generic_coa", company)
        other = self.env["account.move"].with_company(company)
        late = other.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": self.now.date() - timedelta(days=60),
                "invoice_date_due": self.now.date() - timedelta(days=30),
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 9})],
            }
        )
        late.action_post()

        self.run_day()
        self.assertFalse(self.heard())

        self.friendly.company_id = False
        self.run_day()
        self.assertEqual(
            self.env["o2c.notice"].search([("company_id", "=", company.id)]).move_id,
            late,
        )
        self.assertEqual(len(self.heard()), 1)

    def test_only_customers_the_rule_is_about(self):
        self.friendly.domain = "[('country_id.code', '=', 'BE')]"
        self.invoice(late=6)
        partner = self.partner(country_id=self.env.ref("base.be").id)
        self.invoice(late=6, partner=partner)

        self.run_day()

        self.assertEqual([to for to, _s in self.heard()], ["blue@customer.example"])

    def test_a_broken_rule_reminds_nobody_and_stops_no_other(self):
        self.env.cr.execute(
            "UPDATE o2c_notice_rule SET domain = '[(1, 2' WHERE id = %s",
            [self.firm.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.invoice(late=20)

        with self.assertLogs("odoo.addons.o2c_addon", "WARNING"):
            self.run_day()

        self.assertEqual([s.split(":")[0] for s in self.sink.subjects()], [FRIENDLY])

    def test_the_invoice_is_attached_where_wanted(self):
        self.friendly.attach = True
        invoice = self.invoice(late=5)

        self.run_day()

        [mail] = self.sink.mails
        [file] = mail.iter_attachments()
        self.assertIn(invoice.name.replace("/", "_"), file.get_filename())

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.friendly.template_id
        template.with_context(lang="fr_FR").subject = "Petit rappel : {{ object.name }}"
        self.customer.lang = "fr_FR"
        self.invoice(late=5)

        self.run_day()

        self.assertTrue(self.sink.subjects()[0].startswith("Petit rappel"))

    def test_hostile_names_come_out_as_text(self):
        evil = self.partner(
            "Evil <script>alert(1)</script>\r\nBcc: victim@x.example {{ 7*7 }}",
            email="evil@customer.example",
        )
        self.invoice(late=5, partner=evil, ref="<img src=x onerror=alert(1)>")

        self.run_day()

        [mail] = self.sink.mails
        self.assertEqual(mail.rcpt, ["evil@customer.example"])
        self.assertNotIn("bcc", mail)
        [text] = self.sink.texts()
        self.assertNotIn("<script>", text)
        self.assertIn("&lt;script&gt;", text)
        self.assertNotIn("<img src=x", text)

    def test_a_colleague_is_asked_instead(self):
        self.friendly.write({"channel": "activity", "user_id": self.kim.id})
        invoice = self.invoice(late=5)

        self.run_day()
        self.run_day()

        self.assertFalse(self.heard())
        self.assertEqual(invoice.activity_ids.user_id, self.kim)
        self.assertEqual(len(invoice.activity_ids), 1)
        self.assertEqual(self.notices(invoice).state, "asked")

    def test_both_a_mail_and_a_colleague(self):
        self.friendly.channel = "both"
        invoice = self.invoice(late=5)

        self.run_day()

        self.assertEqual(len(self.heard()), 1)
        self.assertEqual(invoice.activity_ids.user_id, self.sam)

    def test_a_level_holds_the_goods_and_payment_lets_them_go(self):
        for lift in ("paid", "overdue"):
            with self.subTest(lift):
                self.sink.mails.clear()
                reason = self.reason(lift=lift, name=f"Until {lift}")
                self.friendly.hold_reason_id = reason
                partner = self.partner(f"Buyer {lift}")
                order = self.confirmed(partner_id=partner.id)
                invoice = self.invoice(late=5, partner=partner)

                self.run_day()
                self.assertEqual(order.sudo().o2c_hold_ids.reason_id, reason)
                self.assertTrue(order.sudo().picking_ids._o2c_is_stopped("deliver"))

                self.pay(invoice)
                with self.enter_registry_test_mode():
                    self.env.ref("o2c_addon.ir_cron_o2c_holds").method_direct_trigger()
                self.env.invalidate_all()
                self.assertEqual(order.sudo().o2c_hold_ids.state, "released")
                self.assertFalse(order.sudo().picking_ids._o2c_is_stopped("deliver"))

    def test_history_remembers_it(self):
        order = self.confirmed(product=self.advice)
        invoice = order.sudo()._create_invoices()
        invoice.invoice_date_due = self.now.date() - timedelta(days=5)
        invoice.invoice_payment_term_id = False
        invoice.invoice_date = self.now.date() - timedelta(days=30)
        invoice.invoice_date_due = self.now.date() - timedelta(days=5)
        invoice.action_post()

        self.run_day()

        self.assertEqual(self.events(order)[-1], "reminded")


@tagged(*STANDARD)
class TestBrakes(HearingCase):
    """What keeps a reminder back; each is said, and gives way when it is over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friendly = cls.remind(5)

    def assert_then_reminded(self):
        self.run_day()
        self.assertEqual(len(self.heard()), 1)
        self.assertEqual(set(self.notices().mapped("state")), {"sent"})

    def test_questioned(self):
        invoice = self.invoice(late=5)
        invoice._o2c_dispute("Never ordered")
        self.run_day()
        self.assert_kept(invoice, "disputed")

        invoice.with_user(self.kim).action_o2c_end_dispute()
        self.assert_then_reminded()

    def test_promised(self):
        invoice = self.invoice(late=5)
        invoice._o2c_promise(self.now.date() + timedelta(days=1))
        self.run_day()
        self.assert_kept(invoice, "promised")
        self.later(days=1)
        self.run_day()
        self.assert_kept(invoice, "promised")

        self.later(days=1)
        self.assert_then_reminded()

    def test_in_grace(self):
        self.customer.with_company(self.company).o2c_grace_days = 6
        invoice = self.invoice(late=5)
        self.run_day()
        self.assert_kept(invoice, "grace")

        self.later(days=2)
        self.assert_then_reminded()

    def test_not_to_be_followed_up(self):
        invoice = self.invoice(late=5)
        invoice.no_followup = True
        self.run_day()
        self.assert_kept(invoice, "no_followup")

        invoice.no_followup = False
        self.assert_then_reminded()

    def test_customer_wants_no_reminders(self):
        self.customer.o2c_no_reminders = True
        invoice = self.invoice(late=5)
        self.run_day()
        self.assert_kept(invoice, "opted_out")

        self.customer.o2c_no_reminders = False
        self.assert_then_reminded()

    def test_customer_on_the_blacklist(self):
        self.env["mail.blacklist"]._add(self.customer.email)
        invoice = self.invoice(late=5)

        self.run_day()

        self.assert_kept(invoice, "opted_out")

    def test_just_partly_paid(self):
        invoice = self.invoice(late=5)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {"amount": 100, "payment_date": self.now.date()}
        ).action_create_payments()
        self.assertEqual(invoice.payment_state, "partial")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_partial_reconcile SET create_date = %s"
            " WHERE debit_move_id IN %s",
            [self.now, invoice.line_ids._ids],
        )
        self.env.invalidate_all()
        self.run_day()
        self.assert_kept(invoice, "partial")

        self.later(days=7)
        self.assert_then_reminded()

    def test_an_unmatched_payment_that_could_cover_it(self):
        invoice = self.invoice(late=5)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 499,
            }
        )
        payment.action_post()
        self.run_day()
        self.assertEqual(len(self.heard()), 1, "it cannot cover it")

        other = self.invoice(late=5)
        payment.action_draft()
        payment.amount = 500
        payment.action_post()
        self.later(days=1)
        self.sink.mails.clear()
        self.run_day()
        self.assertEqual(self.notices(other).cause, "unmatched")
        self.assertFalse(self.heard())
        self.assertEqual(self.notices(invoice).state, "sent")

    def bank_line(self, **values):
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        return self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": self.now.date(), "amount": 500, **values}
        )

    def test_a_line_of_the_bank_that_nobody_matched(self):
        invoice = self.invoice(late=5)
        line = self.bank_line(partner_id=self.customer.id, payment_ref="thanks")
        self.run_day()
        self.assert_kept(invoice, "unmatched")

        line.unlink()
        self.assert_then_reminded()

    def test_a_line_of_the_bank_that_names_the_invoice(self):
        invoice = self.invoice(late=5)
        self.bank_line(payment_ref=f"for {invoice.name}, part one", amount=20)

        self.run_day()

        self.assert_kept(invoice, "unmatched")

    def test_an_online_payment_on_its_way(self):
        invoice = self.invoice(late=5)
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
        method = self.env["payment.method"].create({"name": "Test", "code": "none"})
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": "t-1",
                "amount": 500,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "invoice_ids": [Command.set(invoice.ids)],
                "state": "pending",
                "last_state_change": self.now,
            }
        )

        self.run_day()

        self.assert_kept(invoice, "pending")

    def test_paid_between_queue_and_mail(self):
        invoice = self.invoice(late=5)
        self.evaluate()
        self.pay(invoice)
        self.send()

        self.assert_kept(invoice, "settled")

    def test_questioned_between_queue_and_mail(self):
        invoice = self.invoice(late=5)
        self.evaluate()
        invoice._o2c_dispute("Never ordered")
        self.send()

        self.assert_kept(invoice, "disputed")

    def test_what_is_wrong_with_one_customer_stops_no_other(self):
        broken = self.partner()
        self.invoice(late=5, partner=broken)
        invoice = self.invoice(late=5)
        notices = self.registry["o2c.notice"]
        asked = notices._brake_grace

        def breaks(self, company, due):
            if broken in (item.move.partner_id for item in due):
                raise OverflowError
            return asked(self, company, due)

        with (
            patch.object(notices, "_brake_grace", breaks),
            self.assertLogs("odoo.addons.o2c_addon.models.reminder", "ERROR"),
        ):
            self.run_day()

        self.assertEqual(self.notices().mapped("move_id"), invoice)
        self.assertEqual(len(self.heard()), 1)

    def test_what_is_wrong_with_a_quotation_stops_no_reminder(self):
        self.invoice(late=5)
        with (
            patch.object(
                self.registry["sale.order"],
                "_o2c_remind_of_quotations",
                side_effect=ValueError("injected"),
            ),
            self.assertLogs("odoo.addons.o2c_addon.models.reminder", "ERROR"),
        ):
            self.run_day()

        self.assertEqual(len(self.heard()), 1)

    def test_grace_has_an_end(self):
        partner = self.customer.with_company(self.company)
        for days in (-1, 3651, 2**31 - 1):
            with self.subTest(days), self.assertRaises(ValidationError):
                partner.o2c_grace_days = days
        self.env["ir.default"].set(
            "res.partner", "o2c_grace_days", 10**9, company_id=self.company.id
        )
        invoice = self.invoice(late=5)

        self.run_day()

        self.assert_kept(invoice, "grace")

    def test_one_brake_stops_one_invoice_and_no_other(self):
        stopped, free = self.invoice(late=6), self.invoice(late=5)
        stopped._o2c_dispute("Never ordered")

        self.run_day()

        [text] = self.sink.texts()
        self.assertIn(free.name, text)
        self.assertNotIn(stopped.name, text)

    def test_what_is_being_paid_starves_no_other(self):
        """Its payment has no entry yet: open in the books, settled for us."""
        paid, free = self.invoice(late=9), self.invoice(late=5)
        self.env.cr.execute(
            "UPDATE account_move SET payment_state = 'in_payment' WHERE id = %s",
            [paid.id],
        )
        self.env.invalidate_all()
        self.run_day()

        self.assertEqual(self.notices(paid).cause, "settled")
        self.assertEqual(self.notices(free).state, "sent")

    def test_a_brake_is_noted_once_however_often_it_is_looked(self):
        invoice = self.invoice(late=5)
        invoice._o2c_dispute("Never ordered")
        for _hour in range(3):
            self.run_day()
            self.later(hours=1)

        self.assertEqual(len(self.notices(invoice)), 1)

    def test_without_an_address_it_says_so_until_there_is_one(self):
        self.customer.email = False
        invoice = self.invoice(late=5)
        self.run_day()
        self.assert_kept(invoice, "no_address")
        unreached = self.env.ref("o2c_addon.not_reached_action")
        domain = literal_eval(unreached.domain)
        self.assertIn(self.notices(invoice), self.env["o2c.notice"].search(domain))

        self.customer.email = "new@harbor.example"
        self.later(days=1)
        self.assert_then_reminded()


@tagged(*STANDARD)
class TestRights(HearingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.friendly = cls.remind(5)

    def test_who_configures(self):
        values = {"name": "Mine", "kind": "reminder", "days": 9}
        for user in (self.sam, self.wim, self.kim, self.rae):
            with self.subTest(user.name):
                with self.assertRaises(AccessError):
                    self.rpc(user, "o2c.notice.rule", "create", [values])
                with self.assertRaises(AccessError):
                    self.rpc(
                        user,
                        "o2c.notice.rule",
                        "write",
                        self.friendly.ids,
                        {"active": False},
                    )
        self.assertTrue(self.rpc(self.mia, "o2c.notice.rule", "create", [values]))

    def test_debts_are_read_by_accounting_and_not_by_sales_or_warehouse(self):
        invoice = self.invoice(late=5)
        self.run_day()
        notice = self.notices(invoice)

        for user, sees in ((self.kim, 1), (self.sam, 0), (self.wim, 0)):
            found = (
                self.env["o2c.notice"].with_user(user).search([("id", "=", notice.id)])
            )
            self.assertEqual(len(found), sees, user.name)
        with self.assertRaises(AccessError):
            self.env["o2c.notice"].with_user(self.ada).search([])

    def test_nobody_writes_makes_or_deletes_a_message(self):
        self.invoice(late=5)
        self.run_day()
        notice = self.notices()
        for user in (self.kim, self.mia, self.env.ref("base.user_admin")):
            for method, *args in (
                ("write", notice.ids, {"state": "queued"}),
                ("unlink", notice.ids),
                ("create", [{"kind": "paid", "company_id": self.company.id}]),
            ):
                with (
                    self.subTest(f"{user.name} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "o2c.notice", method, *args)

    def test_accounting_decides_who_is_not_reminded(self):
        for user in (self.sam, self.kim):
            user.group_ids += self.env.ref("base.group_partner_manager")
        customer = self.customer.ids
        for values in ({"o2c_no_reminders": True}, {"o2c_grace_days": 9}):
            with self.subTest(values):
                with self.assertRaises(AccessError):
                    self.rpc(self.sam, "res.partner", "write", customer, values)
                with self.assertRaises(AccessError):
                    values_ = [{"name": "New", **values}]
                    self.rpc(self.sam, "res.partner", "create", values_)
        self.customer.sudo().o2c_no_reminders = True
        self.customer.is_company = True
        contact = {"name": "Contact", "parent_id": self.customer.id}
        [contact] = self.rpc(self.sam, "res.partner", "create", [contact])
        self.assertTrue(self.env["res.partner"].browse(contact).o2c_no_reminders)
        self.assertTrue(self.rpc(self.sam, "res.partner", "copy", customer))

        self.rpc(self.kim, "res.partner", "write", customer, {"o2c_grace_days": 9})
        self.assertEqual(self.customer.with_company(self.company).o2c_grace_days, 9)

    def test_days_stay_within_ten_years(self):
        for values in ({"days": 3651}, {"days": -3651}, {"patience_days": 2**31 - 1}):
            with (
                self.subTest(values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.friendly.write(values)
                self.env.flush_all()

    def told_together(self):
        """(the message with the mail, one that was told with it), not delivered"""
        self.invoice(late=7)
        self.invoice(late=6)
        self.sink.mode = "550 never"
        self.run_day()
        self.sink.mode = "ok"
        carried = self.notices().filtered("carried_by_id")
        self.assertEqual(carried.carried_by_id.state, "failed")
        return carried.carried_by_id, carried

    def test_sent_again_is_the_mail_it_was_told_with(self):
        head, carried = self.told_together()

        carried.with_user(self.kim).action_send_again()
        self.send()

        self.assertEqual((head | carried).mapped("state"), ["sent", "sent"])
        self.assertEqual(len(self.heard()), 1)

    def test_it_has_arrived_counts_for_all_that_was_told_together(self):
        head, carried = self.told_together()
        head._move_to("queued")
        head._move_to("sending")
        head._move_to("uncertain", cause="interrupted")

        carried.with_user(self.kim).action_arrived()

        self.assertEqual((head | carried).mapped("state"), ["sent", "sent"])

    def test_one_that_has_no_mail_of_its_own_silences_nobody(self):
        _head, carried = self.told_together()
        carried.state = "queued"
        self.later(days=1)
        self.invoice(late=5)

        self.run_day()

        self.assertEqual(len(self.heard()), 1)

    def test_what_was_sent_is_not_sent_again_by_anybody(self):
        self.invoice(late=5)
        self.run_day()

        with self.assertRaises(UserError):
            self.notices().with_user(self.kim).action_send_again()

    def test_a_rule_that_was_heard_is_switched_off_not_deleted(self):
        self.invoice(late=5)
        self.run_day()

        with self.assertRaisesRegex(UserError, "switch it off"):
            self.friendly.unlink()

    def test_a_rule_is_complete_or_refused(self):
        order_text = self.env.ref("sale.mail_template_sale_confirmation").id
        for values in (
            {"template_id": order_text},
            {"template_id": False},
            {"domain": "[('gone', '=', 1)]"},
            {"domain": "__import__('os')"},
            {"kind": "confirmed", "channel": "both"},
            {"kind": "waiting", "days": 0},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.friendly.write(values)

    def test_nothing_is_switched_on_by_the_installation(self):
        """Demo data switches some on, so the data itself is read."""
        rules = etree.parse(ADDON / "data" / "o2c_notice_rule_data.xml").findall(
            "record"
        )

        self.assertEqual(len(rules), 13)
        for rule in rules:
            self.assertEqual(rule.find("field[@name='active']").get("eval"), "False")
