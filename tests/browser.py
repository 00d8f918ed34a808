"""The base of the tests that need a real browser."""

from odoo.tests import HttpCase, tagged
from odoo.tools.misc import file_path

from .common import STANDARD, World

# Debian's package leaves it out, and every page of the backend complains about it
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def without_left_out(env):
    """Take it out of what pages load."""
    try:
        file_path(LEFT_OUT)
    except FileNotFoundError:
        env["ir.asset"].create(
            {
                "name": "Left out of the package",
                "bundle": "web.assets_backend",
                "directive": "remove",
                "path": LEFT_OUT,
                "sequence": 99,
            }
        )


@tagged(*STANDARD)
class BrowserCase(World, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        without_left_out(cls.env)
        cls._compile()

    @classmethod
    def _compile(cls):
        """Once for the class; what a test compiles is rolled back with the test."""
        for bundle in ("web.assets_web", "web.assets_tests"):
            cls.env["ir.qweb"]._get_asset_bundle(bundle, css=False, js=True).js()
        cls.env["ir.qweb"]._get_asset_bundle("web.assets_web", css=True, js=False).css()

    def play(self, tour, user, url="/odoo/order-to-cash"):
        """Play ``tour`` as ``user``, as somebody who just logged in."""
        self.start_tour(url, tour, login=user.login)
        self.env.invalidate_all()
