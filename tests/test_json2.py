"""The examples of the README for other programs run as they stand there."""

from datetime import timedelta

import requests

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from .common import STANDARD, World
from .examples import json2


@tagged(*STANDARD)
class TestJson2(World, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
        cls.rule(limit=10000)

    def setUp(self):
        super().setUp()
        allowed = self.allow_requests(all_requests=True)
        allowed.__enter__()
        self.addCleanup(allowed.__exit__, None, None, None)

    def program(self, user):
        """Another program, with a key of ``user``."""
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        keys = self.env["res.users.apikeys"].with_user(user)
        key = keys._generate("rpc", "Example", tomorrow)
        program = json2.Odoo(self.base_url(), self.env.cr.dbname, key)
        # tests let in only whom they know
        program.http.cookies[TEST_CURSOR_COOKIE_NAME] = self.http_request_key
        return program

    def ask(self):
        order = self.order(quantity=12)
        order.action_confirm()
        self.env.flush_all()
        return order

    def test_why_orders_wait(self):
        order = self.ask()

        reasons = json2.why_orders_wait(self.program(self.sam))

        self.assertIn("Waiting for Ada or Ben", reasons[order.name][0])

    def test_an_order_is_approved_by_another_program(self):
        order = self.ask()

        json2.approve(self.program(self.ada), order.name, "They paid last time")

        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        decision = order.o2c_request_ids.decision_ids
        self.assertEqual(decision.user_id, self.ada)
        self.assertEqual(decision.reason, "They paid last time")

    def test_who_asked_does_not_approve_by_another_program(self):
        order = self.ask()
        self.ada.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")

        for user in (self.sam, self.wim):
            with self.subTest(user.name), self.assertRaises(requests.HTTPError):
                program = self.program(user)
                program(
                    "o2c.approval.request",
                    "action_approve",
                    ids=order.o2c_request_ids.ids,
                )

        self.env.invalidate_all()
        self.assertEqual(order.state, "draft")

    def test_what_happened_since_it_was_last_asked(self):
        program = self.program(self.sam)
        last = self.env["o2c.event"].search([], limit=1).id
        order = self.ask()

        [event] = json2.what_happened(program, after=last)

        self.assertEqual(event["order_name"], order.name)
        self.assertEqual(event["activity"], "approval_requested")
        self.assertEqual(json2.what_happened(program, after=event["id"]), [])
