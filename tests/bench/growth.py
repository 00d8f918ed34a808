"""How the work grows with the number of orders there are already.

    python tests/bench/growth.py CONFIG DATABASE...

Each DATABASE is a copy filled by ``seeing.py CONFIG DATABASE build ORDERS``, with
1,000, 10,000 and 100,000, and is changed. Prints for each step its queries and the best
time of some runs, ten orders at once where there are orders, and at the end its slope:
0 where the time stays the same, 1 where it grows as the orders do.
"""

import math
import sys
import time

import billing
import confirm
import deliver
import seeing

import odoo
from odoo import SUPERUSER_ID, api

MANY, RUNS = 10, 5


def order_world(env):
    world = confirm.make_world(env)
    confirm.make_rules(env, 5, confirm.CRITERIA)
    return world


def delivery_world(env):
    deliver.make_checks(env, 10)
    return deliver.make_world(env)


def validate(deliveries):
    deliveries.with_context(skip_backorder=True).button_validate()


# what it needs; makes the documents of one run; what is timed, with them
STEPS = {
    "confirm": (
        order_world,
        lambda env, world: env["sale.order"].browse(
            confirm.make_orders(env, MANY, *world).ids
        ),
        lambda orders: orders.action_confirm(),
    ),
    "deliver": (
        delivery_world,
        lambda env, world: env["stock.picking"].browse(
            deliver.make_deliveries(env, MANY, *world)
        ),
        validate,
    ),
    "bill": (
        billing.make_world,
        lambda env, world: billing.deliver(env, MANY, "queue", *world),
        lambda orders: billing.bill(orders.env, "queue", orders),
    ),
    "board": (
        lambda env: (),
        lambda env, world: env["sale.order"],
        lambda orders: seeing.board(orders.env),
    ),
    "dashboard": (
        lambda env: (),
        lambda env, world: env["o2c.cycle.report"],
        lambda report: report.dashboard(),
    ),
}


def best(registry, prepare, make, act):
    """(seconds, queries) of the quickest run, flush and commit included."""
    with registry.cursor() as cr:
        world = prepare(api.Environment(cr, SUPERUSER_ID, {}))
    runs = []
    for _run in range(RUNS):
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            here = [w.with_env(env) if hasattr(w, "ids") else w for w in world]
            made = make(env, here)
            name, ids = made._name, made.ids
            admin = env.ref("base.user_admin").id
        with registry.cursor() as cr:
            env = api.Environment(cr, admin, {})
            env.user.has_group("base.group_user")
            before, start = odoo.sql_db.sql_counter, time.perf_counter()
            act(env[name].browse(ids))
            cr.commit()
            runs.append((time.perf_counter() - start, odoo.sql_db.sql_counter - before))
    return min(runs)


def main(rc, *databases):
    found = []
    for database in databases:
        registry = seeing.connect(rc, database)
        with registry.cursor() as cr:
            cr.execute("SELECT count(*) FROM sale_order")
            orders = cr.fetchone()[0]
        found.append((orders, {name: best(registry, *STEPS[name]) for name in STEPS}))
    found.sort(key=lambda each: each[0])
    print("".join([f"{'':10}", *(f"{orders:>17,} orders" for orders, _times in found)]))
    for name in STEPS:
        each = [(orders, *times[name]) for orders, times in found]
        cells = [
            f"{1000 * took:8.1f} ms, {asked:4} queries" for _n, took, asked in each
        ]
        (fewest, first, _q), (most, last, _q) = each[0], each[-1]
        slope = math.log(last / first) / math.log(most / fewest) if most > fewest else 0
        print(f"{name:10}{' '.join(cells)}  slope {slope:+.2f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
