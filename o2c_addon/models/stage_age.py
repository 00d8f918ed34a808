from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

NOT_DELIVERED = ("quotation", "approval", "delivery")
CONFIRMED = ("delivery", "invoicing", "payment")


class SaleOrder(models.Model):
    """How long an order has stood where it stands, and whether that is too long.

    What is too long is written once, as a domain: filters search by it, and cards and
    rows are judged by it.
    """

    _inherit = "sale.order"

    o2c_age = fields.Char("In Stage For", compute="_compute_o2c_age")
    o2c_is_late = fields.Boolean(
        "Late",
        compute="_compute_o2c_is_late",
        search="_search_o2c_is_late",
        help="The promised date has passed, the customer is overdue, or it stands "
        "longer in its stage than the company wants.",
    )
    o2c_has_stuck_money = fields.Boolean(
        "Stuck Money",
        compute="_compute_o2c_has_stuck_money",
        search="_search_o2c_has_stuck_money",
        help="Confirmed and not paid, and late, on hold or not invoiced for a fault.",
    )

    @api.depends("o2c_stage", "o2c_stage_since", "o2c_stage_is_about")
    @api.depends_context("lang")
    def _compute_o2c_age(self):
        now = fields.Datetime.now()
        for order in self:
            days = (now - (order.o2c_stage_since or now)).days
            waits = order.o2c_stage not in ("done", "cancelled")
            order.o2c_age = waits and order._o2c_days_in_words(days)

    def _o2c_days_in_words(self, days):
        if self.o2c_stage_is_about:
            return self.env._("about %s days", days) if days > 1 else ""
        if days > 1:
            return self.env._("%s days", days)
        return self.env._("1 day") if days else self.env._("today")

    @api.depends("o2c_stage", "o2c_stage_since", "commitment_date")
    def _compute_o2c_is_late(self):
        domain = self._o2c_domain_late(self.company_id)
        # only whether it is paid in time has to be looked up
        paying = self.filtered(lambda o: o.o2c_stage == "payment")
        late = (self - paying).sudo().filtered_domain(domain)  # sudo: see _o2c_those
        late |= paying._o2c_those(domain)
        for order in self:
            order.o2c_is_late = order in late

    @api.depends("o2c_stage", "o2c_stage_since", "commitment_date", "o2c_on_hold")
    def _compute_o2c_has_stuck_money(self):
        stuck = self._o2c_those(self._o2c_domain_stuck(self.company_id))
        for order in self:
            order.o2c_has_stuck_money = order in stuck

    def _o2c_those(self, domain):
        """The orders among these that match: one query, however many they are."""
        if not self:
            return self
        # sudo: a yes or no on orders that were read already
        return self.sudo().search(Domain("id", "in", self.ids) & domain)

    def _search_o2c_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self._o2c_domain_late(self.env.companies)
        return late if True in value else ~late

    def _search_o2c_has_stuck_money(self, operator, value):
        if operator != "in":
            return NotImplemented
        stuck = self._o2c_domain_stuck(self.env.companies)
        return stuck if True in value else ~stuck

    # -- what is too long ------------------------------------------------------------

    @api.model
    def _o2c_domain_late(self, companies):
        """The orders of ``companies`` that stand longer than they should."""
        companies = companies.sudo()  # sudo: targets and time zone, whoever asks
        promised = Domain("o2c_stage", "in", NOT_DELIVERED) & Domain(
            "commitment_date", "<", fields.Datetime.now()
        )
        return promised | Domain.OR(
            Domain("company_id", "=", company.id)
            & (self._o2c_domain_too_long(company) | self._o2c_domain_overdue(company))
            for company in companies
        )

    @api.model
    def _o2c_domain_too_long(self, company):
        now = fields.Datetime.now()
        targets = {
            "quotation": company.o2c_target_quotation,
            "approval": company.o2c_target_approval,
            "delivery": company.o2c_target_delivery,
            "invoicing": company.o2c_target_invoicing,
        }
        return Domain.OR(
            Domain("o2c_stage", "=", stage)
            & Domain("o2c_stage_since", "<", now - timedelta(days=days))
            for stage, days in targets.items()
            if days
        )

    @api.model
    def _o2c_domain_overdue(self, company):
        """Payment is late by what was agreed with the customer, not by our target."""
        due_before = company._o2c_today() - timedelta(days=company.o2c_target_payment)
        overdue = (
            Domain("move_type", "=", "out_invoice")
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("invoice_date_due", "<", due_before)
        )
        # any!: whoever may read the order may know that it is not paid in time
        by_line = Domain("invoice_lines", "any!", Domain("move_id", "any!", overdue))
        return Domain("o2c_stage", "=", "payment") & Domain(
            "order_line", "any!", by_line
        )

    @api.model
    def _o2c_domain_stuck(self, companies):
        """Money that was earned, or promised by a customer, and does not move."""
        at_fault = Domain("o2c_billing_task_ids", "any!", [("state", "=", "parked")])
        return Domain("o2c_stage", "in", CONFIRMED) & (
            self._o2c_domain_late(companies)
            | Domain("o2c_on_hold", "=", True)
            | at_fault
        )
