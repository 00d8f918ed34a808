"""Nobody of ours at the keyboard: what a customer sees and what is kept."""

from odoo.tests import HttpCase, tagged

from .common import STANDARD, World
from .test_example import PIXEL


@tagged(*STANDARD)
class TestPortal(World, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.rule(limit=10000, name="Large orders")
        cls.large = cls.order(
            quantity=11, require_signature=True, require_payment=False
        )
        cls.large.action_quotation_sent()
        cls.large._portal_ensure_token()

    def page(self):
        self.env.flush_all()
        return self.url_open(self.large.get_portal_url()).text

    def sign(self):
        return self.make_jsonrpc_request(
            f"/my/orders/{self.large.id}/accept",
            {
                "access_token": self.large.access_token,
                "name": "Harriet",
                "signature": PIXEL,
            },
        )

    def test_a_signature_is_kept_and_the_customer_reads_that_we_review(self):
        answer = self.sign()
        self.env.invalidate_all()

        self.assertTrue(answer["force_refresh"])
        self.assertEqual((self.large.state, self.large.signed_by), ("sent", "Harriet"))
        request = self.large.o2c_request_ids
        self.assertEqual(request.requested_by_id, self.env.ref("base.user_root"))
        self.assertEqual(request.intent["channel"], "portal")

        page = self.page()
        self.assertIn("Thank you, we have received your signature. We are", page)
        for secret in ("Ada", "Ben", "Large orders", "10,000.00"):
            self.assertNotIn(secret, page)

        request.with_user(self.ada).action_approve()
        self.assertEqual(self.large.state, "sale")
        self.assertNotIn("We are reviewing", self.page())

    def test_customer_and_salesperson_are_told(self):
        self.sign()
        self.env.invalidate_all()

        messages = self.large.message_ids
        to_customer = messages.filtered(lambda m: "received your signature" in m.body)
        self.assertIn(self.customer, to_customer.partner_ids)
        to_sales = messages.filtered(lambda m: "It now waits for Ada or Ben" in m.body)
        self.assertTrue(to_sales.subtype_id.internal)
        self.assertIn(self.sam.partner_id, to_sales.partner_ids)

    def test_a_refusal_after_the_signature_is_worked_on(self):
        self.sign()
        self.env.invalidate_all()

        self.large.o2c_request_ids.with_user(self.ada).action_refuse("Too risky")

        page = self.page()
        self.assertIn("We cannot confirm it as it stands and will contact you", page)
        self.assertNotIn("Too risky", page)
        activity = self.large.activity_ids
        self.assertEqual(activity.user_id, self.sam)
        self.assertIn("signed or paid", activity.summary)

    def test_looking_decides_nothing(self):
        self.sign()
        self.env.invalidate_all()
        request = self.large.o2c_request_ids

        self.authenticate("ada_t", "ada_t")
        for _look in range(3):
            self.url_open(f"/odoo/approvals/{request.id}")
            self.url_open(f"/web#id={request.id}&model={request._name}")

        self.assertEqual(request.state, "pending")

    def test_no_link_opens_what_must_not_be_sent_yet(self):
        self.rule(limit=10000, gate="send", name="Before sending")
        draft = self.order(quantity=11)
        draft._portal_ensure_token()
        self.env.flush_all()

        page = self.url_open(draft.get_portal_url())

        self.assertNotIn(draft.name, page.text)
        draft.action_o2c_ask()
        draft.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertIn(draft.name, self.url_open(draft.get_portal_url()).text)
