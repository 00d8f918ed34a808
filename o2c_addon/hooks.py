from odoo.tools import SQL


def post_init_hook(env):
    """Take over what is there: what already passed has passed, by one SQL per table."""
    env["sale.order"]._o2c_take_over()
    env["stock.picking"]._o2c_take_over()
    env["account.move"]._o2c_take_over()


BUSINESS = (
    "account.account",
    "account.move",
    "account.payment",
    "o2c.approval.rule",
    "product.product",
    "product.template",
    "res.partner",
    "res.users",
    "sale.order",
    "stock.quant",
)


def uninstall_hook(env):
    """Leave nothing of ours behind, and take nothing away that is in use.

    What demo data made is business by now: orders have deliveries and invoices.
    """
    names = env["ir.model.data"].search([("module", "=", "o2c_addon")])
    types = names.filtered(lambda n: n.model == "mail.activity.type")
    env["mail.activity"].with_context(active_test=False).search(
        [("activity_type_id", "in", types.mapped("res_id"))]
    ).unlink()
    names.filtered(lambda n: n.model in BUSINESS).unlink()
    env.cr.execute("DROP FUNCTION IF EXISTS o2c_append_only() CASCADE")
    _hold_nothing_back(env.cr)


def _hold_nothing_back(cr):
    """Our groups and texts are deleted before the tables that restrict it are gone."""
    cr.execute(
        """
        SELECT conrelid::regclass::text, conname
          FROM pg_constraint
         WHERE contype = 'f' AND confdeltype IN ('r', 'a')
           AND conrelid::regclass::text LIKE 'o2c!_%' ESCAPE '!'
        """
    )
    for table, constraint in cr.fetchall():
        cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(constraint),
            )
        )
