"""What a customer reads and does on the pages of orders and invoices."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import ACCOUNTING, STANDARD, World
from .test_example import PIXEL
from .test_settlement import SettlementCase

HOSTILE = '<script>alert("o2c")</script>'


def progress(order):
    """label → state, as the customer sees it; asked as the portal does."""
    order.invalidate_recordset()
    return {step["label"]: step["state"] for step in order.sudo()._o2c_progress()}


def next_step(order):
    return order.sudo()._o2c_next_for_customer()


class TestProgress(SettlementCase):
    def setUp(self):
        super().setUp()
        self.company.o2c_invoicing = "manual"

    def sent(self, **values):
        order = self.order(require_payment=False, **values)
        order.action_quotation_sent()
        return order

    def test_an_offer_waits_for_the_signature(self):
        order = self.sent(require_signature=True)

        self.assertEqual(
            progress(order),
            {
                "Offered": "now",
                "Confirmed": "todo",
                "Shipped": "todo",
                "Invoiced": "todo",
                "Paid": "todo",
            },
        )
        self.assertEqual(next_step(order)["label"], "Accept & sign")
        self.assertEqual(next_step(order)["url"], "#modalaccept")

    def test_an_offer_waits_for_the_deposit(self):
        order = self.sent(require_signature=False)
        order.write({"require_payment": True, "prepayment_percent": 0.3})

        asked = next_step(order)

        self.assertIn("as soon as you have paid $\xa0300.00", asked["sentence"])
        self.assertEqual(asked["label"], "Pay the deposit")

    def test_an_offer_that_waits_for_us_has_no_button(self):
        order = self.sent(require_signature=False)

        self.assertNotIn("url", next_step(order))

    def test_in_review(self):
        self.rule(limit=10000)
        order = self.order(quantity=11, require_signature=True, require_payment=False)
        order.action_quotation_sent()
        order.write(
            {"signed_by": "Harriet", "signed_on": "2026-01-01", "signature": PIXEL}
        )
        order.sudo()._validate_order()

        steps = progress(order)

        self.assertEqual((steps["Received"], steps["In review"]), ("done", "now"))
        self.assertEqual(steps["Confirmed"], "todo")
        self.assertFalse(next_step(order))

    def test_from_confirmed_to_paid(self):
        order = self.confirmed(quantity=5)
        self.assertEqual(progress(order)["To be shipped"], "now")
        self.assertEqual(next_step(order)["sentence"], "We are preparing your order.")

        self.deliver(order, 3)
        self.assertEqual(progress(order)["Partly shipped"], "now")
        self.assertIn("the rest follows", next_step(order)["sentence"])

        self.deliver(order)
        self.assertEqual(progress(order)["Shipped"], "done")
        self.assertEqual(progress(order)["To be invoiced"], "now")
        self.assertEqual(next_step(order), {"sentence": "Your invoice follows."})

        invoice = self.invoice(order)
        self.assertEqual(progress(order)["To be paid"], "now")
        asked = next_step(order)
        self.assertIn("Please pay $\xa05,000.00 by", asked["sentence"])
        self.assertEqual(asked["label"], "Pay now")
        self.assertIn(f"/my/invoices/{invoice.id}", asked["url"])

        self.pay(invoice)
        self.assertEqual(set(progress(order).values()), {"done"})
        self.assertEqual(next_step(order)["label"], "Download the invoice")

        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(progress(order)["To be paid"], "now")

    def test_overdue_and_in_question(self):
        order = self.confirmed(5, 100, self.service("Licence", 100, "order"))
        today = self.company._o2c_today()
        invoice = self.invoice(order, invoice_date_due=today - timedelta(days=3))
        self.assertIn("due since", next_step(order)["sentence"])

        invoice._o2c_question("Too much")

        self.assertIn("looking into your question", next_step(order)["sentence"])

    def test_where_nothing_is_paid_online_the_invoice_is_there(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "False"
        )
        order = self.confirmed(5, 100, self.service("Licence", 100, "order"))
        self.invoice(order)

        self.assertEqual(next_step(order)["label"], "Download the invoice")

    def test_services_are_not_shipped_and_gifts_not_paid(self):
        service = self.confirmed(1, 100, self.service("Licence", 100, "order"))
        self.assertNotIn("Shipped", progress(service))

        gift = self.confirmed(1, 0)
        steps = {"Received", "Confirmed", "To be shipped"}
        self.assertEqual(set(progress(gift)), steps)

    def test_a_deposit_is_no_final_invoice(self):
        order = self.confirmed()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 30,
            }
        )
        deposit = wizard._create_invoices(order.sudo())
        deposit.action_post()
        self.pay(deposit)

        steps = progress(order)

        self.assertEqual((steps["To be shipped"], steps["Invoiced"]), ("now", "todo"))
        self.assertEqual(steps["Paid"], "todo")

    def test_cancelled_and_expired_have_none(self):
        cancelled = self.order()
        cancelled._action_cancel()
        expired = self.sent(validity_date="2020-01-01")

        for order in (cancelled, expired):
            self.assertFalse(progress(order))
            self.assertFalse(next_step(order))

    def test_only_web_addresses_are_linked(self):
        order = self.confirmed()
        delivery = self.deliver(order)

        self.assertEqual(delivery._o2c_tracking_url(), "")
        if "carrier_tracking_url" in delivery._fields:
            delivery = delivery.new({"carrier_tracking_url": "javascript:alert(1)"})
            self.assertEqual(delivery._o2c_tracking_url(), "")


@tagged(*STANDARD)
class TestPages(World, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.licence = cls.product(
            "Licence", 100, "order", type="service", is_storable=False
        )
        cls.paula = cls.customer_user("paula_portal", cls.customer)
        cls.other_customer = cls.env["res.partner"].create({"name": "Somebody else"})
        cls.otto = cls.customer_user("otto_portal", cls.other_customer)
        cls.order_ = cls.confirmed(5, 100, cls.licence)
        cls.invoice = cls.invoice_of(cls.order_)

    @classmethod
    def customer_user(cls, login, customer):
        user = cls.user(login, login, "base.group_portal")
        user.partner_id.parent_id = customer
        return user

    @classmethod
    def invoice_of(cls, order, **values):
        invoice = order.sudo()._create_invoices()
        invoice.write(values)
        invoice.action_post()
        invoice._portal_ensure_token()
        return invoice

    def look(self, url):
        self.env.flush_all()
        page = self.url_open(url)
        self.env.invalidate_all()
        return page

    def ask(self, words, token=None, invoice=None, csrf=True):
        if not self.session:
            self.authenticate(None, None)
        data = {"question": words, "access_token": token or ""}
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        self.env.flush_all()
        answer = self.url_open(
            f"/my/invoices/{(invoice or self.invoice).id}/question", data=data
        )
        self.env.invalidate_all()
        return answer

    def assert_not_questioned(self):
        self.assertFalse(self.invoice.o2c_disputed_on)
        self.assertFalse(self.invoice.activity_ids)

    # -- the order -------------------------------------------------------------------

    def test_the_progress_line_and_nothing_of_ours(self):
        self.rule(limit=0, name="Secret rule")
        reason = self.reason(name="Owes us money")
        order = self.confirmed(2, 100, self.laptop)
        order.o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")
        order.sudo()._o2c_put_on_hold(reason, "Never again")
        order._portal_ensure_token()

        page = self.look(order.get_portal_url()).text

        self.assertIn("o2c_step_now", page)
        self.assertIn("We are preparing your order.", page)
        for secret in ("Secret rule", "Owes us money", "Never again", "Ada", "margin"):
            self.assertNotIn(secret, page)

    def test_hostile_words_come_out_escaped(self):
        self.customer.name = HOSTILE
        order = self.confirmed(2, 100, self.laptop)
        delivery = self.deliver(order)
        delivery.o2c_tracking_ref = HOSTILE
        order._portal_ensure_token()

        page = self.look(order.get_portal_url()).text

        self.assertNotIn(HOSTILE, page)
        self.assertIn("Tracking &lt;script&gt;", page)

    def test_without_the_token_it_is_not_seen(self):
        self.order_._portal_ensure_token()

        for url in (
            f"/my/orders/{self.order_.id}",
            f"/my/orders/{self.order_.id}?access_token=wrong",
        ):
            self.assertNotIn("o2c_progress", self.look(url).text)

    # -- a question ------------------------------------------------------------------

    def test_by_the_link_of_the_mail(self):
        page = self.look(self.invoice.get_portal_url()).text
        self.assertIn("Question this invoice", page)

        answer = self.ask(f"Too much {HOSTILE}", self.invoice.access_token)

        self.assertTrue(self.invoice.o2c_disputed_on)
        self.assertEqual(self.invoice.o2c_dispute_reason, f"Too much {HOSTILE}")
        self.assertIn("We are looking into your question of", answer.text)
        self.assertNotIn("Question this invoice", answer.text)
        for body in self.invoice.message_ids.mapped("body"):
            self.assertNotIn("<script", body)
        self.assertNotIn("<script", self.invoice.activity_ids.note or "")
        self.assertIn("disputed", self.events(self.order_))

    def test_by_who_is_logged_in(self):
        self.authenticate("paula_portal", "paula_portal")

        self.ask("Too much")

        self.assertEqual(self.invoice.o2c_dispute_reason, "Too much")

    def test_by_nobody_else(self):
        other = self.invoice_of(self.confirmed(5, 100, self.licence))
        for token in ("", "wrong", other.access_token):
            self.ask("Too much", token)
            self.assert_not_questioned()
        self.authenticate("otto_portal", "otto_portal")
        self.ask("Too much")
        self.assert_not_questioned()

    def test_by_colleagues_under_their_own_name_and_only_in_accounting(self):
        for user in (self.sam, self.kim):
            user.password = user.login
        self.authenticate(self.sam.login, self.sam.login)
        for token in ("", self.invoice.access_token):
            self.assertEqual(self.ask("Too much", token).status_code, 403)
            self.assert_not_questioned()

        self.authenticate(self.kim.login, self.kim.login)
        self.ask("Too much")
        self.assertEqual(self.invoice.o2c_dispute_reason, "Too much")

    def test_not_from_another_site(self):
        answer = self.ask("Too much", self.invoice.access_token, csrf=False)

        self.assertEqual(answer.status_code, 400)
        self.assert_not_questioned()

    def test_not_by_looking(self):
        url = f"/my/invoices/{self.invoice.id}/question"
        answer = self.look(
            f"{url}?access_token={self.invoice.access_token}&question=No"
        )

        self.assertEqual(answer.status_code, 405)
        self.assert_not_questioned()

    def test_empty_is_no_question_and_long_is_cut(self):
        self.ask("   ", self.invoice.access_token)
        self.assert_not_questioned()

        self.ask("x" * 5000, self.invoice.access_token)
        self.assertEqual(len(self.invoice.o2c_dispute_reason), 1000)

    def test_a_question_that_stands_is_not_asked_again(self):
        self.ask("Too much", self.invoice.access_token)
        self.ask("And too late", self.invoice.access_token)

        self.assertEqual(self.invoice.o2c_dispute_reason, "Too much")
        self.assertEqual(self.events(self.order_).count("disputed"), 1)

    def test_what_is_paid_is_not_questioned(self):
        self.pay(self.invoice)
        self.assertNotIn(
            "Question this invoice", self.look(self.invoice.get_portal_url()).text
        )

        self.ask("Too much", self.invoice.access_token)
        self.assert_not_questioned()

    def test_words_of_ours_are_not_shown(self):
        self.invoice.with_user(self.kim).action_o2c_dispute("He never pays")

        page = self.look(self.invoice.get_portal_url()).text

        self.assertIn("We are looking into your question of", page)
        self.assertNotIn("He never pays", page)

    # -- when it will be paid --------------------------------------------------------

    def promise(self, date, amount, token=None, csrf=True):
        if not self.session:
            self.authenticate(None, None)
        data = {"date": date, "amount": amount, "access_token": token or ""}
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        self.env.flush_all()
        answer = self.url_open(f"/my/invoices/{self.invoice.id}/promise", data=data)
        self.env.invalidate_all()
        return answer

    @property
    def promised(self):
        return self.invoice.o2c_promise_ids

    def due(self, days=0):
        """The invoice is due so many days from now."""
        today = self.company._o2c_today()
        self.invoice.line_ids.filtered("date_maturity").date_maturity = (
            today + timedelta(days=days)
        )
        self.invoice.invoice_date_due = today + timedelta(days=days)
        return today

    def test_the_customer_says_when_he_will_pay(self):
        today = self.due()
        url = self.invoice.get_portal_url()
        self.assertIn("Say when you will pay", self.look(url).text)

        page = self.promise(
            today + timedelta(days=7), "300", self.invoice.access_token
        ).text

        self.assertEqual((self.promised.state, self.promised.amount), ("open", 300))
        self.assertTrue(self.promised.is_by_customer)
        self.assertIn("You promised to pay", page)
        self.assertNotIn("Say when you will pay", page)
        self.assertIn("promised", self.events(self.order_))

    def test_once_for_each_invoice_and_not_for_ever(self):
        today, token = self.due(), self.invoice.access_token
        for date, amount in (
            (today - timedelta(days=1), 500),
            (today + timedelta(days=15), 500),
            ("2999-01-01", 500),
            ("tomorrow", 500),
            ("", 500),
            (today, 0),
            (today, -500),
            (today, "nan"),
            (today, "inf"),
            (today, "much"),
        ):
            with self.subTest(date=date, amount=amount):
                self.promise(date, amount, token)
                self.assertFalse(self.promised)

        self.promise(today, 500, token)
        self.promise(today + timedelta(days=9), 500, token)
        self.assertEqual(self.promised.date, today)

    def test_not_long_before_it_is_due_nor_where_it_is_switched_off(self):
        self.due(60)
        token = self.invoice.access_token
        self.promise(self.company._o2c_today(), 500, token)
        self.assertFalse(self.promised)

        today = self.due()
        self.company.o2c_promise_days = 0
        page = self.look(self.invoice.get_portal_url()).text
        self.assertNotIn("Say when you will pay", page)
        self.promise(today, 500, token)
        self.assertFalse(self.promised)

    def test_nobody_else_promises(self):
        today = self.due()
        for token in ("", "wrong"):
            self.promise(today, 500, token)
        self.assertEqual(
            self.promise(today, 500, self.invoice.access_token, csrf=False).status_code,
            400,
        )
        self.authenticate("otto_portal", "otto_portal")
        self.promise(today, 500)
        self.assertFalse(self.promised)

        self.sam.password = self.sam.login
        self.authenticate(self.sam.login, self.sam.login)
        self.assertEqual(
            self.promise(today, 500, self.invoice.access_token).status_code, 403
        )
        self.assertFalse(self.promised)

        self.authenticate("paula_portal", "paula_portal")
        self.promise(today, 500)
        self.assertEqual(self.promised.state, "open")

    # -- who is not meant ------------------------------------------------------------

    def stranger(self):
        """An accountant of another company, who gets hold of the link."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.user("eve_portal", "Eve", ACCOUNTING)
        user.write({"company_ids": elsewhere.ids, "company_id": elsewhere.id})
        user.password = user.login
        return user

    def test_an_accountant_of_another_company_settles_nothing_by_the_link(self):
        eve, today = self.stranger(), self.due()
        self.authenticate(eve.login, eve.login)

        for token in ("", "wrong", self.invoice.access_token):
            self.ask("Too much", token)
            self.promise(today, 500, token)
        self.assert_not_questioned()
        self.assertFalse(self.promised)
        self.assertNotIn(self.invoice.name, self.look("/my/open-items").text)
        self.assertNotIn("500.00", self.look(self.pay_page()).text)
        with self.assertRaisesRegex(JsonRpcException, "MissingError"):
            self.begin_to_pay(500)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_nobody_settles_past_the_pages(self):
        """By RPC: an accountant elsewhere, another customer, nor the customer."""
        today, ids = self.due(), self.invoice.ids
        calls = (
            ("action_o2c_dispute", "Too much"),
            ("action_o2c_promise", today, 500),
            ("action_o2c_end_dispute", "wrong", "It was wrong"),
            ("_o2c_question", "Too much"),
            ("_o2c_promise_in_portal", today, 500),
            ("write", {"o2c_disputed_on": today}),
            ("write", {"o2c_promised_on": today}),
        )
        for user in (self.stranger(), self.otto, self.paula):
            for method, *args in calls:
                with (
                    self.subTest(f"{user.login} {method}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, "account.move", method, ids, *args)
        self.assert_not_questioned()
        self.assertFalse(self.promised)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_customers_read_no_list_of_ours(self):
        self.invoice.with_user(self.kim).action_o2c_dispute("Too much")
        self.invoice.with_user(self.kim).action_o2c_promise(self.due())
        for model in ("dispute", "promise", "notice", "overdue", "event"):
            for user in (self.otto, self.paula):
                with (
                    self.subTest(f"{user.login} {model}"),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, f"o2c.{model}", "search_read", [], ["id"])
        eve = self.stranger()
        for model in ("dispute", "promise", "notice", "overdue"):
            with self.subTest(f"{eve.login} {model}"):
                rows = self.rpc(eve, f"o2c.{model}", "search_read", [], ["id"])
                self.assertFalse(rows)

    def test_the_outcome_of_a_question_is_read_there_and_escaped(self):
        kind = self.env["o2c.dispute.reason"].create({"name": "Hours are wrong"})
        hidden = self.env["o2c.dispute.reason"].create(
            {"name": "Always complains", "in_portal": False}
        )
        page = self.look(self.invoice.get_portal_url()).text
        self.assertIn(kind.name, page)
        self.assertNotIn(hidden.name, page)
        self.authenticate(None, None)
        for chosen in (kind, hidden):
            self.url_open(
                f"/my/invoices/{self.invoice.id}/question",
                data={
                    "question": "Too much",
                    "reason": chosen.id,
                    "access_token": self.invoice.access_token,
                    "csrf_token": Request.csrf_token(self),
                },
            )
            self.env.invalidate_all()
            last = self.invoice.o2c_dispute_ids.sorted("id")[-1]
            self.assertEqual(last.reason_id, kind if chosen == kind else last.reason_id)
            self.assertNotEqual(last.reason_id, hidden)
            self.invoice.with_user(self.kim).action_o2c_end_dispute(
                "partly", f"Six hours {HOSTILE}"
            )
            self.env.flush_all()

        page = self.look(self.invoice.get_portal_url()).text

        self.assertIn("You are partly right: we will correct the invoice.", page)
        self.assertIn("Six hours &lt;script&gt;", page)
        self.assertNotIn(HOSTILE, page)

    # -- all that is open ------------------------------------------------------------

    def credit_note(self, amount, customer=None):
        note = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": (customer or self.customer).id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goodwill", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        note.action_post()
        return note

    def pay_page(self):
        return f"/my/open-items/pay/{self.company.id}/{self.company.currency_id.id}"

    def begin_to_pay(self, amount, **values):
        self.env.flush_all()
        provider = self.env["payment.provider"].search([("code", "=", "none")], limit=1)
        params = {
            "amount": amount,
            "provider_id": provider.id,
            "payment_method_id": self.env.ref("payment.payment_method_card").id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my/open-items",
            "payment_reference": "BATCH/1",
            **values,
        }
        answer = self.make_jsonrpc_request(
            self.pay_page().replace("/pay/", "/transaction/"), params
        )
        self.env.invalidate_all()
        return self.env["payment.transaction"].search(
            [("reference", "=", answer["reference"])]
        )

    def test_everything_of_the_whole_customer_net_of_credit_notes(self):
        branch = self.env["res.partner"].create(
            {"name": "Harbor South", "parent_id": self.customer.id}
        )
        second = self.invoice_of(
            self.confirmed(1, 100, self.licence, partner_id=branch.id)
        )
        paid = self.invoice_of(self.confirmed(1, 100, self.licence))
        self.pay(paid)
        note = self.credit_note(50)
        theirs = self.invoice_of(
            self.confirmed(1, 77, self.licence, partner_id=self.other_customer.id)
        )
        self.authenticate("paula_portal", "paula_portal")

        page = self.look("/my/open-items").text

        for item in (self.invoice, second, note):
            self.assertIn(item.name, page)
        for item in (paid, theirs):
            self.assertNotIn(item.name, page)
        self.assertIn("550.00", page)
        self.assertIn("Pay all", page)

    def test_paying_all_settles_all(self):
        note = self.credit_note(50)
        self.authenticate("paula_portal", "paula_portal")
        self.assertIn("450.00", self.look(self.pay_page()).text)

        transaction = self.begin_to_pay(450)

        self.assertEqual(transaction.invoice_ids, self.invoice | note)
        self.assertEqual(transaction.partner_id, self.paula.partner_id)
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        transaction._create_payment(
            journal_id=bank.id,
            payment_method_line_id=bank.inbound_payment_method_line_ids[0].id,
        )
        self.assertEqual((self.invoice.amount_residual, note.amount_residual), (0, 0))
        self.assertEqual(self.order_.o2c_settlement, "paid")
        self.assertIn("Nothing is open", self.look("/my/open-items").text)

    def test_only_what_is_still_open_is_paid(self):
        part = (
            self.env["account.payment.register"]
            .with_user(self.kim)
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({"payment_date": fields.Date.today(), "amount": 200})
        )
        part._create_payments()
        self.authenticate("paula_portal", "paula_portal")

        self.assertIn("300.00", self.look(self.pay_page()).text)

    def test_another_amount_is_refused(self):
        self.authenticate("paula_portal", "paula_portal")

        for amount in (1, 499.99, -500, 0):
            with (
                self.subTest(amount),
                self.assertRaisesRegex(JsonRpcException, "ValidationError"),
            ):
                self.begin_to_pay(amount)
        self.assertFalse(self.invoice.transaction_ids)

    def test_no_value_of_the_payment_comes_from_outside(self):
        self.authenticate("paula_portal", "paula_portal")

        with self.assertRaises(JsonRpcException):
            self.begin_to_pay(500, partner_id=self.other_customer.id)
        self.assertFalse(self.invoice.transaction_ids)

    def test_what_is_in_question_stays_out(self):
        self.ask("Too much", self.invoice.access_token)
        second = self.invoice_of(self.confirmed(1, 100, self.licence))
        self.authenticate("paula_portal", "paula_portal")

        page = self.look("/my/open-items").text
        self.assertIn("In question", page)

        transaction = self.begin_to_pay(100)
        self.assertEqual(transaction.invoice_ids, second)

    def test_another_customer_sees_and_pays_nothing_of_it(self):
        self.authenticate("otto_portal", "otto_portal")

        self.assertIn("Nothing is open", self.look("/my/open-items").text)
        self.assertNotIn("500.00", self.look(self.pay_page()).text)
        with self.assertRaisesRegex(JsonRpcException, "MissingError"):
            self.begin_to_pay(500)

    def test_without_login_there_is_no_page(self):
        page = self.look("/my/open-items")

        self.assertIn("/web/login", page.url)

    def test_each_currency_by_itself(self):
        pricelist = self.euro_pricelist(0.5)
        self.invoice_of(self.confirmed(3, 100, self.licence, pricelist_id=pricelist.id))
        self.authenticate("paula_portal", "paula_portal")

        page = self.look("/my/open-items").text

        self.assertEqual(page.count("o2c_total"), 2)
        self.assertIn("500.00", page)
        self.assertIn("300.00", page)
        euro = self.pay_page().rsplit("/", 1)[0] + f"/{pricelist.currency_id.id}"
        self.assertIn("300.00", self.look(euro).text)

    def test_the_start_page_leads_there(self):
        self.authenticate("paula_portal", "paula_portal")

        self.assertIn('href="/my/open-items"', self.look("/my").text)
        counted = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["o2c_open_items_count"]}
        )
        self.assertEqual(counted["o2c_open_items_count"], 1)
