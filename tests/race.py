"""One part in a race on committed data, as a process of its own.

    python tests/race.py CONFIG DATABASE prepare NUMBER
    python tests/race.py CONFIG DATABASE edit|approve ORDER_ID...
    python tests/race.py CONFIG DATABASE judge ORDER_ID...
    python tests/race.py CONFIG DATABASE prepare_work NUMBER
    python tests/race.py CONFIG DATABASE bill|advise|install ORDER_ID...
    python tests/race.py CONFIG DATABASE judge_work ORDER_ID...
    python tests/race.py CONFIG DATABASE prepare_promises NUMBER PORT
    python tests/race.py CONFIG DATABASE check|tell|send ROUND...
    python tests/race.py CONFIG DATABASE judge_promises

Before each round a side says “ready” and waits for a line, so that both start together,
give or take a little. A round is one transaction, retried by the host as a request is.
"""

import json
import random
import sys
import time
from datetime import UTC, datetime
from types import SimpleNamespace

from odoo import SUPERUSER_ID, api
from odoo.fields import Command, Date
from odoo.modules.registry import Registry
from odoo.service import model
from odoo.tools import config

SIDES = ("edit", "approve", "bill", "advise", "install", "check", "tell", "send")
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


# -- what two workers of the server do at once -----------------------------------------


def prepare_promises(env, number, port):
    """So many promises whose day is over, and as many colleagues who have to call."""
    env["ir.mail_server"].search([]).action_archive()
    env["ir.mail_server"].create(
        {
            "name": "Sink",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_encryption": "none",
        }
    )
    env["o2c.notice.rule"].search([]).action_archive()
    env.ref("o2c_addon.notice_rule_colleague").active = True
    env["o2c.promise"].search([]).unlink()
    env["res.users"].search([]).o2c_daily_mail = False
    env.company.resource_calendar_id = False  # every day is a working day
    users = env["res.users"].create(
        [
            {
                "name": f"Race {index}",
                "login": f"race{index}",
                "email": f"race{index}@seller.example",
                "tz": zone_of_noon(),
                "group_ids": [
                    Command.link(env.ref("account.group_account_invoice").id)
                ],
            }
            for index in range(int(number))
        ]
    )
    yesterday = Date.subtract(Date.today(), days=2)
    invoices = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": env["res.partner"].create({"name": user.name}).id,
                "invoice_date": yesterday,
                "invoice_user_id": user.id,
                "invoice_line_ids": [
                    Command.create({"name": "Advice", "price_unit": PRICE})
                ],
            }
            for user in users
        ]
    )
    invoices.action_post()
    env.company.o2c_billing_owner_id = False
    env["o2c.promise"]._make(invoices, yesterday, by_customer=True)


def zone_of_noon():
    """A time zone in which it is about noon now: the mail of the morning is due."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


def check(env, _round):
    env["o2c.promise"]._check_due()


def tell(env, _round):
    env["res.users"]._o2c_tell_colleagues()


def send(env, _round):
    env.registry["ir.mail_server"]._disable_send = lambda self: False
    env["o2c.notice"]._send_due()


def judge_promises(env):
    """How often each was told, on the output."""
    promises = env["o2c.promise"].search([])
    activity = env.ref("o2c_addon.mail_activity_type_o2c_promise")
    rows = [
        {
            "state": promise.state,
            "notes": sum(
                "was promised by" in (message.body or "")
                for message in promise.move_id.message_ids
            ),
            "activities": len(
                promise.move_id.activity_ids.filtered(
                    lambda a: a.activity_type_id == activity
                )
            ),
            "mails": env["o2c.notice"]
            .search([("user_id", "=", promise.user_id.id)])
            .mapped("message_id"),
        }
        for promise in promises
    ]
    print(json.dumps(rows))


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
