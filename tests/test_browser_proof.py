"""Tamper check, audit pack and export, pressed in a real browser."""

from odoo.tests import tagged

from .browser import BrowserCase
from .common import STANDARD


class Proof:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = "Pier Nine Freight"
        cls.auditor = cls.user(
            "aud_t", "Aud", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        cls.order_ = cls.confirmed(name="PIER-9")
        cls.deliver(cls.order_)
        cls.env.flush_all()

    def test_check_now_finds_a_history_nobody_touched_intact(self):
        self.env.ref("o2c_addon.ir_cron_o2c_seal_history").method_direct_trigger()

        self.play("o2c_tamper_check", self.auditor, "/odoo/tamper-check")

        checks = self.env["o2c.tamper.check"].search(
            [("user_id", "=", self.auditor.id)]
        )
        self.assertEqual(checks.mapped("state"), ["intact", "intact"])

    def test_check_now_names_what_was_altered(self):
        self.env.ref("o2c_addon.ir_cron_o2c_seal_history").method_direct_trigger()
        self.cr.execute("ALTER TABLE o2c_event DISABLE TRIGGER USER")
        self.cr.execute(
            "UPDATE o2c_event SET note = 'never' WHERE order_key = %s",
            [self.order_.id],
        )
        self.env.invalidate_all()

        self.play("o2c_tampered", self.auditor, "/odoo/tamper-check")

    def test_a_pack_of_the_orders_one_names(self):
        action = "/odoo/action-o2c_addon.audit_pack_action"
        self.play("o2c_audit_pack", self.auditor, action)

    def test_the_history_for_process_mining(self):
        action = "/odoo/action-o2c_addon.history_export_action"
        for tour in ("o2c_history_export", "o2c_history_export_xes"):
            self.play(tour, self.auditor, action)


@tagged(*STANDARD)
class TestProofOnTheDesk(Proof, BrowserCase):
    pass


@tagged(*STANDARD)
class TestProofOnThePhone(Proof, BrowserCase):
    browser_size = "390x844"
    touch_enabled = True
