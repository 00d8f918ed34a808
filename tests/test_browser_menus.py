"""Odoo's own robot opens every menu of ours, every view of it, and every filter."""

import re

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

        with self.assertLogs(self._logger.getChild("browser"), "INFO") as said:
            self.browser_js(
                "/odoo",
                f"{robot}.startClickEverywhere('{APP}');",
                "odoo.isReady === true",
                login=eve.login,
                timeout=600,
                success_signal="clickbot test succeeded",
            )

        opened = re.findall(
            r"Testing menu .* (\w+\.\w+)$", "\n".join(said.output), re.M
        )
        self.assertEqual(set(opened), self.menus_of(eve))
        filters = re.search(
            r"Successfully tested (\d+) filters", "\n".join(said.output)
        )
        self.assertGreater(int(filters[1]), 50)

    def menus_of(self, user):
        """What can be clicked in the app: itself, and each menu without menus below."""
        menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        app = self.env.ref(APP).id
        return {APP} | {
            menu["xmlid"]
            for menu in menus.values()
            if menu["id"] and menu["app_id"] == app and not menu["children"]
        }
