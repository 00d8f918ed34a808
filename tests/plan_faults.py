"""Workers that die on parts of billing plans: no part comes twice, none is missing.

    python tests/plan_faults.py CONFIG DATABASE

Sells work that is done, in three parts each, in DATABASE (a copy: it is changed). One
process after the other bills what is due and is killed, at another point each; then the
cron comes twice. Prints how many were killed and what each order was invoiced in.
``tests/test_faults.py`` runs it.
"""

import os
import signal
import sys

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_all
from odoo.tools import config

try:
    from . import faults
except ImportError:  # run as a program
    import faults

PARTS = (("Start", 30), ("Middle", 30), ("End", 40))
DEPOSIT = ("sale.order", "_o2c_invoice_part", "after")
DRAFT = faults.POINTS["after the drafts"]
CONFIRM = faults.POINTS["before confirming"]
CONFIRMED = faults.POINTS["after confirming"]
COMMIT = faults.POINTS["before the commit"]
COMMITTED = faults.POINTS["after the commit"]
# where, and for the how manieth time; the first commit comes before any work
DEATHS = (
    *((DEPOSIT, 1), (DEPOSIT, 2), (CONFIRM, 1), (CONFIRMED, 1), (COMMIT, 2)),
    (COMMITTED, 2),  # from here on it is the last part
    *((DRAFT, 1), (CONFIRM, 1), (CONFIRMED, 1), (COMMIT, 2), (COMMITTED, 2)),
)


def prepare(registry, number):
    faults.prepare(registry, 0)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        work = env["product.product"].create(
            {"name": "Work", "type": "service", "invoice_policy": "delivery"}
        )
        line = {"product_id": work.id, "price_unit": 1000, "tax_ids": False}
        plan = [
            {"sequence": n, "name": name, "percentage": share, "due": "confirmed"}
            for n, (name, share) in enumerate(PARTS)
        ]
        values = {
            "partner_id": env["res.partner"].create({"name": "Fault"}).id,
            "order_line": [Command.create(line)],
            "o2c_plan_ids": [Command.create(part) for part in plan],
        }
        orders = env["sale.order"].create([values] * number)
        orders.action_confirm()
        orders.order_line.qty_delivered = 1
        return orders.ids


def bill(registry):
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["o2c.billing.task"]._process_due()


def dies(registry, point, number):
    """Whether a process of its own that bills is killed there."""
    close_all()  # a connection cannot be shared with it
    child = os.fork()
    if not child:
        faults.arm(registry, *point, number)
        bill(registry)
        os._exit(0)
    _child, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def main(rc, database, number="2"):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    registry = Registry(database)
    ids = prepare(registry, int(number))
    killed = sum(dies(registry, *death) for death in DEATHS)
    for _tick in range(2):
        bill(registry)
    with registry.cursor() as cr:
        orders = api.Environment(cr, SUPERUSER_ID, {})["sale.order"].browse(ids)
        for order in orders:
            invoices = order.invoice_ids.sorted("id")
            assert set(invoices.mapped("state")) == {"posted"}, invoices
            assert set(order.o2c_plan_ids.mapped("state")) == {"invoiced"}, order
            assert not order._o2c_deposits(), order
            print(f"{order.amount_untaxed:g}:", *invoices.mapped("amount_untaxed"))
    print(f"{killed} of {len(DEATHS)} killed")


if __name__ == "__main__":
    main(*sys.argv[1:])
