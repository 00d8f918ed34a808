"""What charging recurring services costs, to the confirmed invoice.

    python tests/bench/recurring.py CONFIG DATABASE [LINES [BAD]]

So many orders of one monthly service each, all due on the same day; BAD of them cannot
be charged. Prints what making the periods and invoicing them cost a line, in queries
and CPU, and how much more memory that took than there was before. All but the bad ones
are invoiced, each once, or it fails.
"""

import itertools
import resource
import sys
import time

import odoo
from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import config, split_every

BATCH = 500  # orders made at once


def make_world(env):
    """:return: the values of an order"""
    env["o2c.approval.rule"].search([]).action_archive()
    env["o2c.billing.task"].search([("state", "=", "todo")]).state = "cancelled"
    env["sale.order.line"].search([("o2c_next_due_on", "!=", False)]).write(
        {"o2c_paused_from": "2000-01-01"}
    )
    env["o2c.period"]._make_due()  # what was due before is not ours to measure
    env.company.write({"o2c_invoicing": "post", "o2c_invoicing_period": "delivery"})
    product = env["product.product"].create(
        {
            "name": "Bench",
            "type": "service",
            "invoice_policy": "delivery",
            "list_price": 50,
            "o2c_every": "month",
            "o2c_charged": "advance",
        }
    )
    customers = env["res.partner"].create([{"name": f"Bench {n}"} for n in range(10)])
    line = Command.create({"product_id": product.id, "o2c_per_period": 10})
    return [{"partner_id": each.id, "order_line": [line]} for each in customers]


def make_orders(registry, number):
    """So many confirmed orders; a transaction for some of them each."""
    with registry.cursor() as cr:
        values = make_world(api.Environment(cr, SUPERUSER_ID, {}))
    ids = []
    for some in split_every(BATCH, itertools.islice(itertools.cycle(values), number)):
        with registry.cursor() as cr:
            orders = api.Environment(cr, SUPERUSER_ID, {})["sale.order"].create(some)
            orders.action_confirm()
            ids += orders.ids
    return ids


def break_some(registry, ids):
    """These cannot be charged, for a reason nobody foresaw."""
    model = registry["sale.order.line"]
    real = model._o2c_prepare_periods

    def prepare(self):
        if self.order_id.id in ids:
            raise ValueError("The moon is full.")
        return real(self)

    model._o2c_prepare_periods = prepare


def peak():
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Meter:
    def __enter__(self):
        self.memory = peak()
        self.queries, self.cpu = odoo.sql_db.sql_counter, time.process_time()
        self.wall = time.monotonic()

    def __exit__(self, *_error):
        self.queries = odoo.sql_db.sql_counter - self.queries
        self.cpu = time.process_time() - self.cpu
        self.wall = time.monotonic() - self.wall
        self.memory = peak() - self.memory

    def tell(self, what, number):
        print(
            f"{what:9} {number:6} lines: {self.queries / number:6.2f} queries, "
            f"{1000 * self.cpu / number:6.2f} ms CPU, "
            f"{1000 * self.wall / number:6.2f} ms each; {self.memory:.0f} MB more",
            flush=True,
        )


def main(rc, database, number="200", bad="0"):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    registry, number, bad = Registry(database), int(number), int(bad)
    ids = make_orders(registry, number)
    break_some(registry, set(ids[: bad * 10 : 10]))
    print(f"{number} lines are due; {peak():.0f} MB")
    for what, model, method in (
        ("periods", "o2c.period", "_make_due"),
        ("invoices", "o2c.billing.task", "_process_due"),
    ):
        meter = Meter()
        with registry.cursor() as cr, meter:
            getattr(api.Environment(cr, SUPERUSER_ID, {})[model], method)()
            cr.commit()
        meter.tell(what, number)
    with registry.cursor() as cr:
        orders = api.Environment(cr, SUPERUSER_ID, {})["sale.order"].browse(ids)
        billed = orders.filtered("invoice_ids")
        assert len(billed) == number - bad, (len(billed), number, bad)
        assert set(billed.mapped("invoice_count")) == {1}
        assert set(billed.invoice_ids.mapped("state")) == {"posted"}
        told = (orders - billed).activity_ids
        assert len(set(told.mapped("res_id"))) == bad, told


if __name__ == "__main__":
    main(*sys.argv[1:])
