"""Faults for real: workers that die, and what must hold afterwards.

    python tests/faults.py CONFIG DATABASE
        [DELIVERIES [PROCESSES [KILLS [CUTS [CRASHES]]]]]

Writes so many orders in DATABASE (a copy: it is changed), delivers most of them, then
lets several processes bill them while another delivers the rest. They are killed at the
named points, their connections are cut and the database server is stopped at once, each
while somebody is billing. Then the cron comes twice. Prints what happened; exits with 1
if an invariant breaks. At full length: 2000 4 50 20 3. A server that is to crash is one
of our own, with a copy of DATABASE. ``tests/test_faults.py`` runs the short form.

    python tests/faults.py CONFIG DATABASE --work POINT NUMBER | --prepare NUMBER
        | --deliver | --by-hand ORDER_ID...

is one process of it: one that bills what is due and dies when it comes to POINT for the
NUMBERth time. Nothing of this is in the addon: the points are wrapped around it here.
"""

import contextlib
import json
import os
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

try:
    from .cluster import Cluster
except ImportError:  # run as a program
    from cluster import Cluster

INVARIANTS = Path(__file__).with_name("invariants.sql")
BATCH = 100  # orders prepared at once
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


def prepare(registry, number, later=0):
    """So many delivered orders that wait to be billed; none of them by the way.

    :param later: how many more are still to be delivered
    """
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
        values = {"partner_id": partner.id, "order_line": [line]}
        ids = []
        for start in range(0, number + later, BATCH):
            some = min(BATCH, number + later - start)
            orders = env["sale.order"].create([values] * some)
            ids += orders.ids
            orders.action_confirm()
            orders[: max(0, number - start)].picking_ids.button_validate()
            cr.commit()
            env.invalidate_all()
        return ids


def arm(registry, name, method, when, number):
    """This process dies when it comes to this point for the ``number``th time."""
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
        arm(registry, *POINTS[point], number)
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["o2c.billing.task"]._process_due()


def deliver(registry):
    """What is still to be delivered, one by one; each is billed at once."""
    domain = [("partner_id.name", "=", "Fault"), ("state", "=", "assigned")]
    while True:
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            picking = env["stock.picking"].search(domain, limit=1)
            if not picking:
                return
            model.retrying(picking.button_validate, env)


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


def ask(database, query):
    """The rows of the answer."""
    with contextlib.closing(connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cr:
            cr.execute(query)
            return cr.fetchall()


def billing(database):
    """The connections that have deliveries in hands right now."""
    rows = ask(
        database,
        """
        SELECT DISTINCT pid FROM pg_locks
         WHERE relation = 'o2c_billing_task'::regclass AND granted
           AND mode IN ('RowShareLock', 'RowExclusiveLock')
        """,
    )
    return [pid for [pid] in rows]


def billed(database):
    """How many of our deliveries are on a confirmed invoice."""
    [[number]] = ask(
        database,
        """
        SELECT count(DISTINCT item.o2c_task_id)
          FROM account_move_line item
          JOIN account_move invoice ON invoice.id = item.move_id
          JOIN res_partner payer ON payer.id = invoice.partner_id
         WHERE invoice.state = 'posted' AND payer.name = 'Fault'
        """,
    )
    return number


def broken(database):
    """The rows of ``invariants.sql``: none where all is well."""
    statements = [part for part in INVARIANTS.read_text().split(";") if part.strip()]
    return [row for statement in statements for row in ask(database, statement)]


def left(database):
    query = "SELECT count(*) FROM o2c_billing_task WHERE state = 'todo'"
    [[number]] = ask(database, query)
    return number


class Storm:
    """Several bill, one delivers, and all of them are disturbed: see ``counts``.

    Whoever bills is killed at one of the points; connections are cut and the server
    crashes in between, always while somebody has deliveries in hands.
    """

    def __init__(self, rc, database, processes, kills, cuts, cluster=None, crashes=0):
        self.rc, self.database, self.cluster = rc, database, cluster
        self.processes = processes
        self.points = [self._point(number) for number in reversed(range(kills))]
        self.wanted = {"killed": kills, "cut": cuts, "crashed": crashes}
        self.counts = dict.fromkeys(self.wanted, 0)
        self.running, self.delivering = [], None
        self.lost = 0  # what was committed before a crash, and was not there afterwards

    def _point(self, number):
        """At each point in turn: at the first chunk, next time at the second …"""
        point = list(POINTS)[number % len(POINTS)]
        turn = number // len(POINTS) % 3 + 1
        # the first commit comes before any work
        return point, turn + 1 if "commit" in point else turn

    def rage(self):
        self.delivering = part(self.rc, self.database, "--deliver")
        while self.points or self.running or self._is_due("cut", "crashed"):
            if not self._keep_going():
                break
            time.sleep(0.05)
            self._count_the_dead()
            self._disturb()
        for _again in range(3):
            if self.delivering.wait():
                self._keep_delivering()
        return self

    def _keep_going(self):
        """As many as wanted bill; False once there is nothing left to do."""
        self._keep_delivering()
        while len(self.running) < self.processes:
            if not self.points and not left(self.database):
                break
            point = self.points.pop() if self.points else ()
            self.running.append((point, worker(self.rc, self.database, *point)))
        return self.running

    def _keep_delivering(self):
        if self.delivering.poll():
            self.delivering = part(self.rc, self.database, "--deliver")

    def _count_the_dead(self):
        for point, process in [
            each for each in self.running if each[1].poll() is not None
        ]:
            self.running.remove((point, process))
            if process.returncode == -signal.SIGKILL:
                self.counts["killed"] += 1
            elif point and left(self.database):  # was disturbed before it got there
                self.points.append(point)

    def _is_due(self, *kinds):
        """Whether more of these is to come, evenly spread over the kills."""
        progress = (self.counts["killed"] + 1) / (self.wanted["killed"] + 1)
        return any(self.counts[kind] < self.wanted[kind] * progress for kind in kinds)

    def _disturb(self):
        if not (self._is_due("cut", "crashed") and (pids := billing(self.database))):
            return
        if self._is_due("cut"):
            ask(self.database, f"SELECT pg_terminate_backend({pids[0]})")
            self.counts["cut"] += 1
        if self._is_due("crashed"):
            before = billed(self.database)
            self.cluster.crash()
            self.lost += max(0, before - billed(self.database))
            self.counts["crashed"] += 1


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
    if args[:1] == ("--deliver",):
        return deliver(Registry(database))
    numbers = [*map(int, args), *(200, 2, 16, 4, 0)[len(args) :]]
    if not numbers[-1]:
        return sys.exit(storm(rc, database, *numbers))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave no server behind
    with Cluster(rc) as cluster:
        cluster.take(database)
        cluster.move_in()
        config.parse_config(["-c", cluster.rc, "-d", database])
        assert ask(database, "SHOW data_directory") == [(str(cluster.data),)]
        return sys.exit(storm(cluster.rc, database, *numbers, cluster))


def storm(rc, database, number, processes, kills, cuts, crashes, cluster=None):
    """:return: what is told to the shell: 0 if all is well"""
    later = number // 10
    prepare(Registry(database), number - later, later)
    ours = Storm(rc, database, processes, kills, cuts, cluster, crashes).rage()
    start = time.monotonic()
    recover(rc, database)
    seconds = time.monotonic() - start
    rows, invoiced, waiting = broken(database), billed(database), left(database)
    print(
        "{} deliveries, {} processes: {killed} killed at {} points, {cut} connections "
        "cut, {crashed} crashes of the server".format(
            number, processes, min(kills, len(POINTS)), **ours.counts
        )
    )
    print(
        f"after two runs of the cron ({seconds:.0f} s): {invoiced} invoiced, {waiting} "
        f"left, {ours.lost} lost by a crash; broken: {rows or 'nothing'}"
    )
    is_well = not (rows or waiting or ours.lost) and invoiced == number
    return 0 if is_well and ours.counts == ours.wanted else 1


if __name__ == "__main__":
    main(*sys.argv[1:])
