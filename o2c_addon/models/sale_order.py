import json
from contextlib import nullcontext
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

TOTALS = {"amount_untaxed", "amount_tax", "amount_total"}


def digest(facts):
    return sha256(json.dumps(facts, default=str).encode()).hexdigest()[:24]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "o2c.approval.mixin", "o2c.event.mixin"]

    _o2c_gate = "confirm"
    _o2c_final_state = "sale"
    _o2c_passed_date = "date_order"

    o2c_request_ids = fields.One2many(
        "o2c.approval.request", "order_id", "Approval Requests", readonly=True
    )
    o2c_hold_ids = fields.One2many("o2c.hold", "order_id", "Holds", readonly=True)

    def _o2c_orders(self):
        return self

    def _o2c_may_wait(self):
        """Also when confirmed: it may have outgrown its approval."""
        return self.state != "cancel"

    def o2c_explain(self):
        """Why this order waits; once confirmed, also why its goods and invoices do."""
        explained = super().o2c_explain()
        if self.state != "sale":
            return explained
        # sudo: sales may know why goods wait without access to the warehouse
        order = self.sudo()
        found = [
            order._o2c_obstacle_hold(hold)
            for gate in ("deliver", "post")
            for hold in order._o2c_open_holds(gate)
        ]
        explained += [self._o2c_explain_obstacle(obstacle) for obstacle in found]
        for delivery in order.picking_ids.filtered(lambda p: p._o2c_is_open_delivery()):
            explained += delivery._o2c_explain_own()
        return explained

    # -- holds -----------------------------------------------------------------------

    def _o2c_hold_gate(self, gate):
        """Where a hold stops: as its reason says, unless the order is past that."""
        if self.state == "cancel" or (gate == "confirm" and self.state == "sale"):
            raise UserError(
                self.env._(
                    "%s is confirmed or cancelled: choose the delivery or the invoice "
                    "to wait.",
                    self.name,
                )
            )
        return gate

    def _o2c_put_on_automatic_holds(self):
        """What is put on hold by itself as soon as it is confirmed."""
        for order in self.sudo():  # sudo: whoever confirms need not read the policy
            ids = order.env["o2c.hold.reason"]._automatic(order.company_id.id)
            for reason in order.env["o2c.hold.reason"].browse(ids):
                if reason._is_about(order):
                    order._o2c_put_on_hold(reason)

    # -- what is approved ------------------------------------------------------------

    @api.depends(
        "partner_invoice_id",
        "currency_id",
        "payment_term_id",
        "fiscal_position_id",
        "order_line.product_id",
        "order_line.product_uom_id",
        "order_line.product_uom_qty",
        "order_line.price_unit",
        "order_line.discount",
        "order_line.tax_ids",
        "order_line.extra_tax_data",
    )
    def _compute_o2c_seal(self):
        for order in self:
            terms = digest(order._o2c_terms())
            order.o2c_seal = f"{terms}.{digest(order.order_line._o2c_content())}"

    def _o2c_terms(self):
        """On what, beside the lines, a yes is given. Override and extend."""
        return [
            self.partner_invoice_id.id,
            self.currency_id.id,
            self.payment_term_id.id,
            self.fiscal_position_id.id,
        ]

    @api.constrains(
        "partner_invoice_id", "currency_id", "payment_term_id", "fiscal_position_id"
    )
    def _o2c_check_authors(self):
        self._o2c_add_author()

    def _o2c_authors(self):
        """The salesperson is one of them: nobody approves an order of his own."""
        return super()._o2c_authors() | self.user_id

    def _o2c_partners(self):
        return super()._o2c_partners() | self.partner_invoice_id

    def _o2c_own_fields(self):
        """Also what the host computes: no figure of a rule is typed."""
        return super()._o2c_own_fields() | TOTALS

    # -- the gates -------------------------------------------------------------------

    def action_confirm(self):
        """Confirm what may be confirmed; what needs a yes waits for it."""
        released = self - self._o2c_park("confirm")
        if not released:
            return True
        with released._o2c_passing():
            return super(SaleOrder, released).action_confirm()

    def action_quotation_send(self):
        released = self - self._o2c_park("send")
        if self and not released:
            return self._o2c_tell_waiting()
        return super(SaleOrder, released).action_quotation_send()

    def action_quotation_sent(self):
        released = self - self._o2c_park("send")
        return super(SaleOrder, released).action_quotation_sent()

    def _o2c_park(self, gate):
        """Quotations only: what else stands here the host refuses by itself."""
        rules = self.env["o2c.approval.rule"]
        likely = rules._in_force(self._name, gate, self.env.company.id)
        # where they are judged they are locked: what is read first is read with it
        with self._o2c_keeping() if likely else nullcontext():
            quotations = self.filtered(lambda o: o.state in ("draft", "sent"))
            return super(SaleOrder, quotations)._o2c_park(gate)

    def _o2c_check_may_park(self, gate):
        for order in self if gate == "confirm" else ():
            if error := order._confirmation_error_message():
                raise UserError(error)
        return super()._o2c_check_may_park(gate)

    @api.constrains("state")
    def _o2c_check_sent(self):
        """Nothing counts as sent that has to be approved before."""
        quotations = self.sudo().filtered(lambda o: o.state == "sent")
        # sudo: judged alike whoever acts
        for order in quotations.filtered(lambda o: o._o2c_rules("send")):
            order._o2c_forget_facts()
            if blocking := [o for o in order._o2c_obstacles("send") if o.blocking]:
                raise ValidationError(order._o2c_refusal(blocking))

    def _action_confirm(self):
        result = super()._action_confirm()
        self._o2c_log_confirmed()
        self._o2c_put_on_automatic_holds()
        return result

    def _o2c_log_confirmed(self):
        """Confirmed; and where nobody was asked, how many rules were looked at."""
        rows = []
        for order in self.sudo():  # sudo: what is remembered is not read by the user
            rules = order._o2c_rules("confirm").enforced
            if rules and order.o2c_approval_state == "none":
                row = order._o2c_prepare_event(order, "auto_approved")
                rows.append(row | {"data": {"rules": len(rules)}})
            rows += order._o2c_prepare_watched("confirm")
            rows.append(order._o2c_prepare_event(order, "confirmed"))
        self._o2c_remember(rows)

    def _o2c_go_on(self):
        self.action_confirm()

    def _o2c_after_refusal(self, request):
        """The salesperson reads who refused and why, and what to do about it."""
        people = request.requested_by_id | self.user_id
        people -= self.env.ref("base.user_root") | self.env.user
        self._o2c_tell(
            people,
            self.env._(
                "%(who)s refused %(order)s: “%(reason)s”",
                who=self.env.user.name,
                order=self.name,
                reason=request.decision_ids[:1].reason,
            ),
        )
        accepted = self.signed_on or self._o2c_paid_online() or self._o2c_is_taken()
        if accepted and self.user_id:
            self.activity_schedule(
                "o2c_addon.mail_activity_type_o2c_attention",
                user_id=self.user_id.id,
                summary=self.env._("Refused after the customer signed or paid"),
                note=self.env._("Make a new offer, or refund what was paid."),
            )

    def _o2c_after_unattended(self, intent, requests):
        if requests:
            next_step = self.env._("It now waits for %s.", requests[:1]._waiting_for())
        else:
            obstacle = self._o2c_obstacles("confirm")[0]
            next_step = f"{obstacle.reason}. {obstacle.remedy}"
        self._o2c_tell(
            self.user_id or self.team_id.user_id,
            self.env._(
                "The customer accepted %(order)s. %(next_step)s",
                order=self.name,
                next_step=next_step,
            ),
        )
        if intent["channel"] == "portal":
            # what is paid is acknowledged by the host's own message
            self.with_context(mail_notify_force_send=False).message_post_with_source(
                "o2c_addon.mail_template_o2c_received",
                email_layout_xmlid="mail.mail_notification_layout_with_responsible_signature",
                subtype_xmlid="mail.mt_comment",
            )

    def _validate_order(self):
        return super(
            SaleOrder, self.with_context(o2c_channel="portal")
        )._validate_order()

    def _o2c_is_being_reviewed(self):
        """For the customer's page: accepted by the customer and not yet by us."""
        return (
            self.state in ("draft", "sent")
            and bool(self.signed_on or self._o2c_paid_online())
            and self._o2c_is_stopped("confirm")
        )

    def _o2c_is_kept_from_customer(self):
        """Whether it may not be sent yet, so that no link to it works either."""
        return self.state == "draft" and self._o2c_is_stopped("send")

    def _o2c_tell(self, users, sentence):
        """An internal note on the order that notifies ``users``, mails queued."""
        self.with_context(mail_notify_force_send=False).message_post(
            body=sentence,
            partner_ids=users.partner_id.ids,
            subtype_xmlid="mail.mt_note",
            message_type="notification",
        )

    def _o2c_paid_online(self):
        """What the customer paid for this order in the portal, in its currency."""
        # sudo: a sum for a sentence, whoever may read payments
        done = self.sudo().transaction_ids.filtered(lambda t: t.state == "done")
        return sum(done.mapped("amount"))

    def _action_cancel(self):
        result = super()._action_cancel()
        orders = self.sudo()  # sudo: nobody needs to answer or to release any more
        orders.o2c_request_ids._cancel()
        orders.filtered("o2c_on_hold").o2c_hold_ids._end_with_document()
        self._o2c_log("cancelled")
        return result

    def unlink(self):
        self.check_access("unlink")
        requests = self.sudo().o2c_request_ids  # sudo: see _action_cancel
        requests._cancel()
        return super().unlink()

    def action_o2c_open_history(self):
        """What happened to this order so far."""
        action = self.env["ir.actions.actions"]._for_xml_id("o2c_addon.event_action")
        return action | {"domain": [("order_key", "in", self.ids)]}

    def action_o2c_open_deliveries(self):
        """The deliveries of this order: what the warehouse opens from the board."""
        if not self.picking_ids:
            raise UserError(self.env._("%s has nothing to deliver yet.", self.name))
        return self.action_view_delivery()
