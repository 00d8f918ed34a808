"""An administrator's first five minutes, in a real browser."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD

PAGE = "/odoo/order-to-cash-first-steps"


@tagged(*STANDARD)
class TestBrowserFirstSteps(BrowserCase):
    def test_five_clicks_and_two_values_to_the_first_rule(self):
        self.confirmed(quantity=12)
        self.ada.name = "Adelheid"  # nobody of that name in the demo data

        self.play("o2c_first_rule", self.mia, PAGE)

        order = self.order(quantity=11)
        order.action_confirm()
        self.assertEqual((order.state, order.o2c_approval_state), ("draft", "pending"))
        self.assertEqual(order.o2c_request_ids.approver_ids, self.ada)

    def test_a_preset_watches_and_warns_with_one_click(self):
        self.confirmed(quantity=30)

        self.play("o2c_preset", self.mia, PAGE)

        rules = self.env["o2c.approval.rule"].search(
            [("preset", "=", "reseller"), ("company_id", "=", self.company.id)]
        )
        effects = rules.mapped("effect")
        self.assertEqual(effects.count("warn"), 1)
        self.assertEqual(effects.count("observe"), len(rules) - 1)


@tagged(*STANDARD)
class TestPhoneFirstSteps(BrowserCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_the_first_rule_is_made_on_the_phone(self):
        self.play("o2c_first_steps_on_the_phone", self.mia, PAGE)
