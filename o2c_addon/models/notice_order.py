from datetime import timedelta

from odoo import api, fields, models


class SaleOrder(models.Model):
    """What customers hear of their orders."""

    _name = "sale.order"
    _inherit = ["sale.order", "o2c.notice.mixin"]

    o2c_quoted_on = fields.Datetime(
        "Sent to the Customer On", copy=False, index="btree_not_null"
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_quoted_on"}

    def _action_confirm(self):
        result = super()._action_confirm()
        self._o2c_tell_customer("confirmed")
        return result

    def _send_order_confirmation_mail(self):
        result = super()._send_order_confirmation_mail()
        self._o2c_said_by_host("confirmed")
        return result

    def _o2c_park(self, gate):
        """Wanted, and not confirmed yet: the customer may hear that we look at it."""
        waiting = super()._o2c_park(gate)
        if gate == "confirm":
            waiting.filtered(lambda o: o._o2c_hears_of_receipt())._o2c_tell_customer(
                "received"
            )
        return waiting

    def _o2c_hears_of_receipt(self):
        """What the customer accepted himself is acknowledged where he did it; where no
        message says so nothing is read."""
        rules = self.env["o2c.notice.rule"]._rules(self.company_id, "received")
        return rules and not self.signed_on and not self._o2c_paid_online()

    def _o2c_reason_not_to_tell(self, notice):
        is_open = self.state in ("draft", "sent")
        true = {
            "received": is_open,
            "waiting": self.state == "sent" and not self.is_expired,
            "confirmed": self.state == "sale",
            "held": self.env["o2c.hold"].browse(notice.level).exists().state == "open",
        }
        if not true[notice.kind]:
            return ("overtaken",)
        return super()._o2c_reason_not_to_tell(notice)

    def _o2c_papers(self):
        return self._o2c_print("sale.action_report_saleorder", self.name)

    # -- on hold ---------------------------------------------------------------------

    def _o2c_words_on_hold(self):
        """What the customer may read of the holds on this order and its documents."""
        documents = (self.o2c_hold_ids, self.picking_ids.o2c_hold_ids)
        holds = self.env["o2c.hold"].union(
            *documents, self._o2c_invoices().o2c_hold_ids
        )
        reasons = holds.filtered(lambda h: h.state == "open").reason_id
        return [reason.customer_text for reason in reasons if reason.customer_text]

    # -- quotations without an answer ------------------------------------------------

    @api.constrains("state")
    def _o2c_check_sent_on(self):
        """Remember since when the customer has it."""
        for order in self.sudo():  # sudo: nobody writes it but this
            if order.state == "sent" and not order.o2c_quoted_on:
                order._o2c_write_stamp({"o2c_quoted_on": fields.Datetime.now()})
            elif order.state == "draft" and order.o2c_quoted_on:
                order._o2c_write_stamp({"o2c_quoted_on": False})

    @api.model
    def _o2c_remind_of_quotations(self, company):
        """Tell the customers who have not answered; of each the last time due."""
        rules = self.env["o2c.notice.rule"]._rules(company, "waiting")
        if not rules or not company._o2c_works_today():
            return
        first = fields.Datetime.now() - timedelta(days=min(rules.mapped("days")))
        orders = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sent"),
                ("o2c_quoted_on", "<=", first),
            ]
        ).filtered(lambda o: not o.is_expired)
        hears = {r: r._hears(orders.partner_id.commercial_partner_id) for r in rules}
        told = self.env["o2c.notice"]._read_group(
            [("order_id", "in", orders.ids), ("kind", "=", "waiting")],
            ["order_id"],
            ["level:max"],
        )
        told, rows = dict(told), []
        for order in orders:
            sent_on = company._o2c_day_of(order.o2c_quoted_on)
            waited = (company._o2c_today_for(order.partner_id) - sent_on).days
            fitting = [
                rule
                for rule in rules
                if told.get(order, 0) < rule.days <= waited
                and order.partner_id.commercial_partner_id in hears[rule]
            ]
            if fitting:
                rule = max(fitting, key=lambda r: r.days)
                rows.append(order._o2c_prepare_notice(rule, rule.days))
        if notices := self.env["o2c.notice"].create(rows):
            notices._wake()
