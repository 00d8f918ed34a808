"""Twelve faults of configuration: each has its sentence and the way to mend it."""

from .test_billing import BillingCase


def fault(sentence, model):
    """A generator that breaks something, and mends it afterwards."""

    def marked(breakage):
        breakage.sentence, breakage.model = sentence, model
        return breakage

    return marked


class TestConfigurationFaults(BillingCase):
    """F22: nothing crashes, nothing is half done, and Retry bills it once mended."""

    def setUp(self):
        super().setUp()
        self.company.o2c_billing_owner_id = self.kim
        self.income = self.account("990001", "Test sales", "income")
        self.receivable = self.account("990002", "Test owed", "asset_receivable")
        self.laptop.property_account_income_id = self.income
        self.customer.property_account_receivable_id = self.receivable
        self.journal = self.env["account.journal"].create(
            {"name": "Test sales", "code": "TSAL", "type": "sale"}
        )

    def account(self, code, name, kind):
        return self.env["account.account"].create(
            {
                "code": code,
                "name": name,
                "account_type": kind,
                "reconcile": kind == "asset_receivable",
            }
        )

    # -- the faults ------------------------------------------------------------------

    @fault("The customer Harbor Logistics has no receivable account", "res.partner")
    def no_receivable_account(self, order):
        accounts = self.env["account.account"].search(
            [("account_type", "=", "asset_receivable")]
        )
        defaults = self.env["ir.default"].search(
            [("field_id.name", "=", "property_account_receivable_id")]
        )
        accounts.flush_recordset()
        self.env.cr.execute(
            "UPDATE account_account SET account_type = 'asset_current' WHERE id IN %s",
            [tuple(accounts.ids)],
        )
        kept = defaults.mapped("json_value")
        defaults.json_value = "false"
        self.customer.property_account_receivable_id = False
        self.env.invalidate_all()
        yield
        self.env.cr.execute(
            "UPDATE account_account SET account_type = 'asset_receivable'"
            " WHERE id IN %s",
            [tuple(accounts.ids)],
        )
        for default, value in zip(defaults, kept, strict=True):
            default.json_value = value
        self.customer.property_account_receivable_id = self.receivable
        self.env.invalidate_all()

    @fault("The account 990002 Test owed is archived", "account.account")
    def receivable_account_archived(self, order):
        self.receivable.active = False
        yield
        self.receivable.active = True

    @fault("has no sales journal", "res.company")
    def no_sales_journal(self, order):
        journals = self.env["account.journal"].search([("type", "=", "sale")])
        drafts = [("journal_id", "in", journals.ids), ("state", "=", "draft")]
        self.env["account.move"].search(drafts).button_cancel()
        journals.action_archive()
        yield
        journals.action_unarchive()

    @fault("The journal Test sales is archived", "account.journal")
    def journal_of_the_order_archived(self, order):
        order.journal_id = self.journal
        self.journal.action_archive()
        yield
        self.journal.action_unarchive()

    @fault("The currency EUR is archived", "res.currency")
    def currency_archived(self, order):
        order.currency_id.active = False
        yield
        order.currency_id.active = True

    @fault("EUR has no exchange rate", "res.currency")
    def currency_without_a_rate(self, order):
        order.currency_id.rate_ids.unlink()
        yield
        self.env["res.currency.rate"].create(
            {"currency_id": order.currency_id.id, "name": "2020-01-01", "rate": 2}
        )

    @fault("The product Laptop has no income account", "product.template")
    def no_income_account(self, order):
        category = self.laptop.categ_id
        journals = self.env["account.journal"].search([("type", "=", "sale")])
        defaults = [(journal, journal.default_account_id) for journal in journals]
        known = category.property_account_income_categ_id
        self.laptop.property_account_income_id = False
        category.property_account_income_categ_id = False
        self.company.income_account_id = False
        for journal in journals:
            journal.default_account_id = False
        yield
        self.laptop.property_account_income_id = self.income
        category.property_account_income_categ_id = known
        for journal, default in defaults:
            journal.default_account_id = default

    @fault("The account 990001 Test sales is archived", "account.account")
    def income_account_archived(self, order):
        self.income.active = False
        yield
        self.income.active = True

    @fault("990004 Test pounds takes GBP only, and S.* is in EUR", "account.account")
    def income_account_of_another_currency(self, order):
        pounds = self.account("990004", "Test pounds", "income")
        pounds.currency_id = self.env.ref("base.GBP")
        self.laptop.property_account_income_id = pounds
        yield
        self.laptop.property_account_income_id = self.income

    @fault("The tax Broken posts on 990003 Test tax, which is archived", "account.tax")
    def account_of_the_tax_archived(self, order):
        account = self.account("990003", "Test tax", "liability_current")
        tax = self.env["account.tax"].create({"name": "Broken", "amount": 10})
        tax.invoice_repartition_line_ids.account_id = account
        order.order_line.tax_ids = tax
        account.active = False
        yield
        account.active = True

    @fault("cannot be converted to Units of the product Laptop", "sale.order")
    def unit_that_cannot_be_converted(self, order):
        hours, unit = self.env.ref("uom.product_uom_hour"), self.laptop.uom_id
        line = order.order_line
        for uom in (hours, unit):
            line.flush_recordset()
            self.env.cr.execute(
                "UPDATE sale_order_line SET product_uom_id = %s WHERE id = %s",
                [uom.id, line.id],
            )
            line.invalidate_recordset()
            if uom == hours:
                yield

    @fault("Laptop on S.* needs analytic accounts for 100%", "sale.order")
    def analytic_distribution_missing(self, order):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        self.env["account.analytic.account"].create(
            {"name": "Harbor", "plan_id": plan.id}
        )
        applicability = self.env["account.analytic.applicability"].create(
            {
                "business_domain": "invoice",
                "applicability": "mandatory",
                "analytic_plan_id": plan.id,
            }
        )
        yield
        applicability.unlink()

    # -- the test --------------------------------------------------------------------

    def test_each_fault(self):
        faults = [
            each for each in vars(type(self)).values() if hasattr(each, "sentence")
        ]
        self.assertEqual(len(faults), 12)
        for breakage in faults:
            with self.subTest(breakage.__name__):
                self.one_fault(breakage)

    def one_fault(self, breakage):
        euro = self.euro_pricelist(2)
        order = self.confirmed(2, pricelist_id=euro.id)
        broken = breakage(self, order.sudo())
        next(broken)

        delivery = self.deliver(order)

        task = self.tasks(order)
        self.assertEqual(delivery.state, "done", "accounting never stops the truck")
        self.assertEqual(task.state, "parked")
        self.assertRegex(task.error, breakage.sentence)
        self.assertEqual(task.fault_model, breakage.model)
        self.assertTrue(self.env[task.fault_model].browse(task.fault_id).exists())
        self.assertEqual(task.activity_id.user_id, self.kim)
        self.assertFalse(order.sudo().invoice_ids, "nothing half done")
        opened = task.with_user(self.kim).action_open_fault()
        self.assertEqual(opened["res_model"], breakage.model)

        next(broken, None)
        task.with_user(self.kim).action_retry()

        self.assertEqual(task.state, "done", task.error)
        self.assertEqual(order.sudo().invoice_ids.state, "posted")
        self.assertEqual(order.sudo().invoice_ids.amount_untaxed, 2000)
        self.assertFalse(task.activity_id)
