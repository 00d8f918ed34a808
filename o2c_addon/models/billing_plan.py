from odoo import fields, models

from .billing_task import OPEN


class BillingTask(models.Model):
    """When the queue will look at what again."""

    _inherit = "o2c.billing.task"

    def _plans(self):
        """What is to come of these, see ``_o2c_plans``."""
        return [
            task._plan() for task in self if task.state in OPEN and task._has_plan()
        ]

    def _has_plan(self):
        """What was tried often enough waits for a person, not for the server."""
        return self.state == "todo" or bool(self.next_try_on)

    def _plan(self):
        words = {
            "parked": self.env._("Invoicing %s is tried again", self.display_name),
            "todo": self.env._("%s is invoiced", self.display_name),
        }
        if self.state == "todo" and self.waits_for:
            words["todo"] = self.env._(
                "Whether %s can be invoiced is looked at again", self.display_name
            )
        return self.order_id._o2c_plan(self._next_run(), words[self.state])

    def _next_run(self):
        """Not before it is due, and not before the server comes by."""
        cron = self.env.ref("o2c_addon.ir_cron_o2c_billing").sudo()
        # sudo: when the server comes by is no secret
        moments = [self.due_on, self.next_try_on, cron.nextcall, fields.Datetime.now()]
        return max(moment for moment in moments if moment)
