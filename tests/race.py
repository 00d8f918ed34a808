"""One part in a race on committed data, as a process of its own.

    python tests/race.py CONFIG DATABASE prepare NUMBER
    python tests/race.py CONFIG DATABASE edit|approve ORDER_ID...
    python tests/race.py CONFIG DATABASE judge ORDER_ID...
    python tests/race.py CONFIG DATABASE prepare_work NUMBER
    python tests/race.py CONFIG DATABASE bill|advise|install ORDER_ID...
    python tests/race.py CONFIG DATABASE judge_work ORDER_ID...

Before each round a side says “ready” and waits for a line, so that both start together,
give or take a little. A round is one transaction, retried by the host as a request is.
"""

import json
import random
import sys
import time
from types import SimpleNamespace

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.service import model
from odoo.tools import config

SIDES = ("edit", "approve", "bill", "advise", "install")
JITTER = 0.1  # seconds; about as long as an answer takes
PRICE = 1000


def user(env, login):
    return env["res.users"].search([("login", "=", login)])


def prepare(env, number):
    """Orders Sam asked Ada to approve; their numbers on the output."""
    env["o2c.approval.rule"].search([]).action_archive()
    step = {"user_ids": [Command.set(user(env, "ada").ids)]}
    env["o2c.approval.rule"].create(
        {"name": "Race", "limit": 10000, "step_ids": [Command.create(step)]}
    )
    service = env["product.product"].create({"name": "Race", "type": "service"})
    line = {"product_id": service.id, "product_uom_qty": 11, "price_unit": PRICE}
    values = {
        "partner_id": env["res.partner"].create({"name": "Race"}).id,
        "user_id": user(env, "sam").id,
        "order_line": [Command.create(line)],
    }
    orders = (
        env["sale.order"].with_user(user(env, "sam")).create([values] * int(number))
    )
    orders.action_confirm()
    print(json.dumps(orders.ids))


def edit(env, order):
    order.with_user(user(env, "sam")).order_line.price_unit = 5 * PRICE


def approve(env, order):
    pending = order.o2c_request_ids.filtered(lambda r: r.state == "pending")
    pending.with_user(user(env, "ada")).action_approve()


def judge(env, *orders):
    """What became of each order, on the output."""
    rows = [
        {
            "state": order.state,
            "passed": [order.o2c_passed_seal, order.o2c_passed_facts],
            "answers": [[a.seal, a.fact] for a in order.o2c_request_ids.decision_ids],
            "requests": order.o2c_request_ids.mapped("state"),
        }
        for order in env["sale.order"].browse(map(int, orders))
    ]
    print(json.dumps(rows))


# -- work that goes on while it is billed ---------------------------------------------


def prepare_work(env, number):
    """Orders of two services, nothing of them done; their numbers on the output."""
    env["o2c.approval.rule"].search([]).action_archive()
    env.company.write({"o2c_invoicing": "post", "o2c_invoicing_period": "delivery"})
    lines = [
        Command.create({"product_id": product.id, "price_unit": PRICE})
        for product in env["product.product"].create(
            [
                {"name": name, "type": "service", "invoice_policy": "delivery"}
                for name in ("Advice", "Installation")
            ]
        )
    ]
    partner = env["res.partner"].create({"name": "Race", "customer_rank": 1})
    values = {"partner_id": partner.id, "order_line": lines}
    orders = env["sale.order"].create([values] * int(number))
    orders.action_confirm()
    print(json.dumps(orders.ids))


def advise(env, order):
    order.order_line[0].qty_delivered += 1


def install(env, order):
    order.order_line[1].qty_delivered += 1


def bill(env, order):
    """What is collected is due now; the queue does its work."""
    order.o2c_billing_task_ids.filtered(
        lambda t: t.state == "todo"
    ).due_on = "2020-01-01"
    env.cr.commit()
    env["o2c.billing.task"]._process_due()


def judge_work(env, *orders):
    """How often each order waits to be billed; then what is left when all is billed."""
    orders = env["sale.order"].browse(map(int, orders))
    waiting = [
        len(order.o2c_billing_task_ids.filtered(lambda t: t.state == "todo"))
        for order in orders
    ]
    bill(env, orders)
    env.invalidate_all()
    print(
        json.dumps(
            [
                {
                    "waited": count,
                    "done": order.order_line.mapped("qty_delivered"),
                    "billed": order.order_line.mapped("qty_invoiced"),
                    "states": order.invoice_ids.mapped("state"),
                }
                for count, order in zip(waiting, orders, strict=True)
            ]
        )
    )


def run_rounds(registry, act, *orders):
    for order in map(int, orders):
        print("ready", flush=True)
        sys.stdin.readline()
        time.sleep(random.uniform(0, JITTER))
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            model.retrying(
                lambda env=env, id=order: act(env, env["sale.order"].browse(id)), env
            )


def hurry():
    """Retry as the host does, only sooner."""
    model.random = SimpleNamespace(uniform=lambda low, high: random.uniform(0, JITTER))


def main(rc, database, part, *args):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    registry = Registry(database)
    hurry()
    if part in SIDES:
        return run_rounds(registry, globals()[part], *args)
    with registry.cursor() as cr:
        globals()[part](api.Environment(cr, SUPERUSER_ID, {}), *args)


if __name__ == "__main__":
    main(*sys.argv[1:])
