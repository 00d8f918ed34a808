"""`-u o2c_addon` in the middle of the work: what waits goes on waiting, and goes on.

Needs a database of its own: a copy of the one with demo data.
"""

import os

import pytest

from .test_install import copy, drop, odoo, run_sql
from .test_uninstall import shell

STATE = """
import json
requests = env['o2c.approval.request'].search([('state', '=', 'pending')])
print('FOUND', json.dumps({
    'requests': {r.id: [r.approver_ids.ids, r.seal, r.fact] for r in requests},
    'decisions': env['o2c.approval.decision'].search_count([]),
    'events': env['o2c.event'].search_count([]),
    'holds': env['o2c.hold'].search([('state', '=', 'open')]).ids,
    'tasks': [[t.id, t.state] for t in env['o2c.billing.task'].search([])],
    'stages': [[o.id, o.o2c_stage] for o in env['sale.order'].search([])],
    'stamps': env['sale.order'].search_count([('o2c_passed_on', '!=', False)]),
}))
"""
# what a company has made its own
CHANGE = """
template = env.ref('o2c_addon.mail_template_o2c_notice_shipped')
template.subject = 'Ours: on its way'
env.ref('o2c_addon.ir_cron_o2c_remind').interval_number = 3
example = env['o2c.approval.rule'].with_context(active_test=False).search(
    [('preset', '!=', False), ('company_id', '=', False)], limit=1)
example.limit = 4321
env.cr.commit()
"""
KEPT = """
import json
print('FOUND', json.dumps([
    env.ref('o2c_addon.mail_template_o2c_notice_shipped').subject,
    env.ref('o2c_addon.ir_cron_o2c_remind').interval_number,
    env['o2c.approval.rule'].with_context(active_test=False).search_count(
        [('limit', '=', 4321)]),
]))
"""
APPROVE = """
import json
orders = env['sale.order'].search(
    [('o2c_approval_state', '=', 'pending'), ('state', '=', 'draft')])
[request] = orders.o2c_request_ids.filtered(
    lambda r: r.state == 'pending' and r.rule_id.gate == 'confirm')[:1]
for approver in request.approver_ids:
    if request.state == 'pending' and approver in request.approver_ids:
        request.with_user(approver).action_approve('After the upgrade')
order = request.order_id
env.cr.commit()
print('FOUND', json.dumps([request.state, order.state, order.o2c_stage]))
"""

# as it was before each step said who is asked
TOGETHER = """
ALTER TABLE o2c_approval_request ADD COLUMN asked jsonb;
UPDATE o2c_approval_request
   SET asked = (SELECT jsonb_agg(turn.asked || jsonb_build_object('turn', turn.id))
                  FROM o2c_approval_turn AS turn
                 WHERE turn.request_id = o2c_approval_request.id
                   AND turn.state = 'pending'
                   AND jsonb_typeof(turn.asked) = 'object');
ALTER TABLE o2c_approval_turn DROP COLUMN asked;
"""
# as it was before orders said whether others changed them
AUTHORED = """
INSERT INTO res_users_sale_order_rel (sale_order_id, res_users_id)
     SELECT id, 2 FROM sale_order WHERE state = 'cancel' ON CONFLICT DO NOTHING;
ALTER TABLE sale_order DROP COLUMN o2c_has_authors;
"""
WRONG = """
SELECT count(*) FILTER (WHERE o2c_has_authors),
       count(*) FILTER (WHERE COALESCE(o2c_has_authors, FALSE) != (
           id IN (SELECT sale_order_id FROM res_users_sale_order_rel)))
  FROM sale_order
"""


@pytest.fixture(scope="module")
def database():
    name = f"o2c_upgrade_{os.getpid()}"
    copy(os.environ["O2C_TEMPLATE"], name)
    yield name
    drop(name)


@pytest.fixture(scope="module")
def before(database):
    return shell(database, CHANGE, STATE)


@pytest.fixture(scope="module")
def upgraded(before, database):
    run_sql(AUTHORED, database)
    run_sql(TOGETHER, database)
    odoo("-d", database, "-u", "o2c_addon", "--stop-after-init")
    return database


@pytest.fixture(scope="module")
def after(upgraded):
    """What waits; what the company changed; what becomes of an answer."""
    return shell(upgraded, STATE, KEPT, APPROVE)


def test_something_waits_before(before):
    for each in ("requests", "holds", "tasks", "decisions", "events", "stamps"):
        assert before[each], each


def test_what_waits_waits_as_before(before, after):
    assert after[0] == before


def test_history_is_still_protected(upgraded):
    triggers = run_sql(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname = 'o2c_append_only'",
        upgraded,
    )
    assert ("o2c_event",) in triggers
    assert ("o2c_approval_decision",) in triggers


def test_who_changed_an_order_before_is_no_approver_after(upgraded):
    [(some, wrong)] = run_sql(WRONG, upgraded)

    assert some
    assert not wrong


def test_what_the_company_changed_is_kept(after):
    assert after[1] == ["Ours: on its way", 3, 1]


def test_what_waited_is_approved_and_goes_on(after):
    state, order, stage = after[2]

    assert (state, order) == ("approved", "sale")
    assert stage in ("delivery", "invoicing")
