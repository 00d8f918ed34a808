from odoo import models
from odoo.fields import Command


class BillingTask(models.Model):
    """What came back becomes credit notes, against the invoices that billed it."""

    _inherit = "o2c.billing.task"

    def _reason_not_to_credit_yet(self):
        """A draft cannot be credited: it waits until that is confirmed or deleted."""
        for line in self._to_credit():
            drafts = line.invoice_lines.move_id.filtered(lambda m: m.state == "draft")
            if drafts:
                return self.env._(
                    "%s is to be confirmed or deleted first", drafts[0].display_name
                )
        return None

    def _make_credit_notes(self):
        for task in self:
            returned, shares = task._to_credit(), task._shares_to_credit()
            for invoice, lines in shares.items():
                invoice._o2c_credit(task, lines)
            if shares:
                # what it gave back counts against what was billed, see kits
                task.billed = {str(line.id): -q for line, q in returned.items()}
                data = {"credit_notes": task.line_ids.move_id.ids}
                task.order_id._o2c_log("credited", data=data)

    def _to_credit(self):
        """Line → quantity, in its unit, that came back and stands on an invoice.

        Of what is invoiced as delivered, only what is invoiced beyond what the customer
        now has: what came back before it was invoiced needs no credit note.
        """
        result = {}
        for line, quantity in self.order_id._o2c_returned_with(self.picking_id).items():
            if line.product_id.invoice_policy == "delivery":
                quantity = min(quantity, -line.qty_to_invoice)
            quantity = min(quantity, line.qty_invoiced)
            if line.product_uom_id.compare(quantity, 0) > 0:
                result[line] = quantity
        return result

    def _shares_to_credit(self):
        """Invoice → its line → quantity in that line's unit, the newest first."""
        shares = {}
        for line, wanted in self._to_credit().items():
            for invoice, billed in (
                line._o2c_invoiced_lines().grouped("move_id").items()
            ):
                left = min(billed._o2c_not_credited(line), wanted)
                wanted -= max(left, 0)
                for invoice_line in billed:
                    unit = invoice_line.product_uom_id
                    own = unit._compute_quantity(
                        invoice_line.quantity, line.product_uom_id
                    )
                    part = min(own, left)
                    if line.product_uom_id.compare(part, 0) <= 0:
                        continue
                    left -= part
                    quantity = line.product_uom_id._compute_quantity(part, unit)
                    shares.setdefault(invoice, {})[invoice_line] = quantity
        return shares


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _o2c_invoiced_lines(self):
        """The lines of confirmed invoices that billed this, the newest first."""
        return self.invoice_lines.filtered(
            lambda line: (
                line.move_id.move_type == "out_invoice"
                and line.parent_state == "posted"
            )
        ).sorted(
            lambda line: (line.move_id.invoice_date, line.move_id.id), reverse=True
        )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _o2c_not_credited(self, line):
        """What of these lines of an invoice, all for the order's ``line``, no credit
        note took back; in the unit of ``line``."""
        credited = line.invoice_lines.filtered(
            lambda line: (
                line.move_id.reversed_entry_id == self.move_id
                and line.parent_state != "cancel"
            )
        )
        return sum(
            sign
            * item.product_uom_id._compute_quantity(item.quantity, line.product_uom_id)
            for sign, items in ((1, self), (-1, credited))
            for item in items
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_credit(self, task, quantities):
        """A draft credit note of these ``quantities`` of lines of this invoice.

        Priced and taxed as on the invoice. Confirming it settles it with the invoice,
        as far as that is still open.
        """
        credit = self._reverse_moves(
            [
                {
                    "date": self.company_id._o2c_today(),
                    "invoice_date": self.company_id._o2c_today(),
                    "ref": self.env._(
                        "%(delivery)s back from %(invoice)s",
                        delivery=task.display_name,
                        invoice=self.name,
                    ),
                    "invoice_origin": task.order_id.name,
                }
            ]
        )
        commands = []
        # a copy keeps the order of the lines
        for billed, line in zip(
            self.invoice_line_ids.sorted(),
            credit.invoice_line_ids.sorted(),
            strict=True,
        ):
            if billed in quantities:
                values = {"quantity": quantities[billed], "o2c_task_id": task.id}
                commands.append(Command.update(line.id, values))
            else:
                commands.append(Command.delete(line.id))
        credit.write({"invoice_line_ids": commands})
        return credit
