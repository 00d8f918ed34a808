from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.fields import Command
from odoo.http import request, route

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount


class OpenItems(PortalAccount, PaymentPortal):
    """What a customer has to pay in all, and paying it at once.

    The host has a page to pay what is overdue of one contact. Here it is everything of
    the whole customer, credit notes taken off, by what is still open of it; each
    company and currency by itself. What is in question stays out.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "o2c_open_items_count" in counters:
            values["o2c_open_items_count"] = len(self._o2c_open_items())
        return values

    def _o2c_open_items(self):
        """Read with the customer's own rights."""
        invoices = request.env["account.move"]
        if not invoices.has_access("read"):
            return invoices
        customer = request.env.user.partner_id.commercial_partner_id
        return invoices.search(
            [
                ("commercial_partner_id", "=", customer.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("payment_state", "in", ("not_paid", "partial")),
                ("amount_residual", "!=", 0),
            ],
            order="invoice_date_due, id",
        )

    def _o2c_batches(self):
        """What can be paid in one go: the open items of a company and currency."""
        items = self._o2c_open_items().sudo()  # sudo: found with the customer's rights
        return [
            Batch(of_both)
            for of_company in items.grouped("company_id").values()
            for of_both in of_company.grouped("currency_id").values()
        ]

    def _o2c_batch(self, company_id, currency_id):
        """:raise MissingError: where nothing is to be paid"""
        for batch in self._o2c_batches():
            key = (batch.company.id, batch.currency.id)
            if key == (company_id, currency_id) and batch.is_payable:
                return batch
        raise MissingError(request.env._("Nothing is to be paid."))

    @route("/my/open-items", type="http", auth="user", website=True)
    def portal_open_items(self, **_kwargs):
        values = self._prepare_portal_layout_values() | {
            "page_name": "o2c_open_items",
            "batches": self._o2c_batches(),
        }
        return request.render("o2c_addon.portal_open_items", values)

    @route(
        "/my/open-items/pay/<int:company_id>/<int:currency_id>",
        type="http",
        auth="user",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_pay_open_items(self, company_id, currency_id, **_kwargs):
        try:
            batch = self._o2c_batch(company_id, currency_id)
        except (AccessError, MissingError):
            return request.redirect("/my/open-items")
        reference = batch.reference()
        key = f"{company_id}/{currency_id}"
        values = {
            "page_name": "o2c_open_items",
            "payment": {"amount": batch.total, "reference": reference},
            "amount": batch.total,
        }
        values |= self._get_common_page_view_values(
            invoices_data={
                "partner": request.env.user.partner_id,
                "company": batch.company,
                "total_amount": batch.total,
                "currency": batch.currency,
                "amount_residual": batch.total,
                "payment_reference": reference,
                "landing_route": "/my/open-items",
                "transaction_route": f"/my/open-items/transaction/{key}",
            },
        )
        return request.render("account_payment.portal_overdue_invoices_page", values)

    @route(
        "/my/open-items/transaction/<int:company_id>/<int:currency_id>",
        type="jsonrpc",
        auth="user",
    )
    def open_items_transaction(
        self, company_id, currency_id, amount=0, payment_reference=None, **kwargs
    ):
        """Begin to pay what is open, and exactly that."""
        batch = self._o2c_batch(company_id, currency_id)
        if batch.currency.compare_amounts(float(amount), batch.total) != 0:
            raise ValidationError(
                request.env._("What is to be paid has changed. Reload the page.")
            )
        self._validate_transaction_kwargs(kwargs)
        transaction = self._create_transaction(
            **kwargs
            | {
                "amount": batch.total,
                "currency_id": currency_id,
                "partner_id": request.env.user.partner_id.id,
                "reference_prefix": payment_reference,
                "custom_create_values": {
                    "invoice_ids": [Command.set(batch.to_pay.ids)]
                },
            }
        )
        return transaction._get_processing_values()


class Batch:
    """Open items of one company and one currency, as their customer sees them."""

    def __init__(self, items):
        self.items = items
        self.company = items.company_id
        self.currency = items.currency_id
        self.to_pay = items.filtered(lambda m: not m.o2c_disputed_on)
        self.total = self.currency.round(sum(map(self.open_amount, self.to_pay)))

    def open_amount(self, item):
        """What is open of it, below zero for a credit note."""
        sign = -1 if item.move_type == "out_refund" else 1
        return sign * item.amount_residual

    @property
    def is_payable(self):
        """Whether something is to be paid, and the host lets each be paid online."""
        invoices = self.to_pay.filtered(lambda m: m.move_type == "out_invoice")
        return self.currency.compare_amounts(self.total, 0) > 0 and all(
            invoice._has_to_be_paid() for invoice in invoices
        )

    def is_late(self, item):
        due, today = item.invoice_date_due, self.company._o2c_today()
        return item.move_type == "out_invoice" and bool(due and due < today)

    def reference(self):
        if len(self.to_pay) == 1:
            return self.to_pay.name
        return self.company.get_next_batch_payment_communication()
