"""What seeing costs in a large database: dashboard, lead times, board, installation.

    python tests/bench/seeing.py CONFIG DATABASE build [ORDERS]
    python tests/bench/seeing.py CONFIG DATABASE measure
    python tests/bench/seeing.py CONFIG DATABASE explain
    python tests/bench/seeing.py CONFIG DATABASE export
    python tests/bench/seeing.py CONFIG DATABASE install [MODULE]

``build`` fills the database, a copy of one with demo data, by SQL: three years of
orders (100,000, 2.5 lines each), nine of ten confirmed, delivered, invoiced and paid,
with moves, deliveries, invoices, payments, questions and a million rows of history.
Without the addon installed it leaves out what is the addon's; that is for ``install``,
which prints what installing it, or another module to compare with, into such a
database takes.
``measure`` prints wall time, CPU time of this process and queries; ``explain`` the plan
of the dashboard's largest query; ``export`` how long and with how much memory the
whole history is written for process-mining tools.
"""

import contextlib
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

HOST = """
CREATE TEMP TABLE big AS
SELECT n,
       now() AT TIME ZONE 'UTC' - n * interval '3 years' / %(orders)s AS made,
       CASE WHEN n %% 10 = 0 THEN 'draft' ELSE 'sale' END AS state,
       -- the newest are still on their way
       n > %(orders)s * 0.03 AND n %% 10 != 0 AS delivered,
       n > %(orders)s * 0.04 AND n %% 10 != 0 AS invoiced,
       n > %(orders)s * 0.08 AND n %% 10 != 0 AND n %% 50 != 7 AS paid
  FROM generate_series(1, %(orders)s) n;

INSERT INTO res_partner (name, complete_name, active, customer_rank, autopost_bills)
SELECT 'Bench ' || n, 'Bench ' || n, TRUE, 1, 'ask' FROM generate_series(1, 2000) n;

INSERT INTO sale_order (
    id, name, state, company_id, partner_id, partner_invoice_id, partner_shipping_id,
    user_id, team_id, warehouse_id, picking_policy, currency_id, currency_rate,
    date_order, create_date, create_uid, write_date, amount_untaxed, amount_total,
    invoice_status, commitment_date
)
SELECT 1000000 + n, 'B' || n, state, company.id, customer.id, customer.id, customer.id,
       seller.id, team.id, warehouse.id, 'direct', company.currency_id, 1,
       made + n %% 7 * interval '1 day', made, 1, made, 100 * (1 + n %% 90),
       100 * (1 + n %% 90),
       CASE WHEN invoiced THEN 'invoiced'
            WHEN delivered THEN 'to invoice' ELSE 'no' END,
       CASE WHEN n %% 3 = 0 THEN made + interval '14 days' END
  FROM big,
       (SELECT * FROM res_company ORDER BY id LIMIT 1) company,
       (SELECT min(id) FILTER (WHERE id > 2) AS id FROM res_users WHERE active) seller,
       (SELECT min(id) AS id FROM crm_team) team,
       (SELECT min(id) AS id FROM stock_warehouse) warehouse,
       LATERAL (SELECT max(id) - n %% 2000 AS id FROM res_partner) customer;

INSERT INTO sale_order_line (
    id, order_id, company_id, currency_id, state, name, product_id, product_uom_id,
    product_uom_qty, qty_delivered, qty_invoiced, qty_to_invoice, price_unit,
    price_subtotal, price_total, discount, customer_lead, qty_delivered_method,
    sequence, create_date, create_uid, invoice_status
)
SELECT 1000000 + n * 4 + part, 1000000 + n, company.id, company.currency_id, state,
       'Bench', product.id, product.uom_id, 2, CASE WHEN delivered THEN 2 ELSE 0 END,
       CASE WHEN invoiced THEN 2 ELSE 0 END,
       CASE WHEN delivered AND NOT invoiced THEN 2 ELSE 0 END,
       50 * (1 + n %% 90) / (2 + n %% 2.0), 100 * (1 + n %% 90) / (2 + n %% 2.0),
       100 * (1 + n %% 90) / (2 + n %% 2.0), 0, 0, 'stock_move', 10, made, 1,
       CASE WHEN invoiced THEN 'invoiced' WHEN delivered THEN 'to invoice' ELSE 'no' END
  FROM big,
       generate_series(1, 2 + n %% 2) part,
       (SELECT * FROM res_company ORDER BY id LIMIT 1) company,
       (SELECT p.id, t.uom_id FROM product_product p
          JOIN product_template t ON t.id = p.product_tmpl_id
         WHERE t.type = 'consu' ORDER BY p.id LIMIT 1) product;

INSERT INTO stock_picking (
    id, name, state, company_id, partner_id, picking_type_id, location_id,
    location_dest_id, move_type, sale_id, date_done, scheduled_date, create_date,
    create_uid, origin
)
SELECT 1000000 + n, 'WH/B/' || n, CASE WHEN delivered THEN 'done' ELSE 'assigned' END,
       warehouse.company_id, o.partner_id, warehouse.out_type_id,
       warehouse.lot_stock_id, target.id, 'direct', o.id,
       CASE WHEN delivered THEN made + (7 + n %% 12) * interval '1 day' END,
       made + interval '7 days', made, 1, o.name
  FROM big JOIN sale_order o ON o.id = 1000000 + n
  JOIN stock_warehouse warehouse ON warehouse.id = o.warehouse_id,
       (SELECT min(id) AS id FROM stock_location WHERE usage = 'customer') target
 WHERE big.state = 'sale';

INSERT INTO stock_move (
    id, picking_id, sale_line_id, state, company_id, product_id, product_uom,
    product_uom_qty, product_qty, quantity, location_id, location_dest_id,
    procure_method, date, create_date, create_uid, sequence, origin, reference
)
SELECT line.id, picking.id, line.id, picking.state, picking.company_id, line.product_id,
       line.product_uom_id, 2, 2, CASE WHEN picking.state = 'done' THEN 2 ELSE 0 END,
       picking.location_id, picking.location_dest_id, 'make_to_stock',
       COALESCE(picking.date_done, picking.scheduled_date), picking.create_date, 1, 10,
       picking.origin, picking.name
  FROM sale_order_line line
  JOIN stock_picking picking ON picking.sale_id = line.order_id
 WHERE line.id > 1000000;

INSERT INTO account_move (
    id, name, state, move_type, company_id, partner_id, commercial_partner_id,
    journal_id, currency_id, date, invoice_date, invoice_date_due, payment_state,
    amount_untaxed, amount_total, amount_residual, auto_post, create_date, create_uid,
    ref
)
SELECT 1000000 + n, CASE WHEN is_credit THEN 'RB/' ELSE 'IB/' END || n, 'posted',
       CASE WHEN is_credit THEN 'out_refund' ELSE 'out_invoice' END, o.company_id,
       o.partner_id, o.partner_id, journal.id, o.currency_id, day, day, day + 30,
       CASE WHEN paid THEN 'paid' ELSE 'not_paid' END, o.amount_untaxed, o.amount_total,
       CASE WHEN paid THEN 0 ELSE o.amount_total END, 'no', day, 1,
       CASE WHEN is_credit THEN 'Reversal of: IB/' || n || ', Broken' END
  FROM big JOIN sale_order o ON o.id = 1000000 + n
 CROSS JOIN LATERAL (
       SELECT (made + (8 + n %% 15) * interval '1 day')::date AS day,
              n %% 97 = 3 AS is_credit
       ) dates,
       (SELECT min(id) AS id FROM account_journal WHERE type = 'sale') journal
 WHERE invoiced;

INSERT INTO account_move_line (
    id, move_id, company_id, currency_id, company_currency_id, account_id, partner_id,
    name, quantity, price_unit, price_subtotal, debit, credit, balance, amount_currency,
    display_type, parent_state, date, journal_id, create_date, create_uid
)
SELECT line.id, move.id, move.company_id, move.currency_id, move.currency_id,
       account.id, move.partner_id, 'Bench', 2, line.price_unit, line.price_subtotal, 0,
       line.price_subtotal, -line.price_subtotal, -line.price_subtotal, 'product',
       'posted', move.date, move.journal_id, move.create_date, 1
  FROM sale_order_line line JOIN account_move move ON move.id = line.order_id,
       (SELECT min(id) AS id FROM account_account
         WHERE account_type = 'income') account
 WHERE line.id > 1000000;

INSERT INTO account_move_line (
    id, move_id, company_id, currency_id, company_currency_id, account_id, partner_id,
    name, debit, credit, balance, amount_currency, display_type, parent_state, date,
    journal_id, create_date, create_uid
)
SELECT 10000000 + side * 1000000 + move.id, move.id, move.company_id, move.currency_id,
       move.currency_id, account.id, move.partner_id, 'Bench',
       CASE side WHEN 0 THEN move.amount_total ELSE 0 END,
       CASE side WHEN 0 THEN 0 ELSE move.amount_total END,
       move.amount_total * (1 - 2 * side), move.amount_total * (1 - 2 * side),
       'payment_term', 'posted', move.date, move.journal_id, move.create_date, 1
  FROM account_move move, generate_series(0, 1) side,
       (SELECT min(id) AS id FROM account_account
         WHERE account_type = 'asset_receivable') account
 WHERE move.id > 1000000;

INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)
SELECT line.id, line.id FROM sale_order_line line
  JOIN account_move move ON move.id = line.order_id WHERE line.id > 1000000;

INSERT INTO account_partial_reconcile (
    debit_move_id, credit_move_id, company_id, amount, debit_amount_currency,
    credit_amount_currency, debit_currency_id, credit_currency_id, max_date,
    create_date, create_uid
)
SELECT 10000000 + move.id, 11000000 + move.id, move.company_id, move.amount_total,
       move.amount_total, move.amount_total, move.currency_id, move.currency_id,
       move.date + (5 + move.id %% 40)::int, move.date + (5 + move.id %% 40)::int, 1
  FROM account_move move WHERE move.id > 1000000 AND move.payment_state = 'paid';
"""

OURS = """
INSERT INTO o2c_approval_request (
    id, rule_id, order_id, company_id, requested_by_id, requested_on, decided_on, state,
    round, res_name, create_date, create_uid
)
SELECT 1000000 + n, rule.id, o.id, o.company_id, 2, made + interval '1 hour',
       made + (n %% 40 + 2) * interval '1 hour',
       CASE WHEN n %% 160 = 1 THEN 'refused' ELSE 'approved' END, 1 + n %% 2, o.name,
       made, 1
  FROM big JOIN sale_order o ON o.id = 1000000 + n,
       (SELECT min(id) AS id FROM o2c_approval_rule) rule
 WHERE n %% 8 = 1;

INSERT INTO o2c_approval_decision (
    request_id, user_id, company_id, verdict, decided_on, res_name
)
SELECT id, 2, company_id, state, decided_on, res_name FROM o2c_approval_request
 WHERE id > 1000000;

INSERT INTO o2c_event (
    order_key, order_name, res_model, res_id, res_name, activity, date, user_id,
    company_id, note
)
SELECT o.id, o.name, 'sale.order', o.id, o.name, step.activity,
       made + step.day * interval '1 day', step.by, o.company_id, step.note
  FROM big JOIN sale_order o ON o.id = 1000000 + n,
 LATERAL (
       VALUES ('auto_approved', n %% 7, 2, NULL, TRUE),
              ('confirmed', n %% 7, 2, NULL, TRUE),
              ('delivered', 7 + n %% 12, 2, NULL, delivered),
              ('invoiced', 8 + n %% 15, 1, NULL, invoiced),
              ('posted', 8 + n %% 15, 1 + (n %% 4 = 1)::int, NULL, invoiced),
              ('sent', 9 + n %% 15, 1, NULL, invoiced),
              ('paid', 20 + n %% 40, 1, NULL, paid),
              ('approval_requested', 0, 2, NULL, n %% 8 = 1),
              ('approved', 1, 2, NULL, n %% 8 = 1),
              ('would_ask', n %% 7, 2, NULL, TRUE),
              ('warned', n %% 7, 2, NULL, TRUE),
              ('released', 6, 2, NULL, TRUE),
              ('reminded', 16 + n %% 15, 1, NULL, invoiced),
              ('returned', 60, 2, NULL, n %% 30 = 1),
              ('changed', n %% 9, 2, NULL, n %% 11 = 1),
              ('invoicing_failed', 8, 1, 'The period is locked', n %% 41 = 1)
       ) step (activity, day, by, note, happened)
 WHERE big.state = 'sale' AND step.happened;
"""

BIG = ("sale_order", "sale_order_line", "stock_move", "account_move_line", "o2c_event")


def connect(rc, database):
    config.parse_config(["-c", rc, "-d", database])
    return Registry(database)


def build(registry, orders=100_000):
    with registry.cursor() as cr:
        # what SQL writes needs no checking row by row
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute(HOST, {"orders": orders})
        env = api.Environment(cr, SUPERUSER_ID, {})
        if "o2c.event" in env:
            cr.execute(OURS, {"orders": orders})
            env["sale.order"]._o2c_take_over()
            env["stock.picking"]._o2c_take_over()
            env["account.move"]._o2c_take_over()
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
        for table in BIG:
            cr.execute("SELECT to_regclass(%s)", [table])
            if cr.fetchone()[0]:
                cr.execute(f"SELECT count(*) FROM {table}")
                print(f"{table:20} {cr.fetchone()[0]:>9,} rows")


def database_cpu(cr):
    """Seconds of CPU of the connection's PostgreSQL process, where it runs here."""
    with contextlib.suppress(OSError):
        return cpu_of(cr._cnx.info.backend_pid)
    return 0.0


def cpu_of(pid):
    stat = Path(f"/proc/{pid}/stat").read_text()
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(name, registry, ask, wanted, times=4):
    """The best of some: what else the machine does only adds."""
    best = None
    for _time in range(times):
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            user = env.ref("base.user_admin").id
            env = api.Environment(cr, user, {})
            env.user.has_group("base.group_user")
            env["ir.rule"]._compute_domain("o2c.cycle.report", "read")
            queries = odoo.sql_db.sql_counter
            database, cpu = database_cpu(cr), time.process_time()
            wall = time.monotonic()
            ask(env)
            spent = (
                time.monotonic() - wall,
                time.process_time() - cpu,
                database_cpu(cr) - database,
                odoo.sql_db.sql_counter - queries,
            )
            best = min(best or spent, spent)
    print(
        f"{name:24} {best[0]:5.2f} s, CPU {best[1]:.2f} s of Odoo and {best[2]:.2f} s "
        f"of PostgreSQL, {best[3]} queries (wanted: {wanted})",
        flush=True,
    )


def board(env):
    """The first page, as the web client asks for it."""
    orders = env["sale.order"]
    view = env.ref("o2c_addon.sale_order_view_kanban")
    fields = orders.get_view(view.id, "kanban")["models"]["sale.order"]
    specification = {name: {} for name in fields if name in orders._fields}
    groups = orders.web_read_group(
        [],
        ["o2c_stage"],
        ["amount_untaxed:sum"],
        auto_unfold=True,
        unfold_read_specification=specification,
        unfold_read_default_limit=40,
    )
    assert len(groups["groups"]) >= 5


def differences(env):
    """The first page of what differs, with the count, as the list asks."""
    report = env["o2c.difference.report"]
    different = [("is_different", "=", True)]
    page = report.web_search_read(
        different, {"sentence": {}, "amount": {}, "order_id": {}}, limit=80
    )
    assert page["length"]


def measure(registry):
    report = "o2c.cycle.report"
    months = ["confirmed_on:month"]
    hours = [
        f"hours_to_{step}:avg" for step in ("confirm", "deliver", "invoice", "pay")
    ]
    year = [("confirmed_on", ">=", "today -12m")]
    timed("dashboard, 12 months", registry, lambda e: e[report].dashboard(), "1 s")
    timed(
        "dashboard, one team",
        registry,
        lambda e: e[report].dashboard(
            [("team_id", "=", e["crm.team"].search([], limit=1).id)]
        ),
        "1 s",
    )
    timed(
        "lead times by month",
        registry,
        lambda e: e[report].formatted_read_group(year, months, [*hours, "__count"]),
        "1 s",
    )
    timed(
        "lead times, first page",
        registry,
        lambda e: e[report].search_fetch(
            year, ["order_id", "hours_total", "rework"], limit=80
        ),
        "1 s",
    )
    timed("orders vs. invoices", registry, differences, "2 s")
    timed("sentence of the board", registry, lambda e: e[report].headline(), "1 s")
    timed("board, first page", registry, board, "0.3 s, 40 queries")


def explain(registry):
    """The plan of each query of the dashboard that takes more than 50 ms."""
    real = api.Environment.execute_query

    def execute_query(env, query):
        env.cr.execute(odoo.tools.SQL("EXPLAIN (ANALYZE, BUFFERS) %s", query))
        plan = "\n".join(line for [line] in env.cr.fetchall())
        if float(plan.rsplit("Execution Time: ", 1)[1].split()[0]) > 50:
            print(plan, "\n", "=" * 80)
        return real(env, query)

    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        api.Environment.execute_query = execute_query
        env["o2c.cycle.report"].with_user(env.ref("base.user_admin")).dashboard()


def backends_cpu(registry, seen):
    """Seconds of CPU of other connections to the database, gone ones included."""
    with registry.cursor() as cr:
        cr.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        for [pid] in cr.fetchall():
            with contextlib.suppress(OSError):
                seen[pid] = cpu_of(pid)
    return sum(seen.values())


def memory():
    """MB this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def export(registry):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for shape in ("ocel", "xes"):
            values = {"shape": shape, "date_from": "2000-01-01"}
            wall, cpu = time.monotonic(), time.process_time()
            before = most = memory()
            size = 0
            for piece in env["o2c.history.export"].create(values)._stream():
                size += len(piece)
                most = max(most, memory())
            print(
                f"export as {shape:4} {time.monotonic() - wall:6.1f} s, CPU "
                f"{time.process_time() - cpu:.1f} s, {size / 1e6:.0f} MB written, "
                f"memory {before:.0f} MB, at most {most:.0f} MB",
                flush=True,
            )
        cr.rollback()


def install(rc, database, module="o2c_addon"):
    registry = connect(rc, database)
    with registry.cursor() as cr:  # a database in use has no demo data
        cr.execute("UPDATE ir_module_module SET demo = FALSE")
    start, seen = time.monotonic(), {}
    before = backends_cpu(registry, seen)
    command = ["-c", rc, "-d", database, "-i", module, "--stop-after-init", "--no-http"]
    odoo_process = subprocess.Popen([sys.executable, "-m", "odoo", *command])
    while odoo_process.poll() is None:
        backends_cpu(registry, seen)
        time.sleep(0.1)
    if odoo_process.returncode:
        sys.exit("Odoo could not install it")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"installing {module}: {time.monotonic() - start:.1f} s, CPU "
        f"{used.ru_utime + used.ru_stime:.1f} s of Odoo and "
        f"{sum(seen.values()) - before:.1f} s of PostgreSQL (wanted: 20 s)"
    )


def main(rc, database, what, *rest):
    if what == "install":
        return install(rc, database, *rest)
    registry = connect(rc, database)
    if what == "build":
        return build(registry, *map(int, rest))
    asked = {"measure": measure, "explain": explain, "export": export}
    return asked[what](registry)


if __name__ == "__main__":
    main(*sys.argv[1:])
