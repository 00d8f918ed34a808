from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ..reading import read_all
from .promise import REMEMBERED

# who may know how customers pay
OF_DEBT = "account.group_account_invoice,account.group_account_readonly"


class ResPartner(models.Model):
    """What a customer's past says, in the company of the environment."""

    _inherit = "res.partner"

    o2c_promises_kept = fields.Integer(
        compute="_compute_o2c_promises", compute_sudo=True, groups=OF_DEBT
    )
    o2c_promises_broken = fields.Integer(
        compute="_compute_o2c_promises", compute_sudo=True, groups=OF_DEBT
    )

    @api.depends_context("company")
    def _compute_o2c_promises(self):
        """How often this customer kept his word, in this company."""
        customers = self.commercial_partner_id
        counts = self.env["o2c.promise"]._count(customers, self.env.company)
        for partner in self:
            customer = partner.commercial_partner_id.id
            partner.o2c_promises_kept = counts.get((customer, "kept"), 0)
            partner.o2c_promises_broken = counts.get((customer, "broken"), 0)

    def _o2c_read_with_payers(self):
        """Read these and the companies that owe for them, limits included, by one
        query. For whoever may read all of them (sudo)."""
        limit = self._fields["credit_limit"]
        unread = self._origin.browse(limit._cache_missing_ids(self._origin))
        if not unread:
            return
        payers = SQL(
            "(SELECT commercial_partner_id FROM res_partner WHERE id IN %s)",
            unread._ids,
        )
        domain = Domain("id", "in", unread._ids) | Domain("id", "in", payers)
        read_all(self, domain, limit.name)

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

    def _o2c_overdue_items(self, today):
        return [*self._o2c_open_items(), ("date_maturity", "<", today)]

    def _o2c_owed(self):
        """Partner id → (receivable, when the oldest open item was due), by one query.

        In company currency, as the host's ``credit``. For commercial partners:
        receivables are kept with them.
        """
        # sudo: judged alike whoever acts
        items = self.env["account.move.line"].sudo()
        query = items._search(
            Domain("partner_id", "in", self.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("company_id", "child_of", self.env.company.root_id.id)
        )
        partner, residual, due = (
            items._field_to_sql(items._table, name, query)
            for name in ("partner_id", "amount_residual", "date_maturity")
        )
        query.groupby = partner
        oldest = SQL("MIN(%s) FILTER (WHERE %s > 0)", due, residual)
        rows = self.env.execute_query(
            query.select(partner, SQL("SUM(%s)", residual), oldest)
        )
        return {key: (total, due) for key, total, due in rows}

    def _o2c_overdue_days(self, owed=None):
        """Partner id → days the oldest open item is overdue; absent: owes nothing.

        :param owed: see ``_o2c_owed``, where it is known already
        """
        today = self.env.company._o2c_today()
        owed = self._o2c_owed() if owed is None else owed
        return {
            key: (today - due).days
            for key, (_total, due) in owed.items()
            if due and due < today
        }

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

    def _o2c_broken_promises(self):
        """Partner id → promises to pay broken within a year; absent: none."""
        promises, company = self.env["o2c.promise"], self.env.company
        since = company._o2c_today() - REMEMBERED
        counts = promises._count(self, company, ["broken"], since)
        return {partner: count for (partner, _state), count in counts.items()}

    # -- credit ----------------------------------------------------------------------

    def _o2c_credit_excess(self, owed=None):
        """Partner id → money above the credit limit in company currency; below: < 0.

        For commercial partners with a limit of their own or of the company: receivable,
        delivered and not invoiced, confirmed and not delivered. Without limit: absent.

        :param owed: see ``_o2c_owed``, where it is known already
        """
        company = self.env.company
        if not company.account_use_credit_limit:
            return {}
        # sudo: judged alike whoever acts
        limited = self.sudo().with_company(company).filtered("credit_limit")
        if not limited:
            return {}
        owed = self._o2c_owed() if owed is None else owed
        ordered = limited._o2c_ordered_not_invoiced()
        return {
            partner.id: owed.get(partner.id, (0.0, None))[0]
            + ordered.get(partner.id, 0.0)
            - partner.credit_limit
            for partner in limited
        }

    def _o2c_ordered_not_invoiced(self):
        """Partner id → value of confirmed orders not on a confirmed invoice, taxed.

        In company currency. By quantity: what is ordered, or delivered if that is more,
        less what is invoiced; plus invoices still in draft; less deposits, which the
        final invoice deducts.
        """
        if not self:
            return {}
        company = self.env.company
        for model in ("sale.order", "sale.order.line", "account.move"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT payer.commercial_partner_id, o.currency_id, SUM(
                    CASE WHEN line.is_downpayment
                    THEN -line.qty_invoiced * line.price_unit
                    ELSE line.price_reduce_taxinc * GREATEST(0, GREATEST(
                        line.product_uom_qty, line.qty_delivered) - line.qty_invoiced)
                    END)
                  FROM sale_order_line line
                  JOIN sale_order o ON o.id = line.order_id
                  JOIN res_partner payer ON payer.id = o.partner_invoice_id
                 WHERE o.state = 'sale' AND line.display_type IS NULL
                   AND o.company_id = %(company)s
                   AND payer.commercial_partner_id IN %(partners)s
              GROUP BY payer.commercial_partner_id, o.currency_id
             UNION ALL
                SELECT move.commercial_partner_id, move.currency_id,
                       SUM(CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
                           * move.amount_total)
                  FROM account_move move
                 WHERE move.state = 'draft'
                   AND move.move_type IN ('out_invoice', 'out_refund')
                   AND move.company_id = %(company)s
                   AND move.commercial_partner_id IN %(partners)s
                   AND EXISTS (
                       SELECT FROM account_move_line item
                         JOIN sale_order_line_invoice_rel rel
                           ON rel.invoice_line_id = item.id
                        WHERE item.move_id = move.id)
              GROUP BY move.commercial_partner_id, move.currency_id
                """,
                company=company.id,
                partners=tuple(self.ids),
            )
        )
        totals = {}
        today = company._o2c_today()
        for partner, currency, amount in rows:
            amount = (
                self.env["res.currency"]
                .browse(currency)
                ._convert(amount or 0.0, company.currency_id, company, today)
            )
            totals[partner] = totals.get(partner, 0.0) + amount
        return totals

    @api.constrains("credit_limit")
    def _o2c_check_credit_limit(self):
        """A limit was raised: what waits for that may go on."""
        self.env["o2c.hold"].sudo()._look_again()  # sudo: only wakes the server up

    # -- for sentences ---------------------------------------------------------------

    def _o2c_missing_of_address(self):
        """What this address lacks to send goods there, in words."""
        country = self.country_id
        wanted = {
            self.env._("street"): self.street,
            self.env._("city"): self.city,
            self.env._("country"): country,
            self.env._("ZIP"): self.zip or not country.zip_required,
            self.env._("state"): self.state_id or not country.state_required,
        }
        return [name for name, value in wanted.items() if not value]

    def _o2c_history(self):
        """One sentence on this customer's invoices so far, and the days the oldest of
        what he owes is overdue. For whoever may read all of them (sudo)."""
        company, today = self.env.company, self.env.company._o2c_today()
        moves, lines = self.env["account.move"], self.env["account.move.line"]
        invoices = moves._search(
            [
                ("commercial_partner_id", "in", self.ids),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("company_id", "child_of", company.root_id.id),
            ]
        )
        overdue = lines._search(self._o2c_overdue_items(today))
        sums = [
            SQL("SUM(%s)", moves._field_to_sql(invoices.table, name, invoices))
            for name in ("amount_total_signed", "amount_residual_signed")
        ]
        due = lines._field_to_sql(overdue.table, "date_maturity", overdue)
        oldest = overdue.subselect(SQL("MIN(%s)", due))
        [[count, total, owed, due]] = self.env.execute_query(
            invoices.select(SQL("COUNT(*)"), *sums, oldest)
        )
        days = (today - due).days if due else 0
        if not count:
            return self.env._("New: no invoice so far"), days
        words = self.env._(
            "%(count)s for %(total)s in all, %(owed)s of it unpaid",
            count=count,
            total=format_amount(self.env, total or 0, company.currency_id),
            owed=format_amount(self.env, owed or 0, company.currency_id),
        )
        return words, days
