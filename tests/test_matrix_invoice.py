"""Nobody confirms an invoice or a credit note past its rule, or forges who stands in.

As ``test_matrix`` for orders: each cell is tried over RPC as a restricted user, and
taken back. Ada is away and Ben answers for her; two of three accountants are asked
about the credit note.
"""

from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ACCOUNTING, STANDARD
from .matrix import ALLOWED, KEYS, NOTHING, PARKED, MatrixCase

#                             s c h w a e p A m S
TABLE = """
post_invoice                  - - - - p - - - - p
post_invoice_every_key        - - - - p - - - - p
write_state_invoice           - - - - - - - - - -
web_save_state_invoice        - - - - - - - - - -
create_posted_invoice         - - - - - - - - - -
approve_invoice               - - - - - - - - - -
write_request_invoice         - - - - - - - - - -
write_turn_invoice            - - - - - - - - - -
fake_stamp_invoice            - - - - - - - - - -
post_credit                   - - - - p - - - - p
post_credit_every_key         - - - - p - - - - p
write_state_credit            - - - - - - - - - -
approve_credit                - - - - - - - - - -
lower_the_quorum              - - - - - - - - - -
write_asked                   - - - - - - - - - -
name_a_deputy_for_ada         - - - - - - - . . .
take_over_a_delegation        - - - - - - - . . .
answer_for_ada                - - - - - - - - - -
forge_for_whom                - - - - - - - - - -
end_the_absence_of_ada        - - - - - - - . . .
"""


@tagged(*STANDARD)
class TestMatrixOfInvoices(MatrixCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._o2c_today()
        cls.env["o2c.delegation"].search([]).action_archive()
        cls.away = (
            cls.env["o2c.delegation"]
            .with_user(cls.ada)
            .create({"deputy_id": cls.ben.id, "date_from": cls.today})
        )
        values = {"document": "account.move"}
        cls.rule(approvers=cls.ada, **values)
        fay = cls.user("fay_t", "Fay", ACCOUNTING)
        joe = cls.user("joe_t", "Joe", ACCOUNTING)
        step = {
            "user_ids": [Command.set((fay | joe | cls.rae).ids)],
            "quorum": 2,
        }
        cls.rule(
            criterion="credit_note",
            limit=500,
            step_ids=[Command.create(step)],
            **values,
        )
        cls.invoice = cls.draft("out_invoice", 12000)
        cls.credit = cls.draft("out_refund", 600)
        (cls.invoice | cls.credit).action_post()
        cls.asked = (cls.invoice | cls.credit).sudo().o2c_request_ids
        cls.env.flush_all()

    @classmethod
    def draft(cls, kind, amount):
        line = {"name": "Advice", "quantity": 1, "price_unit": amount, "tax_ids": []}
        return (
            cls.env["account.move"]
            .with_user(cls.kim)
            .create(
                {
                    "move_type": kind,
                    "partner_id": cls.customer.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_user_id": False,
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )

    # -- the ways --------------------------------------------------------------------

    def call(self, record, method, *args, **context):
        return self.rpc(
            self.actor, record._name, method, record.ids, *args, context=context
        )

    def request_of(self, move):
        return self.asked.filtered(lambda r: r.move_id == move)

    def way_post_invoice(self):
        self.call(self.invoice, "action_post")

    def way_post_invoice_every_key(self):
        keys = KEYS | {"allowed_company_ids": self.company.ids}
        self.call(self.invoice, "action_post", **keys)

    def way_write_state_invoice(self):
        self.call(self.invoice, "write", {"state": "posted"})

    def way_web_save_state_invoice(self):
        self.call(self.invoice, "web_save", {"state": "posted"}, {})

    def way_create_posted_invoice(self):
        line = {"name": "Advice", "quantity": 1, "price_unit": 12000, "tax_ids": []}
        self.create(
            "account.move",
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "state": "posted",
                "invoice_line_ids": [Command.create(line)],
            },
        )

    def way_approve_invoice(self):
        self.call(self.request_of(self.invoice), "action_approve")

    def way_write_request_invoice(self):
        self.call(self.request_of(self.invoice), "write", {"state": "approved"})

    def way_write_turn_invoice(self):
        self.call(
            self.request_of(self.invoice).turn_ids, "write", {"state": "approved"}
        )

    def way_fake_stamp_invoice(self):
        self.call(self.invoice, "write", {"o2c_passed_on": "2026-01-01"})

    def way_post_credit(self):
        self.call(self.credit, "action_post")

    def way_post_credit_every_key(self):
        keys = KEYS | {"allowed_company_ids": self.company.ids}
        self.call(self.credit, "action_post", **keys)

    def way_write_state_credit(self):
        self.call(self.credit, "write", {"state": "posted"})

    def way_approve_credit(self):
        self.call(self.request_of(self.credit), "action_approve")

    def way_lower_the_quorum(self):
        self.call(self.request_of(self.credit).turn_ids, "write", {"quorum": 1})

    def way_write_asked(self):
        request = self.request_of(self.invoice)
        asked = {"missing": 1, "who": [[self.actor.id, False]]}
        self.call(request.turn_ids, "write", {"asked": asked})

    def way_name_a_deputy_for_ada(self):
        self.create(
            "o2c.delegation",
            {
                "user_id": self.ada.id,
                "deputy_id": self.users["employee"].id,
                "date_from": self.today,
            },
        )

    def way_take_over_a_delegation(self):
        """One's own, turned into Ada's afterwards."""
        own = self.env["o2c.delegation"].create(
            {
                "user_id": self.actor.id,
                "deputy_id": self.ben.id,
                "date_from": self.today,
            }
        )
        self.call(own, "write", {"user_id": self.ada.id})

    def way_answer_for_ada(self):
        self.call(
            self.request_of(self.invoice), "action_approve", uid=self.ben.id, su=True
        )

    def way_forge_for_whom(self):
        self.create(
            "o2c.approval.decision",
            {
                "request_id": self.asked[:1].id,
                "user_id": self.ben.id,
                "on_behalf_of_id": self.ada.id,
                "company_id": self.company.id,
                "verdict": "approved",
            },
        )

    def way_end_the_absence_of_ada(self):
        self.call(self.away, "write", {"date_to": self.today - timedelta(days=0)})

    # -- the cells -------------------------------------------------------------------

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.http")
    def test_every_way_as_every_role(self):
        self.assertGreaterEqual(self.try_every_cell(TABLE), 200)

    def judge(self, way):
        self.env.invalidate_all()
        if "approved" in self.asked.mapped("state"):
            return ALLOWED
        waits = set(self.asked.mapped("state")) == {"pending"}
        return PARKED if way.startswith("post_") and waits else NOTHING

    def check_nothing_happened(self):
        self.assertEqual(set((self.invoice | self.credit).mapped("state")), {"draft"})
        self.assertFalse(self.asked.decision_ids)
        self.assertEqual(set(self.asked.mapped("state")), {"pending"})
