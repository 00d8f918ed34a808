from odoo import models


class NoticeMixin(models.AbstractModel):
    """A document of which its customer hears.

    ``_o2c_tell_customer(kind)`` where the step happens writes the message that is sent
    later; where no rule wants it, it costs nothing.
    """

    _name = "o2c.notice.mixin"
    _description = "Document its customer hears of"

    def _o2c_tell_customer(self, kind, level=0):
        """Queue the message of this step, once, to whom a rule wants it to be told."""
        rows = []
        for document in self.sudo():  # sudo: whoever does the step
            rules = self.env["o2c.notice.rule"]._rules(document.company_id, kind)
            if not rules:
                continue
            customer = document._o2c_addressee().commercial_partner_id
            rule = next((r for r in rules if customer and r._hears(customer)), None)
            if rule and not document._o2c_told(kind, level):
                rows.append(document._o2c_prepare_notice(rule, level))
        # sudo: nobody writes a message but this
        notices = self.env["o2c.notice"].sudo().create(rows)
        if notices:
            notices._wake()
        return notices

    def _o2c_told(self, kind, level=0):
        """The message of this step, if there is one."""
        # sudo: see _o2c_tell_customer
        return (
            self.env["o2c.notice"]
            .sudo()
            .search(
                [
                    (self._o2c_notice_field(), "=", self.id),
                    ("kind", "=", kind),
                    ("level", "=", level),
                ],
                limit=1,
            )
        )

    def _o2c_said_by_host(self, kind):
        """The host told the customer itself: ours is kept back."""
        rules = self.env["o2c.notice.rule"]
        for document in self.filtered(lambda d: rules._rules(d.company_id, kind)):
            notice = document._o2c_told(kind)
            if notice.state == "queued":
                notice._keep_back("host")

    def _o2c_prepare_notice(self, rule, level):
        contact = self._o2c_addressee()
        return {
            "kind": rule.kind,
            "level": level,
            "rule_id": rule.id,
            self._o2c_notice_field(): self.id,
            "res_name": self.display_name,
            "company_id": self.company_id.id,
            "partner_id": contact.commercial_partner_id.id,
            "contact_id": contact.id,
        }

    def _o2c_notice_field(self):
        """What of a message links this document."""
        return {
            "sale.order": "order_id",
            "stock.picking": "picking_id",
            "account.move": "move_id",
            "res.users": "user_id",
        }[self._name]

    def _o2c_addressee(self):
        """Whom to write to."""
        return self.partner_id

    def _o2c_notice_owner(self):
        """The user who looks where the customer was not reached."""
        return self.user_id

    def _o2c_papers(self):
        """The attachments that show this document to its customer."""
        return self.env["ir.attachment"]

    def _o2c_reason_not_to_tell(self, notice):
        """(cause, detail) where ``notice`` is not to be said any more, or nothing.

        Asked when it is sent. Override and extend.
        """
        return ("overtaken",) if self.state == "cancel" else None

    def _o2c_print(self, report, name):
        """A file of the ``report`` with this id, as the host prints it."""
        content, kind = self.env["ir.actions.report"]._render_qweb_pdf(report, self.ids)
        return self.env["ir.attachment"].create(
            {"name": f"{name}.{kind}".replace("/", "_"), "raw": content}
        )
