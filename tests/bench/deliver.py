"""What validating 50 deliveries costs, with ten checks that are met and billing on.

    python tests/bench/deliver.py CONFIG DATABASE [CHECKS [PLAIN]]

PLAIN is a database without the addon, to compare with: exits with 1 where the addon
costs more than is wanted. Queries are counted over every cursor, flush and commit
included; what billing costs is counted apart, because it is done by the cron. Nothing
is kept but what it makes.
"""

import sys
import time

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

QUERIES, CPU = 4, 1.15  # wanted
CODES = [
    "available",
    "complete",
    "address",
    "prepayment",
    "credit",
    "overdue",
    "checklist",
    "tracking",
    "document",
    "domain",
]


def make_checks(env, number):
    checks = env["o2c.fulfillment.check"]
    checks.search([]).action_archive()
    env["o2c.approval.rule"].search([]).action_archive()
    env.company.write({"account_use_credit_limit": True, "o2c_invoicing": "post"})
    for index in range(number):
        code = CODES[index % len(CODES)]
        never = "[('note', '=', 'never')]" if code == "domain" else False
        values = {"name": code, "code": code, "domain": never}
        checks.create(values | {"value": 365 if code == "overdue" else 0})


def make_world(env):
    country = env.ref("base.be")
    customers = env["res.partner"].create(
        [
            {
                "name": f"Bench {index}",
                "street": "Quay 1",
                "city": "Harbortown",
                "zip": "1000",
                "country_id": country.id,
                "credit_limit": 1e9,
            }
            for index in range(10)
        ]
    )
    products = env["product.product"].create(
        [
            {
                "name": f"Bench {index}",
                "is_storable": True,
                "list_price": 10,
                "invoice_policy": "delivery",
                "taxes_id": False,
            }
            for index in range(3)
        ]
    )
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products:
        env["stock.quant"]._update_available_quantity(product, location, 1e6)
    return customers.ids, products.ids


def make_deliveries(env, number, customers, products):
    orders = env["sale.order"].create(
        [
            {
                "partner_id": customers[index % len(customers)],
                "order_line": [
                    (0, 0, {"product_id": product, "product_uom_qty": 1})
                    for product in products
                ],
            }
            for index in range(number)
        ]
    )
    orders.action_confirm()
    deliveries = orders.picking_ids
    if "o2c_tracking_ref" in deliveries._fields:
        deliveries.o2c_tracking_ref = "1Z"
    env["ir.attachment"].create(
        [
            {"name": "slip.pdf", "res_model": "stock.picking", "res_id": delivery.id}
            for delivery in deliveries
        ]
    )
    return deliveries.ids


def cost(registry, world, number):
    """(queries, cpu seconds) of validating so many fresh deliveries."""
    with registry.cursor() as cr:
        ids = make_deliveries(api.Environment(cr, SUPERUSER_ID, {}), number, *world)
    with registry.cursor() as cr:
        env = api.Environment(cr, 2, {})
        env.user.has_group("base.group_user")
        deliveries = env["stock.picking"].browse(ids)
        before, start = odoo.sql_db.sql_counter, time.process_time()
        deliveries.with_context(skip_backorder=True).button_validate()
        cr.commit()
        spent = odoo.sql_db.sql_counter - before, time.process_time() - start
        assert set(deliveries.mapped("state")) == {"done"}, deliveries.mapped("state")
        return spent


def costs(database, checks):
    """(queries, CPU seconds) of each of 50 deliveries."""
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        world = make_world(env)
        if "o2c.fulfillment.check" in env:
            make_checks(env, int(checks))
    for number in (1, 50):
        runs = [cost(registry, world, number) for _run in range(5)]
        queries, cpu = min(run[0] for run in runs), min(run[1] for run in runs)
        print(
            f"{number:3} deliveries: {queries / number:6.2f} queries and "
            f"{1000 * cpu / number:6.2f} ms CPU a delivery ({queries} in all)",
            flush=True,
        )
    return queries / number, cpu / number


def main(rc, database, checks="10", plain=None):
    config.parse_config(["-c", rc, "-d", database])
    queries, cpu = costs(database, checks)
    if not plain:
        return
    plain_queries, plain_cpu = costs(plain, checks)
    print(
        f"beyond plain Odoo: {queries - plain_queries:+.2f} queries a delivery "
        f"(wanted: at most {QUERIES:+}), {cpu / plain_cpu:.2f} of its CPU "
        f"(wanted: at most {CPU})"
    )
    sys.exit(queries - plain_queries > QUERIES or cpu > CPU * plain_cpu)


if __name__ == "__main__":
    main(*sys.argv[1:])
