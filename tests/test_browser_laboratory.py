"""The policy laboratory in a real browser, on the demo data with known answers."""

from odoo.tests import HttpCase, tagged

from .browser import without_left_out
from .common import STANDARD

ACTION = "/odoo/action-o2c_addon."


@tagged(*STANDARD)
class TestBrowserLaboratory(HttpCase):
    """Needs a database with demo data: without it these tests fail, on purpose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        without_left_out(cls.env)
        cls.rule = cls.env.ref("o2c_addon.rule_large_orders")

    def play(self, tour, page, login="admin"):
        self.start_tour(page, tour, login=login)
        self.env.invalidate_all()

    def test_a_suggestion_with_its_evidence_is_tried_on_past_orders(self):
        rule = self.rule.with_user(self.env.ref("base.user_admin"))
        self.assertEqual(
            (rule.worth_asked, rule.worth_approved, rule.worth_refused), (5, 3, 1)
        )
        self.assertEqual(rule.worth_limit, 15000)

        self.play("o2c_worth", f"{ACTION}rule_worth_action")

        trial = self.env["o2c.trial"].search([], limit=1)
        self.assertEqual((trial.state, trial.change_ids.limit), ("waiting", 15000))
        self.env.ref("o2c_addon.ir_cron_o2c_try_out").method_direct_trigger()
        self.play("o2c_tried_out", "/odoo/try-out")

        [found] = trial.document_ids.filtered(lambda d: d.change == "fewer")
        self.assertEqual(found.res_id, self.env.ref("o2c_addon.order_paid_2").id)
        self.assertEqual(self.rule.limit, 10000, "nothing changed but the page")

    def test_a_finding_opens_the_rule_that_is_to_be_mended(self):
        self.play("o2c_check_my_rules", f"{ACTION}check_rules_action")

    def test_no_way_around_is_open(self):
        self.play("o2c_self_check", f"{ACTION}security_check_action")

        rows = self.env["o2c.security.check"].search([])
        self.assertGreater(len(rows), 45)
        self.assertEqual(set(rows.mapped("state")), {"c_closed"}, rows.mapped("advice"))

    def test_with_less_discount_nobody_is_asked(self):
        order = self.env.ref("o2c_addon.order_discounted")

        self.play("o2c_advice", f"/odoo/sale.order/{order.id}", "sam")

        self.assertEqual(order.order_line.discount, 15)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.o2c_request_ids)
