from odoo import fields, models
from odoo.tools import format_amount


class ResPartner(models.Model):
    """What a customer's past says, in the company of the environment."""

    _inherit = "res.partner"

    def _o2c_open_items(self):
        """Domain of what these commercial partners still owe on confirmed invoices."""
        return [
            ("partner_id", "in", self.ids),
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
            ("reconciled", "=", False),
            ("amount_residual", ">", 0),
            ("company_id", "child_of", self.env.company.root_id.id),
        ]

    def _o2c_overdue_days(self):
        """Partner id → days the oldest open item is overdue; absent: owes nothing.

        For commercial partners: receivables are kept with them.
        """
        today = self.env.company._o2c_today()
        oldest = self.env["account.move.line"]._read_group(
            [*self._o2c_open_items(), ("date_maturity", "<", today)],
            ["partner_id"],
            ["date_maturity:min"],
        )
        return {partner.id: (today - due).days for partner, due in oldest}

    def _o2c_ever_paid(self):
        """Ids of those who ever paid an invoice."""
        paid = self.env["account.move"]._read_group(
            [
                ("commercial_partner_id", "in", self.ids),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("paid", "in_payment")),
                ("amount_total", ">", 0),
                ("company_id", "child_of", self.env.company.root_id.id),
            ],
            ["commercial_partner_id"],
        )
        return {partner.id for [partner] in paid}

    def _o2c_history(self):
        """One sentence on this customer's invoices so far."""
        invoices = self.env["account.move"]._read_group(
            [
                ("commercial_partner_id", "in", self.ids),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("company_id", "child_of", self.env.company.root_id.id),
            ],
            [],
            ["__count", "amount_total_signed:sum", "amount_residual_signed:sum"],
        )
        [[count, total, owed]] = invoices
        if not count:
            return self.env._("New: no invoice so far")
        currency = self.env.company.currency_id
        return self.env._(
            "%(count)s for %(total)s in all, %(owed)s of it unpaid",
            count=count,
            total=format_amount(self.env, total or 0, currency),
            owed=format_amount(self.env, owed or 0, currency),
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    def _o2c_today(self):
        """Today where this company is: its calendar's time zone, its own, or UTC."""
        zone = self.resource_calendar_id.tz or self.partner_id.tz or "UTC"
        return fields.Date.context_today(self.with_context(tz=zone))
