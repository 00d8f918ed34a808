"""Install → use → uninstall → install again: it begins anew, knowing what is past.

Needs a database of its own, without demo data, as companies have.
"""

import os

import pytest

from .test_install import EMPTY, copy, drop, make_empty, once, run_sql
from .test_uninstall import UNINSTALL, shell

INSTALL = """
addon = env['ir.module.module'].search([('name', '=', 'o2c_addon')])
addon.button_immediate_install()
env.cr.commit()
"""
# a rule, an order that waits for it, and one on hold before its delivery
USE = """
import json
thing = env['product.product'].create({'name': 'Thing', 'type': 'consu'})
customer = env['res.partner'].create({'name': 'Harbor'})

def order(price):
    line = {'product_id': thing.id, 'product_uom_qty': 1, 'price_unit': price}
    return env['sale.order'].create(
        {'partner_id': customer.id, 'order_line': [(0, 0, line)]})

boss = env['res.users'].create({'name': 'Boss', 'login': 'boss', 'group_ids': [
    (4, env.ref('base.group_user').id)]})
env['o2c.approval.rule'].create({'name': 'Large', 'limit': 100, 'step_ids': [
    (0, 0, {'user_ids': [(6, 0, boss.ids)]})]})
env.company.o2c_invoicing = 'post'
waits, held = order(500), order(50)
(waits | held).action_confirm()
reason = env['o2c.hold.reason'].create({'name': 'Papers', 'gate': 'deliver'})
held.action_o2c_hold(reason.id, 'Papers')
env.cr.commit()
print('FOUND', json.dumps({
    'waits': waits.id, 'held': held.id, 'boss': boss.id,
    'states': [waits.state, held.state, waits.o2c_approval_state],
    'is_held': held.picking_ids.o2c_is_held,
}))
"""
WITHOUT = """
import json
waits = env['sale.order'].browse(%(waits)s)
waits.action_confirm()
for picking in (waits | env['sale.order'].browse(%(held)s)).picking_ids:
    picking.move_ids.quantity = 1
    picking.button_validate()
env.cr.commit()
print('FOUND', json.dumps([waits.state, waits.picking_ids.state]))
"""
AGAIN = """
import json
waits, held = env['sale.order'].browse([%(waits)s, %(held)s])
boss = env['res.users'].browse(%(boss)s)
policies = env['o2c.approval.rule'].search_count([])
env['o2c.approval.rule'].create({'name': 'Again', 'limit': 100, 'step_ids': [
    (0, 0, {'user_ids': [(6, 0, boss.ids)]})]})
new = waits.copy()
new.action_confirm()
before = new.state
new.o2c_request_ids.with_user(boss).action_approve()
env.cr.commit()
print('FOUND', json.dumps({
    'policies': policies,
    'invoicing': env.company.o2c_invoicing,
    'old': [waits.o2c_stage, waits.o2c_approval_state, bool(waits.o2c_passed_on)],
    'held': [held.o2c_stage, len(held.o2c_hold_ids)],
    'new': [before, new.state],
}))
"""


@pytest.fixture(scope="module")
def database():
    name = f"o2c_reinstall_{os.getpid()}"
    copy(once(EMPTY, make_empty), name)
    yield name
    drop(name)


def test_it_is_installed_used_taken_off_and_begun_anew(database):
    used = shell(database, INSTALL, USE)
    assert used["states"] == ["draft", "sale", "pending"]
    assert used["is_held"]

    assert shell(database, UNINSTALL, WITHOUT % used) == ["sale", "done"]
    left = "SELECT count(*) FROM ir_model_data WHERE module = 'o2c_addon'"
    assert run_sql(left, database) == [(0,)]

    again = shell(database, INSTALL, AGAIN % used)

    assert (again["policies"], again["invoicing"]) == (0, "manual")
    assert again["old"] == ["invoicing", "none", True]
    assert again["held"] == ["invoicing", 0]
    assert again["new"] == ["draft", "sale"]
