"""What asking, approving and confirming one order costs beyond confirming it.

    python tests/bench/approve.py CONFIG DATABASE [--show]

Run it on a database without the addon for plain confirmation, and on one with it.
Asking and approving are two requests, each with a cursor of its own: flush and commit
are counted. Orders of services; nobody wants e-mails, so none is queued.

What stands beyond plain confirmation (24): 30 more.

Asking (18) takes and reads the order, reads its lines, products with their templates
and cost, what was asked before, who is asked, cards of all others who are named, the
customer's invoices with what is overdue, and the time; it writes the question, its
step and whose step it is, who may answer, history, chatter, the activity, and that
the order waits; and the approver's bell rings (a row, and a word to those who listen).

Approving (12) reads the question with its steps and what else was asked, and the
activity to close; it writes the answer, chatter, history (approved; confirmed), that
nobody need answer any more, and the new state of question, step and activity; the bell
(2); a savepoint (2), because going on may fail; and the host reads the chatter for a
message to answer to (1), once there is one. The order is taken and read by one query,
its lines by another, products with their templates by a third, who acts with his card
by a fourth, where the host needs two of each.

Where somebody else changed the order, who did is read each time.
"""

import re
import sys
import traceback

from confirm import make_orders, make_rules, make_world

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


def count(registry, user, model, ids, method, show=False):
    """Queries of one request of ``user``."""
    with registry.cursor() as cr:
        context = {"allowed_company_ids": [1], "lang": "en_US", "tz": "UTC"}
        env = api.Environment(cr, user, context)
        env.user._get_group_ids()
        env.company.currency_id.name  # noqa: B018 read by every request
        records = env[model].browse(ids)
        before = odoo.sql_db.sql_counter
        if show:
            show_queries()
        getattr(records, method)()
        cr.commit()
        return odoo.sql_db.sql_counter - before


def show_queries():
    execute = odoo.sql_db.Cursor.execute

    def shown(self, query, *args, **kwargs):
        text = re.sub(r"\s+", " ", getattr(query, "code", str(query)))
        ours = [
            f"{frame.filename.split('/')[-1]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_stack()
            if "/o2c_addon/models/" in frame.filename
        ]
        table = re.search(r'(FROM|INTO|UPDATE) "?\w+"?', text)
        print(f"{table[0] if table else text[:40]:44}", " < ".join(ours[:-5:-1]))
        return execute(self, query, *args, **kwargs)

    odoo.sql_db.Cursor.execute = shown


def main(rc, database, *options):
    config.parse_config(["-c", rc, "-d", database])
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        ruled = "o2c.approval.rule" in env
        if ruled:
            make_rules(env, 0, ())
        world = make_world(env)
        admin = env.ref("base.user_admin")
        admin.notification_type = "inbox"
        approver = admin.copy({"login": f"bench{env.cr.now()}", "name": "Bench"})
        approver.notification_type = "inbox"
        if ruled:
            make_rules(env, 1, ("amount",))
            rule = env["o2c.approval.rule"].search([], limit=1)
            rule.limit = 1
            rule.step_ids.user_ids = approver
    spent = []
    for run in range(4):
        show = options and run == 3
        with registry.cursor() as cr:
            order = make_orders(api.Environment(cr, admin.id, {}), 1, *world)
        ask = count(registry, admin.id, order._name, order.ids, "action_confirm", show)
        approve = 0
        if ruled:
            with registry.cursor() as cr:
                asked = api.Environment(cr, SUPERUSER_ID, {})["o2c.approval.request"]
                request = asked.search([("order_id", "=", order.id)]).ids
            if show:
                print("-- approve")
            approve = count(
                registry, approver.id, asked._name, request, "action_approve"
            )
        with registry.cursor() as cr:
            state = api.Environment(cr, SUPERUSER_ID, {})["sale.order"].browse(order.id)
            assert state.state == "sale", state.state
        spent.append((ask + approve, ask, approve))
    total, ask, approve = min(spent)
    print(f"{total} queries: {ask} to ask or confirm, {approve} to approve and confirm")


if __name__ == "__main__":
    main(*sys.argv[1:])
