"""What invoicing delivered orders costs: by the queue, against plain Odoo by hand.

    python tests/bench/billing.py CONFIG DATABASE plain [ORDERS]
    python tests/bench/billing.py CONFIG DATABASE queue [ORDERS [BAD_PERCENT]]
    python tests/bench/billing.py CONFIG DATABASE compare [ORDERS]
    python tests/bench/billing.py CONFIG DATABASE profile plain|queue [ORDERS]

Plain: all orders in one batch, ``_create_invoices(grouped=True)`` then ``action_post``,
in the same database, with the queue switched off. Each order has three lines of goods,
delivered in full. Queries are counted over every cursor, flush and commit included.
``compare`` does both in turn, three times, and exits with 1 where the queue needs more
than is wanted; ``profile`` prints where the queries come from instead.
"""

import collections
import re
import statistics
import sys
import time

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

ENOUGH = 1e6
WANTED = 0.9  # of what plain Odoo needs, queries and CPU


def make_world(env):
    env["o2c.fulfillment.check"].search([]).action_archive()
    env["o2c.approval.rule"].search([]).action_archive()
    env["o2c.billing.task"].search([("state", "=", "todo")]).state = "cancelled"
    customers = env["res.partner"].create(
        [{"name": f"Bench {index}", "customer_rank": 1} for index in range(10)]
    )
    products = env["product.product"].create(
        [
            {
                "name": f"Bench {index}",
                "is_storable": True,
                "list_price": 10 + index,
                "invoice_policy": "delivery",
            }
            for index in range(3)
        ]
    )
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products:
        env["stock.quant"]._update_available_quantity(product, location, ENOUGH)
    return customers, products


def deliver(env, number, mode, customers, products):
    """So many confirmed and delivered orders; with ``mode`` queue, their tasks too."""
    env.company.o2c_invoicing = "manual" if mode == "plain" else "post"
    orders = env["sale.order"].create(
        [
            {
                "partner_id": customers[index % len(customers)].id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "product_uom_qty": 2})
                    for product in products
                ],
            }
            for index in range(number)
        ]
    )
    orders.action_confirm()
    orders.picking_ids.with_context(skip_backorder=True).button_validate()
    return orders


def break_some(orders, percent):
    """A payer without a receivable account, for so many of a hundred orders."""
    account = orders.env["account.account"].create(
        {"name": "Gone", "code": "GONE1", "account_type": "asset_receivable"}
    )
    payer = orders.env["res.partner"].create(
        {"name": "Broken", "property_account_receivable_id": account.id}
    )
    account.action_archive()
    bad = orders.filtered(lambda o: percent and not o.id % max(100 // percent, 1))
    bad.write({"partner_invoice_id": payer.id})
    return bad


def bill(env, mode, orders):
    if mode == "plain":
        orders._create_invoices(grouped=True).action_post()
        env.cr.commit()
        return
    while env["o2c.billing.task"].search_count(env["o2c.billing.task"]._domain_due()):
        env["o2c.billing.task"]._process_due()


def measure(registry, mode, number, percent=0):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        orders = deliver(env, number, mode, *make_world(env))
        bad = break_some(orders, percent)
        ids, expected = orders.ids, len(orders - bad)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        orders = env["sale.order"].browse(ids)
        env.user.has_group("base.group_user")
        before, cpu, wall = (
            odoo.sql_db.sql_counter,
            time.process_time(),
            time.monotonic(),
        )
        bill(env, mode, orders)
        queries = odoo.sql_db.sql_counter - before
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        invoices = orders.invoice_ids
        assert len(invoices) == expected, (len(invoices), expected)
        assert set(invoices.mapped("state")) == {"posted"}
    print(
        f"{mode:6} {number:5} orders, {number - expected} of them broken: "
        f"{queries / number:6.2f} queries, {1000 * cpu / number:6.2f} ms CPU, "
        f"{1000 * wall / number:6.2f} ms an order",
        flush=True,
    )
    return queries, cpu


def compare(registry, number):
    """:return: whether the queue needs more than is wanted"""
    runs = [
        [measure(registry, mode, number) for mode in ("plain", "queue")]
        for _turn in range(3)
    ]
    queries, cpu = (
        statistics.median(queue[part] / plain[part] for plain, queue in runs)
        for part in (0, 1)
    )
    print(
        f"queue / plain, {number} orders: {queries:.2f} of the queries, "
        f"{cpu:.2f} of the CPU (wanted: at most {WANTED})"
    )
    return max(queries, cpu) > WANTED


def profile(registry, mode, number):
    """Which statements, and how often for one order."""
    seen, real = collections.Counter(), odoo.sql_db.Cursor.execute

    def execute(self, query, *args, **kwargs):
        text = str(getattr(query, "code", query))
        seen[re.sub(r"\s+", " ", re.sub(r"\(%s.*?\)", "(…)", text))[:110]] += 1
        return real(self, query, *args, **kwargs)

    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        ids = deliver(env, number, mode, *make_world(env)).ids
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        odoo.sql_db.Cursor.execute = execute
        bill(env, mode, env["sale.order"].browse(ids))
        odoo.sql_db.Cursor.execute = real
    for text, count in seen.most_common(45):
        print(f"{count / number:6.2f}  {text}")


def main(rc, database, mode, *rest):
    config.parse_config(["-c", rc, "-d", database])
    registry = Registry(database)
    if mode == "profile":
        profile(registry, rest[0], int(rest[1]))
    elif mode == "compare":
        sys.exit(compare(registry, *map(int, rest or ["200"])))
    else:
        measure(registry, mode, *map(int, rest or ["200"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
