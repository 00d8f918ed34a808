from odoo import fields, models
from odoo.exceptions import AccessError, UserError

APPROVER = "hr_timesheet.group_hr_timesheet_approver"


class AccountAnalyticLine(models.Model):
    """Time is invoiced by the queue once a manager has approved it.

    Where the host's timesheets are installed; they are never required.
    """

    _name = "account.analytic.line"
    _inherit = ["account.analytic.line", "o2c.own.mixin"]

    o2c_approved_on = fields.Datetime("Approved On", readonly=True, copy=False)
    o2c_approved_by_id = fields.Many2one(
        "res.users", "Approved By", readonly=True, copy=False, ondelete="restrict"
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_approved_on", "o2c_approved_by_id"}

    def action_o2c_approve_time(self):
        """Approve these hours for being invoiced.

        :raise AccessError: where that is not the user's work
        :raise UserError: nobody approves hours of his own
        """
        self.check_access("read")
        if not self.env.user.has_group(APPROVER):
            raise AccessError(
                self.env._("Hours are approved by the managers of timesheets.")
            )
        # sudo: approving is no editing, which the host has rules of its own for
        lines = self.sudo().filtered(lambda line: not line.o2c_approved_on)
        if self.env.user in lines.user_id:
            raise UserError(self.env._("Somebody else has to approve your hours."))
        lines.write(
            {
                "o2c_approved_on": fields.Datetime.now(),
                "o2c_approved_by_id": self.env.uid,
            }
        )
        lines.so_line._o2c_ask_acceptance()
        lines.so_line.order_id._o2c_collect()
        return True

    def write(self, vals):
        """Hours that are changed are to be approved once more."""
        approved = self.sudo().filtered("o2c_approved_on")  # sudo: see above
        before = {line: line._o2c_approved_facts() for line in approved}
        result = super().write(vals)
        changed = approved.filtered(lambda li: li._o2c_approved_facts() != before[li])
        if changed:
            changed.write({"o2c_approved_on": False, "o2c_approved_by_id": False})
        return result

    def _o2c_approved_facts(self):
        return self.unit_amount, self.product_uom_id, self.user_id, self.so_line


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_needs_approved_time(self):
        return (
            self.qty_delivered_method == "timesheet"
            and self.company_id.o2c_only_approved_time
        )

    def _o2c_worked(self):
        """Of hours those that are approved."""
        worked = super()._o2c_worked()
        if not self._o2c_needs_approved_time():
            return worked
        domain = [
            *self._timesheet_compute_delivered_quantity_domain(),
            ("o2c_approved_on", "!=", False),
        ]
        approved = self.sudo()._get_delivered_quantity_by_analytic(domain)
        # sudo: whoever has it invoiced need not read timesheets
        return min(worked, approved.get(self.id, 0))

    def _o2c_work(self):
        """With the milestones that were reached."""
        work = super()._o2c_work()
        if self.qty_delivered_method != "milestones":
            return work
        names = self.sudo().reached_milestones_ids.mapped("name")
        # sudo: whoever reached one need not read them all
        return "\n".join([work, *(f"✓ {name}" for name in names)])


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_invoice(self, part):
        """The host puts all hours on the invoice: those not approved are not on it."""
        invoices = super()._o2c_invoice(part)
        lines = self.order_line.filtered(lambda line: line._o2c_needs_approved_time())
        if lines:
            self.env["account.analytic.line"].search(
                [
                    ("timesheet_invoice_id", "in", invoices.ids),
                    ("o2c_approved_on", "=", False),
                ]
            ).timesheet_invoice_id = False
        return invoices


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _load_menus_blacklist(self):
        """No hours to approve where there are no timesheets."""
        hidden = super()._load_menus_blacklist()
        methods = dict(
            self.env["sale.order.line"]._fields["qty_delivered_method"].selection
        )
        if "timesheet" not in methods:
            hidden.append(self.env.ref("o2c_addon.menu_o2c_time").id)
        return hidden
