"""What trying rules on past orders costs: all orders of three years, in the background.

    python tests/bench/seeing.py CONFIG DATABASE build [ORDERS]
    python tests/bench/try_out.py CONFIG DATABASE

Prints wall time, CPU time of this process and queries, of all and of 1,000 orders.
Nothing is kept.
"""

import sys
import time

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import config

RULES = {"amount": 5000, "discount": 10, "discount_line": 15}


def main(rc, database):
    config.parse_config(["-c", rc, "-d", database])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        admin = env.ref("base.user_admin")
        env["o2c.approval.rule"].search([]).action_archive()
        rules = env["o2c.approval.rule"].create(
            [
                {
                    "name": criterion,
                    "criterion": criterion,
                    "limit": limit,
                    "step_ids": [Command.create({"user_ids": admin.ids})],
                }
                for criterion, limit in RULES.items()
            ]
        )
        values = [{"rule_id": rule.id, "limit": rule.limit * 0.8} for rule in rules]
        trial = env["o2c.trial"].with_user(admin)
        trial = trial.create(
            {"months": 60, "change_ids": [Command.create(each) for each in values]}
        )
        trial.action_start()
        env.flush_all()
        clock, cpu, queries = time.time(), time.process_time(), cr.sql_log_count
        while trial.sudo()._advance():
            pass
        assert trial.state == "done", trial.error
        spent = {
            "s": time.time() - clock,
            "s CPU": time.process_time() - cpu,
            "queries": cr.sql_log_count - queries,
        }
        print(f"{trial.judged} orders, {trial.would_wait} would wait")
        for unit, cost in spent.items():
            print(f"{cost:8.1f} {unit}, {1000 * cost / trial.judged:8.2f} a thousand")
        cr.rollback()


if __name__ == "__main__":
    main(*sys.argv[1:])
