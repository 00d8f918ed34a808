from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    o2c_task_id = fields.Many2one(
        "o2c.billing.task",
        "Billed By",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The delivery this line was made for.",
    )

    def _has_field_access(self, field, operation):
        if operation == "write" and field.name == "o2c_task_id" and not self.env.su:
            return False
        return super()._has_field_access(field, operation)
