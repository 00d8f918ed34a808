from odoo import models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class BillingTask(models.Model):
    """What in the configuration stands in the way of an invoice, known beforehand.

    Each is a question that answers with a sentence for an accountant and the record
    where it is mended, or with nothing. Override and extend ``_faults``.
    """

    _inherit = "o2c.billing.task"

    def _park_faulty(self):
        """Those that cannot become an invoice: put aside, each with its sentence."""
        faulty = self.browse()
        for task in self:
            if fault := next(task._faults(), None):
                task._park(*fault)
                faulty |= task
        return faulty

    def _faults(self):
        """Pairs of sentence and record, the first in the way first."""
        yield from self._faults_of_payer()
        yield from self._faults_of_journal()
        yield from self._faults_of_currency()
        lines = self.picking_id.move_ids.sale_line_id or self.order_id.order_line
        lines = lines.filtered(lambda line: line.order_id == self.order_id)
        for line in lines.filtered(lambda line: line._o2c_is_sold()):
            yield from self._faults_of_line(line)

    def _faults_of_payer(self):
        payer = self.order_id._o2c_payer()
        account = payer.property_account_receivable_id
        if not account and not self._some_receivable():
            yield (
                self.env._("The customer %s has no receivable account.", payer.name),
                payer,
            )
        elif account and not account.active:
            yield self._archived(account)

    def _some_receivable(self):
        """Whether the company has any receivable account for the host to use."""
        return self._known(
            "receivable",
            lambda: self.env["account.account"].search_count(
                [
                    ("company_ids", "in", self.env.company.ids),
                    ("account_type", "=", "asset_receivable"),
                ],
                limit=1,
            ),
        )

    def _faults_of_journal(self):
        journal = self.order_id.journal_id
        if journal and not journal.active:
            yield self.env._("The journal %s is archived.", journal.name), journal
        elif not journal and not self._sales_journal():
            company = self.company_id
            yield self.env._("%s has no sales journal.", company.name), company

    def _sales_journal(self):
        return self._known(
            "journal",
            lambda: self.env["account.journal"].search(
                [
                    *self.env["account.journal"]._check_company_domain(
                        self.env.company
                    ),
                    ("type", "=", "sale"),
                ],
                limit=1,
            ),
        )

    def _faults_of_currency(self):
        currency = self.order_id.currency_id
        if not currency.active:
            yield self.env._("The currency %s is archived.", currency.name), currency
        elif currency != self.company_id.currency_id and not self._known(
            f"rate {currency.id}", lambda: self._has_rate(currency)
        ):
            yield self.env._("%s has no exchange rate.", currency.name), currency

    def _has_rate(self, currency):
        return self.env["res.currency.rate"].search_count(
            [
                ("currency_id", "=", currency.id),
                ("company_id", "in", (False, self.env.company.root_id.id)),
            ],
            limit=1,
        )

    def _faults_of_line(self, line):
        product = line.product_id
        template = product.product_tmpl_id
        position = self.order_id.fiscal_position_id
        account = self._known(
            f"income {product.id} {position.id}",
            lambda: template.get_product_accounts(fiscal_pos=position)["income"],
        )
        if not account:
            journal = self.order_id.journal_id or self._sales_journal()
            account = journal.default_account_id
        if not account:
            yield (
                self.env._("The product %s has no income account.", product.name),
                template,
            )
        elif not account.active:
            yield self._archived(account)
        elif account.currency_id and account.currency_id != line.currency_id:
            yield (
                self.env._(
                    "The account %(account)s takes %(currency)s only, and %(order)s is "
                    "in %(other)s.",
                    account=self._account_name(account),
                    currency=account.currency_id.name,
                    order=self.order_id.name,
                    other=line.currency_id.name,
                ),
                account,
            )
        if self._lacks_analytic_accounts(line, account):
            yield (
                self.env._(
                    "%(product)s on %(order)s needs analytic accounts for 100%%.",
                    product=product.name,
                    order=self.order_id.name,
                ),
                self.order_id,
            )
        for tax in line.tax_ids._origin:
            for used in self._known(f"tax {tax.id}", tax._o2c_archived_accounts):
                yield (
                    self.env._(
                        "The tax %(tax)s posts on %(account)s, which is archived.",
                        tax=tax.name,
                        account=self._account_name(used),
                    ),
                    tax,
                )
        if not line.product_uom_id._has_common_reference(product.uom_id):
            yield (
                self.env._(
                    "%(unit)s on %(order)s cannot be converted to %(other)s of the "
                    "product %(product)s.",
                    unit=line.product_uom_id.name,
                    order=self.order_id.name,
                    other=product.uom_id.name,
                    product=product.name,
                ),
                self.order_id,
            )

    def _lacks_analytic_accounts(self, line, account):
        """Whether the host would not let a person confirm an invoice of ``line``."""
        if not self._known("analytic", self._wants_analytic_accounts):
            return False
        try:
            line.with_context(validate_analytic=True)._validate_distribution(
                company_id=self.company_id.id,
                product=line.product_id.id,
                account=account.id,
                business_domain="invoice",
            )
        except ValidationError:
            return True
        return False

    def _wants_analytic_accounts(self):
        """Whether any plan is mandatory for anything."""
        plans = self.env["account.analytic.plan"]
        return plans.search_count(
            Domain("applicability_ids.applicability", "=", "mandatory")
            | Domain("default_applicability", "=", "mandatory"),
            limit=1,
        )

    def _archived(self, account):
        name = self._account_name(account)
        return self.env._("The account %s is archived.", name), account

    def _account_name(self, account):
        return f"{account.code} {account.name}"

    def _known(self, name, find):
        """What is the same for all of this company, found once for each judgement."""
        facts = self.env.cr.cache.setdefault("o2c_facts", {})
        key = ("billing", name, self.env.company.id)
        if key not in facts:
            facts[key] = find()
        return facts[key]


class Tax(models.Model):
    _inherit = "account.tax"

    def _o2c_archived_accounts(self):
        """Accounts it posts on that take nothing any more."""
        accounts = self.flatten_taxes_hierarchy().repartition_line_ids.account_id
        return accounts.filtered(lambda account: not account.active)
