"""Approvals of customer invoices and credit notes: nobody confirms past them."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import OWN_SALES, STANDARD, O2CCase


class InvoiceCase(O2CCase):
    @classmethod
    def invoice_rule(cls, criterion="amount", limit=10000, **values):
        return cls.rule(
            name=f"Invoices: {criterion}",
            document="account.move",
            criterion=criterion,
            limit=limit,
            **values,
        )

    @classmethod
    def invoice(cls, amount, kind="out_invoice", user=None, **values):
        """A draft written by Kim (or ``user``), seen as its writer sees it."""
        line = {
            "name": "Advice",
            "quantity": 1,
            "price_unit": amount,
            "tax_ids": [Command.clear()],
        }
        return (
            cls.env["account.move"]
            .with_user(user or cls.kim)
            .create(
                {
                    "move_type": kind,
                    "partner_id": cls.customer.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_user_id": False,
                    "invoice_line_ids": [Command.create(line)],
                    **values,
                }
            )
        )

    @classmethod
    def delivered(cls, quantity=10, price=1000):
        """A draft invoice by Kim of a delivered order."""
        order = cls.confirmed(quantity=quantity, price=price)
        cls.deliver(order)
        return order.with_user(cls.kim).sudo()._create_invoices().sudo(False)


@tagged(*STANDARD)
class TestInvoiceApprovals(InvoiceCase):
    def assertWaits(self, invoice, sentence):
        invoice.action_post()
        self.assertEqual(invoice.state, "draft")
        self.assertIn(sentence, invoice.o2c_explain()[0]["reason"])

    def assertGoes(self, invoice):
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_a_large_invoice_waits_and_is_confirmed_by_itself_once_approved(self):
        self.invoice_rule(limit=10000)
        large, small = self.invoice(12400), self.invoice(10000)

        self.assertGoes(small)
        self.assertWaits(large, "$\xa012,400.00 is $\xa02,400.00 above $\xa010,000.00")
        request = large.o2c_request_ids
        self.assertEqual(request.approver_ids, self.ada | self.ben)
        self.assertEqual(request.requested_by_id, self.kim)
        self.assertIs(request.with_user(self.mia).margin_shown, False)

        request.with_user(self.ada).action_approve()

        self.assertEqual(large.state, "posted")
        self.assertTrue(large.name)

    def test_an_invoice_that_nobody_has_to_approve_asks_nobody(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(9000)

        self.assertGoes(invoice)

        self.assertFalse(invoice.o2c_request_ids)
        self.assertEqual(invoice.o2c_approval_state, "none")

    def test_a_refused_invoice_stays_a_draft_and_its_writer_reads_why(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()

        invoice.o2c_request_ids.with_user(self.ben).action_refuse("Wrong customer")

        self.assertEqual(invoice.state, "draft")
        self.assertIn("Wrong customer", invoice.message_ids[0].body)
        self.assertIn(self.kim.partner_id, invoice.message_ids[0].notified_partner_ids)
        self.assertWaits(invoice, "Refused by Ben")

    def test_a_smaller_invoice_needs_no_other_yes_a_larger_does(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()
        invoice.o2c_request_ids.with_user(self.ada).action_approve()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 11000
        self.assertGoes(invoice)

        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 12001

        self.assertWaits(invoice, "Waiting for Ada or Ben")

    def test_another_payer_needs_another_yes(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()
        invoice.o2c_request_ids.with_user(self.ada).action_approve()
        invoice.button_draft()
        invoice.partner_id = self.env["res.partner"].create({"name": "Elm Street"})

        self.assertWaits(invoice, "Waiting for Ada or Ben")

    def test_who_corrects_an_invoice_does_not_approve_it(self):
        """Correct and approve: the corrector becomes an author."""
        self.ada.group_ids += self.env.ref("account.group_account_invoice")
        self.invoice_rule(limit=10000)
        invoice = self.invoice(13000)
        invoice.action_post()
        request = invoice.o2c_request_ids
        invoice.with_user(self.ada).invoice_line_ids.price_unit = 12000

        with self.assertRaisesRegex(UserError, "somebody else approves it"):
            request.with_user(self.ada).action_approve()
        request.with_user(self.ben).action_approve()

        self.assertEqual(invoice.state, "posted")
        self.assertEqual(request.decision_ids.fact, 12000)

    def test_who_writes_what_is_invoiced_is_an_author_who_describes_it_is_none(self):
        clerks = [
            self.user(f"clerk_{name}", name, "account.group_account_invoice")
            for name in ("Mo", "Lu")
        ]
        invoice = self.invoice(100)
        line = invoice.invoice_line_ids

        line.with_user(clerks[0]).name = "Something else"
        line.product_id = self.laptop
        line.with_user(clerks[1]).name = "In other words"

        self.assertIn(clerks[0], invoice._o2c_authors())
        self.assertNotIn(clerks[1], invoice._o2c_authors())

    def test_what_is_edited_while_it_waits_is_asked_anew(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()
        old = invoice.o2c_request_ids
        invoice.invoice_line_ids.price_unit = 20000

        told = old.with_user(self.ada).action_approve()

        self.assertIn("changed meanwhile", told["params"]["message"])
        self.assertEqual(invoice.state, "draft")
        self.assertEqual(old.state, "obsolete")
        new = invoice.o2c_request_ids - old
        self.assertIn("20,000.00", new.changes)
        new.with_user(self.ada).action_approve()
        self.assertEqual(invoice.state, "posted")

    def test_a_confirmed_invoice_cannot_outgrow_the_rules(self):
        """The host lifts its protection for who sends a key; we do not."""
        self.invoice_rule(limit=10000)
        invoice = self.invoice(9000)
        invoice.action_post()
        lines = [
            Command.update(
                line.id,
                {"amount_currency": 20000 if line.balance > 0 else -20000},
            )
            for line in invoice.line_ids
        ]

        with self.assertRaisesRegex(ValidationError, "has to wait"):
            self.rpc(
                self.kim,
                invoice._name,
                "write",
                invoice.ids,
                {"line_ids": lines},
                context={"skip_readonly_check": True},
            )

    def test_an_invoice_older_than_the_addon_is_paid_and_corrected_as_ever(self):
        invoice = self.invoice(20000)
        invoice.action_post()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET o2c_seal = NULL, o2c_passed_seal = NULL, "
            "o2c_passed_facts = '{}' WHERE id = %s",
            [invoice.id],
        )
        self.env.invalidate_all()
        self.invoice_rule(limit=10000)

        self.pay(invoice)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

        invoice.button_draft()
        self.assertWaits(invoice, "Waiting for Ada or Ben")

    def test_many_at_once_one_waits_the_others_go(self):
        self.invoice_rule(limit=10000)
        small = self.env["account.move"].union(
            *(self.invoice(100) for _number in range(4))
        )
        large = self.invoice(20000)

        (small | large).with_user(self.kim).action_post()

        self.assertEqual(set(small.mapped("state")), {"posted"})
        self.assertEqual(large.state, "draft")

    def test_waiting_is_no_way_to_gain_rights(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)

        for user in (self.sam, self.ada):
            with self.assertRaises(AccessError):
                self.rpc(user, invoice._name, "action_post", invoice.ids)
            with self.assertRaises(AccessError):
                self.rpc(user, invoice._name, "action_o2c_ask", invoice.ids)
        self.assertFalse(invoice.o2c_request_ids)

    def test_asked_before_it_is_confirmed(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)

        invoice.action_o2c_ask()
        invoice.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(
            (invoice.state, invoice.o2c_approval_state), ("draft", "approved")
        )
        self.assertGoes(invoice)

    def test_a_cancelled_or_deleted_draft_is_asked_about_no_longer(self):
        self.invoice_rule(limit=10000)
        cancelled, deleted = self.invoice(12000), self.invoice(13000)
        (cancelled | deleted).action_post()
        requests = (cancelled | deleted).o2c_request_ids

        cancelled.button_cancel()
        deleted.unlink()

        self.assertEqual(set(requests.mapped("state")), {"cancelled"})
        self.assertFalse(requests.activity_ids)

    def test_journal_entries_and_bills_are_none_of_ours(self):
        self.invoice_rule(limit=1)
        bill = self.invoice(12000, kind="in_invoice")
        bill.invoice_date = fields.Date.today()

        self.assertGoes(bill)
        self.assertFalse(bill.o2c_seal)

    def test_a_rule_asks_what_such_a_document_can_tell(self):
        for values in (
            {"criterion": "credit"},
            {"criterion": "amount", "gate": "confirm"},
        ):
            with self.assertRaisesRegex(ValidationError, "does not have"):
                self.invoice_rule(**values)
        with self.assertRaisesRegex(ValidationError, "does not have"):
            self.rule(criterion="credit_note")
        form = Form(self.env["o2c.approval.rule"])
        form.document = "account.move"
        self.assertEqual(form.gate, "post")
        self.assertIn("credit_note", form.possible)
        self.assertNotIn("credit", form.possible)

    # -- figures ---------------------------------------------------------------------

    def test_a_credit_note(self):
        self.invoice_rule("credit_note", 500)

        self.assertWaits(self.invoice(600, "out_refund"), "$\xa0600.00 is $\xa0100.00")
        self.assertGoes(self.invoice(500, "out_refund"))
        self.assertGoes(self.invoice(600))

    def test_an_amount_rule_is_about_invoices_not_credit_notes(self):
        self.invoice_rule(limit=500)

        self.assertGoes(self.invoice(600, "out_refund"))
        self.assertWaits(self.invoice(600, "out_receipt"), "above $\xa0500.00")

    def test_a_discount(self):
        self.invoice_rule("discount", 10)
        invoice = self.invoice(100)
        invoice.invoice_line_ids.discount = 12

        self.assertWaits(invoice, "12 %, limit 10 %")

    def test_accounting_works_as_before(self):
        """What the host writes as the user: the totals of an entry, and an entry that
        something else is built upon."""
        invoice = self.invoice(100)
        invoice.tax_totals = invoice.tax_totals
        bank = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        values = {"journal_id": bank.id, "payment_ref": "Transfer", "amount": 5}
        self.kim.group_ids += self.env.ref("account.group_account_user")

        made = (
            self.env["account.bank.statement.line"].with_user(self.kim).create(values)
        )

        self.assertEqual((invoice.amount_untaxed, made.move_id.state), (100, "posted"))

    def test_a_total_that_was_typed_hides_no_amount(self):
        """The host computes it as whoever edits, so that he may write it as well."""
        self.invoice_rule("amount", 10000)
        invoice = self.invoice(11000)
        self.rpc(self.kim, "account.move", "write", invoice.ids, {"amount_untaxed": 1})
        self.assertEqual(invoice.amount_untaxed, 1)

        self.assertWaits(invoice, "11,000.00")

    def test_what_a_program_says_a_line_costs_is_another_price(self):
        self.invoice_rule("price_deviation", 1)
        self.invoice_rule("discount", 1)
        invoice = self.delivered()
        self.dictate(invoice.invoice_line_ids, 1)

        invoice.action_post()

        self.assertEqual((invoice.amount_untaxed, invoice.state), (1, "draft"))
        self.assertEqual(len(invoice.sudo().o2c_request_ids), 2)

    def test_a_line_its_order_calls_a_deposit_hides_nothing(self):
        self.invoice_rule("price_deviation", 1)
        self.invoice_rule("discount", 1)
        invoice = self.delivered()
        invoice.invoice_line_ids.sudo().sale_line_ids.is_downpayment = True
        invoice.invoice_line_ids.discount = 50

        invoice.action_post()

        self.assertEqual(invoice.state, "draft")
        self.assertEqual(len(invoice.sudo().o2c_request_ids), 2)

    def test_another_text_of_what_is_no_product_is_another_invoice(self):
        invoice = self.invoice(100)
        seal = invoice.o2c_seal
        invoice.invoice_line_ids.name = "Something else"
        self.assertNotEqual(invoice.o2c_seal, seal)

    def test_a_price_other_than_ordered_is_shown_corrected_and_goes(self):
        self.invoice_rule("price_deviation", 1)
        invoice = self.delivered()
        self.assertFalse(invoice._o2c_differences())
        invoice.invoice_line_ids.price_unit = 950

        self.assertWaits(invoice, "5 %, limit 1 %; Laptop: price $\xa0950.00")
        request = invoice.o2c_request_ids
        self.assertIn(
            "price $\xa0950.00, ordered at $\xa01,000.00", request.differences
        )

        invoice.invoice_line_ids.price_unit = 1000
        self.assertGoes(invoice)
        self.assertEqual(request.state, "obsolete", "nobody has to answer any more")
        self.assertFalse(request.approver_ids | request.activity_ids.user_id)

    def test_a_higher_price_is_other_too_and_a_cent_is_not(self):
        self.invoice_rule("price_deviation", 1)
        invoice = self.delivered()
        invoice.invoice_line_ids.price_unit = 1020
        self.assertWaits(invoice, "2 %, limit 1 %")
        invoice.invoice_line_ids.write({"price_unit": 2000, "discount": 50})
        self.assertGoes(invoice)

    def test_the_price_of_another_unit_is_no_other_price(self):
        self.invoice_rule("price_deviation", 0)
        dozen = self.env.ref("uom.product_uom_dozen")
        invoice = self.delivered(quantity=12)
        invoice.invoice_line_ids.write(
            {"product_uom_id": dozen.id, "quantity": 1, "price_unit": 12000}
        )

        self.assertEqual(invoice._o2c_fact_price_deviation(), 0)

    def test_more_than_delivered(self):
        self.invoice_rule("quantity_deviation", 0)
        invoice = self.delivered(quantity=10)
        self.assertEqual(invoice._o2c_fact_quantity_deviation(), 0)
        invoice.invoice_line_ids.quantity = 12

        self.assertWaits(invoice, "20 %, limit 0 %")
        self.assertIn(
            "12 invoiced in all, 10 to be invoiced",
            invoice.o2c_request_ids.differences,
        )

    def test_something_on_no_order(self):
        self.invoice_rule("no_order")
        self.assertWaits(self.invoice(10), "something on it is on no order")
        invoice = self.delivered()
        self.assertGoes(invoice)

    # -- channels --------------------------------------------------------------------

    def test_an_invoice_the_delivery_made_waits_and_is_sent_once_approved(self):
        self.invoice_rule(limit=10000)
        self.company.o2c_invoicing = "send"
        order = self.confirmed(quantity=12)
        self.deliver(order)
        invoice = order.sudo().invoice_ids
        task = order.sudo().o2c_billing_task_ids
        self.assertEqual((invoice.state, task.state), ("draft", "todo"))
        self.assertFalse(invoice.o2c_send_on)

        invoice.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual((invoice.state, task.state), ("posted", "done"))
        self.assertTrue(invoice.o2c_send_on)

    def test_money_already_taken_is_confirmed_and_looked_at_afterwards(self):
        self.invoice_rule(limit=10000)
        self.company.o2c_billing_owner_id = self.kim
        invoice = self.invoice(12000)
        self._paid_online(invoice)

        self.assertGoes(invoice)

        self.keep()  # what is asked for afterwards is not needless

        request = invoice.o2c_request_ids
        self.assertEqual((request.state, request.intent), ("pending", False))
        request.with_user(self.ada).action_refuse("Not our price")
        self.assertEqual(invoice.state, "posted")
        self.assertIn(
            "Refused after it was paid and confirmed",
            invoice.activity_ids.filtered(lambda a: a.user_id == self.kim).mapped(
                "summary"
            ),
        )

    def _paid_online(self, invoice):
        provider = self.env["payment.provider"].search([], limit=1)
        method = self.env["payment.method"].search(
            [("active", "in", [True, False])], limit=1
        )
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": self.customer.id,
                "invoice_ids": [Command.set(invoice.ids)],
                "state": "done",
            }
        )

    def test_a_reversal_waits_and_settles_its_invoice_once_approved(self):
        self.invoice_rule("credit_note", 500)
        invoice = self.invoice(2000)
        invoice.action_post()
        credit = invoice._reverse_moves(cancel=True)
        self.assertEqual((credit.state, invoice.payment_state), ("draft", "not_paid"))

        credit.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual((credit.state, invoice.payment_state), ("posted", "reversed"))

    def test_what_is_for_a_later_day_is_asked_about_on_that_day(self):
        self.invoice_rule(limit=10000)
        later = fields.Date.today() + timedelta(days=5)
        invoice = self.invoice(12000, invoice_date=later, date=later)

        invoice._post(soft=True)
        self.assertEqual(invoice.auto_post, "at_date")
        self.assertFalse(invoice.o2c_request_ids)
        invoice.sudo().date = invoice.sudo().invoice_date = fields.Date.today()
        cron = self.env.ref("account.ir_cron_auto_post_draft_entry")
        with self.enter_registry_test_mode():
            for _day in range(2):
                cron.method_direct_trigger()
        request = invoice.o2c_request_ids
        self.assertEqual((invoice.state, request.state), ("draft", "pending"))

        request.with_user(self.ada).action_approve()

        self.assertEqual(invoice.state, "posted")

    def test_approved_and_then_impossible_somebody_looks(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()
        invoice.line_ids.account_id.filtered(
            lambda a: a.account_type == "income"
        ).sudo().active = False

        invoice.o2c_request_ids.with_user(self.ada).action_approve()

        self.assertEqual(
            (invoice.state, invoice.o2c_approval_state), ("draft", "approved")
        )
        self.assertIn("is archived", invoice.o2c_explain()[0]["reason"])
        self.assertIn(self.kim, invoice.activity_ids.user_id)

    # -- who sees what ---------------------------------------------------------------

    def test_questions_of_invoices_are_for_who_reads_the_invoice(self):
        self.invoice_rule(limit=10000)
        cora = self.user("cora_t", "Cora", OWN_SALES)
        mine = self.invoice(12000, invoice_user_id=cora.id)
        other = self.invoice(12000, invoice_user_id=self.sam.id)
        (mine | other).action_post()

        seen = self.env["o2c.approval.request"].with_user(cora).search([])

        self.assertIn(mine.o2c_request_ids, seen)
        self.assertNotIn(other.o2c_request_ids, seen)
        self.assertNotIn(other.o2c_request_ids.turn_ids, seen.turn_ids)

    def test_an_approver_needs_no_right_on_invoices(self):
        self.invoice_rule(limit=10000)
        invoice = self.invoice(12000)
        invoice.action_post()
        request = invoice.o2c_request_ids.with_user(self.ada)

        self.assertIn("Advice", request.content)
        self.assertFalse(invoice.with_user(self.ada).has_access("read"))
        request.action_approve()
        self.assertEqual(invoice.state, "posted")
