"""Ten people at work, with the addon and without, in the same minutes.

    python tests/bench/load.py CONFIG PLAIN WITH-ADDON [SECONDS [PEOPLE]]

PLAIN is a database of Odoo with demo data, WITH-ADDON one with the addon too: copies,
both are changed. Starts an Odoo for each, here and reached by nobody else, and lets so
many people (10) write, confirm, deliver and invoice orders, list and read them, over
the JSON-2 API: in turns of ten seconds, first the one, then the other, so that whatever
else the machine does slows down both. In the database with the addon a rule that asks
nobody is in force, and its invoices are made by hand as well.

Prints for each step half of the answers (p50), 95 of 100 (p95) and the ratio of both;
then errors, and the memory of each Odoo at the beginning and at the end. Exits with 1
where an answer was an error or p95 of all is above 1.2 × plain Odoo.
"""

import contextlib
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles

import requests

WANTED = 1.2
TURN = 10  # seconds
PEOPLE_AT_MOST = 50


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """An Odoo on a database, a key of its administrator, and what each call took.

    Each of the people has a customer and a product of his own: they are to work beside
    each other, not to wait for the same row.
    """

    def __init__(self, rc, database):
        self.database, self.times, self.errors = database, defaultdict(list), []
        self.key, self.people = self._prepare(rc, database)
        self.url = f"http://127.0.0.1:{free_port()}"
        command = ["-c", rc, "-d", database, "--db-filter", f"^{database}$"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "odoo", *command, "--max-cron-threads", "0"]
            + ["--http-port", self.url.rpartition(":")[2], "--log-level", "error"],
        )

    def _prepare(self, rc, database):
        """The key, and for each of the people (customer, product)."""
        made = subprocess.run(
            [sys.executable, __file__, "--prepare", rc, database],
            check=True,
            capture_output=True,
            text=True,
        )
        key, *numbers = made.stdout.split()[-1 - 2 * PEOPLE_AT_MOST :]
        numbers = [int(number) for number in numbers]
        return key, list(zip(numbers[::2], numbers[1::2], strict=True))

    def wait(self):
        for _try in range(240):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/web/login", timeout=60).ok:
                    return
            time.sleep(0.5)
        raise SystemExit(f"The Odoo of {self.database} does not answer")

    def memory(self):
        """MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Person(threading.Thread):
    """Works on orders of one product until ``until``."""

    def __init__(self, server, number, until):
        super().__init__(daemon=True)
        self.server, self.until = server, until
        self.partner, self.product = server.people[number]
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"bearer {server.key}"
        self.http.headers["X-Odoo-Database"] = server.database

    def run(self):
        while time.monotonic() < self.until:
            try:
                self.work()
            except Exception as error:
                self.server.errors.append(str(error))

    def work(self):
        line = {"product_id": self.product, "product_uom_qty": 2, "price_unit": 100}
        values = {"partner_id": self.partner, "order_line": [[0, 0, line]]}
        order = self.call("write", "sale.order", "create", vals_list=[values])
        self.call("confirm", "sale.order", "action_confirm", ids=order)
        self.call(
            "list",
            "sale.order",
            "search_read",
            domain=[["state", "=", "sale"]],
            fields=["name", "partner_id", "amount_total", "invoice_status"],
            limit=40,
        )
        [read] = self.call("open", "sale.order", "read", ids=order)
        pickings = read["picking_ids"]
        self.call("deliver", "stock.picking", "button_validate", ids=pickings)
        context = {"active_model": "sale.order", "active_ids": order}
        wizard = self.call(
            "invoice",
            "sale.advance.payment.inv",
            "create",
            vals_list=[{"advance_payment_method": "delivered"}],
            context=context,
        )
        self.call(
            "invoice",
            "sale.advance.payment.inv",
            "create_invoices",
            ids=wizard,
            context=context,
        )
        [read] = self.call(
            "list", "sale.order", "read", ids=order, fields=["invoice_ids"]
        )
        self.call("post", "account.move", "action_post", ids=read["invoice_ids"])

    def call(self, step, model, method, **arguments):
        start = time.monotonic()
        url = f"{self.server.url}/json/2/{model}/{method}"
        answer = self.http.post(url, json=arguments, timeout=120)
        self.server.times[step].append(time.monotonic() - start)
        if not answer.ok:
            raise RuntimeError(f"{step}: {answer.json().get('message', answer.text)}")
        return answer.json()


def prepare(rc, database):
    """In a process of its own: prints the key and who needs what."""
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", rc, "-d", database])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        admin = env.ref("base.user_admin")
        keys = env(user=admin.id)["res.users.apikeys"]
        until = datetime.now() + timedelta(days=1)
        key = keys._generate("rpc", f"load {secrets.token_hex(4)}", until)
        customers = env["res.partner"].create(
            [{"name": f"Load {number}"} for number in range(PEOPLE_AT_MOST)]
        )
        products = env["product.product"].create(
            [
                {
                    "name": f"Load {number}",
                    "is_storable": True,
                    "invoice_policy": "delivery",
                    "taxes_id": [(5,)],
                }
                for number in range(PEOPLE_AT_MOST)
            ]
        )
        company = admin.company_id
        shelf = env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        for product in products:
            quants = env["stock.quant"].with_company(company)
            quants._update_available_quantity(product, shelf.lot_stock_id, 1e6)
        if "o2c.approval.rule" in env:
            env["o2c.approval.rule"].search([]).action_archive()
            env["o2c.fulfillment.check"].search([]).action_archive()
            company.o2c_invoicing = "manual"
            env["o2c.approval.rule"].create(
                {
                    "name": "Load",
                    "limit": 1e9,
                    "company_id": company.id,
                    "step_ids": [(0, 0, {"user_ids": [(6, 0, admin.ids)]})],
                }
            )
        pairs = zip(customers.ids, products.ids, strict=True)
        print("\n", key, *(number for pair in pairs for number in pair))


def percentiles(times):
    cuts = quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[94]


def tell(plain, ours):
    print(f"{'':10} {'plain p50':>10} {'p95':>7} {'with it p50':>12} {'p95':>7}")
    ratio = None
    for step in [*ours.times, "all"]:
        rows = [
            s.times[step] if step != "all" else sum(s.times.values(), [])
            for s in (plain, ours)
        ]
        if min(map(len, rows)) < 2:
            print(f"{step:10} too few")
            continue
        (half, high), (our_half, our_high) = map(percentiles, rows)
        ratio = our_high / high
        print(
            f"{step:10} {half:10.3f} {high:7.3f} {our_half:12.3f} {our_high:7.3f}"
            f"   × {ratio:.2f}   of {len(rows[0])} and {len(rows[1])}"
        )
    return ratio


def main(rc, plain, ours, seconds="120", people="10"):
    servers = [Server(rc, plain), Server(rc, ours)]
    try:
        for server in servers:
            server.wait()
        crowd = int(people)
        for server in servers:  # whatever is done once, before it counts
            take_turn(server, crowd, 1)
            server.times.clear()
        begun = [server.memory() for server in servers]
        end = time.monotonic() + int(seconds)
        while time.monotonic() < end:
            for server in servers:
                take_turn(server, crowd, TURN)
        ratio = tell(*servers)
        for server, before in zip(servers, begun, strict=True):
            print(
                f"{server.database}: {len(server.errors)} errors, memory "
                f"{before:.0f} → {server.memory():.0f} MB"
            )
            print(*server.errors[:5], sep="\n")
        sys.exit(any(server.errors for server in servers) or ratio > WANTED)
    finally:
        for server in servers:
            server.process.terminate()


def take_turn(server, crowd, seconds):
    until = time.monotonic() + seconds
    people = [Person(server, number, until) for number in range(crowd)]
    for person in people:
        person.start()
    for person in people:
        person.join()


if __name__ == "__main__":
    if sys.argv[1] == "--prepare":
        prepare(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
