"""Public names stay: consultants, reports and other programs rely on them.

`public_names.txt` has them, a line each. What is no longer there is renamed: the old
name keeps working for a major version and warns, see `o2c_example/models/renamed.py`.
"""

import inspect
import os
from pathlib import Path

from odoo import models
from odoo.tests import tagged

from .common import STANDARD, O2CCase

FROZEN = Path(__file__).parent / "public_names.txt"
HOOKS = ("_o2c_fact_", "_o2c_problem_", "_o2c_obstacles", "_process_due", "_remind_due")


def is_public(name):
    """What may be called from outside, and what a consultant overrides or calls."""
    return not name.startswith("_") or name.startswith(HOOKS)


def fields_of(record, prefix=""):
    # what a class inherits from the host is the host's
    names = {
        name
        for name, field in record._fields.items()
        if "o2c_addon" in (field._modules or ())
        and name.startswith(prefix)
        and not field.inherited
    }
    return names - set(models.MAGIC_COLUMNS) - {"display_name"}


def methods_of(record):
    """What is defined by our classes of the model."""
    ours = [cls for cls in type(record).mro() if "o2c_addon" in cls.__module__]
    return {
        name
        for cls in ours
        for name, value in vars(cls).items()
        if inspect.isfunction(value) and is_public(name)
    }


def values_of(record, name):
    field = record._fields[name]
    if field.type == "selection" and isinstance(field.selection, list):
        return {value for value, _label in field.selection}
    return set()


@tagged(*STANDARD)
class TestPublicNames(O2CCase):
    def names(self):
        """Everything that is public now."""
        for model, record in self.env.items():
            ours = model.startswith("o2c.")
            if record._transient:
                continue
            if ours:
                yield model
            fields = fields_of(record, "" if ours else "o2c_")
            for name in fields:
                yield f"{model}.{name}"
                for value in values_of(record, name):
                    yield f"{model}.{name}={value}"
            for name in methods_of(record):
                if ours or "o2c_" in name:
                    yield f"{model}.{name}()"
        kinds = ("res.groups", "ir.cron", "ir.ui.menu", "mail.template")
        for data in self.env["ir.model.data"].search(
            [("module", "=", "o2c_addon"), ("model", "in", kinds)]
        ):
            yield data.complete_name

    def test_no_public_name_is_gone(self):
        """New ones are added to the list by O2C_FREEZE=1; none is taken out so."""
        now = set(self.names())
        frozen = set(FROZEN.read_text().split())
        if os.environ.get("O2C_FREEZE"):
            frozen |= now
            FROZEN.write_text("\n".join(sorted(frozen)) + "\n")

        self.assertTrue(frozen)
        self.assertFalse(
            frozen - now,
            "Let the old name work and warn, see o2c_example/models/renamed.py; or, "
            "before the first release, take its line out of public_names.txt.",
        )

    def test_the_names_the_design_promises_are_among_them(self):
        frozen = set(FROZEN.read_text().split())
        for name in (
            "o2c.approval.rule.criterion=amount",
            "o2c.approval.request.action_approve()",
            "o2c.fulfillment.check.code=prepayment",
            "o2c.hold.action_release()",
            "o2c.billing.task.action_retry()",
            "o2c.event.activity=approved",
            "sale.order.o2c_stage=payment",
            "sale.order.o2c_explain()",
            "stock.picking.action_o2c_release()",
            "res.company.o2c_invoicing=send",
            "o2c_addon.group_o2c_manager",
        ):
            with self.subTest(name):
                self.assertIn(name, frozen)

    def test_a_renamed_method_works_and_warns(self):
        order = self.order()

        with self.assertWarnsRegex(DeprecationWarning, "o2c_explain"):
            told = order.o2c_why()

        self.assertEqual(told, order.o2c_explain())

    def test_a_renamed_field_is_read_written_and_searched_and_warns(self):
        order = self.order()

        with self.assertWarnsRegex(DeprecationWarning, "o2c_invoicing"):
            order.o2c_billing = "draft"
            order.flush_recordset()
        self.assertEqual(order.o2c_invoicing, "draft")
        with self.assertWarnsRegex(DeprecationWarning, "o2c_invoicing"):
            found = self.env["sale.order"].search([("o2c_billing", "=", "draft")])
        self.assertIn(order, found)
        order.invalidate_recordset()
        with self.assertWarnsRegex(DeprecationWarning, "o2c_invoicing"):
            self.assertEqual(order.o2c_billing, "draft")
