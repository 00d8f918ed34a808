from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

BRAKES = (
    "settled",
    "no_followup",
    "opted_out",
    "no_address",
    "disputed",
    "promised",
    "grace",
    "pending",
    "partial",
    "unmatched",
)


class Notice(models.Model):
    """What keeps a reminder back, although it is due.

    A brake is a question asked of all that is due at once, ``_brake_<name>(company,
    due)``: it answers with what it stops, each with a detail for its sentence, or
    nothing. To add one: its name in ``_brakes``, its method, a cause of its name.
    """

    _inherit = "o2c.notice"

    @api.model
    def _brakes(self):
        """The names of the brakes, the first that stops is told."""
        return BRAKES

    @api.model
    def _find_brakes(self, company, due):
        """What is stopped → (cause, detail)."""
        stopped = {}
        for name in self._brakes():
            free = [item for item in due if item not in stopped]
            found = getattr(self, f"_brake_{name}")(company, free) if free else {}
            stopped |= {item: (name, detail) for item, detail in found.items()}
        return stopped

    @api.model
    def _brake_settled(self, company, due):
        """Paid, though the money is not on its account yet; or taken out by hand."""
        return {item: False for item in due if not item.move._o2c_is_open()}

    @api.model
    def _brake_no_address(self, company, due):
        return {
            item: False
            for item in due
            if item.rule.channel != "activity"
            and not item.move.partner_id.email_normalized
        }

    @api.model
    def _brake_no_followup(self, company, due):
        return {item: False for item in due if item.no_followup}

    @api.model
    def _brake_opted_out(self, company, due):
        return {
            item: False
            for item in due
            if item.move.commercial_partner_id._o2c_wants_no("reminder")
            or item.move.partner_id._o2c_wants_no("reminder")
        }

    @api.model
    def _brake_disputed(self, company, due):
        return {item: False for item in due if item.move.o2c_disputed_on}

    @api.model
    def _brake_promised(self, company, due):
        return {
            item: fields.Date.to_string(item.move.o2c_promised_on)
            for item in due
            if item.move.o2c_promised_on and item.move.o2c_promised_on >= item.today
        }

    @api.model
    def _brake_grace(self, company, due):
        """Levels after the due date only: before it nothing is late."""
        found = {}
        for item in due:
            customer = item.move.commercial_partner_id.with_company(company)
            grace = customer._o2c_grace()
            until = item.due_on + timedelta(days=grace)
            if item.level >= 0 and grace and item.today <= until:
                found[item] = fields.Date.to_string(until)
        return found

    @api.model
    def _brake_pending(self, company, due):
        """The customer has paid online, and the money is not booked yet."""
        transactions = self.env["payment.transaction"]._read_group(
            [
                ("invoice_ids", "in", [item.move.id for item in due]),
                ("state", "in", ("pending", "authorized", "done")),
                ("last_state_change", ">", fields.Datetime.now() - timedelta(days=4)),
            ],
            ["invoice_ids"],
        )
        paid = {invoice.id for [invoice] in transactions}
        return {item: False for item in due if item.move.id in paid}

    @api.model
    def _brake_partial(self, company, due):
        """Part of it was paid within the days of patience."""
        partly = {i.move.id for i in due if i.move.payment_state == "partial"}
        if not partly:
            return {}
        last = self.env["account.partial.reconcile"]._read_group(
            [("debit_move_id.move_id", "in", list(partly))],
            ["debit_move_id"],
            ["create_date:max"],
        )
        paid_on = defaultdict(lambda: fields.Date.to_date("1970-01-01"))
        for line, moment in last:
            move = line.move_id.id
            paid_on[move] = max(paid_on[move], company._o2c_day_of(moment))
        found = {}
        for item in due:
            until = paid_on[item.move.id] + timedelta(days=item.rule.patience_days)
            if item.move.id in partly and item.today < until:
                found[item] = fields.Date.to_string(until)
        return found

    @api.model
    def _brake_unmatched(self, company, due):
        """Money of the customer that nobody has matched yet could cover it."""
        customers = {item.move.commercial_partner_id.id for item in due}
        money = self._read_unmatched(company, list(customers))
        said = self._read_what_for(company)
        currency = company.currency_id
        found = {}
        for item in due:
            move, amount = item.move, money[item.move.commercial_partner_id.id]
            references = {move.name, move.payment_reference} - {False}
            if currency.compare_amounts(amount, item.amount) >= 0 or any(
                reference in said for reference in references
            ):
                found[item] = False
        return found

    @api.model
    def _read_what_for(self, company):
        """What strangers wrote on payments that nobody has matched yet."""
        lines = self.env["account.bank.statement.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", False),
                ("is_reconciled", "=", False),
                ("amount", ">", 0),
            ],
            ["payment_ref"],
        )
        return "\n".join(text for [text] in lines if text)

    @api.model
    def _read_unmatched(self, company, customers):
        """Customer id → money in company currency that belongs to no invoice yet."""
        money = defaultdict(float)
        booked = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "in", customers),
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("amount_residual", "<", 0),
            ],
            ["partner_id"],
            ["amount_residual:sum"],
        )
        for partner, amount in booked:
            money[partner.commercial_partner_id.id] -= amount
        on_statements = self.env["account.bank.statement.line"]._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "in", customers),
                ("is_reconciled", "=", False),
                ("amount", ">", 0),
            ],
            ["partner_id", "currency_id"],
            ["amount:sum"],
        )
        for partner, currency, amount in on_statements:
            money[partner.commercial_partner_id.id] += currency._convert(
                amount, company.currency_id, company, company._o2c_today()
            )
        on_the_way = self.env["account.payment"]._read_group(
            [
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "in", customers),
                ("payment_type", "=", "inbound"),
                ("partner_type", "=", "customer"),
                ("state", "=", "in_process"),
                ("move_id", "=", False),
                ("invoice_ids", "=", False),
            ],
            ["partner_id"],
            ["amount_company_currency_signed:sum"],
        )
        for partner, amount in on_the_way:
            money[partner.commercial_partner_id.id] += amount
        return money
