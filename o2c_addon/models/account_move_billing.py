from odoo import models
from odoo.tools import format_date

from .billing_invoice import slice_of

ORIGIN = "mail.message_origin_link"


class AccountMove(models.Model):
    """Invoices the queue made: confirmed together, and told to the queue."""

    _inherit = "account.move"

    def _o2c_tasks(self):
        # sudo: whoever confirms an invoice need not read the queue
        return self.sudo().line_ids.o2c_task_id

    def message_post_with_source(self, source_ref, **kwargs):
        """Where each comes from is noted for all at once, see ``_o2c_log_origins``."""
        if source_ref == ORIGIN and slice_of(self.env):
            return self.env["mail.message"]
        return super().message_post_with_source(source_ref, **kwargs)

    def _o2c_log_origins(self):
        """The host's note with a link to the order, in one go."""
        self._message_log_batch(
            {
                invoice.id: self.env["ir.qweb"]._render(
                    ORIGIN,
                    {"self": invoice, "origin": invoice._o2c_orders()},
                    minimal_qcontext=True,
                )
                for invoice in self
            }
        )

    def _o2c_lock_message(self):
        """Why this draft stays one: its period is closed. Or nothing."""
        date = self.invoice_date or self.company_id._o2c_today()
        locks = self._get_violated_lock_dates(date, bool(self.line_ids.tax_ids))
        if not locks:
            return None
        return self.env._(
            "%(invoice)s of %(date)s lies in a closed period (%(locks)s). Give it a "
            "later date or open the period, and confirm it.",
            invoice=self.display_name,
            date=format_date(self.env, date),
            locks=self.company_id._format_lock_dates(locks),
        )

    def _post(self, soft=True):
        """What becomes confirmed, by whomever, is done for the queue; and a credit
        note that waited for it goes on."""
        posted = super()._post(soft)
        tasks = posted._o2c_tasks()
        tasks.filtered(
            lambda t: (
                t.state in ("todo", "parked")
                and set(t.move_ids.mapped("state")) == {"posted"}
            )
        )._done()
        # sudo: see _o2c_tasks
        posted.sudo()._o2c_of_orders()._o2c_orders().o2c_billing_task_ids._wake()
        return posted
