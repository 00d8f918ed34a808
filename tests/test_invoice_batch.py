"""Many invoices at once, and rules about them that only watch."""

from odoo.tests import tagged

from .common import STANDARD
from .test_invoice_approvals import InvoiceCase


@tagged(*STANDARD)
class TestManyInvoices(InvoiceCase):
    NUMBER = 50
    TRIES = 5

    def cost(self):
        """Queries of posting so many invoices at once, the least of some tries."""
        costs = []
        for _again in range(self.TRIES):
            invoices = self.env["account.move"].union(
                *(self.invoice(100) for _number in range(self.NUMBER))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            invoices.action_post()
            self.env.flush_all()
            costs.append(self.cr.sql_log_count - before)
            self.assertEqual(set(invoices.mapped("state")), {"posted"})
        return min(costs)

    def test_rules_that_ask_nothing_cost_little_for_all(self):
        plain = self.cost()
        for criterion in ("amount", "discount", "credit_note", "price_deviation"):
            self.invoice_rule(criterion, limit=1e6 if criterion == "amount" else 50)

        ruled = self.cost()

        self.assertLessEqual(ruled - plain, 1)


@tagged(*STANDARD)
class TestWatchedInvoices(InvoiceCase):
    def found(self, rule):
        return rule.with_user(self.mia).try_out()[-1]

    def test_what_watching_finds_on_invoices_is_counted_and_stops_nothing(self):
        self.mia.group_ids += self.env.ref("account.group_account_invoice")
        rule = self.invoice_rule(effect="observe")
        small, large, other = map(self.invoice, (9000, 12000, 13000))

        (small | large | other).action_post()

        self.assertEqual(set((small | large | other).mapped("state")), {"posted"})
        self.assertFalse(large.o2c_request_ids)
        found = self.found(rule)
        self.assertIn("watching has found 2 invoices", found["text"])
        self.assertEqual(found["model"], "account.move")
        self.assertEqual(
            self.env["account.move"].search(found["domain"]), large | other
        )

    def test_a_warning_is_counted_once_per_confirmation(self):
        rule = self.invoice_rule(effect="warn")
        invoice = self.invoice(12000)

        invoice.action_post()

        self.assertEqual(invoice.state, "posted")
        found = self.env["o2c.event"].search([("rule_id", "=", rule.id)])
        self.assertEqual(found.mapped("res_name"), [invoice.name])

    def test_an_invoice_of_an_order_is_counted_once(self):
        rule = self.invoice_rule(effect="observe", limit=5000)
        invoice = self.delivered(quantity=10)

        invoice.action_post()

        found = self.env["o2c.event"].search([("rule_id", "=", rule.id)])
        self.assertEqual(len(found), 1)
        self.assertEqual(found.order_name, invoice.sudo()._o2c_orders().name)
