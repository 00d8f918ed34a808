"""What confirming costs: queries and CPU, with any number of rules that stop nothing.

    python tests/bench/confirm.py CONFIG DATABASE [RULES]

Run it on a database without the addon for plain Odoo, and on one with it. Orders of
services, so that the host's stock cost does not hide ours. Queries are counted over
every cursor, flush and commit included. Nothing is kept but the orders it makes.
"""

import sys
import time

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

CRITERIA = ("amount", "discount", "discount_line", "price_below_list", "payment_term")
NEVER = 1e9
RUNS = 15


def make_rules(env, number, criteria):
    Rule = env["o2c.approval.rule"]
    Rule.search([]).action_archive()
    for index in range(number):
        criterion = criteria[index % len(criteria)]
        Rule.create(
            {
                "name": f"Bench {index}",
                "criterion": criterion,
                "limit": 0 if criterion == "margin" else NEVER,
                "step_ids": [
                    (0, 0, {"user_ids": [(6, 0, [env.ref("base.user_admin").id])]})
                ],
            }
        )


def make_world(env):
    """A customer who pays, and a service; made once: it empties the host's memory."""
    if "o2c_invoicing" in env.company._fields:
        env.company.o2c_invoicing = "manual"  # what billing costs is another figure
    customer = env["res.partner"].create({"name": "Bench"})
    service = env["product.product"].create(
        {"name": "Bench service", "type": "service", "list_price": 10}
    )
    order = make_orders(env, 1, customer.id, service.id)
    order.action_confirm()
    invoice = order._create_invoices()
    invoice.action_post()
    payment = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    )
    payment.create({}).action_create_payments()
    return customer.id, service.id


def make_orders(env, number, customer, service):
    line = (0, 0, {"product_id": service, "product_uom_qty": 1})
    return env["sale.order"].create(
        [{"partner_id": customer, "order_line": [line] * 3} for _ in range(number)]
    )


def cost(registry, world, number, action):
    """(queries, cpu seconds) of ``action`` on ``number`` fresh orders."""
    with registry.cursor() as cr:
        ids = make_orders(api.Environment(cr, SUPERUSER_ID, {}), number, *world).ids
    with registry.cursor() as cr:
        env = api.Environment(cr, 2, {})
        env.user.has_group("base.group_user")
        orders = env["sale.order"].browse(ids)
        before, start = odoo.sql_db.sql_counter, time.process_time()
        action(orders)
        cr.commit()
        return odoo.sql_db.sql_counter - before, time.process_time() - start


def main(rc, database, rules="0", *criteria):
    config.parse_config(["-c", rc, "-d", database])
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        if "o2c.approval.rule" in env:
            make_rules(env, 0, ())
        world = make_world(env)
        if int(rules):
            make_rules(env, int(rules), criteria or CRITERIA)
    for number in (1, 50):
        runs = [
            cost(registry, world, number, lambda orders: orders.action_confirm())
            for _run in range(RUNS)
        ]
        queries, cpu = min(run[0] for run in runs), min(run[1] for run in runs)
        print(
            f"{number:3} orders: {queries / number:6.2f} queries and "
            f"{1000 * cpu / number:6.2f} ms CPU an order ({queries} in all)"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
