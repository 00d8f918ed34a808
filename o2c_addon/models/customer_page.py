from odoo import models
from odoo.tools import format_amount, format_date

LONGEST_QUESTION = 1000


class SaleOrder(models.Model):
    """An order as its customer sees it: where it is, and the one thing to do next.

    Plain words only: no rule, no limit, no name, no reason of a hold.
    """

    _inherit = "sale.order"

    def _o2c_progress(self):
        """The steps of this order, for its customer.

        :return: list of dict ``label state``; ``state`` is ``done``, ``now`` or
            ``todo``; nothing for what is cancelled or expired
        """
        if self.state == "cancel" or self.is_expired:
            return []
        steps = self._o2c_steps_for_customer()
        first_open = next((step for step in steps if not step[2]), None)
        return [
            {"label": label, "state": "done" if is_done else "todo"}
            if (label, meanwhile, is_done) != first_open
            else {"label": meanwhile, "state": "now"}
            for label, meanwhile, is_done in steps
        ]

    def _o2c_steps_for_customer(self):
        """(words once it is done, words until then, whether it is done) of each step
        this order has."""
        is_confirmed = self.state == "sale"
        is_received = is_confirmed or self._o2c_is_accepted()
        steps = [(self.env._("Received"), self.env._("Offered"), is_received)]
        if self._o2c_is_being_reviewed():
            reviewing = self.env._("In review")
            steps.append((reviewing, reviewing, False))
        confirming = self.env._("To be confirmed")
        steps.append((self.env._("Confirmed"), confirming, is_confirmed))
        is_delivered = is_confirmed and self._o2c_is_delivered()
        if self._o2c_has_goods():
            is_partly = not is_delivered and self._o2c_shipments()
            shipping = (
                self.env._("Partly shipped")
                if is_partly
                else self.env._("To be shipped")
            )
            steps.append((self.env._("Shipped"), shipping, is_delivered))
        if self.amount_total:
            invoices = self._o2c_confirmed_invoices()
            is_invoiced = bool(
                is_delivered and invoices and not self._o2c_has_something_to_invoice()
            )
            is_paid = is_confirmed and (
                (is_invoiced and self.o2c_settlement in ("paid", "credit"))
                or self._o2c_is_paid()
            )
            steps += [
                (self.env._("Invoiced"), self.env._("To be invoiced"), is_invoiced),
                (self.env._("Paid"), self.env._("To be paid"), is_paid),
            ]
        return steps

    def _o2c_is_accepted(self):
        """Whether the customer did what he had to: signed, paid, or both."""
        return bool(self.signed_on or self._o2c_paid_online()) and not (
            self._has_to_be_signed() or self._has_to_be_paid()
        )

    def _o2c_confirmed_invoices(self):
        return self._o2c_invoices().filtered(
            lambda m: m.state == "posted" and m.move_type == "out_invoice"
        )

    def _o2c_shipments(self):
        """What has left for the customer, the first first."""
        return self.picking_ids.filtered(
            lambda p: p.state == "done" and p._o2c_is_delivery()
        ).sorted("date_done")

    # -- what to do ------------------------------------------------------------------

    def _o2c_next_for_customer(self):
        """What happens next, in a sentence, and the button that moves it on.

        :return: dict ``sentence``, with a button also ``label`` and ``url``; the url
            ``#modalaccept`` is the host's dialog to sign or to pay
        """
        if self.state == "cancel" or self.is_expired or self._o2c_is_being_reviewed():
            return {}
        if self.state != "sale":
            return self._o2c_next_to_accept()
        unpaid = self._o2c_confirmed_invoices().filtered(lambda m: m._o2c_is_open())
        if unpaid:
            return unpaid.sorted("invoice_date_due")[0]._o2c_next_to_pay()
        return {"sentence": self._o2c_next_from_us()} | self._o2c_download()

    def _o2c_next_to_accept(self):
        if self._has_to_be_signed():
            is_paid_too = self._has_to_be_paid()
            return {
                "sentence": self.env._("Please read the offer and accept it."),
                "label": self.env._("Sign & pay")
                if is_paid_too
                else self.env._("Accept & sign"),
                "url": "#modalaccept",
            }
        if self._has_to_be_paid():
            amount = self._get_prepayment_required_amount()
            is_part = self.currency_id.compare_amounts(amount, self.amount_total) < 0
            return {
                "sentence": self.env._(
                    "Your order is confirmed as soon as you have paid %s.",
                    format_amount(self.env, amount, self.currency_id),
                ),
                "label": self.env._("Pay the deposit")
                if is_part
                else self.env._("Pay now"),
                "url": "#modalaccept",
            }
        return {"sentence": self.env._("We will confirm your order.")}

    def _o2c_next_from_us(self):
        """What we do next, where nothing is left to the customer."""
        if not self._o2c_is_delivered():
            if self._o2c_shipments():
                return self.env._("A part of your order is shipped, the rest follows.")
            if self.commitment_date:
                return self.env._(
                    "We are preparing your order for %s.",
                    format_date(self.env, self.commitment_date),
                )
            return self.env._("We are preparing your order.")
        if self.amount_total and self._o2c_has_something_to_invoice():
            return self.env._("Your invoice follows.")
        return self.env._("All is done. Thank you!")

    def _o2c_download(self):
        """The newest invoice, where there is one."""
        invoice = self._o2c_confirmed_invoices().sorted("id")[-1:]
        if not invoice:
            return {}
        return {
            "label": self.env._("Download the invoice"),
            "url": invoice.get_portal_url(report_type="pdf", download=True),
        }


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_tracking_url(self):
        """Where the carrier shows it, as far as the host knows; web addresses only."""
        known = "carrier_tracking_url" in self._fields
        url = (known and self.carrier_tracking_url) or ""
        return url if url.startswith(("https://", "http://")) else ""


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_next_to_pay(self):
        """What the customer reads of this unpaid invoice, with the button."""
        due = self.invoice_date_due or self.invoice_date
        figures = {
            "amount": format_amount(self.env, self.amount_residual, self.currency_id),
            "date": format_date(self.env, due),
        }
        if self.o2c_disputed_on:
            sentence = self.env._("We are looking into your question on the invoice.")
        elif promise := self._o2c_promise_for_customer():
            sentence = promise
        elif due < self.company_id._o2c_today():
            sentence = self.env._(
                "Please pay %(amount)s, due since %(date)s.", **figures
            )
        else:
            sentence = self.env._("Please pay %(amount)s by %(date)s.", **figures)
        if self._has_to_be_paid():
            return {
                "sentence": sentence,
                "label": self.env._("Pay now"),
                "url": self.get_portal_url(
                    anchor="portal_pay", query_string="&payment=True"
                ),
            }
        return {
            "sentence": sentence,
            "label": self.env._("Download the invoice"),
            "url": self.get_portal_url(report_type="pdf", download=True),
        }

    def _o2c_may_be_questioned(self):
        """By its customer: what is to be paid, and is not in question already."""
        return self._o2c_is_open() and not self.o2c_disputed_on

    def _o2c_questions(self):
        """The kinds of questions a customer can choose from."""
        return self.env["o2c.dispute.reason"].search(
            [
                ("in_portal", "=", True),
                ("company_id", "in", (self.company_id.id, False)),
            ]
        )

    def _o2c_question(self, words, kind=None):
        """The customer questions this invoice, in his words.

        :param kind: what he chose of ``_o2c_questions``, as the page sends it
        :return: whether it is a new question; nothing happens to one that stands
        """
        words = (words or "").strip()[:LONGEST_QUESTION]
        if not words or not self._o2c_may_be_questioned():
            return False
        reason = self._o2c_questions().filtered(lambda r: str(r.id) == kind)
        self._o2c_dispute(words, reason, by_customer=True)
        return True
