from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .figures import Period

FIGURES = ("total", "on_time", "right", "by_itself")


class DigestDigest(models.Model):
    """Order to cash in the host's digest: the figures of the dashboard, by period."""

    _inherit = "digest.digest"

    kpi_o2c_total = fields.Boolean("Order to Cash: Days, Half of the Orders")
    kpi_o2c_total_value = fields.Float(compute="_compute_kpi_o2c_figures")
    kpi_o2c_on_time = fields.Boolean("Delivered on Time (%)")
    kpi_o2c_on_time_value = fields.Float(compute="_compute_kpi_o2c_figures")
    kpi_o2c_right = fields.Boolean("Right First Time (%)")
    kpi_o2c_right_value = fields.Float(compute="_compute_kpi_o2c_figures")
    kpi_o2c_by_itself = fields.Boolean("Ran by Itself (%)")
    kpi_o2c_by_itself_value = fields.Float(compute="_compute_kpi_o2c_figures")
    kpi_o2c_overdue = fields.Boolean("Fell Due and Is Not Paid")
    kpi_o2c_overdue_value = fields.Monetary(compute="_compute_kpi_o2c_overdue_value")
    kpi_o2c_broken = fields.Boolean("Promises to Pay Not Kept")
    kpi_o2c_broken_value = fields.Integer(compute="_compute_kpi_o2c_broken_value")

    # the context says which period: one answer for each, all four figures at once
    @api.depends_context("start_datetime", "end_datetime", "uid", "company")
    def _compute_kpi_o2c_figures(self):
        start, end, companies = self._get_kpi_compute_parameters()
        report = self.env["o2c.cycle.report"]
        if not report._tells_payments():
            raise AccessError(self.env._("Left out: this reader sees no payments."))
        found = report._measure(
            Domain("company_id", "in", companies.ids), Period(start, start, end)
        )
        for digest in self:
            for name in FIGURES:
                value, kind = found[name]["value"] or 0.0, found[name]["kind"]
                digest[f"kpi_o2c_{name}_value"] = (
                    value / 24 if kind == "hours" else 100 * value
                )

    def _compute_kpi_o2c_overdue_value(self):
        self._o2c_check_debt()
        start, end, companies = self._get_kpi_compute_parameters()
        today = self.env.company._o2c_today()
        [[amount]] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "in", companies.ids),
                ("parent_state", "=", "posted"),
                ("account_type", "=", "asset_receivable"),
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("move_id.payment_state", "in", ("not_paid", "partial")),
                ("reconciled", "=", False),
                ("amount_residual", ">", 0),
                ("date_maturity", ">=", start),
                ("date_maturity", "<", min(fields.Date.to_date(end), today)),
            ],
            [],
            ["amount_residual:sum"],
        )
        self.kpi_o2c_overdue_value = amount

    def _compute_kpi_o2c_broken_value(self):
        self._o2c_check_debt()
        start, end, companies = self._get_kpi_compute_parameters()
        self.kpi_o2c_broken_value = self.env["o2c.promise"].search_count(
            [
                ("company_id", "in", companies.ids),
                ("state", "=", "broken"),
                ("date", ">=", start),
                ("date", "<", end),
            ]
        )

    def _o2c_check_debt(self):
        """Who may not know debts gets the digest without them, as the host does."""
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Left out: this reader sees no debts."))

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        for name in FIGURES:
            actions[f"kpi_o2c_{name}"] = "o2c_addon.dashboard_action"
        actions["kpi_o2c_overdue"] = "o2c_addon.overdue_action"
        actions["kpi_o2c_broken"] = "o2c_addon.promise_action"
        return actions
