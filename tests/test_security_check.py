"""The security self-check: green where it holds, red where a way is open."""

from unittest.mock import patch

from odoo import models
from odoo.exceptions import AccessError

from .common import O2CCase

LEFT = (
    "sale.order",
    "stock.picking",
    "stock.move",
    "account.move",
    "res.partner",
    "product.product",
    "o2c.event",
    "o2c.hold",
    "o2c.notice",
    "o2c.approval.request",
    "mail.message",
    "mail.mail",
    "mail.activity",
    "mail.followers",
    "ir.attachment",
    "ir.default",
    "ir.model.data",
    "bus.bus",
    "o2c.approval.decision",
    "o2c.billing.task",
    "account.payment",
    "ir.actions.server",
    "ir.cron.trigger",
)


class TestSecurityCheck(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule(limit=5000)

    def check(self):
        """What the administrator reads after pressing the button."""
        checks = self.env["o2c.security.check"].with_user(self.mia)
        with self.enter_registry_test_mode():
            self.told = checks.action_check()["params"]
        return checks.search([])

    def open(self, rows):
        return {
            (row.subject, row.way)
            for row in rows.filtered(lambda r: r.state == "a_open")
        }

    def test_every_known_way_is_closed(self):
        rows = self.check()

        self.assertFalse(self.open(rows))
        untried = rows.filtered(lambda r: r.state == "b_untried")
        self.assertFalse(untried.mapped("advice"))
        tried = rows.grouped("subject")
        numbers = {subject: len(tried[subject]) for subject in tried}
        self.assertGreaterEqual(numbers.pop("history"), 7)
        self.assertEqual(
            numbers, {"order": 12, "delivery": 14, "invoice": 12, "rule": 8}
        )
        self.assertEqual(self.told["type"], "success")
        self.assertEqual(rows.company_id, self.company)

    def test_it_leaves_nothing_behind(self):
        before = self.left()

        self.check()

        self.assertEqual(self.left(), before)

    def left(self):
        """How much there is of everything, and the next number of each sequence."""
        self.env.flush_all()
        counts = {
            model: self.env[model]
            .sudo()
            .with_context(active_test=False)
            .search_count([])
            for model in LEFT
        }
        self.env.cr.execute(
            "SELECT sequencename, last_value FROM pg_sequences "
            "WHERE sequencename LIKE 'ir_sequence_%' ORDER BY 1"
        )
        return counts, self.env.cr.fetchall()

    def patched(self, model, **methods):
        """As an addon would change it."""
        return patch.multiple(type(self.env[model]), **methods)

    @staticmethod
    def validate_nothing(documents, names, excluded=()):
        """As who wants to be fast."""

    def test_an_addon_that_lifts_the_law_shows_red(self):
        with self.patched("sale.order", _validate_fields=self.validate_nothing):
            rows = self.check()

        found = self.open(rows)
        self.assertIn(("order", "Writing the state"), found)
        self.assertIn(("order", "A server action that writes the state"), found)
        self.assertIn(("rule", "Duplicating an order with the state changed"), found)
        self.assertNotIn(("order", "The button"), found)
        self.assertFalse([subject for subject, _way in found if subject == "invoice"])
        self.assertEqual(self.told["type"], "danger")
        advice = rows.filtered(lambda r: r.state == "a_open")[0].advice
        self.assertIn("Sales", advice)

    def test_an_addon_that_passes_by_the_button_shows_red(self):
        def confirm(orders):
            orders.sudo()._o2c_stamp()
            return models.BaseModel.write(orders.sudo(), {"state": "sale"})

        with self.patched("sale.order", action_confirm=confirm):
            found = self.open(self.check())

        self.assertIn(("order", "The button"), found)
        self.assertIn(("order", "The customer's signature"), found)
        self.assertNotIn(("order", "Writing the state"), found)

    def test_a_delivery_and_an_invoice_show_red(self):
        def pass_by(documents, gate):
            return documents.browse()

        nothing = {"_validate_fields": self.validate_nothing}
        with (
            self.patched("account.move", _o2c_park=pass_by, **nothing),
            self.patched("stock.picking", **nothing),
        ):
            found = self.open(self.check())

        self.assertIn(("invoice", "The button, as superuser"), found)
        self.assertIn(("delivery", "Writing the state of what leaves"), found)

    def test_a_guard_that_was_taken_off_shows_red(self):
        self.env.cr.execute(
            "ALTER TABLE o2c_event DISABLE TRIGGER o2c_append_only_truncate"
        )

        rows = self.check().filtered(lambda r: r.state == "a_open")

        self.assertEqual(rows.mapped("subject"), ["history"])
        self.assertIn("History", rows.way)
        self.assertIn("Tamper check", rows.advice)

    def test_access_somebody_gave_shows_red(self):
        self.env["ir.model.access"].create(
            {
                "name": "Support",
                "model_id": self.env["ir.model"]._get_id("o2c.hold"),
                "group_id": self.env.ref("o2c_addon.group_o2c_manager").id,
                "perm_write": True,
            }
        )

        found = self.open(self.check())

        self.assertIn(("history", "Writing by hand, changing or deleting: Hold"), found)
        self.assertIn(("order", "Writing that it is released"), found)

    def test_an_approval_that_can_be_written_shows_red(self):
        self.env["ir.model.access"].create(
            {
                "name": "Support",
                "model_id": self.env["ir.model"]._get_id("o2c.approval.request"),
                "group_id": self.env.ref("o2c_addon.group_o2c_manager").id,
                "perm_create": True,
                "perm_read": True,
            }
        )

        self.assertIn(("rule", "Writing the approval by hand"), self.open(self.check()))

    def test_an_open_default_shows_red_and_is_forgotten(self):
        mine = "Creating an order that has passed already", "The same, as a default"
        everything = {"_has_field_access": lambda orders, field, operation: True}
        self.mia.group_ids += self.env.ref("sales_team.group_sale_manager")
        with self.patched("sale.order", **everything):
            found = {way for subject, way in self.open(self.check())}

        for way in mine:
            self.assertTrue([each for each in found if each.startswith(way)], found)
        defaults = self.env["ir.default"].with_user(self.mia)
        self.assertNotIn("o2c_passed_on", defaults._get_model_defaults("sale.order"))
        self.assertFalse(self.order(user=self.mia).o2c_passed_on)

    def test_a_rule_with_a_condition_is_tried_where_it_means_the_order(self):
        self.env["o2c.approval.rule"].search([]).action_archive()
        rule = self.rule(limit=5000, domain="[('partner_id.name', '=', 'Nobody')]")
        rows = self.check().filtered(lambda r: r.subject == "rule")
        self.assertEqual(rows.mapped("state"), ["b_untried"])

        rule.domain = "[('create_uid', '!=', 1)]"

        rows = self.check().filtered(lambda r: r.subject == "rule")
        self.assertEqual(set(rows.mapped("state")), {"c_closed"})
        self.assertEqual(len(rows), 8)

    def test_without_a_rule_that_part_is_not_tried_and_says_so(self):
        self.env["o2c.approval.rule"].search([]).action_archive()

        rows = self.check().filtered(lambda r: r.subject == "rule")

        self.assertEqual(rows.mapped("state"), ["b_untried"])
        self.assertIn("No approval rule", rows.advice)

    def test_each_company_is_checked(self):
        other = self.env["res.company"].create({"name": "Second"})
        self.mia.company_ids |= other
        checks = self.env["o2c.security.check"].with_user(self.mia)
        checks = checks.with_context(allowed_company_ids=(self.company + other).ids)
        with self.enter_registry_test_mode():
            checks.action_check()

        rows = checks.search([]).grouped("company_id")

        self.assertIn(self.company, rows)
        self.assertEqual(
            set(rows[other].filtered(lambda r: r.subject == "order").mapped("state")),
            {"c_closed"},
        )
        # it has no accounts yet
        invoices = rows[other].filtered(lambda r: r.subject == "invoice")
        self.assertEqual(invoices.mapped("state"), ["b_untried"])

    def test_administrators_only_and_each_his_own(self):
        self.check()
        for user in (self.sam, self.rae, self.wim):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.security.check", "action_check", [])
        other = self.user("max_t", "Max", "o2c_addon.group_o2c_manager")
        self.assertFalse(self.env["o2c.security.check"].with_user(other).search([]))
