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

QUERIES, TIME = 4, 1.15  # wanted
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
    """(queries, seconds of CPU, seconds) of validating so many fresh deliveries."""
    with registry.cursor() as cr:
        ids = make_deliveries(api.Environment(cr, SUPERUSER_ID, {}), number, *world)
    with registry.cursor() as cr:
        env = api.Environment(cr, 2, {})
        env.user.has_group("base.group_user")
        deliveries = env["stock.picking"].browse(ids)
        before = odoo.sql_db.sql_counter
        cpu, start = time.process_time(), time.perf_counter()
        deliveries.with_context(skip_backorder=True).button_validate()
        cr.commit()
        cpu, clock = time.process_time() - cpu, time.perf_counter() - start
        spent = odoo.sql_db.sql_counter - before, cpu, clock
        assert set(deliveries.mapped("state")) == {"done"}, deliveries.mapped("state")
        return spent


def costs(database, checks):
    """(queries, seconds of CPU, seconds) of each of 50 deliveries."""
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        world = make_world(env)
        if "o2c.fulfillment.check" in env:
            make_checks(env, int(checks))
    for number in (1, 50):
        runs = [cost(registry, world, number) for _run in range(5)]
        queries, cpu, clock = (min(each) / number for each in zip(*runs, strict=True))
        print(
            f"{number:3} deliveries: {queries:6.2f} queries, {1000 * cpu:6.2f} ms of "
            f"CPU, {1000 * clock:6.2f} ms a delivery",
            flush=True,
        )
    return queries, cpu, clock


def main(rc, database, checks="10", plain=None):
    config.parse_config(["-c", rc, "-d", database])
    ours = costs(database, checks)
    if not plain:
        return
    theirs = costs(plain, checks)
    queries = ours[0] - theirs[0]
    cpu, clock = ours[1] / theirs[1], ours[2] / theirs[2]
    print(
        f"beyond plain Odoo: {queries:+.2f} queries a delivery (wanted: at most "
        f"{QUERIES:+}), {cpu:.2f} of its CPU, {clock:.2f} of its time (wanted: at most "
        f"{TIME})"
    )
    sys.exit(queries > QUERIES or clock > TIME)


if __name__ == "__main__":
    main(*sys.argv[1:])
