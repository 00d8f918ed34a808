"""Faults for real: workers that die, and what must hold afterwards.

    python tests/faults.py CONFIG DATABASE [DELIVERIES [PROCESSES [KILLS [CUTS]]]]

Delivers so many orders in DATABASE (a copy: it is changed), then bills them with
several processes that are killed at the named points, and whose connections are cut,
until everything is billed. Prints what happened; exits with 1 if an invariant breaks.
At full length: 2000 4 50 20. ``tests/test_faults.py`` runs the short form.

    python tests/faults.py CONFIG DATABASE --work POINT NUMBER | --prepare NUMBER
        | --by-hand ORDER_ID...

is one process of it: one that bills what is due and dies when it comes to POINT for the
NUMBERth time. Nothing of this is in the addon: the points are wrapped around it here.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.service import model
from odoo.tools import config

INVARIANTS = Path(__file__).with_name("invariants.sql")
# model, method, before or after it
POINTS = {
    "claimed": ("o2c.billing.task", "_claim", "after"),
    "before the drafts": ("sale.order", "_o2c_invoice", "before"),
    "after the drafts": ("sale.order", "_o2c_invoice", "after"),
    "before confirming": ("account.move", "action_post", "before"),
    "after confirming": ("account.move", "action_post", "after"),
    "marked done": ("o2c.billing.task", "_done_by_note", "after"),
    "before the commit": ("ir.cron", "_commit_progress", "before"),
    "after the commit": ("ir.cron", "_commit_progress", "after"),
}


def prepare(registry, number):
    """So many delivered orders that wait to be billed; none of them by the way."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["o2c.approval.rule"].search([]).action_archive()
        env["o2c.fulfillment.check"].search([]).action_archive()
        env["o2c.billing.task"].search([("state", "!=", "done")]).state = "cancelled"
        env.company.write({"o2c_invoicing": "post", "o2c_invoicing_period": "delivery"})
        product = env["product.product"].create(
            {"name": "Fault", "is_storable": True, "invoice_policy": "delivery"}
        )
        location = env["stock.warehouse"].search([], limit=1).lot_stock_id
        env["stock.quant"]._update_available_quantity(product, location, 1e6)
        partner = env["res.partner"].create({"name": "Fault", "customer_rank": 1})
        line = (0, 0, {"product_id": product.id, "product_uom_qty": 2, "price_unit": 5})
        orders = env["sale.order"].create(
            [{"partner_id": partner.id, "order_line": [line]}] * number
        )
        orders.action_confirm()
        orders.picking_ids.with_context(skip_backorder=True).button_validate()
        return orders.ids


def arm(registry, point, number):
    """This process dies when it comes to ``point`` for the ``number``th time."""
    name, method, when = POINTS[point]
    target = registry[name]
    real, seen = getattr(target, method), []

    def die():
        seen.append(1)
        if len(seen) >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self, *args, **kwargs):
        if when == "before":
            self.env.flush_all()
            die()
        result = real(self, *args, **kwargs)
        if when == "after":
            if method != "_commit_progress":
                self.env.flush_all()
            die()
        return result

    setattr(target, method, wrapped)


def work(database, point=None, number=1):
    registry = Registry(database)
    if point:
        arm(registry, point, number)
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["o2c.billing.task"]._process_due()


def by_hand(registry, *orders):
    """A clerk invoices each order; how often each had to be tried again."""
    tried = []
    for order in orders:
        attempts = []
        with registry.cursor() as cr:
            env = api.Environment(
                cr, SUPERUSER_ID, {"raise_if_nothing_to_invoice": False}
            )

            def invoice(env=env, order=int(order), attempts=attempts):
                attempts.append(1)
                orders = env["sale.order"].browse(order)
                if drafts := orders._create_invoices(grouped=True):
                    drafts.action_post()

            model.retrying(invoice, env)
        tried.append(len(attempts) - 1)
    return tried


def part(rc, database, *args, script=__file__):
    """A process of its own that does this part."""
    command = [sys.executable, script, rc, database, *map(str, args)]
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=quiet, text=True)


def answer(process):
    """What this part printed last."""
    return json.loads(process.communicate(timeout=300)[0].splitlines()[-1])


def worker(rc, database, *args):
    return part(rc, database, "--work", *args)


def connect(database):
    return psycopg2.connect(
        dbname=database,
        host=config["db_host"] or None,
        port=config["db_port"] or None,
        user=config["db_user"] or None,
        password=config["db_password"] or None,
    )


def cut_connections(database):
    """The server ends every connection of the workers; how many there were."""
    with contextlib.closing(connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            cr.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid != pg_backend_pid()"
            )
            return cr.fetchone()[0]


def broken(database):
    """The rows of ``invariants.sql``: none where all is well."""
    rows = []
    statements = [part for part in INVARIANTS.read_text().split(";") if part.strip()]
    with contextlib.closing(connect(database)) as connection:
        cr = connection.cursor()
        for statement in statements:
            cr.execute(statement)
            rows += cr.fetchall()
    return rows


def left(database):
    with contextlib.closing(connect(database)) as connection:
        cr = connection.cursor()
        cr.execute("SELECT count(*) FROM o2c_billing_task WHERE state = 'todo'")
        return cr.fetchone()[0]


def kill_and_cut(rc, database, processes, kills, cuts):
    """Workers that die at every point in turn; how many did, and cut connections."""
    points = [list(POINTS)[index % len(POINTS)] for index in range(kills)]
    running, died, ended = [], 0, 0
    while points or running:
        while points and len(running) < processes:
            point = points.pop()
            # the first commit comes before any work
            number = 2 if "commit" in point else 1
            running.append((point, worker(rc, database, point, number)))
        time.sleep(0.05)
        for point, process in [each for each in running if each[1].poll() is not None]:
            running.remove((point, process))
            if process.returncode == -signal.SIGKILL:
                died += 1
            elif left(database):  # its connection was cut before it got there
                points.append(point)
        if cuts and random.random() < 0.02:
            cuts -= 1
            ended += cut_connections(database)
    return died, ended


def recover(rc, database, ticks=2):
    """What the cron does next; nobody helps."""
    for _tick in range(ticks):
        worker(rc, database).wait()


def main(rc, database, *args):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    if args[:1] == ("--work",):
        return work(database, *args[1:2], *map(int, args[2:3]))
    if args[:1] == ("--prepare",):
        return print(json.dumps(prepare(Registry(database), int(args[1]))))
    if args[:1] == ("--by-hand",):
        return print(json.dumps(by_hand(Registry(database), *args[1:])))
    number, processes, kills, cuts = [*map(int, args), *(200, 2, 16, 4)[len(args) :]]
    prepare(Registry(database), number)
    died, ended = kill_and_cut(rc, database, processes, kills, cuts)
    recover(rc, database)
    rows = broken(database)
    print(
        f"{number} deliveries, {processes} processes: {died} killed at named points, "
        f"{ended} connections cut; {left(database)} left, broken: {rows or 'nothing'}"
    )
    return sys.exit(1 if rows else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
