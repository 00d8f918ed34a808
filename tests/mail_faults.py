"""Workers that die while they send: what must hold of what customers hear.

    python tests/mail_faults.py CONFIG DATABASE [REMINDERS [MINUTES]]

Queues so many reminders in DATABASE (a copy: it is changed), tries them for so many
minutes against a mail server that is away, then lets it come back, kills workers in the
middle, and prints what arrived. Exits with 1 if one was lost or came twice. At full
length: 500 60. ``tests/test_mail_faults.py`` runs the short form.

    python tests/mail_faults.py CONFIG DATABASE --prepare NUMBER PORT | --port PORT
        | --send [POINT NUMBER] | --age

is one process of it: one that sends what is due, and dies when it comes to POINT for
the NUMBERth time. ``--age`` lets a minute pass for every message.
"""

import collections
import json
import os
import signal
import sys

from odoo import SUPERUSER_ID, api
from odoo.fields import Command, Date
from odoo.modules.registry import Registry
from odoo.tools import config

try:
    from . import faults
    from .sink import Sink, free_port
except ImportError:  # run as a program
    import faults
    from sink import Sink, free_port

# model, method, before or after it
POINTS = {
    "before the server hears of it": ("mail.mail", "_send", "before"),
    "after the server took it": ("mail.mail", "_send", "after"),
    "after the commit": ("ir.cron", "_commit_progress", "after"),
}


def prepare(env, number, port):
    """So many overdue invoices of as many customers, whose reminders wait."""
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
    env["o2c.notice.rule"].create({"name": "Late", "kind": "reminder", "days": 5})
    partners = env["res.partner"].create(
        [{"name": f"P{n}", "email": f"p{n}@customer.example"} for n in range(number)]
    )
    due = Date.subtract(env.company._o2c_today(), days=10)
    line = Command.create({"name": "Advice", "price_unit": 10, "tax_ids": []})
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [line],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    env["o2c.notice"]._remind_due()


def arm(registry, point, number):
    """This process dies when it comes to ``point`` for the ``number``th time."""
    name, method, when = POINTS[point]
    target = registry[name]
    real, seen = getattr(target, method), []

    def die():
        seen.append(1)
        if len(seen) >= number:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self, *args, **kwargs):
        if when == "before":
            die()
        result = real(self, *args, **kwargs)
        if when == "after":
            die()
        return result

    setattr(target, method, wrapped)


def age(env):
    """A minute and more passes for every message."""
    env.cr.execute(
        """
        UPDATE o2c_notice
           SET sending_on = sending_on - interval '2 minutes',
               next_try_on = next_try_on - interval '2 minutes'
        """
    )


def states(database):
    """State → how many of the reminders."""
    with faults.connect(database) as connection, connection.cursor() as cr:
        cr.execute(
            "SELECT state, count(*) FROM o2c_notice WHERE kind = 'reminder' GROUP BY 1"
        )
        return collections.Counter(dict(cr.fetchall()))


def part(rc, database, *args):
    return faults.part(rc, database, *args, script=__file__)


def arrived(sink):
    """(how many reminders arrived, how many of them twice)"""
    seen = collections.Counter(mail["message-id"] for mail in sink.mails)
    return len(seen), sum(count > 1 for count in seen.values())


def main(rc, database, *args):
    config.parse_config(["-c", rc, "-d", database, "--log-level=critical"])
    if not args[:1] or not args[0].startswith("--"):
        sys.exit(whole(rc, database, *map(int, args)))
    what, *args = args
    registry = Registry(database)
    if what == "--send" and args:
        arm(registry, args[0], int(args[1]))
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        if what == "--prepare":
            prepare(env, *map(int, args))
        elif what == "--port":
            env["ir.mail_server"].search([]).smtp_port = int(args[0])
        elif what == "--age":
            age(env)
        else:
            env["o2c.notice"]._send_due()
    print(json.dumps(True))


def whole(rc, database, number=50, minutes=5):
    sink = Sink()
    sink.start()
    part(rc, database, "--prepare", number, free_port()).wait()
    for _minute in range(minutes):
        part(rc, database, "--send").wait()
        part(rc, database, "--age").wait()
    before = states(database)
    part(rc, database, "--port", sink.port).wait()
    ticks = 0
    while states(database)["queued"] and ticks < 10:
        part(rc, database, "--send").wait()
        part(rc, database, "--age").wait()
        ticks += 1
    sink.stop()
    once, twice = arrived(sink)
    print(
        f"{number} reminders, server away for {minutes} rounds: {dict(before)}; back: "
        f"{once} arrived in {ticks} rounds, {twice} twice, {number - once} lost"
    )
    return once != number or twice


if __name__ == "__main__":
    main(*sys.argv[1:])
