"""Install → use → uninstall: the documents stay, nothing is blocked, nothing is left.

Needs a database of its own: a copy of the one with demo data, in which orders wait for
approvals, goods are on hold and invoices are in the queue.
"""

import json
import os

import pytest

from .test_install import copy, drop, odoo, run_sql

# what was stopped is looked for before, and used after, without the addon
BEFORE = """
import json
orders = env['sale.order'].search([('o2c_approval_state', '=', 'pending')])
waiting = orders.filtered(lambda o: o.state == 'draft' and o.o2c_request_ids)
held = env['stock.picking'].search([
    ('o2c_is_held', '=', True), ('state', '=', 'assigned'),
    ('location_dest_id.usage', '=', 'customer'),
])
print('FOUND', json.dumps({
    'waiting': waiting.ids,
    'held': held.ids,
    'orders': env['sale.order'].search_count([]),
    'invoices': env['account.move'].search_count([]),
    'deliveries': env['stock.picking'].search_count([]),
    'tasks': env['o2c.billing.task'].search_count([]),
}))
"""
UNINSTALL = """
addon = env['ir.module.module'].search([('name', '=', 'o2c_addon')])
addon.button_immediate_uninstall()
env.cr.commit()
"""
AFTER = """
import json
order = env['sale.order'].browse(%(order)s)
order.action_confirm()
held = env['stock.picking'].browse(%(held)s)
deliveries = held | order.picking_ids
for move in deliveries.move_ids:
    move.quantity = move.product_uom_qty
deliveries.with_context(skip_backorder=True).button_validate()
invoice = order._create_invoices()
invoice.action_post()
order.copy().action_confirm()
env.cr.commit()
print('FOUND', json.dumps({
    'order': order.state, 'held': held.state, 'invoice': invoice.state,
    'orders': env['sale.order'].search_count([]),
    'invoices': env['account.move'].search_count([]),
    'deliveries': env['stock.picking'].search_count([]),
}))
"""


def shell(database, *scripts):
    """What these scripts found, one after another in one Odoo: it takes its time to
    start."""
    output = odoo("shell", "-d", database, script="".join(scripts))
    lines = [line for line in output.splitlines() if "FOUND " in line]
    found = [json.loads(line.partition("FOUND ")[2]) for line in lines]
    return found if len(found) > 1 else found[0]


@pytest.fixture(scope="module")
def database():
    name = f"o2c_uninstall_{os.getpid()}"
    copy(os.environ["O2C_TEMPLATE"], name)
    yield name
    drop(name)


@pytest.fixture(scope="module")
def before(database):
    return shell(database, BEFORE)


@pytest.fixture(scope="module")
def now(before, database):
    """What is there after the addon was taken off and work went on."""
    after = AFTER % {"order": before["waiting"][0], "held": before["held"][0]}
    return shell(database, UNINSTALL, after)


@pytest.fixture(scope="module")
def uninstalled(now, database):
    state = "SELECT state FROM ir_module_module WHERE name = 'o2c_addon'"
    assert run_sql(state, database) == [("uninstalled",)]
    return database


def test_something_waits_before(before):
    assert before["waiting"], "no order waits for an approval"
    assert before["held"], "no delivery is held"
    assert before["tasks"], "the invoicing queue is empty"


def left(database, query):
    return [row[0] for row in run_sql(query, database)]


def test_nothing_of_ours_is_left_in_the_database(uninstalled):
    for query in (
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_name LIKE 'o2c%'",
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name LIKE 'o2c%'",
        "SELECT proname FROM pg_proc WHERE proname LIKE 'o2c%'",
        "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'o2c%'",
        "SELECT indexname FROM pg_indexes"
        " WHERE schemaname = 'public' AND indexname LIKE '%o2c%'",
        "SELECT conname FROM pg_constraint WHERE conname LIKE 'o2c%'",
    ):
        assert left(uninstalled, query) == [], query


def test_nothing_of_ours_is_left_in_the_tables_of_the_host(uninstalled):
    for query in (
        "SELECT name FROM ir_model_data WHERE module = 'o2c_addon'",
        "SELECT model FROM ir_model WHERE model LIKE 'o2c.%'",
        "SELECT name FROM ir_model_fields WHERE name LIKE 'o2c_%'",
        "SELECT cron_name FROM ir_cron WHERE cron_name ILIKE '%o2c%'",
        "SELECT key FROM ir_config_parameter WHERE key LIKE 'o2c%'",
        "SELECT res_model FROM mail_activity WHERE res_model LIKE 'o2c.%'",
        "SELECT model FROM mail_message WHERE model LIKE 'o2c.%'",
        "SELECT res_model FROM mail_followers WHERE res_model LIKE 'o2c.%'",
        "SELECT res_model FROM ir_attachment WHERE res_model LIKE 'o2c.%'",
        "SELECT arch_db::text FROM ir_ui_view WHERE arch_db::text LIKE '%o2c_%'",
        "SELECT path FROM ir_asset WHERE path LIKE '%o2c_addon%'",
    ):
        assert left(uninstalled, query) == [], query


def test_documents_stay_and_nothing_is_blocked(before, now):
    assert (now["order"], now["held"], now["invoice"]) == ("sale", "done", "posted")
    assert now["orders"] == before["orders"] + 1
    assert now["invoices"] == before["invoices"] + 1
    assert now["deliveries"] >= before["deliveries"]
