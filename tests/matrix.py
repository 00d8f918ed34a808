"""Every way × every role: what the tables of expectations are tried with."""

from odoo.exceptions import UserError

from .common import HEAD_OF_SALES, OWN_SALES, O2CCase

REFUSED = "-"  # an error, nothing happened
PARKED = "p"  # no error, waits for a yes
NOTHING = "."  # no error, no effect
ALLOWED = "y"  # what this role is there for

ROLES = {
    "salesperson": "the order is his",
    "colleague": "salesperson, own documents only",
    "head": "sales manager",
    "warehouse": "",
    "accountant": "",
    "employee": "no rights on orders",
    "portal": "the customer",
    "approver": "is asked, no rights on orders",
    "manager": "Order to Cash administrator, wrote a line of it",
    "system": "Odoo administrator, created the order's customer",
}

# every key a client may send that the host or we look at
KEYS = dict.fromkeys(
    [
        "skip_sanity_check",
        "skip_backorder",
        "cancel_backorder",
        "skip_procurement",
        "mail_notrack",
        "tracking_disable",
        "raise_if_nothing_to_invoice",
        "send_email",
        "install_mode",
        "import_file",
        "disable_abnormal_invoice_detection",
        "_force_unlink",
        "skip_readonly_check",
        "o2c_bypass",
        "mail_activity_quick_update",
        "mail_notify_force_send",
        "o2c_passing",
        "o2c_slice",
        "o2c_channel",
        "mark_so_as_sent",
        "allowed_company_ids",
        "active_test",
        "bypass_risk",
        "skip_o2c",
        "no_check",
        "su",
        "sudo",
    ],
    True,
) | {"allowed_company_ids": None, "o2c_channel": "payment", "o2c_slice": [1, {}]}


class MatrixCase(O2CCase):
    """Tries each cell over RPC and takes everything back.

    A subclass says what comes of a way (``judge``) and what never may
    (``check_nothing_happened``); a way is a method ``way_<name>`` of the ``actor``.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "salesperson": cls.sam,
            "colleague": cls.user("cora_t", "Cora", OWN_SALES),
            "head": cls.user("hal_t", "Hal", HEAD_OF_SALES),
            "warehouse": cls.wim,
            "accountant": cls.kim,
            "employee": cls.user("eve_t", "Eve", "base.group_user"),
            "portal": cls.user("pia_t", "Pia", "base.group_portal"),
            "approver": cls.ada,
            "manager": cls.mia,
            "system": cls.env.ref("base.user_admin"),
        }

    def create(self, model, values, **context):
        return self.rpc(self.actor, model, "create", [values], context=context)

    def try_every_cell(self, table):
        """:return: how many cells there are"""
        cells = 0
        for row in table.split("\n")[1:-1]:
            way, *expectations = row.split()
            for role, expected in zip(ROLES, expectations, strict=True):
                with self.subTest(f"{way} as {role}"):
                    outcome = self._try(way, role)
                    self.assertEqual(outcome, expected, getattr(self, "error", ""))
                cells += 1
        return cells

    def _try(self, way, role):
        """What comes of it; everything is taken back afterwards."""
        self.actor = self.users[role]
        savepoint = self.env.cr.savepoint()
        try:
            getattr(self, f"way_{way}")()
            self.env.flush_all()
            outcome = self.judge(way)
        except UserError as error:
            savepoint.rollback()
            outcome, self.error = REFUSED, error
        self.env.invalidate_all()
        if outcome != ALLOWED:
            self.check_nothing_happened()
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        self.env.registry.reset_changes()
        return outcome
