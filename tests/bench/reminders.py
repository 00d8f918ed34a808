"""What looking at many open invoices costs: who is to be reminded today.

    python tests/bench/reminders.py CONFIG DATABASE [INVOICES [CUSTOMERS [MAILS]]]

Makes so many open invoices of so many customers by copying one in SQL, all 20 days
overdue; of MAILS customers a reminder is due, the others promised to pay. Then counts
the queries of one evaluation, and of a second one that has nothing new to say, and of
making and sending the mails (to a mail server that takes everything); and of the same
mails made and sent by the host's own queue, which commits after each as well.
"""

import sys
import time
from pathlib import Path

import odoo
from odoo import SUPERUSER_ID, api
from odoo.fields import Command, Date
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

sys.path.insert(0, str(Path(__file__).parent.parent))

from sink import Sink


def make_world(env, number, customers, mails, port):
    env["o2c.notice.rule"].search([]).action_archive()
    env["ir.mail_server"].search([]).action_archive()
    env["ir.mail_server"].create(
        {
            "name": "Sink",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_encryption": "none",
        }
    )
    env["account.move.line"].search(
        [("account_type", "=", "asset_receivable")]
    ).reconciled = True
    env.company.resource_calendar_id = False  # every day is a working day
    for days in (-3, 5, 15, 30):
        env["o2c.notice.rule"].create(
            {"name": f"Level {days}", "kind": "reminder", "days": days}
        )
    partners = env["res.partner"].create(
        [{"name": f"P{n}", "email": f"p{n}@customer.example"} for n in range(customers)]
    )
    today = env.company._o2c_today()
    due = Date.subtract(today, days=20)
    move = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partners[0].id,
            "invoice_date": due,
            "invoice_date_due": due,
            "invoice_line_ids": [
                Command.create({"name": "Advice", "price_unit": 10, "tax_ids": []})
            ],
        }
    )
    move.action_post()
    env.flush_all()
    promised = Date.add(today, days=9)
    for index in range(1, number):
        partner = partners[index % customers].id
        is_due = index % customers < mails
        new = copy(
            env,
            move,
            name=f"BENCH/{index}",
            partner_id=partner,
            commercial_partner_id=partner,
            o2c_promised_on=None if is_due else promised,
            payment_reference=f"BENCH/{index}",
            sequence_number=index + 1000,
            access_token=None,
        )
        for line in move.line_ids:
            copy(env, line, move_id=new, move_name=f"BENCH/{index}", partner_id=partner)
    env.invalidate_all()
    env.cr.execute("ANALYZE")
    env.cr.commit()


def copy(env, record, **values):
    """One more row like this, with other values; its id."""
    names = [
        name
        for name, field in record._fields.items()
        if field.store and field.column_type and name != "id"
    ]
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s WHERE id = %s RETURNING id",
            SQL.identifier(record._table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(
                SQL("%s", values[n]) if n in values else SQL.identifier(n)
                for n in names
            ),
            SQL.identifier(record._table),
            record.id,
        )
    )
    return env.cr.fetchone()[0]


def measure(registry, title, work, count):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        queries, wall = odoo.sql_db.sql_counter, time.monotonic()
        cpu = time.process_time()
        work(env["o2c.notice"])
        cr.commit()
        queries = odoo.sql_db.sql_counter - queries
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        found = count(env["o2c.notice"])
    print(
        f"{title}: {queries} queries, {cpu:.1f} s CPU, {wall:.1f} s; {found} mails",
        flush=True,
    )


def by_host(notices):
    """The same texts to the same customers, as Odoo sends what waits in its queue."""
    told = notices.search([("state", "=", "sent"), ("carried_by_id", "=", False)])
    template = told.rule_id[0].template_id
    mails = template.send_mail_batch(
        told.move_id.ids, email_layout_xmlid="o2c_addon.notice_layout"
    )
    notices.env.cr.commit()
    mails.send(auto_commit=True)


def waiting(notices):
    domain = [("state", "=", "queued"), ("carried_by_id", "=", False)]
    return notices.search_count(domain)


def sent(notices):
    return notices.search_count([("state", "=", "sent"), ("carried_by_id", "=", False)])


def main(rc, database, *rest):
    number, customers, mails = [*map(int, rest), *(10000, 2000, 100)[len(rest) :]]
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    registry = Registry(database)
    sink = Sink()
    sink.start()
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        make_world(env, number, customers, mails, sink.port)
    print(f"{number} open invoices of {customers} customers")
    measure(registry, "evaluated", lambda n: n._remind_due(), waiting)
    measure(registry, "again, nothing new", lambda n: n._remind_due(), waiting)
    measure(registry, "sent", lambda n: n._send_due(), sent)
    measure(registry, "the same mails by the host", by_host, sent)
    sink.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
