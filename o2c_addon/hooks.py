def post_init_hook(env):
    """Take over what is there: what already passed has passed, by one SQL per table."""
    env["sale.order"]._o2c_take_over()
    env["stock.picking"]._o2c_take_over()
    env["account.move"]._o2c_take_over()


def uninstall_hook(env):
    """Leave nothing behind in the database that would outlive the tables."""
    env.cr.execute("DROP FUNCTION IF EXISTS o2c_append_only() CASCADE")
