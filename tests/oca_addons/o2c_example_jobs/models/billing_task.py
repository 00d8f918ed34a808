from odoo import api, models


class BillingTask(models.Model):
    _inherit = "o2c.billing.task"

    @api.model
    def _process_due_by_a_job(self):
        """Bill what is due as soon as a job runner is free, beside the cron."""
        self.with_delay(
            description="Invoices of what was delivered",
            identity_key="o2c.billing.task due",  # one job that waits is enough
        )._process_due()
