"""The host's automation rules act on our history: run by `test_channels.py`, where they
are installed."""

import json
from unittest.mock import patch

import requests

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import STANDARD, O2CCase


@tagged(*STANDARD)
class TestAutomations(O2CCase):
    def when(self, activity, **action):
        """An automation rule on the history, as an administrator makes it."""
        return self.env["base.automation"].create(
            {
                "name": f"When {activity}",
                "model_id": self.env["ir.model"]._get_id("o2c.event"),
                "trigger": "on_create",
                "filter_domain": str([("activity", "=", activity)]),
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Then",
                            "model_id": self.env["ir.model"]._get_id("o2c.event"),
                            "usage": "base_automation",
                            **action,
                        }
                    )
                ],
            }
        )

    def test_a_person_is_told_of_a_refusal(self):
        """Sam refused nothing and may write no history; it works for him too."""
        self.when(
            "refused",
            state="code",
            code="record.order_id.sudo().activity_schedule("
            f"'mail.mail_activity_data_call', user_id={self.mia.id})",
        )
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        self.assertFalse(order.activity_ids.filtered(lambda a: a.user_id == self.mia))

        order.o2c_request_ids.with_user(self.ada).action_refuse("Too much for them")

        self.assertTrue(order.activity_ids.filtered(lambda a: a.user_id == self.mia))
        self.assertEqual(order.state, "draft")

    def test_another_program_is_called_when_an_order_is_confirmed(self):
        names = ["order_name", "activity", "date"]
        fields = self.env["ir.model.fields"].search(
            [("model", "=", "o2c.event"), ("name", "in", names)]
        )
        self.when(
            "confirmed",
            state="webhook",
            webhook_url="https://erp.example/hook",
            webhook_field_ids=[Command.set(fields.ids)],
        )
        answer = requests.Response()
        answer.status_code = 200

        with patch.object(requests, "post", return_value=answer) as post:
            order = self.confirmed()
            self.env.cr.postcommit.run()

        self.assertEqual(order.state, "sale")
        sent = json.loads(post.call_args.kwargs["data"])
        self.assertEqual(sent["activity"], "confirmed")
        self.assertEqual(sent["order_name"], order.name)

    def test_an_automation_changes_no_history(self):
        self.when(
            "confirmed", state="code", code="record.write({'activity': 'approved'})"
        )
        order = self.order()

        with self.assertRaisesRegex(UserError, "record of what happened"):
            order.action_confirm()
