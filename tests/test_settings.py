"""The settings: each belongs to one company, says so, and is on the screen."""

from lxml import etree

from odoo import models
from odoo.tests import tagged

from .common import STANDARD, O2CCase


@tagged(*STANDARD)
class TestSettings(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.settings = cls.env["res.config.settings"].with_company(cls.company)
        cls.names = [name for name in cls.settings._fields if name.startswith("o2c_")]

    def another(self, name):
        """A value that this setting does not have yet."""
        field, value = self.settings._fields[name], self.company[name]
        if field.type == "selection":
            values = field.get_values(self.env)
            return next(other for other in values if other != value)
        if field.type == "many2one":
            return (self.env[field.comodel_name].search([]) - value)[:1]
        return not value if field.type == "boolean" else value + 3

    def test_what_is_set_in_one_company_is_not_seen_in_another(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids += other
        before = {name: other[name] for name in self.names}
        values = {name: self.another(name) for name in self.names}

        self.settings.create(
            {
                name: value.id if isinstance(value, models.Model) else value
                for name, value in values.items()
            }
        ).execute()

        self.assertTrue(values)
        there = self.settings.with_company(other).create({})
        for name, value in values.items():
            with self.subTest(name):
                self.assertNotEqual(value, before[name])
                self.assertEqual(self.company[name], value)
                self.assertEqual(other[name], before[name])
                self.assertEqual(there[name], before[name])

    def test_every_setting_bears_the_mark_of_the_company_wherever_it_stands(self):
        arch = etree.fromstring(self.settings.get_view(view_type="form")["arch"])
        for name in self.names:
            with self.subTest(name):
                nodes = arch.xpath(f"//setting//field[@name='{name}']")
                self.assertTrue(nodes, "is on no page")
                for node in nodes:
                    setting = next(node.iterancestors("setting"))
                    self.assertEqual(setting.get("company_dependent"), "1")

    def test_every_setting_says_what_it_does(self):
        arch = etree.fromstring(self.settings.get_view(view_type="form")["arch"])
        for setting in arch.xpath("//setting[starts-with(@id, 'o2c_')]"):
            with self.subTest(setting.get("id")):
                self.assertTrue(setting.get("help"))
                self.assertTrue(setting.get("string") or setting.xpath("./field"))
