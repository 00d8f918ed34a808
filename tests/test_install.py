"""Into an Odoo that is already in use: nothing changes until somebody wants it.

Needs a server and a database of its own, so it is no Odoo test case. The database is a
copy of one without demo data (`O2C_TEMPLATE_EMPTY`, made here when missing), in which
200 orders were written and worked on before the addon was installed.
"""

import inspect
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import psycopg2
import pytest
import requests
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect, sync_playwright

from odoo.sql_db import connection_info_for
from odoo.tools import config

REPO = Path(__file__).parent.parent
EMPTY = os.environ.get("O2C_TEMPLATE_EMPTY", "o2c_empty")
HOST = "sale_management,sale_stock,account"
PRICE = 100
COLUMNS = {
    "quotation": "To confirm",
    "approval": "To approve",
    "delivery": "To deliver",
    "invoicing": "To invoice",
    "payment": "To be paid",
    "done": "Done",
    "cancelled": "Cancelled",
}

# how many orders of each kind, and what they wait for
KINDS = {
    "draft": (20, "quotation"),
    "sent": (15, "quotation"),
    "cancelled": (10, "cancelled"),
    "cancelled later": (5, "cancelled"),
    "confirmed": (15, "delivery"),
    "confirmed with deposit": (5, "delivery"),
    "partly delivered": (15, "delivery"),
    "delivered short": (5, "invoicing"),
    "delivered": (20, "invoicing"),
    "draft invoice": (15, "invoicing"),
    "cancelled invoice": (5, "invoicing"),
    "invoiced": (10, "payment"),
    "returned": (5, "invoicing"),
    "partly paid": (5, "payment"),
    "paid": (20, "done"),
    "paid faster": (10, "done"),
    "paid long ago": (10, "done"),
    "service done": (5, "done"),
    "service to do": (5, "delivery"),
}
STEP = "o2c.approval.step"
ORDERED = 10  # units per order
DELIVERED = {"partly delivered": 4, "delivered short": 7}  # of the ten

# days from creation to confirmation, delivery, invoice, payment, and from then to today
PACE = {
    "paid": (2, 6, 4, 19, 10),
    "paid faster": (1, 3, 1, 10, 20),
    "paid long ago": (50, 50, 50, 50, 100),
}
OTHER_PACE = (1, 1, 1, 1, 30)

# Of the orders paid in 90 days, 20 × paid, 10 × paid faster, 5 × service done: services
# are not delivered, which counts as no delivery, not as one on the same day.
# Not invoiced: 60 + 35 + 200 + 50 units.
HEADLINE = (
    "Order to payment 24 days: 2 to confirm, 5 to deliver, 3 to invoice, 14 to pay. "
    "$ 34,500.00 delivered, not invoiced."
)


# -- what happened before the addon came, run inside `odoo shell` ----------------------


class Past:
    """Writes the orders through the host, then sets the clock back by SQL."""

    def __init__(self, env):
        self.env = env(context=dict(env.context, tracking_disable=True))
        self.today = date.today()
        self.partners = self.make("res.partner", {"name": "Old Customer"}, 4)
        self.seller = self.env["res.users"].create(
            {
                "name": "Old Seller",
                "login": "seller",
                "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
            }
        )
        values = {"name": "Thing", "list_price": PRICE, "taxes_id": [(5,)]}
        goods = {**values, "type": "consu", "invoice_policy": "delivery"}
        work = {**values, "type": "service", "invoice_policy": "delivery"}
        self.goods = self.env["product.product"].create(goods)
        self.work = self.env["product.product"].create(work)

    def make(self, model, values, count):
        return self.env[model].create(
            [{**values, "name": f"{values['name']} {n}"} for n in range(count)]
        )

    def live(self):
        orders = {kind: self.write(kind, count) for kind, (count, _s) in KINDS.items()}
        self.sell(orders)
        self.deliver(orders)
        self.invoice(orders)
        self.env.flush_all()
        for kind in KINDS:
            self.set_back(kind, orders[kind])
        self.env.cr.execute("DELETE FROM mail_mail; DELETE FROM mail_activity")
        # so that “Update Apps List” has something to find
        self.env["ir.module.module"].search([("name", "=", "o2c_addon")]).unlink()
        self.env.cr.commit()

    def write(self, kind, count):
        product = self.work if kind.startswith("service") else self.goods
        line = {"product_id": product.id, "product_uom_qty": ORDERED}
        return self.env["sale.order"].create(
            [
                {
                    "partner_id": self.partners[n % 3].id,
                    "user_id": self.seller.id if n % 2 else self.env.uid,
                    "client_order_ref": kind,
                    "order_line": [(0, 0, line)],
                }
                for n in range(count)
            ]
        )

    def sell(self, orders):
        orders["sent"].action_quotation_sent()
        orders["cancelled"]._action_cancel()
        never = ("draft", "sent", "cancelled")
        sold = [orders[kind] for kind in KINDS if kind not in never]
        self.env["sale.order"].union(*sold).action_confirm()
        orders["cancelled later"]._action_cancel()
        deposits = self.env["sale.advance.payment.inv"]
        for order in orders["confirmed with deposit"]:
            values = {"advance_payment_method": "percentage", "amount": 20}
            deposit = deposits.with_context(active_ids=order.ids).create(values)
            deposit.create_invoices()
            order.invoice_ids.action_post()

    def deliver(self, orders):
        orders["service done"].order_line.qty_delivered = ORDERED
        waiting = (*NOT_DELIVERED, *(kind for kind in KINDS if "service" in kind))
        for kind in KINDS:
            if kind not in waiting:
                pickings = orders[kind].picking_ids
                pickings.move_ids.quantity = DELIVERED.get(kind, ORDERED)
                given_up = pickings if kind == "delivered short" else pickings.browse()
                pickings.with_context(
                    skip_backorder=True, picking_ids_not_to_backorder=given_up.ids
                ).button_validate()

    def invoice(self, orders):
        for kind in KINDS:
            if kind in INVOICED:
                invoices = orders[kind]._create_invoices(grouped=True)
                invoices.invoice_date = self.dates(kind)[3]
                if kind == "cancelled invoice":
                    invoices.button_cancel()
                elif kind != "draft invoice":
                    invoices.action_post()
                if kind in PACE or kind == "service done":
                    self.pay(invoices, self.dates(kind)[4])
        for invoice in orders["partly paid"].invoice_ids:
            self.pay(invoice, self.today, amount=invoice.amount_total / 2)
        for picking in orders["returned"].picking_ids:
            wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
            wizard.product_return_moves.quantity = 1
            returned = self.env["stock.picking"].browse(
                wizard.action_create_returns()["res_id"]
            )
            returned.button_validate()

    def pay(self, invoices, day, **values):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoices.ids
        )
        values |= {"payment_date": day, "group_payment": False}
        wizard.create(values)._create_payments()

    def dates(self, kind):
        """Created, confirmed, delivered, invoiced, paid."""
        *steps, ago = PACE.get(kind, OTHER_PACE)
        paid = self.today - timedelta(days=ago)
        return [paid - timedelta(days=sum(steps[n:])) for n in range(len(steps))] + [
            paid
        ]

    def set_back(self, kind, orders):
        created, confirmed, delivered, _invoiced, _paid = self.dates(kind)
        self.env.cr.execute(
            "UPDATE sale_order SET create_date = %s, date_order = %s WHERE id IN %s",
            (created, confirmed, orders._ids),
        )
        if pickings := orders.picking_ids.filtered("date_done"):
            self.env.cr.execute(
                "UPDATE stock_picking SET date_done = %s WHERE id IN %s",
                (delivered, pickings._ids),
            )


NOT_DELIVERED = (
    "draft",
    "sent",
    "cancelled",
    "cancelled later",
    "confirmed",
    "confirmed with deposit",
)
INVOICED = (
    "draft invoice",
    "cancelled invoice",
    "invoiced",
    "returned",
    "partly paid",
    "service done",
    *PACE,
)


# -- databases -------------------------------------------------------------------------


def connect(database):
    _name, info = connection_info_for(database)
    return closing(psycopg2.connect(**info))


def run_sql(query, database="postgres"):
    with connect(database) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else None


def exists(database):
    return run_sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'")


def filestore(database):
    # not config.filestore(): pytest-odoo lets the copies of the test database share one
    return Path(config["data_dir"]) / "filestore" / database


def drop(database):
    run_sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    shutil.rmtree(filestore(database), ignore_errors=True)


def copy(source, target):
    drop(target)
    run_sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    if filestore(source).exists():  # attachments never change: links do
        shutil.copytree(filestore(source), filestore(target), copy_function=os.link)


def odoo(*arguments, script=None):
    """Run Odoo with the configuration of the tests and hand back what it prints."""
    command = [sys.executable, "-m", "odoo", *arguments, "-c", config["config"]]
    run = subprocess.run(
        [*command, "--no-http"], input=script, cwd=REPO, capture_output=True, text=True
    )
    assert not run.returncode and "Traceback" not in run.stderr, run.stderr[-5000:]
    return run.stdout


def once(database, make):
    """Have ``make`` fill ``database``, unless it is there from an earlier run."""
    with connect("postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('o2c_test_install'))")
        if not exists(database):
            make(f"{database}_part")
            copy(f"{database}_part", database)
            drop(f"{database}_part")
    return database


def make_empty(database):
    drop(database)
    odoo("-d", database, "-i", HOST, "--stop-after-init")


def make_used(database):
    for (old,) in run_sql(
        f"SELECT datname FROM pg_database WHERE datname LIKE '{EMPTY}\\_used\\_%'"
    ):
        drop(old)
    copy(EMPTY, database)
    script = "from tests.test_install import Past; Past(env).live()"
    odoo("shell", "-d", database, script=script)


@pytest.fixture(scope="module")
def database():
    once(EMPTY, make_empty)
    work = inspect.getsource(Past) + repr((KINDS, PACE, date.today()))
    version = sha256(work.encode()).hexdigest()[:8]
    name = f"{EMPTY}_install_{os.getpid()}"
    copy(once(f"{EMPTY}_used_{version}", make_used), name)
    yield name
    drop(name)


# -- a server and a browser ------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def url(database):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "odoo", "-c", config["config"], "-d", database]
    command += ["--db-filter", f"^{database}$", "--http-port", str(port)]
    command += ["--http-interface", "127.0.0.1", "--max-cron-threads", "0"]
    # the server restarts itself when a request takes longer, as an installation may
    command += ["--limit-time-real", "0", "--limit-memory-soft", "0"]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, cwd=REPO, stdout=log, stderr=log)
        try:
            wait_for(f"{url}/web/login", server, log)
            yield url
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address, server, log):
    for _attempt in range(240):
        if server.poll() is not None:
            break
        try:
            if requests.get(address, timeout=30).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.25)
    log.seek(0)
    raise AssertionError(f"No server:\n{log.read()[-5000:]}")


class Client:
    """The administrator without a browser."""

    def __init__(self, url, database):
        self.url, self.session = url, requests.Session()
        login = {"db": database, "login": "admin", "password": "admin"}
        self.post("/web/session/authenticate", **login)

    def post(self, path, **params):
        call = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(self.url + path, json=call, timeout=120).json()
        assert "error" not in answer, answer["error"]["data"]["debug"]
        return answer["result"]

    def __call__(self, model, method, *args, **kwargs):
        call = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.post("/web/dataset/call_kw", **call)


@contextmanager
def unlimited_memory():
    """Odoo limits the memory of its process, and so of a browser started from it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(scope="module")
def page(url):
    names = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
    chrome = next(filter(None, map(shutil.which, names)))
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with unlimited_memory(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chrome, args=quiet)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60_000)
        expect.set_options(timeout=30_000)
        page.goto(f"{url}/web/login")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", "admin")
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar")
        yield page
        browser.close()


# -- what is looked at -----------------------------------------------------------------


def traces(database):
    """What an installation could leave where people work."""
    return {
        "mails": run_sql("SELECT count(*) FROM mail_mail", database),
        "activities": run_sql("SELECT count(*) FROM mail_activity", database),
        "messages": run_sql(
            """
            SELECT model, count(*) FROM mail_message GROUP BY model
            HAVING model IN ('sale.order', 'stock.picking', 'account.move',
                             'res.partner', 'res.users')
            ORDER BY model
            """,
            database,
        ),
        "invoices": run_sql(
            "SELECT state, count(*) FROM account_move GROUP BY 1 ORDER BY 1", database
        ),
    }


def required_columns(database):
    return run_sql(
        """
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND is_nullable = 'NO'
           AND table_name NOT LIKE 'o2c_%' AND table_name NOT LIKE '%_rel'
         ORDER BY 1, 2
        """,
        database,
    )


@pytest.fixture(scope="module")
def before(database):
    return {"traces": traces(database), "required": required_columns(database)}


@pytest.fixture(scope="module")
def installed(before, database, page, url):
    """Through the Apps menu, as an administrator does it."""
    open_menu(page, f"{url}/odoo/apps?debug=1", "Update Apps List").click()
    page.click(".modal button[name=update_module]")
    expect(page.locator(".modal")).to_have_count(0)
    page.goto(f"{url}/odoo/apps?debug=0")
    card = page.locator(".o_kanban_record", has_text="Order to Cash").first
    for words in ("approval", "automatic invoice", "order to cash"):
        facet = page.locator(".o_searchview_facet", has_text=words)
        page.locator(".o_searchview_input").press_sequentially(words)
        page.get_by_role("menuitem", name=f"Search Module for: {words}").click()
        expect(facet).to_be_visible()
        expect(card).to_be_visible()
        if words != "order to cash":
            facet.locator(".o_facet_remove").click()
            expect(facet).to_have_count(0)
    with page.expect_navigation(timeout=660_000):
        card.locator("button[name=button_immediate_install]").click()
        wait_until_installed(database, page)
    page.wait_for_selector(".o_main_navbar")
    return True


def open_menu(page, address, words, tries=3):
    """The client draws the menus it remembers first, and may miss the newer ones."""
    menu = page.locator(".o_menu_sections").get_by_text(words)
    for _try in range(tries):
        page.evaluate("localStorage.clear()")
        page.goto(address)
        with suppress(PlaywrightTimeout):
            menu.wait_for()
            return menu
    seen = page.locator("body").inner_text()
    raise AssertionError(f"No menu {words} at {page.url}, but: {seen[:2000]}")


def wait_until_installed(database, page):
    """However slow this machine is; what the browser says instead is the failure."""
    dialog = page.locator(".o_error_dialog, .modal:has-text('Odoo')")
    for _attempt in range(600):
        state = "SELECT state FROM ir_module_module WHERE name = 'o2c_addon'"
        if run_sql(state, database) == [("installed",)]:
            return
        assert not dialog.count(), dialog.first.inner_text()
        time.sleep(1)
    raise AssertionError("It is not installed after ten minutes.")


@pytest.fixture
def call(installed, url, database):
    return Client(url, database)


# -- the tests, in the order of a first day --------------------------------------------


def test_nobody_is_told_and_nothing_is_asked(before, installed, database):
    assert traces(database) == before["traces"]
    assert required_columns(database) == before["required"]


def test_no_record_of_ours_comes_with_it(call):
    models = call("ir.model", "search_read", [("model", "=like", "o2c.%")], ["model"])
    ours = {row["model"] for row in models}
    views = {"o2c.cycle.report", "o2c.difference.report", "o2c.waiting"}
    views |= {"o2c.duty.report", "o2c.duty.person"}
    known = call(
        "ir.model.data", "search_read", [("module", "=", "o2c_addon")], ["model"]
    )
    data = [row["model"] for row in known]

    assert ours
    for model in ours - views:
        if not is_storing(call, model):
            continue
        everything = {"active_test": False}
        # the steps of an example come with it
        theirs = [("rule_id.preset", "=", False)] if model == STEP else []
        count = call(model, "search_count", theirs, context=everything)
        assert count == data.count(model), model
    assert call(STEP, "search_count", [("rule_id.preset", "!=", False)])
    for policy in ("o2c.approval.rule", "o2c.notice.rule"):
        assert not call(policy, "search_count", []), f"{policy} is switched on"


def is_storing(call, model):
    [row] = call(
        "ir.model", "search_read", [("model", "=", model)], ["abstract", "transient"]
    )
    return not (row["abstract"] or row["transient"])


def test_the_first_click_says_that_nothing_is_switched_on(installed, page, url):
    page.goto(f"{url}/odoo")
    page.click(".o_navbar_apps_menu button")
    page.click(".o_app:has-text('Order to Cash')")

    cards = page.locator(".o2c_capability")
    expect(cards.first).to_be_visible()
    expect(cards.filter(has_text="Off")).to_have_count(cards.count())
    expect(page.locator(".o2c_preset")).to_have_count(3)


def test_the_next_click_opens_the_board_with_every_order(installed, page, url):
    page.goto(f"{url}/odoo/order-to-cash-first-steps")
    page.click(".o_menu_sections >> text=Orders")
    page.click(".o-dropdown--menu >> text=Board")

    expect(page.locator(".o2c_headline")).to_have_text(HEADLINE.replace("$ ", "$\xa0"))
    expect(page.locator(".o_kanban_group")).to_have_count(len(COLUMNS) - 1)
    page.click(".o_searchview_facet:has-text('Without cancelled') .o_facet_remove")
    for stage, label in COLUMNS.items():
        count = sum(n for n, waits_for in KINDS.values() if waits_for == stage)
        column = page.locator(
            ".o_kanban_group", has=page.get_by_text(label, exact=True)
        )
        cards = column.locator(".o_kanban_record")
        expect(cards).to_have_count(count)
        amount = re.compile(rf"^(\$\s)?{count * ORDERED * PRICE:,}$")
        expect(column.locator(".o_animated_number")).to_have_text(amount)
    page.click(".o_switch_view.o_list")
    expect(page.locator(".o_pager_limit")).to_have_text("200")


def test_every_stage_is_what_would_be_computed(installed, database):
    script = """
import json
orders = env['sale.order'].search([])
print('STAGES', json.dumps([
    [o.client_order_ref, o.o2c_stage, o._o2c_next_stage(), o.o2c_approval_state,
     o.state == 'sale', bool(o.o2c_passed_on)] for o in orders
]))
"""
    output = odoo("shell", "-d", database, script=script)
    [line] = [line for line in output.splitlines() if "STAGES" in line]
    rows = json.loads(line.partition("STAGES ")[2])

    assert len(rows) == 200
    for kind, stored, computed, approval, sold, stamped in rows:
        assert (kind, stored, computed) == (kind, KINDS[kind][1], KINDS[kind][1])
        assert (kind, approval, stamped) == (kind, "none", sold)


def orders_of(call, kind):
    orders = call("sale.order", "search", [("client_order_ref", "=", kind)])
    return orders


def test_drafts_and_cancelled_orders_can_be_deleted(call):
    for kind in ("draft", "cancelled"):
        order = orders_of(call, kind)[0]

        call("sale.order", "unlink", [order])

        assert order not in orders_of(call, kind)


def test_contacts_can_be_merged(call):
    partners = call("res.partner", "search", [("name", "like", "Old Customer")])
    kept, *merged = partners[:2]
    wizard = call(
        "base.partner.merge.automatic.wizard",
        "create",
        {"partner_ids": [(6, 0, partners[:2])], "dst_partner_id": kept},
    )

    call("base.partner.merge.automatic.wizard", "action_merge", [wizard])

    assert call("res.partner", "search_count", [("id", "in", merged)]) == 0
    assert call("sale.order", "search_count", [("partner_id", "=", kept)]) > 100


def test_a_user_can_be_archived(call):
    [seller] = call("res.users", "search", [("login", "=", "seller")])

    call("res.users", "write", [seller], {"active": False})

    assert not call("res.users", "search_count", [("login", "=", "seller")])
