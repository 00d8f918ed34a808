"""Workers that die while they send: what must hold of what customers hear.

    python tests/mail_faults.py CONFIG DATABASE [REMINDERS [MINUTES]]

Queues so many reminders in DATABASE (a copy: it is changed) and starts an Odoo server
on it. For so many minutes the mail server is away, in every way in turn; then it comes
back, and Odoo is killed twice between a mail and its commit. Prints what arrived; exits
with 1 if one was lost or came twice, or if it took more than ten minutes. At full
length: 500 60 (real time). ``tests/test_mail_faults.py`` runs a short form.

    python tests/mail_faults.py CONFIG DATABASE --prepare NUMBER PORT | --port PORT
        | --send [POINT NUMBER] | --age | --doubt

is one process of it: one that sends what is due, and dies when it comes to POINT for
the NUMBERth time. ``--age`` lets a minute pass for every message; ``--doubt`` gives up
at once what nobody is at any more.
"""

import collections
import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from importlib import import_module

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
AWAY = ("mute", "451 later", "421 closing", "deaf")  # after nobody is there at all


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
        elif what == "--doubt":
            sending = import_module("odoo.addons.o2c_addon.models.notice_sending")
            sending.ALIVE = timedelta(minutes=-1)
            env["o2c.notice"]._give_up_interrupted()
        else:
            env["o2c.notice"]._send_due()
    print(json.dumps(True))


class Server:
    """An Odoo server that does what is due by itself, and dies on demand."""

    def __init__(self, rc, database):
        arguments = "--max-cron-threads 1 --workers 0 --log-level critical --http-port"
        self.command = [sys.executable, "-m", "odoo", "-c", rc, "-d", database]
        self.command += [*arguments.split(), str(free_port())]
        self.process, self.kills = None, 0

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def die(self):
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.start()


def stay_away(database, port, minutes):
    """Nobody there, silent, later, hangs up early: a part of the time each."""
    part = minutes * 60 / (len(AWAY) + 1)
    time.sleep(part)
    for mode in AWAY:
        sink = Sink(port)
        sink.mode = mode
        sink.start()
        time.sleep(part)
        sink.stop()
        print(f"{time.strftime('%X')} {mode}: {dict(states(database))}")


def whole(rc, database, number=50, minutes=5):
    port = free_port()
    part(rc, database, "--prepare", number, port).wait()
    server = Server(rc, database)
    server.start()
    stay_away(database, port, minutes)
    sink = Sink(port, ignored=("example.com",))

    def kill_twice(_mail):  # it has the mail, and its sender never hears so
        if len(sink.mails) in (number // 3, number // 2) and server.kills < 2:
            server.die()

    sink.on_mail = kill_twice
    sink.start()
    back = time.monotonic()
    while states(database).keys() & {"queued", "sending"}:
        time.sleep(1)
        if time.monotonic() - back > 1200:
            break
    took = (time.monotonic() - back) / 60
    server.process.kill()
    server.process.wait()
    sink.stop()
    once, twice = arrived(sink)
    print(
        f"{number} reminders, mail server away for {minutes} minutes, Odoo killed "
        f"{server.kills} times: {once} arrived within {took:.1f} minutes, {twice} "
        f"twice, {number - once} lost; {dict(states(database))}"
    )
    return once != number or twice or took > 10


if __name__ == "__main__":
    main(*sys.argv[1:])
