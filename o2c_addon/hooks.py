def post_init_hook(env):
    """Take over what is there: what already passed has passed, by one SQL per table."""
    env["sale.order"]._o2c_take_over()
    env["stock.picking"]._o2c_take_over()
    env["account.move"]._o2c_take_over()


BUSINESS = (
    "account.account",
    "account.move",
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
    env["ir.model.data"].search(
        [("module", "=", "o2c_addon"), ("model", "in", BUSINESS)]
    ).unlink()
    env.cr.execute("DROP FUNCTION IF EXISTS o2c_append_only() CASCADE")
