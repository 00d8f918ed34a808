"""Odoo's own robot opens every menu of ours, every view of it, and every filter."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD

APP = "o2c_addon.menu_o2c_root"
EVERYTHING = (
    "base.group_system",
    "o2c_addon.group_o2c_manager",
    "o2c_addon.group_o2c_auditor",
    "sales_team.group_sale_manager",
    "stock.group_stock_manager",
    "account.group_account_manager",
)


@tagged(*STANDARD)
class TestBrowserMenus(BrowserCase):
    browser_size = "1920x1080"  # all menus in one row
    allow_end_on_form = True

    def test_every_menu_view_and_filter_opens(self):
        eve = self.user("eve_t", "Eve", ",".join(EVERYTHING))
        self.rule()  # else the app opens First steps
        robot = "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')"

        self.browser_js(
            "/odoo",
            f"{robot}.startClickEverywhere('{APP}');",
            "odoo.isReady === true",
            login=eve.login,
            timeout=600,
            success_signal="clickbot test succeeded",
        )
