from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list

from ..reading import read_lines


class StockPicking(models.Model):
    """What has to be prepared and looked at before goods leave, point by point."""

    _inherit = "stock.picking"

    o2c_checklist_ids = fields.One2many(
        "o2c.checklist.line", "picking_id", "Checklist", copy=False
    )

    o2c_has_checklist = fields.Boolean(
        compute="_compute_o2c_has_checklist",
        compute_sudo=True,  # finance opens deliveries too, and reads no checklist
    )

    def _compute_o2c_has_checklist(self):
        for delivery in self:
            delivery.o2c_has_checklist = bool(
                delivery.o2c_checklist_ids
                or (delivery._o2c_is_open_delivery() and delivery._o2c_points_to_add())
            )

    def _o2c_problem_checklist(self, check):
        lines = read_lines(self, "o2c_checklist_ids")
        failed = lines.filtered(lambda li: li.result == "fail")
        if failed:
            return self.env._(
                "%(delivery)s failed: %(points)s",
                delivery=self.name,
                points=format_list(self.env, [li._found() for li in failed]),
            )
        left = self._o2c_unfinished()
        return left and self.env._(
            "The checklist of %(delivery)s is not finished: %(points)s",
            delivery=self.name,
            points=format_list(self.env, left),
        )

    def _o2c_size_checklist(self, check):
        failed = self.o2c_checklist_ids.filtered(lambda li: li.result == "fail")
        too_far = sum(li._outside(li.value) for li in failed if li.reading)
        return len(failed) + len(self._o2c_unfinished()) + too_far

    def _o2c_unfinished(self):
        """The points still to be looked at, those not yet on the list included."""
        lines = self.o2c_checklist_ids
        todo = lines.filtered(lambda li: li.result != "fail" and not li._is_finished())
        return [*todo.mapped("name"), *self._o2c_points_to_add().mapped("name")]

    def _o2c_points_to_add(self):
        """The points that count for these goods and are not yet on the list."""
        items = self.env["o2c.checklist.item"]
        ids = items._in_force(self.company_id.id, self.picking_type_id.id)
        if not ids:
            return items
        moves = self.move_ids.filtered(lambda m: m.state != "cancel")
        points = items._o2c_recall(ids)
        return (
            points.filtered(lambda i: i._is_about(moves.product_id))
            - read_lines(self, "o2c_checklist_ids").item_id
        )

    def _o2c_fill_checklist(self):
        """Put on the list what has to be looked at for these goods."""
        # sudo: nobody makes points up, they come from the policy
        self.env["o2c.checklist.line"].sudo().create(
            [
                {
                    "picking_id": delivery.id,
                    "item_id": item.id,
                    "sequence": item.sequence,
                    "name": item.name,
                    "needs_photo": item.needs_photo,
                    "answer": item.answer,
                    "minimum": item.minimum,
                    "maximum": item.maximum,
                    "unit": item.unit,
                }
                for delivery in self
                for item in delivery._o2c_points_to_add()
            ]
        )

    def action_o2c_open_checklist(self):
        """The checklist of this delivery, to be answered point by point."""
        self.ensure_one()
        self.check_access("read")
        if self._o2c_is_open_delivery():
            self._o2c_fill_checklist()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "o2c_addon.checklist_line_action"
        )
        return action | {
            "name": self.env._("Checklist of %s", self.name),
            "domain": [("picking_id", "=", self.id)],
        }

    def _o2c_checklist_for_print(self):
        """(mark, instruction) of each point, those not yet on the list included.

        What is still to be measured leaves room to write it down.
        """
        if not self._o2c_is_delivery():
            return []
        marks = {"todo": "☐", "pass": "☑", "fail": "☒"}
        # sudo: whoever prints the sheet may read what is on it
        points = [
            (marks[line.result], line, line.reading, line.note)
            for line in self.sudo().o2c_checklist_ids
        ]
        points += [(marks["todo"], i, None, None) for i in self._o2c_points_to_add()]
        return [
            (mark, " ".join(filter(None, (point._to_fill_in(value), note))))
            for mark, point, value, note in points
        ]

    def _o2c_check_checklist_is_open(self):
        for delivery in self.filtered(lambda d: d.state in ("done", "cancel")):
            raise UserError(
                self.env._(
                    "%s has left or was cancelled: its checklist is closed.",
                    delivery.name,
                )
            )
