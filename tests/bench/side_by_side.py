"""Workers of the invoicing queue side by side, and a clerk beside them.

    python tests/bench/side_by_side.py CONFIG DATABASE [ORDERS]

Invoices so many delivered orders by one process, then as many by two, on committed
data; prints both times, how many transactions were thrown away, and what two need of
the time of one (at most 0.75 on two idle cores). Then a clerk confirms invoices of the
same journal, alone and beside a worker: how much longer that takes is how long he
waits (at most 0.3 s). Nothing may be left, doubled or broken, or it fails.
"""

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import config

sys.path.insert(0, str(Path(__file__).parent.parent))

import faults

TRIES = 15  # of the clerk, alone


def work(database):
    """A worker: says that it is there, waits to be let go, bills, says what it did."""
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["o2c.billing.task"].search_count([])
        thrown, real = [], cr.rollback
        cr.rollback = lambda: (thrown.append(1), real())
        print("ready", flush=True)
        sys.stdin.readline()
        env["o2c.billing.task"]._process_due()
    print(json.dumps(len(thrown)), flush=True)


@contextlib.contextmanager
def workers(rc, database, number):
    """So many, all ready before the first begins."""
    command = [sys.executable, __file__, rc, database, "--work"]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True)
        for _number in range(number)
    ]
    for process in processes:
        process.stdout.readline()
    yield processes


def let_go(processes):
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def timed(rc, database, number):
    """Seconds until all is billed, and transactions thrown away."""
    with workers(rc, database, number) as processes:
        start = time.monotonic()
        let_go(processes)
        thrown = [json.loads(process.communicate()[0]) for process in processes]
    seconds = time.monotonic() - start
    assert not faults.left(database) and not faults.broken(database)
    return seconds, sum(thrown)


def confirm_one(registry):
    """What the clerk does, as often as asked: seconds until it is committed."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        line = Command.create({"name": "Clerk", "quantity": 1, "price_unit": 5})
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": env.ref("base.main_partner").id,
                "invoice_line_ids": [line],
            }
        )
        cr.commit()
        start = time.monotonic()
        move.action_post()
        cr.commit()
        return time.monotonic() - start


def clerk(rc, database, registry):
    """How long he takes alone (the median), and at most beside a worker."""
    alone = sorted(confirm_one(registry) for _try in range(TRIES))[TRIES // 2]
    beside = []
    with workers(rc, database, 1) as [process]:
        let_go([process])
        while process.poll() is None:
            beside.append(confirm_one(registry))
        process.communicate()
    return alone, beside


def main(rc, database, number="1000"):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    if number == "--work":
        return work(database)
    number, registry, times = int(number), Registry(database), {}
    for processes in (1, 2):
        faults.prepare(registry, number)
        times[processes], thrown = timed(rc, database, processes)
        print(
            f"{processes} workers, {number} orders: {times[processes]:6.1f} s, "
            f"{thrown} transactions thrown away",
            flush=True,
        )
    print(f"two need {times[2] / times[1]:.2f} of the time of one (wanted: 0.75)")
    faults.prepare(registry, number)
    alone, beside = clerk(rc, database, registry)
    print(
        f"clerk: {alone:.2f} s alone; beside a worker {len(beside)} times, at most "
        f"{max(beside):.2f} s: he waits {max(beside) - alone:.2f} s at most "
        "(wanted: 0.3)"
    )
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
