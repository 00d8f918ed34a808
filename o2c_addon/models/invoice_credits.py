import logging

from psycopg2 import OperationalError

from odoo import models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount, format_list

_logger = logging.getLogger(__name__)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _o2c_open_credits(self, company, currency):
        """Items of this customer that nothing is settled with yet, the oldest first.

        In one company and one currency: settling across either makes exchange
        differences that a person has to want.
        """
        return self.env["account.move.line"].search(
            Domain("partner_id", "=", self.commercial_partner_id.id)
            & Domain("company_id", "=", company.id)
            & Domain("currency_id", "=", currency.id)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("balance", "<", 0)
            & Domain("amount_residual_currency", "<", 0),
            order="date, id",
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def o2c_explain(self):
        """And what the customer has open, while this is to be invoiced or paid."""
        explained = super().o2c_explain()
        if self.o2c_stage not in ("invoicing", "payment") or not self._o2c_reads_debt():
            return explained
        payer = self.partner_invoice_id
        credits = payer._o2c_open_credits(self.company_id, self.currency_id)
        credits = credits.filtered(lambda c: c._o2c_is_free_for(self))
        return explained + [credits._o2c_explain()] if credits else explained


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _o2c_is_free_for(self, orders, invoice=None):
        """Whether this credit is not meant for other orders or invoices.

        A payment belongs to the orders or invoices it was made for; a credit note to
        the invoice it takes back, as long as that is open.
        """
        # sudo: who may read the credit may know what it is meant for
        credit = self.sudo()
        payment = credit.payment_id
        paid_for = payment.payment_transaction_id.sale_order_ids
        if paid_for and not paid_for & orders:
            return False
        meant_for = payment.invoice_ids | credit.move_id.reversed_entry_id
        return not any(
            other._o2c_is_open() and not other._o2c_orders() & orders
            for other in (meant_for - invoice if invoice else meant_for)
        )

    def _o2c_is_credit_note(self):
        return self.move_id.move_type == "out_refund"

    def _o2c_named(self):
        return format_list(self.env, self.move_id.mapped("name"))

    def _o2c_explain(self):
        """These open credits as a line of the panel."""
        amount = -sum(self.mapped("amount_residual_currency"))
        return {
            "kind": "credit",
            "reason": self.env._(
                "%(customer)s has %(amount)s of open credits (%(names)s).",
                customer=self.partner_id.name,
                amount=format_amount(self.env, amount, self.currency_id),
                names=self._o2c_named(),
            ),
            "remedy": self.env._("They can be settled with the confirmed invoice."),
            "who": [],
            "blocking": False,
            "source": [self._name, self[:1].id],
            "actions": [],
        }


class AccountMove(models.Model):
    """A new invoice, settled with what the customer has open: offered, or by policy."""

    _inherit = "account.move"

    def _o2c_open_credits(self):
        """What the host offers for this invoice, less what is meant for others."""
        account = self.line_ids.filtered(lambda x: x.display_type == "payment_term")
        orders = self.sudo()._o2c_orders()  # sudo: accounting need not read orders
        found = self.commercial_partner_id._o2c_open_credits(
            self.company_id, self.currency_id
        )
        return found.filtered(
            lambda c: (
                c.account_id in account.account_id and c._o2c_is_free_for(orders, self)
            )
        )

    def action_o2c_apply_credits(self):
        """Settle these invoices with all the customer has open, the oldest first."""
        self.check_access("write")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(
                self.env._("Invoices are settled by accounting. Ask them.")
            )
        settled = [
            invoice._o2c_settle_with(invoice._o2c_open_credits())
            for invoice in self.filtered(lambda m: m._o2c_is_open())
        ]
        if any(settled):
            return True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._(
                    "What the customer has open is in another currency, or meant for "
                    "other orders or invoices. Add it at the foot of the invoice where "
                    "you know better."
                ),
            },
        }

    def _post(self, soft=True):
        """What the queue confirms is settled as the company wants it."""
        posted = super()._post(soft)
        for invoice in posted.filtered(lambda m: m._o2c_is_confirmed_by_itself()):
            invoice._o2c_apply_credits()
        return posted

    def _o2c_is_confirmed_by_itself(self):
        return self.move_type == "out_invoice" and any(
            task._policy() in ("post", "send") for task in self._o2c_tasks()
        )

    def _o2c_apply_credits(self):
        """By the company's policy. What cannot be settled stays open, and says so."""
        policy = self.company_id.o2c_credits
        if policy not in ("notes", "all") or not self._o2c_is_open():
            return
        credits = self._o2c_open_credits()
        if policy == "notes":
            credits = credits.filtered(lambda c: c._o2c_is_credit_note())
        self._o2c_settle_with(credits)

    def _o2c_settle_with(self, credits):
        """One credit after the other, until the invoice is paid.

        One that fails stops neither the others nor what this is part of.

        :return: the credits that were used
        """
        used, failed = credits.browse(), []
        for credit in credits:
            if not self._o2c_is_open():
                break
            try:
                with self.env.cr.savepoint():
                    self.js_assign_outstanding_line(credit.id)
                used += credit
            except OperationalError:
                raise  # a retry helps
            except (UserError, ValidationError, AccessError, MissingError) as error:
                failed.append((credit, str(error)))
            except Exception as error:
                _logger.exception("Settling %s with %s failed", self, credit)
                failed.append((credit, type(error).__name__))
        if used:
            self._message_log(
                body=self.env._("Settled with %s.", used._o2c_named()),
            )
        for credit, error in failed:
            self._message_log(
                body=self.env._(
                    "Could not be settled with %(credit)s: %(error)s",
                    credit=credit.move_id.name,
                    error=error,
                ),
            )
        return used
