"""The unit tests of our JavaScript: ``o2c_addon/static/tests/*.test.js``."""

from odoo.tests import HttpCase, tagged

from odoo.addons.web.tests.test_js import unit_test_error_checker

from .common import STANDARD


def identity(name):
    """How hoot calls the suite ``name`` in an address."""
    number = 0
    for letter in name:
        number = (number * 31 + ord(letter)) & 0xFFFFFFFF
    return f"{number:08x}"


@tagged(*STANDARD)
class TestHoot(HttpCase):
    def test_our_javascript(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
            f"&id={identity('@o2c_addon')}",
            code="",
            ready="",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )
