"""What trying rules on past orders costs: those of three years, in the background.

    python tests/bench/seeing.py CONFIG DATABASE build [ORDERS]
    python tests/bench/try_out.py CONFIG DATABASE [profile]

Prints wall time, CPU time of Odoo and of PostgreSQL, and queries: for three rules on
what an order says itself, and for a policy of eight that looks at costs, price lists,
terms and conditions as well, each with another limit. Nothing is kept.
"""

import cProfile
import pstats
import sys
import time

from seeing import connect, database_cpu, memory

from odoo import SUPERUSER_ID, api
from odoo.fields import Command

LIMITS = {"amount": 5000, "discount": 10, "discount_line": 15}
MORE = {"margin": 30, "price_below_list": 15, "payment_term": 10, "incomplete": 0}
SOME = "[('note', '=', False)]"


def main(rc, database, profile=False):
    with connect(rc, database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["o2c.approval.rule"].search([]).action_archive()
        product = env["sale.order"].search([("name", "=", "B1")]).order_line.product_id
        product.write({"list_price": 100, "standard_price": 20})
        some = make_rules(env, LIMITS)
        measure(env, "three rules", some, profile)
        some |= make_rules(env, MORE) | make_rules(env, {"amount": 3000}, domain=SOME)
        measure(env, "eight rules", some, profile)
        cr.rollback()


def make_rules(env, limits, **values):
    step = Command.create({"user_ids": env.ref("base.user_admin").ids})
    return env["o2c.approval.rule"].create(
        [
            {"name": criterion, "criterion": criterion, "limit": limit, **values}
            | {"step_ids": [step], "needs_price": True, "needs_reference": False}
            for criterion, limit in limits.items()
        ]
    )


def measure(env, name, rules, profile):
    trial = env["o2c.trial"].with_user(env.ref("base.user_admin"))
    changes = [{"rule_id": rule.id, "limit": rule.limit * 0.8} for rule in rules]
    trial = trial.create(
        {"months": 60, "change_ids": [Command.create(each) for each in changes]}
    )
    trial.action_start()
    env.flush_all()
    env.invalidate_all()
    cr, before = env.cr, memory()
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    clock, cpu, queries = time.time(), time.process_time(), cr.sql_log_count
    database = database_cpu(cr)
    while trial.sudo()._advance():
        pass
    profiler.disable()
    assert trial.state == "done", trial.error
    spent = (
        time.process_time() - cpu,
        database_cpu(cr) - database,
        (cr.sql_log_count - queries) * 1000 / trial.judged,
    )
    print(
        f"{name}: {trial.judged:,} orders, {trial.waited:,} wait, "
        f"{trial.would_wait:,} would; {time.time() - clock:.1f} s, CPU "
        f"{spent[0]:.1f} s of Odoo and {spent[1]:.1f} s of PostgreSQL, "
        f"{spent[2]:.0f} queries a thousand, {memory() - before:+.0f} MB"
    )
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
