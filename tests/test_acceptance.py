"""Work the customer accepts before it is invoiced."""

import base64
import json
import re
from datetime import timedelta

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import STANDARD, World
from .test_billing import BillingCase

DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


class AcceptanceCase(BillingCase):
    def setUp(self):
        super().setUp()
        self.advice = self.service("Advice", 100, o2c_needs_acceptance=True)
        self.order_ = self.confirmed(quantity=10, price=100, product=self.advice)

    def work(self, quantity):
        self.order_.order_line.qty_delivered += quantity

    def asked(self, state="asked"):
        found = self.order_.sudo().order_line.o2c_acceptance_ids
        return found.filtered(lambda a: a.state == state)

    def sign(self, acceptance=None):
        acceptance = acceptance or self.asked()
        acceptance._accept("Pat Purchaser", DOT, acceptance.quantity)

    def billed(self):
        self.run_queue()
        return sum(self.invoices(self.order_).mapped("amount_untaxed"))


class TestAcceptance(AcceptanceCase):
    def test_work_is_asked_and_not_billed_before(self):
        self.work(3)

        acceptance = self.asked()
        self.assertEqual((acceptance.quantity, acceptance.state), (3, "asked"))
        self.assertFalse(self.tasks(self.order_))
        self.assertEqual(self.billed(), 0)
        self.assertIn(
            "Waiting for the customer to accept Advice",
            self.order_.with_user(self.sam).o2c_status,
        )
        mail = self.env["mail.mail"].search(
            [("model", "=", "o2c.acceptance"), ("res_id", "=", acceptance.id)]
        )
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(f"/acceptance/{acceptance.id}", mail.body_html)

    def test_a_signature_bills_it_at_once_with_the_evidence(self):
        self.work(3)
        self.sign()

        self.assertEqual(self.billed(), 300)
        invoice = self.invoices(self.order_)
        self.assertEqual(self.asked("accepted").move_id, invoice)
        note = invoice.message_ids.filtered("attachment_ids")
        self.assertIn("signed by Pat Purchaser", note.body)
        self.assertEqual(note.attachment_ids.mimetype, "image/png")
        self.assertIn("accepted", self.events(self.order_))

    def test_more_work_meanwhile_asks_for_all_of_it(self):
        self.work(3)
        seen = self.asked().quantity
        self.work(2)

        self.assertEqual(self.asked().quantity, 5)
        with self.assertRaisesRegex(UserError, "read it once more"):
            self.asked()._accept("Pat", DOT, seen)
        self.assertEqual(self.billed(), 0)

    def test_work_after_an_answer_is_asked_for_by_itself(self):
        self.work(3)
        self.sign()
        self.work(2)

        self.assertEqual(self.asked().quantity, 2)
        self.assertEqual(self.billed(), 300)

    def test_work_taken_back_is_not_asked_any_more(self):
        self.work(3)
        self.work(-3)
        self.assertFalse(self.asked())
        self.assertTrue(self.asked("withdrawn"))

    def test_refused_with_a_reason_it_is_not_billed_and_somebody_is_told(self):
        self.work(3)
        with self.assertRaisesRegex(UserError, "what is missing"):
            self.asked()._refuse("Pat", " ")
        self.asked()._refuse("Pat", "The report is missing <b>!</b>")

        self.assertEqual(self.billed(), 0)
        told = self.order_.sudo().activity_ids
        self.assertEqual(told.user_id, self.sam)
        self.assertIn("The report is missing &lt;b&gt;", told.note)
        self.assertIn(
            "does not accept Advice", self.order_.with_user(self.sam).o2c_status
        )

    def test_asked_again_and_accepted_it_is_billed_once(self):
        self.work(3)
        self.asked()._refuse("Pat", "Not yet")
        refused = self.asked("refused")
        self.work(1)
        self.assertEqual(self.asked().quantity, 1)
        self.asked()._move_to("withdrawn")

        refused.with_user(self.sam).sudo(False).action_ask_again()
        self.sign()

        self.assertEqual(self.billed(), 300)

    def test_answered_once_is_answered(self):
        self.work(3)
        acceptance = self.asked()
        self.sign()
        with self.assertRaisesRegex(UserError, "answered already"):
            acceptance._refuse("Pat", "No")
        with self.assertRaisesRegex(UserError, "answered already"):
            acceptance._accept("Pat", DOT, 3)

    def silence(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_silence").method_direct_trigger()
        self.env.invalidate_all()

    def test_silence_is_a_yes_only_where_agreed_and_after_these_days(self):
        self.work(1)
        self.silence()
        self.assertFalse(self.asked("silent"), "nothing was agreed")

        self.company.o2c_silence_days = 10
        self.work(1)
        self.silence()
        self.assertFalse(self.asked("silent"), "too early")

        self.asked().answer_by = self.company._o2c_today() - timedelta(days=1)
        self.silence()
        self.assertEqual(self.asked("silent").quantity, 2)
        self.assertEqual(self.billed(), 200)
        self.assertIn(
            "counts as accepted",
            "".join(self.invoices(self.order_).message_ids.mapped("body")),
        )

    def test_one_that_cannot_be_accepted_stops_no_other(self):
        self.company.o2c_silence_days = 10
        bad = self.confirmed(quantity=10, price=100, product=self.advice)
        (bad | self.order_).order_line.qty_delivered = 2
        asked = (bad | self.order_).sudo().order_line.o2c_acceptance_ids
        asked.answer_by = self.company._o2c_today() - timedelta(days=1)
        self.env.cr.execute(
            "ALTER TABLE o2c_acceptance ADD CHECK (state = 'asked' OR id != %s)",
            bad.sudo().order_line.o2c_acceptance_ids.ids,
        )
        with mute_logger("odoo.addons.o2c_addon.models.acceptance", "odoo.sql_db"):
            self.silence()

        self.assertEqual(self.asked("silent").quantity, 2)
        self.assertEqual(bad.sudo().order_line.o2c_acceptance_ids.state, "asked")

    def test_lines_that_need_none_are_billed_as_ever(self):
        self.order_.order_line.o2c_needs_acceptance = False
        self.work(3)
        self.assertFalse(self.order_.sudo().order_line.o2c_acceptance_ids)
        self.assertTrue(self.tasks(self.order_))

    def test_nobody_of_ours_answers_for_the_customer(self):
        self.work(3)
        for user in (self.sam, self.kim, self.mia):
            for method, args in (
                ("write", [{"state": "accepted"}]),
                ("create", [{"line_id": self.order_.order_line.id}]),
                ("unlink", []),
            ):
                ids = [] if method == "create" else [self.asked().ids]
                with (
                    self.subTest(user.name, method=method),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "o2c.acceptance", method, *ids, *args)
        with self.assertRaises(AccessError):
            self.rpc(self.wim, "o2c.acceptance", "action_ask_again", self.asked().ids)


@tagged(*STANDARD)
class TestPage(World, HttpCase):
    """In the portal, as the customer with the link, and as anybody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.company.o2c_invoicing = "post"
        advice = cls.product(
            "Advice", 100, type="service", is_storable=False, o2c_needs_acceptance=True
        )
        cls.order_ = cls.confirmed(quantity=3, price=100, product=advice).sudo()
        cls.order_.order_line.qty_delivered = 3
        cls.acceptance = cls.order_.order_line.o2c_acceptance_ids
        cls.env.flush_all()

    def answer(self, url, signature=DOT, name="Pat"):
        return self.make_jsonrpc_request(url, {"name": name, "signature": signature})

    def sign_url(self, page):
        props = re.search(r'name="portal.signature_form"[^>]*props="([^"]+)"', page)
        return json.loads(props[1].replace("&#34;", '"').replace("&quot;", '"'))[
            "callUrl"
        ].replace("&amp;", "&")

    def test_the_customer_reads_and_signs(self):
        order_page = self.url_open(self.order_.get_portal_url()).text
        self.assertIn("Please look at what we did", order_page)

        page = self.url_open(self.acceptance._url()).text
        self.assertEqual(self.acceptance.state, "asked", "looking decides nothing")
        self.answer(self.sign_url(page))

        self.assertEqual(self.acceptance.state, "accepted")
        self.assertEqual(base64.b64decode(self.acceptance.signature)[1:4], b"PNG")
        self.assertIn("signed by Pat", self.url_open(self.acceptance._url()).text)
        self.comment("Good work")
        self.assertEqual(self.acceptance.comment, "Good work")

    def post(self, answer, words):
        url = self.acceptance._url().replace(
            f"/acceptance/{self.acceptance.id}",
            f"/acceptance/{self.acceptance.id}/{answer}",
        )
        self.authenticate(None, None)
        token = http.Request.csrf_token(self)
        self.url_open(url, data={"words": words, "csrf_token": token})
        self.env.invalidate_all()

    def comment(self, words):
        self.post("comment", words)

    def test_he_refuses_and_says_why(self):
        self.post("refuse", "  ")
        self.assertEqual(self.acceptance.state, "asked")
        self.post("refuse", "The report is missing")
        self.assertEqual(
            (self.acceptance.state, self.acceptance.comment),
            ("refused", "The report is missing"),
        )
        self.assertIn(
            "The report is missing", self.url_open(self.acceptance._url()).text
        )

    def test_without_the_link_nobody_answers(self):
        url = self.sign_url(self.url_open(self.acceptance._url()).text)
        stranger = re.sub(r"access_token=[^&]*", "access_token=guessed", url)
        self.assertIn("error", self.answer(stranger))
        other = self.confirmed().sudo()
        mixed = url.replace(f"/orders/{self.order_.id}/", f"/orders/{other.id}/")
        mixed = re.sub(
            r"access_token=[^&]*", f"access_token={other._portal_ensure_token()}", mixed
        )
        self.assertIn("error", self.answer(mixed))
        self.assertIn("error", self.answer(url, signature=""))
        self.assertEqual(self.acceptance.state, "asked")

    def test_a_colleague_looks_and_does_not_sign(self):
        url = self.sign_url(self.url_open(self.acceptance._url()).text)
        self.authenticate("mia_t", "mia_t")
        self.assertIn(
            "Your customer answers here", self.url_open(self.acceptance._url()).text
        )
        self.assertIn("error", self.answer(url))
        self.assertEqual(self.acceptance.state, "asked")
