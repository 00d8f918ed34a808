"""What customers hear of their orders: once, in their language, and nothing twice."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCOUNTING, SALES, STANDARD, WAREHOUSE
from .hearing import HearingCase


@tagged(*STANDARD)
class TestSteps(HearingCase):
    def subject(self):
        [subject] = self.sink.subjects()
        return subject

    def test_without_a_rule_nobody_hears_anything(self):
        order = self.confirmed(quantity=2)
        self.deliver(order, 1)
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        self.pay(invoice)
        self.run_day()

        self.assertFalse(self.heard())
        self.assertFalse(self.notices())

    def test_order_received_while_it_is_checked(self):
        self.tell("received")
        self.rule()
        order = self.order(quantity=11)
        order.action_confirm()
        order.action_confirm()
        self.send()

        self.assertEqual(self.subject(), f"{order.name}: we have received your order")

    def test_received_is_not_said_any_more_once_it_is_confirmed(self):
        self.tell("received")
        self.rule()
        order = self.order(quantity=11)
        order.action_confirm()
        order.sudo().o2c_request_ids.with_user(self.ada).action_approve()
        self.assertEqual(order.state, "sale")
        self.send()

        self.assert_kept(order, "overtaken")

    def test_confirmed_with_the_text_of_the_host(self):
        self.tell("confirmed")
        order = self.confirmed()
        self.send()

        self.assertIn(f"Order (Ref {order.name})", self.subject())
        self.assertEqual(self.notices(order).state, "sent")
        self.assertEqual(self.notices(order).email, "orders@harbor.example")

    def test_confirmed_is_not_said_twice_where_the_host_says_it(self):
        self.tell("confirmed")
        order = self.order()
        order._validate_order()
        self.sink.mails.clear()
        self.send()

        self.assert_kept(order, "host")

    def test_a_quotation_without_an_answer(self):
        self.tell("waiting", days=5)
        order = self.order()
        order.action_quotation_sent()
        self.assertEqual(order.o2c_quoted_on, self.now)
        order.order_line.product_uom_qty = 2
        self.later(days=4)
        self.run_day()
        self.assertFalse(self.heard())

        self.later(days=3)
        self.run_day()
        self.run_day()

        self.assertEqual(self.subject(), f"{order.name}: your quotation")

    def test_an_answered_or_expired_quotation_is_left_alone(self):
        self.tell("waiting", days=5)
        answered, expired, back = (self.order() for _index in range(3))
        (answered | expired | back).action_quotation_sent()
        expired.validity_date = self.now.date() - timedelta(days=1)
        answered.action_confirm()
        back.write({"state": "draft"})
        self.later(days=7)
        self.run_day()

        self.assertFalse(self.notices())

    def test_shipped_in_part_and_then_the_rest_with_tracking(self):
        self.tell("partly")
        self.tell("shipped", attach=True)
        order = self.confirmed(quantity=3)
        order.sudo().picking_ids.o2c_tracking_ref = "1Z999"
        self.deliver(order, 1)
        self.send()
        order.sudo().picking_ids.o2c_tracking_ref = "1Z999"
        self.deliver(order)
        self.send()

        first, second = self.sink.mails
        self.assertIn("a part of your order", first["subject"])
        self.assertIn("has been shipped", second["subject"])
        part, whole = self.sink.texts()
        self.assertIn("1Z999", part)
        self.assertIn("2 Units", " ".join(part.split()))
        self.assertNotIn("Still to come", whole)
        self.assertFalse([*first.iter_attachments()])
        self.assertEqual(len([*second.iter_attachments()]), 1)

    def test_the_slip_is_the_signed_one(self):
        self.tell("shipped", attach=True)
        order = self.confirmed()
        picking = self.deliver(order).sudo()
        picking.signature = (
            self.env.user.image_128
            or b"R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
        )
        self.send()

        [file] = self.sink.mails[0].iter_attachments()
        self.assertIn(b"ignature", file.get_payload(decode=True))

    def test_shipped_is_not_said_twice_where_the_host_says_it(self):
        self.tell("shipped")
        self.company.stock_move_email_validation = True
        order = self.confirmed()
        picking = self.deliver(order)
        self.sink.mails.clear()
        self.send()

        self.assert_kept(picking, "host")

    def test_a_return_is_no_shipment(self):
        self.tell("shipped")
        order = self.confirmed()
        picking = self.deliver(order)
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.button_validate()

        self.assertFalse(self.notices(back))

    def test_invoiced_with_the_invoice_attached(self):
        self.tell("invoiced", attach=True)
        invoice = self.invoice()
        self.send()

        self.assertIn(f"Invoice (Ref {invoice.name})", self.subject())
        self.assertEqual(len([*self.sink.mails[0].iter_attachments()]), 1)

    def test_invoiced_is_not_said_twice_where_the_invoice_is_sent(self):
        self.tell("invoiced")
        sent, due = self.invoice(), self.invoice()
        sent.is_move_sent = True
        due.o2c_send_on = self.now
        self.send()

        self.assertFalse(self.heard())
        self.assertEqual(self.notices().mapped("cause"), ["host", "host"])

    def test_a_credit_note_is_no_invoice(self):
        self.tell("invoiced")
        credit = self.invoice(move_type="out_refund")

        self.assertFalse(self.notices(credit))

    def test_thank_you_for_the_payment_once(self):
        self.tell("paid")
        invoice = self.invoice()
        self.pay(invoice)
        self.send()
        self.assertEqual(self.subject(), f"{invoice.name}: thank you for your payment")

        invoice.line_ids.remove_move_reconcile()
        self.pay(invoice)
        self.send()
        self.assertEqual(len(self.heard()), 1)

    def test_a_payment_taken_back_meanwhile(self):
        self.tell("paid")
        invoice = self.invoice()
        self.pay(invoice)
        invoice.line_ids.remove_move_reconcile()
        self.send()

        self.assert_kept(invoice, "overtaken")

    def test_on_hold_and_what_the_customer_can_do(self):
        self.tell("held")
        reason = self.reason(customer_text="Please send us <b>the form</b>.")
        order = self.confirmed()
        order.action_o2c_hold(reason.id, "they never pay, careful")
        self.send()

        self.assertEqual(self.subject(), f"{order.name}: your order is waiting")
        [text] = self.sink.texts()
        self.assertIn("Please send us &lt;b&gt;the form", text)
        self.assertNotIn("careful", text)
        self.assertNotIn(reason.name, text)

    def test_a_hold_on_the_delivery_is_told_of_the_order(self):
        self.tell("held")
        order = self.confirmed()
        reason = self.reason(customer_text="Send us the form.")
        order.sudo().picking_ids.with_user(self.sam).sudo().action_o2c_hold(reason.id)
        self.send()

        self.assertIn("Send us the form.", self.sink.texts()[0])

    def test_a_hold_without_words_for_the_customer_is_ours_alone(self):
        self.tell("held")
        order = self.confirmed()
        order.action_o2c_hold(self.reason().id)

        self.assertFalse(self.notices())

    def test_a_hold_that_ended_meanwhile_is_not_told(self):
        self.tell("held")
        order = self.confirmed()
        order.action_o2c_hold(self.reason(customer_text="Send us the form.").id)
        order.sudo().o2c_hold_ids.with_user(self.rae).action_release("They sent it")
        self.send()

        self.assert_kept(order, "overtaken")

    def test_customer_wants_no_messages(self):
        self.tell("confirmed")
        self.customer.o2c_no_messages = True
        order = self.confirmed()
        self.send()

        self.assert_kept(order, "opted_out")

    def test_a_document_that_changed_hands_meanwhile(self):
        self.tell("waiting", days=2)
        order = self.order()
        order.action_quotation_sent()
        self.later(days=3)
        self.evaluate()
        self.away()
        self.send()
        notice = self.notices(order)
        self.assertTrue(notice.mail_id, "the text is made")

        order.partner_id = self.env["res.partner"].create(
            {"name": "Blue Bay", "email": "blue@customer.example"}
        )
        self.back()
        self.later(hours=1)
        self.send()

        self.assert_kept(order, "overtaken")

    def test_customer_without_an_address(self):
        self.tell("confirmed")
        self.customer.email = False
        order = self.confirmed()
        self.send()

        self.assert_kept(order, "no_address")

    def test_switched_off_before_it_went_out(self):
        rule = self.tell("confirmed")
        order = self.confirmed()
        rule.active = False
        self.send()

        self.assertEqual(self.notices(order).cause, "off")
        self.assertFalse(self.heard())

    def test_only_customers_the_rule_is_about(self):
        self.tell("confirmed", domain="[('name', '=', 'Somebody else')]")

        self.assertFalse(self.notices(self.confirmed()))

    def test_a_broken_rule_never_stops_what_somebody_does(self):
        rule = self.tell("confirmed")
        self.env.cr.execute(
            "UPDATE o2c_notice_rule SET domain = '[(1, 2' WHERE id = %s", [rule.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self.assertLogs("odoo.addons.o2c_addon", "WARNING"):
            order = self.confirmed()

        self.assertEqual(order.state, "sale")

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        rule = self.tell("confirmed")
        rule.template_id.with_context(
            lang="fr_FR"
        ).subject = "Commande {{ object.name }}"
        self.customer.lang = "fr_FR"
        order = self.confirmed()
        self.send()

        self.assertEqual(self.subject(), f"Commande {order.name}")

    def test_the_user_waits_for_no_mail(self):
        """The step writes a row; the mail is made and sent later."""
        self.tell("confirmed")
        self.sink.mode = "550 never"
        order = self.confirmed()

        self.assertEqual(order.state, "sale")
        self.assertEqual(self.notices(order).state, "queued")
        self.assertFalse(self.notices(order).mail_id)

    def test_what_cannot_be_written_says_so_and_stops_no_other(self):
        rule = self.tell("confirmed")
        rule.template_id = self.env["mail.template"].create(
            {
                "name": "Text",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "subject": "{{ 1 / (object.partner_id.color - 1) }}",
            }
        )
        other = self.partner(color=1)
        good, bad = self.confirmed(), self.confirmed(partner_id=other.id)
        with self.assertLogs("odoo.addons.o2c_addon", "ERROR"):
            self.send()

        self.assertEqual(self.notices(good).state, "sent")
        self.assertEqual(
            (self.notices(bad).state, self.notices(bad).cause), ("failed", "broken")
        )
        self.assertEqual(
            self.notices(bad).why, "The text could not be made: division by zero"
        )

    def test_what_cannot_be_judged_or_noted_stops_no_other(self):
        """Before the mail: it fails. After it: nobody knows. The others go out."""
        self.tell("confirmed")
        first, good, last = (self.confirmed() for _order in range(3))
        orders, notices = self.registry["sale.order"], self.registry["o2c.notice"]
        judge, note = orders._o2c_reason_not_to_tell, notices._conclude

        def fails(order, notice):
            if order.id == first.id:
                raise ValueError("cannot be judged")
            return judge(order, notice)

        def breaks(notice, *args):
            if notice.order_id.id == last.id:
                raise ValueError("cannot be noted")
            return note(notice, *args)

        with (
            patch.object(orders, "_o2c_reason_not_to_tell", fails),
            patch.object(notices, "_conclude", breaks),
            patch.object(orders, "activity_schedule", side_effect=ValueError),
            self.assertLogs("odoo.addons.o2c_addon", "ERROR"),
        ):
            self.send()

        states = [self.notices(order).state for order in (first, good, last)]
        self.assertEqual(states, ["failed", "sent", "sending"])
        self.assertEqual(self.notices(first).why[-16:], "cannot be judged")
        self.assertEqual(len(self.sink.mails), 2)

        self.later(minutes=2)
        self.send()
        self.assertEqual(self.notices(last).state, "uncertain")
        self.assertEqual(len(self.sink.mails), 2, "nothing twice")

    def test_what_cannot_even_be_noted_as_failed_stops_no_other(self):
        self.tell("confirmed")
        bad, good = self.confirmed(), self.confirmed()
        self.env.cr.execute(
            f"""
            CREATE FUNCTION o2c_break() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'this row is broken'; END $$;
            CREATE TRIGGER o2c_break BEFORE UPDATE ON o2c_notice FOR EACH ROW
                WHEN (OLD.order_id = {bad.id}) EXECUTE FUNCTION o2c_break()
            """
        )

        with (
            self.assertLogs("odoo.addons.o2c_addon", "ERROR"),
            mute_logger("odoo.sql_db"),
        ):
            self.send()

        self.assertEqual(self.notices(good).state, "sent")
        self.assertEqual(self.notices(bad).state, "queued")
        self.assertEqual(len(self.sink.mails), 1)

    def test_what_cannot_be_noted_in_a_history_stops_no_other(self):
        """It went out all the same; it is named, and noted once that is mended."""
        self.tell("confirmed")
        bad = self.confirmed(partner_id=self.partner().id)
        good = self.confirmed()
        self.env.cr.execute(
            f"""
            CREATE FUNCTION o2c_break() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'this row is broken'; END $$;
            CREATE TRIGGER o2c_break BEFORE INSERT ON mail_notification FOR EACH ROW
                WHEN (NEW.res_partner_id = {bad.partner_id.id})
                EXECUTE FUNCTION o2c_break()
            """
        )

        with (
            self.assertLogs("odoo.addons.o2c_addon", "ERROR") as log,
            mute_logger("odoo.sql_db"),
        ):
            self.send()

        self.assertEqual(len(self.sink.mails), 2)
        self.assertEqual(self.notices(bad, good).mapped("state"), ["sent", "sent"])
        self.assertFalse(self.notices(good).mail_id, "noted")
        self.assertTrue(self.notices(bad).mail_id)
        self.assertIn(f"notice {self.notices(bad).id} ", log.output[-1])

        self.env.cr.execute("DROP TRIGGER o2c_break ON mail_notification")
        self.send()
        self.assertFalse(self.notices(bad).mail_id, "noted")
        self.assertEqual(len(self.sink.mails), 2, "nothing twice")

    def test_hostile_texts_come_out_as_text_in_every_mail(self):
        hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
        order = self.confirmed(quantity=3, client_order_ref=hostile)
        picking = order.sudo().picking_ids
        self.deliver(order, 1)
        picking.o2c_tracking_ref = hostile
        order.action_o2c_hold(self.reason(customer_text=hostile).id)
        self.rule(limit=1, name=hostile)
        waits = self.order()
        waits.action_confirm()
        waits.sudo().o2c_request_ids.argument = hostile
        acceptance = self.env["o2c.acceptance"].search([], limit=1)
        for named in (
            self.customer | acceptance.partner_id,
            self.company,
            order.sudo().order_line.product_id,
            self.ada,
            self.sam,
        ):
            named.name = hostile
        invoice = self.env["account.move"].search([("state", "=", "posted")], limit=1)
        invoice.partner_id.name = invoice.payment_reference = hostile
        documents = {
            "sale.order": order,
            "stock.picking": picking,
            "account.move": invoice,
            "res.users": self.ada,
            "o2c.approval.request": waits.o2c_request_ids,
            "o2c.acceptance": acceptance,
        }
        ours = [("module", "=", "o2c_addon"), ("model", "=", "mail.template")]
        templates = self.env["ir.model.data"].search(ours).mapped("res_id")
        for template in self.env["mail.template"].browse(templates):
            document = documents[template.model]
            mail = template.send_mail_batch(
                document.ids, email_layout_xmlid="o2c_addon.notice_layout"
            )
            with self.subTest(template.name):
                self.assertIn("&lt;script&gt;", mail.body_html)
                self.assertNotIn("<script", mail.body_html)
                self.assertNotIn('onerror="', mail.body_html)
                self.assertNotIn("onerror=alert(1)>", mail.body_html)

    def test_who_may_see_the_document_reads_what_was_told(self):
        self.tell("confirmed")
        self.tell("shipped")
        order = self.confirmed()
        picking = self.deliver(order)
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        kinds = {
            self.sam: {"confirmed", "shipped"},
            self.wim: {"shipped"},
            own: set(),
            self.kim: {"confirmed", "shipped"},
        }
        for user, expected in kinds.items():
            with self.subTest(user.name):
                found = self.notices(order, picking).with_user(user)
                found = found.search([("id", "in", found.ids)])
                self.assertEqual(set(found.mapped("kind")), expected)
                self.assertTrue(all(n.why is not None for n in found))

    def test_another_company_reads_nothing(self):
        self.tell("confirmed")
        notice = self.notices(self.confirmed())
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.user("str_t", "Stranger", f"{SALES},{ACCOUNTING},{WAREHOUSE}")
        stranger.write(
            {"company_id": company.id, "company_ids": [Command.set(company.ids)]}
        )

        self.assertFalse(notice.with_user(stranger).search([("id", "=", notice.id)]))


@tagged(*STANDARD)
class TestSentOnce(HearingCase):
    """Law 12: sent at most once, nothing silently lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tell("confirmed")

    def orders(self, number):
        orders = self.env["sale.order"].union(*(self.order() for _n in range(number)))
        orders.action_confirm()
        return orders

    def test_one_row_per_document_step_and_level(self):
        order = self.confirmed()
        order._o2c_tell_customer("confirmed")
        self.assertEqual(len(self.notices(order)), 1)
        notices = self.env["o2c.notice"]
        notices._once_per_order.apply_to_database(notices)  # as an update would

        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.notices(order).copy()
        self.assertIn("once_per_order", str(caught.exception))

    def test_server_away_and_back_none_lost_none_doubled(self):
        orders = self.orders(30)
        ids = self.notices().mapped("message_id")
        self.away()
        for _minute in range(60):
            self.send()
            self.later(minutes=1)
        self.assertEqual(set(self.notices().mapped("state")), {"queued"})
        self.assertEqual(set(self.notices().mapped("cause")), {"unreachable"})

        self.back()
        back = self.now
        while self.notices().filtered(lambda n: n.state == "queued"):
            self.later(minutes=1)
            self.send()
            self.assertLess(self.now - back, timedelta(minutes=10))

        self.assertEqual(set(self.notices().mapped("state")), {"sent"})
        self.assertEqual(len(self.sink.mails), len(orders))
        self.assertEqual({m["message-id"] for m in self.sink.mails}, set(ids))

    def test_the_server_says_later(self):
        order = self.confirmed()
        self.sink.mode = "451 try again"
        self.send()
        self.assertEqual(self.notices(order).state, "queued")

        self.sink.mode = "ok"
        self.later(minutes=10)
        self.send()
        self.assertEqual(len(self.heard()), 1)
        self.assertEqual(self.notices(order).state, "sent")

    def test_the_server_says_never(self):
        order = self.confirmed()
        self.sink.mode = "550 no such user"
        self.send()
        self.later(days=1)
        self.sink.mode = "ok"
        self.send()

        self.assertFalse(self.heard())
        self.assertEqual(self.notices(order).state, "failed")
        self.assertIn("550", self.notices(order).why)
        self.assertEqual(order.activity_ids.user_id, self.sam)

    def test_given_up_after_some_days_and_somebody_is_asked(self):
        order = self.confirmed()
        self.away()
        self.send()
        self.later(days=4)
        self.send()

        self.assertEqual(self.notices(order).state, "failed")
        self.assertEqual(order.activity_ids.user_id, self.sam)

    def test_the_server_hangs_up_after_it_took_it(self):
        """Nobody knows: it is shown to a person and not sent again by itself."""
        order = self.confirmed()
        self.sink.mode = "drop"
        self.send()
        self.assertEqual(self.notices(order).state, "uncertain")
        self.sink.mode = "ok"
        self.later(hours=5)
        self.send()
        self.assertEqual(len(self.sink.mails), 1)

        self.notices(order).with_user(self.sam).action_arrived()
        self.assertEqual(self.notices(order).state, "sent")

    def test_the_server_hangs_up_before_it_heard_the_text(self):
        """Nobody can have got it: it goes out by itself, with the rest."""
        orders = self.orders(3)
        self.sink.mode = "deaf"
        self.send()
        self.assertEqual(self.notices().mapped("state"), ["queued"] * 3)

        self.sink.mode = "ok"
        self.later(minutes=10)
        self.send()

        self.assertEqual(self.notices().mapped("state"), ["sent"] * 3)
        self.assertEqual(len(self.heard()), len(orders))

    def test_a_server_that_hangs_up_makes_one_uncertain_and_not_all(self):
        self.orders(3)
        self.sink.mode = "drop"
        self.send()
        states = self.notices().sorted("id").mapped("state")
        self.assertEqual(states, ["uncertain", "queued", "queued"])

        self.sink.mode = "ok"
        self.later(minutes=10)
        self.send()

        self.assertEqual(len(self.sink.mails), 3, "each arrived once")

    def test_interrupted_is_uncertain_until_a_person_sends_it_again(self):
        order = self.confirmed()
        notice = self.notices(order)
        notice.write({"state": "sending", "sending_on": self.now})
        self.send()
        self.assertEqual(notice.state, "sending", "somebody may still be at it")

        self.later(minutes=2)
        self.send()
        self.assertEqual((notice.state, notice.cause), ("uncertain", "interrupted"))
        self.assertFalse(self.heard())

        notice.with_user(self.sam).action_send_again()
        self.send()
        self.assertEqual(self.sink.mails[0]["message-id"], notice.message_id)

    def test_sent_again_it_says_what_is_true_now(self):
        order = self.confirmed()
        self.sink.mode = "550 never"
        self.send()
        notice, old = self.notices(order), self.notices(order).mail_id
        self.assertEqual(notice.state, "failed")

        self.customer.lang = False
        notice.rule_id.template_id.subject = "New words"
        notice.with_user(self.sam).action_send_again()
        self.sink.mode = "ok"
        self.send()

        self.assertFalse(old.exists())
        self.assertEqual(self.sink.subjects(), ["New words"])

    def test_who_may_change_the_document_decides_on_what_is_uncertain(self):
        order = self.confirmed()
        notice = self.notices(order)
        notice.write({"state": "uncertain", "cause": "interrupted"})

        other = self.user("oth_t", "Other", "sales_team.group_sale_salesman")
        for user in (self.wim, self.ada, other):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.notice", "action_send_again", notice.ids)
        self.assertEqual(notice.state, "uncertain")

    def test_a_message_that_came_back(self):
        order = self.confirmed()
        self.send()
        notice = self.notices(order)
        self.env["mail.thread"]._routing_handle_bounce(
            None,
            {
                "bounced_email": "orders@harbor.example",
                "bounced_partner": self.customer,
                "bounced_msg_ids": [notice.message_id],
                "bounced_message": notice.mail_message_id,
                "body": "<p>unknown user</p>",
                "email_from": "mailer-daemon@harbor.example",
                "to": "sam_t@seller.example",
                "message_id": "<bounce@harbor.example>",
            },
        )

        self.assertEqual((notice.state, notice.cause), ("failed", "bounced"))
        self.assertIn("came back", notice.why)

    def test_the_hosts_own_queue_never_sends_ours(self):
        self.orders(2)
        self.notices()._make_mails()
        self.env["mail.mail"].process_email_queue()
        self.assertFalse(self.heard(), "made, and not sent yet")

        self.sink.mode = "451 later"
        self.send()
        self.sink.mode = "ok"
        self.env["mail.mail"].process_email_queue()

        self.assertNotIn("orders@harbor.example", [to for to, _subject in self.heard()])

    def test_the_history_of_the_document_shows_what_was_said(self):
        order = self.confirmed()
        self.send()

        self.assertIn(self.notices(order).mail_message_id, order.message_ids)
        self.assertFalse(self.notices(order).mail_id, "the host's mail is tidied away")

    def test_cost_of_a_message_does_not_grow_with_the_queue(self):
        few, many = self._cost(5), self._cost(15)

        self.assertLessEqual((many - few) / 10, 12)

    def test_a_reminder_costs_less_than_by_the_host(self):
        """The same mails made and sent as Odoo does, which commits after each too."""
        self.remind(5)
        for index in range(20):
            self.invoice(late=10, partner=self.partner(f"Customer{index} Ltd"))
        self.evaluate()
        notices = self.notices()
        ours = self._queries(lambda: notices._send_due())
        self.assertEqual(notices.mapped("state"), ["sent"] * 20)

        template = notices.rule_id.template_id
        by_host = self._queries(
            lambda: template.send_mail_batch(
                notices.move_id.ids,
                force_send=True,
                email_layout_xmlid="o2c_addon.notice_layout",
            )
        )

        self.assertEqual(len(self.sink.mails), 40)
        self.assertLessEqual(ours, by_host / 2)
        self.assertLessEqual(ours, 60 + 12 * 20)

    def _queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        with (
            patch.object(
                self.env.registry["ir.cron"], "_commit_progress", lambda *a, **k: 60
            ),
            self.enter_registry_test_mode(),
        ):
            work()
            self.env.flush_all()
        return self.cr.sql_log_count - before

    def _cost(self, number):
        self.orders(number)
        cost = self._queries(lambda: self.env["o2c.notice"].sudo()._send_due())
        self.assertEqual(set(self.notices().mapped("state")), {"sent"})
        return cost

    def test_states_follow_the_table(self):
        notice = self.notices(self.confirmed())
        self.send()
        for state in ("queued", "kept", "sending", "uncertain"):
            with self.subTest(state), self.assertRaises(UserError):
                notice._move_to(state)
