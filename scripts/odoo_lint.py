"""Odoo's own lint tests (its module test_lint), on this addon alone.

Run by scripts/lint; pytest collects the classes imported here. Left out is what tests
the linters themselves or concerns Odoo's own repository only; Odoo's Pylint and ESLint
rules are a part of our runs of those.
"""

import pytest

from odoo import modules
from odoo.modules import Manifest

ADDON = Manifest.for_addon("o2c_addon")

# Odoo's tests ask for all modules in these two ways; some do while being imported.
Manifest.all_addon_manifests = staticmethod(lambda: [ADDON])
modules.get_modules = lambda: [ADDON.name]

# ruff: noqa: E402, F401
from odoo.addons.test_lint.tests.test_dunderinit import TestDunderinit
from odoo.addons.test_lint.tests.test_i18n import TestI18n
from odoo.addons.test_lint.tests.test_index import TestIndex
from odoo.addons.test_lint.tests.test_jstranslate import TestJsTranslations
from odoo.addons.test_lint.tests.test_manifests import ManifestLinter
from odoo.addons.test_lint.tests.test_naming import TestNaming
from odoo.addons.test_lint.tests.test_onchange_domains import TestOnchangeDomains
from odoo.addons.test_lint.tests.test_orm_import import TestDunderinit as TestOrmImport
from odoo.addons.test_lint.tests.test_override_signatures import (
    TestLintOverrideSignatures,
)
from odoo.addons.test_lint.tests.test_pofile import PotLinter
from odoo.addons.test_lint.tests.test_routes import RoutesLinter
from odoo.addons.test_lint.tests.test_test_holes import TestTestHoles


@pytest.fixture(autouse=True)
def _warnings_are_findings(caplog):
    """Some of these tests only log what they find."""
    yield
    for record in caplog.get_records("call"):
        assert record.levelname not in ("WARNING", "ERROR"), record.getMessage()
