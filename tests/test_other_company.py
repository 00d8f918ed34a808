"""Nothing of a company is told in another: lists, counters, mails, activities, exports.

Max may do everything, in a company of his own; the demo data is of the other one.
"""

from contextlib import suppress

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import STANDARD, O2CCase
from .test_outside import EVERYTHING

DOCUMENTS = ("sale.order", "stock.picking", "account.move")


@tagged(*STANDARD)
class TestOtherCompany(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule(limit=10000)
        cls.large = cls.confirmed(quantity=12, name="S-SECRET")
        cls.large.activity_schedule("mail.mail_activity_data_todo", user_id=cls.mia.id)
        held = cls.confirmed()
        held.action_o2c_hold(cls.reason().id)
        sold = cls.confirmed(product=cls.product("Advice", 77, "order"))
        cls.invoice = sold.with_user(cls.kim).sudo()._create_invoices().sudo(False)
        cls.invoice.action_post()
        cls.invoice.with_user(cls.kim).action_o2c_promise("2099-01-01")
        cls.invoice.with_user(cls.kim).action_o2c_dispute("Not what we agreed")
        cls.env["o2c.tamper.check"]._check(cls.company)
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.max = new_test_user(
            cls.env,
            "max_t",
            EVERYTHING,
            email="max@seller.example",
            company_id=cls.elsewhere.id,
            company_ids=[Command.set(cls.elsewhere.ids)],
        )
        cls.env.flush_all()

    def models_with_a_company(self):
        """(model as Max, the rows of another company), ours and the documents'."""
        for name, registered in sorted(self.env.registry.items()):
            of_interest = name.startswith("o2c.") or name in DOCUMENTS
            if not of_interest or registered._abstract or registered._transient:
                continue
            if "company_id" in registered._fields:
                model = self.env[name].sudo()
                foreign = model.search([("company_id", "=", self.company.id)])
                if foreign:
                    yield model.with_user(self.max).sudo(False), foreign

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_lists_and_counters(self):
        tried = 0
        for model, foreign in self.models_with_a_company():
            tried += 1
            with self.subTest(model._name):
                self.assertFalse(model.search([]) & foreign)
                self.assertFalse(model.search_count([("id", "in", foreign.ids)]))
                groups = model.formatted_read_group([], ["company_id"], ["__count"])
                companies = {g["company_id"] and g["company_id"][0] for g in groups}
                self.assertNotIn(self.company.id, companies)
                with suppress(AccessError, MissingError):
                    fields = ["display_name", "company_id"]
                    ids = foreign[:1].ids
                    self.assertEqual(
                        self.rpc(self.max, model._name, "read", ids, fields), []
                    )
        self.assertGreater(tried, 15)

    def test_figures(self):
        """The board, the dashboard, what waits, and what is late, are all empty."""
        orders = self.env["sale.order"].with_user(self.max).sudo(False)
        report = self.env["o2c.cycle.report"].with_user(self.max).sudo(False)
        overdue = self.env["o2c.overdue"].with_user(self.max).sudo(False)

        news = orders.o2c_news()
        self.confirmed(quantity=2)
        self.env.flush_all()
        self.assertEqual(orders.o2c_news(), news, "it is no news for him")
        self.assertFalse(report.search_count([]))
        self.assertFalse(self.env["o2c.waiting"].with_user(self.max).search([]))
        self.assertFalse(overdue.search([]))
        self.assertFalse(self.max._o2c_waiting())
        customer = self.customer.with_user(self.max).sudo(False)
        self.assertFalse(customer.o2c_promises_kept + customer.o2c_promises_broken)

    def test_activities_and_what_was_written(self):
        activities = self.env["mail.activity"].with_user(self.max).sudo(False)
        messages = self.env["mail.message"].with_user(self.max).sudo(False)
        for document in (self.large, self.invoice):
            where = [("res_id", "=", document.id)]
            of_it = [("res_model", "=", document._name), *where]
            self.assertTrue(activities.sudo().search(of_it))
            self.assertFalse(activities.search(of_it))
            said = [("model", "=", document._name), *where]
            self.assertTrue(messages.sudo().search(said))
            self.assertFalse(messages.search(said))

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule")
    def test_exports(self):
        """Neither the host's, nor the pack, nor the history."""
        with self.assertRaises(AccessError):
            self.rpc(self.max, "sale.order", "export_data", self.large.ids, ["name"])
        pack = self.env["o2c.audit.pack"].with_user(self.max).sudo(False)
        ours = pack.create({"date_from": "2000-01-01", "date_to": "2099-01-01"})
        with self.assertRaisesRegex(UserError, "Nothing is remembered"):
            ours.action_download()
        for model in ("o2c.audit.pack", "o2c.history.export"):
            wizard = self.env[model].with_user(self.max).sudo(False)
            with self.subTest(model), self.assertRaises(AccessError):
                wizard.create({"company_id": self.company.id}).action_download()
