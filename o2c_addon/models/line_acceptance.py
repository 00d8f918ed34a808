import base64

from odoo import api, fields, models
from odoo.tools import format_list
from odoo.tools.sql import column_exists, create_column

from .acceptance import YES


class ProductTemplate(models.Model):
    _inherit = "product.template"

    o2c_needs_acceptance = fields.Boolean(
        "Accepted by the Customer",
        help="What was done is invoiced once the customer has accepted it: signed on "
        "the page of the order, or kept silent for the days agreed.",
    )


class SaleOrderLine(models.Model):
    """A service that is invoiced as far as the customer accepted it."""

    _inherit = "sale.order.line"

    o2c_needs_acceptance = fields.Boolean(
        "To Be Accepted",
        compute="_compute_o2c_needs_acceptance",
        store=True,
        readonly=False,
        precompute=True,
        help="It is invoiced once the customer has accepted it.",
    )
    o2c_acceptance_ids = fields.One2many(
        "o2c.acceptance", "line_id", "Acceptances", readonly=True, copy=False
    )

    def _auto_init(self):
        """Nothing is computed for the lines of a database in use."""
        if not column_exists(self.env.cr, self._table, "o2c_needs_acceptance"):
            create_column(self.env.cr, self._table, "o2c_needs_acceptance", "bool")
        return super()._auto_init()

    @api.depends("product_id")
    def _compute_o2c_needs_acceptance(self):
        for line in self:
            line.o2c_needs_acceptance = line.product_id.o2c_needs_acceptance

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_acceptance_ids"}

    def _o2c_is_to_accept(self):
        """Whether the customer has a say in what of it is invoiced."""
        return self.o2c_needs_acceptance and self._o2c_is_service_done()

    def _o2c_done(self):
        """Not more than the customer accepted."""
        done = super()._o2c_done()
        return min(done, self._o2c_accepted()) if self._o2c_is_to_accept() else done

    def _o2c_accepted(self):
        accepted = self.o2c_acceptance_ids.filtered(lambda a: a.state in YES)
        return sum(accepted.mapped("quantity"))

    def _o2c_work(self):
        """What was done, as the customer reads it. Override and extend."""
        return self.name

    def _o2c_ask_acceptance(self):
        """Ask for what is done and neither accepted, asked for nor refused."""
        # sudo: whoever did the work, what customers answer is not his
        lines = self.sudo().filtered(
            lambda line: line._o2c_is_to_accept() and line.state == "sale"
        )
        if lines:  # of two who work on the same, one waits here and looks again
            lines.flush_recordset(["qty_delivered"])
        for line in lines:
            known = line.o2c_acceptance_ids.filtered(
                lambda a: a.state in (*YES, "asked", "refused")
            )
            more = line._o2c_worked() - sum(known.mapped("quantity"))
            if line.product_uom_id.compare(more, 0):
                line.o2c_acceptance_ids.browse()._ask(line, more)

    @api.constrains("qty_delivered", "o2c_needs_acceptance")
    def _o2c_check_accepted(self):
        self._o2c_ask_acceptance()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    o2c_acceptance_ids = fields.One2many(
        "o2c.acceptance", "order_id", "Acceptances", readonly=True
    )
    o2c_acceptance_count = fields.Integer(
        "Work to Accept", compute="_compute_o2c_acceptance_count", compute_sudo=True
    )

    def _o2c_own_fields(self):
        return super()._o2c_own_fields() | {"o2c_acceptance_ids"}

    @api.depends("order_line.o2c_needs_acceptance", "o2c_acceptance_ids")
    def _compute_o2c_acceptance_count(self):
        for order in self:
            needing = order.order_line.filtered("o2c_needs_acceptance")
            order.o2c_acceptance_count = len(needing.o2c_acceptance_ids)

    def _o2c_to_accept(self):
        """What the customer is asked to accept."""
        needing = self.order_line.filtered("o2c_needs_acceptance")
        return needing.o2c_acceptance_ids.filtered(lambda a: a.state == "asked")

    def _o2c_waits_for_acceptance(self):
        """What the customer has to accept, or does not; or nothing."""
        # sudo: every reader of the order may know what its customer has to do
        needing = self.sudo().order_line.filtered("o2c_needs_acceptance")
        for state, words in (
            ("refused", self.env._("The customer does not accept %s")),
            ("asked", self.env._("Waiting for the customer to accept %s")),
        ):
            found = needing.o2c_acceptance_ids.filtered(lambda a, s=state: a.state == s)
            if found:
                names = found.line_id.product_id.mapped("display_name")
                return words % format_list(self.env, names)
        return ""

    def _o2c_waits_for_invoice(self):
        return self._o2c_waits_for_acceptance() or super()._o2c_waits_for_invoice()

    def _o2c_waits_for_delivery(self):
        # sudo: sales may know why goods wait without access to the warehouse
        if any(p._o2c_is_open_delivery() for p in self.sudo().picking_ids):
            return super()._o2c_waits_for_delivery()
        return self._o2c_waits_for_acceptance() or super()._o2c_waits_for_delivery()

    def _o2c_next_for_customer(self):
        acceptance = self.state == "sale" and self._o2c_to_accept()[:1]
        if not acceptance:
            return super()._o2c_next_for_customer()
        return {
            "sentence": self.env._(
                "Please look at what we did, and accept it: %s.",
                acceptance.display_name,
            ),
            "label": self.env._("Look at it"),
            "url": acceptance._url(),
        }

    def _create_invoices(self, *args, **kwargs):
        """What customers signed goes with the invoice."""
        invoices = super()._create_invoices(*args, **kwargs)
        if needing := self.order_line.filtered("o2c_needs_acceptance"):
            # sudo: whoever invoices need not read what customers answered
            accepted = needing.sudo().o2c_acceptance_ids
            accepted.filtered(lambda a: a.state in YES and not a.move_id)._o2c_put_on(
                invoices
            )
        return invoices

    def action_o2c_open_acceptances(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "o2c_addon.acceptance_action"
        )
        return action | {"domain": [("order_id", "=", self.id)], "context": {}}


class Acceptance(models.Model):
    _inherit = "o2c.acceptance"

    def _o2c_put_on(self, invoices):
        """Note each on the invoice that bills it, with what was signed."""
        for acceptance in self:
            invoice = invoices.filtered(
                lambda m, a=acceptance: a.line_id in m.invoice_line_ids.sale_line_ids
            )[:1]
            if not invoice:
                continue
            acceptance.move_id = invoice
            signature = acceptance.signature
            invoice.message_post(
                body=acceptance._evidence(),
                message_type="comment",
                subtype_xmlid="mail.mt_note",
                attachments=[
                    (
                        f"{acceptance.order_id.name} {acceptance.signed_by}.png",
                        base64.b64decode(signature),
                    )
                ]
                if signature
                else [],
            )
