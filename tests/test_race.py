"""Two processes on committed data: never a stale yes, no work that nobody bills."""

import json
import os
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import config

from .common import STANDARD
from .race import PRICE
from .sink import Sink

ROUNDS = 100
WORKING = 30
PROMISES = 8
PATIENCE = 120  # seconds


@tagged(*STANDARD)
class TestRace(unittest.TestCase):
    def setUp(self):
        template = os.environ["O2C_TEMPLATE"]
        self.database = f"o2c_race_{os.getpid()}"
        subprocess.run(["createdb", "-T", template, self.database], check=True)
        self.addCleanup(
            subprocess.run, ["dropdb", "--force", self.database], check=True
        )

    def part(self, *args):
        script = Path(__file__).with_name("race.py")
        command = [
            sys.executable,
            script,
            config["config"],
            self.database,
            *map(str, args),
        ]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def answer(self, *args):
        output, _errors = self.part(*args).communicate(timeout=PATIENCE)
        return json.loads(output.splitlines()[-1])

    def race(self, sides, orders):
        """Both sides do their part with each order, starting together."""
        sides = [self.part(side, *orders) for side in sides]
        for _round in orders:
            for side in sides:
                self.assertEqual(side.stdout.readline(), "ready\n")
            for side in sides:
                side.stdin.write("go\n")
                side.stdin.flush()
        for side in sides:
            side.communicate(timeout=PATIENCE)
            self.assertEqual(side.returncode, 0)

    def test_no_yes_covers_what_was_not_seen(self):
        orders = self.answer("prepare", ROUNDS)
        self.race(("edit", "approve"), orders)

        rows = self.answer("judge", *orders)

        self.assertEqual(len(rows), ROUNDS)
        for row in rows:
            with self.subTest(row):
                if row["state"] == "sale":
                    [[seal, fact]] = row["answers"]
                    self.assertEqual(row["passed"], [seal, {"amount": fact}])
                    self.assertEqual(fact, 11 * PRICE)
                else:
                    self.assertFalse(row["answers"], "a yes that led nowhere")
                    self.assertEqual(row["requests"].count("pending"), 1)
        confirmed = [row for row in rows if row["state"] == "sale"]
        self.assertTrue(0 < len(confirmed) < ROUNDS, "one side always won: no race")

    def test_work_done_while_it_is_billed_is_billed_later(self):
        orders = self.answer("prepare_work", WORKING)
        self.race(["advise"], orders)

        self.race(("bill", "install"), orders)

        rows = self.answer("judge_work", *orders)
        for row in rows:
            with self.subTest(row):
                self.assertEqual(row["done"], [1, 1])
                self.assertEqual(row["billed"], [1, 1])
                self.assertEqual(set(row["states"]), {"posted"})
        self.assertTrue(any(row["waited"] for row in rows), "never too late: no race")

    def test_two_people_who_log_work_at_once_share_its_place(self):
        orders = self.answer("prepare_work", WORKING)

        self.race(("advise", "install"), orders)

        for row in self.answer("judge_work", *orders):
            with self.subTest(row):
                self.assertEqual((row["done"], row["waited"]), ([1, 1], 1))
                self.assertEqual(row["billed"], [1, 1])

    def test_two_workers_tell_of_a_broken_promise_once(self):
        """On the invoice, to who has to call, and in the mail of the morning."""
        sink = Sink()
        sink.start()
        self.addCleanup(sink.stop)
        self.part("prepare_promises", PROMISES, sink.port).communicate(timeout=PATIENCE)

        for work in ("check", "tell", "send"):
            self.race((work, work), [1, 2])

        rows = self.answer("judge_promises")
        arrived = Counter(mail["Message-ID"].strip() for mail in sink.mails)
        self.assertEqual(len(rows), PROMISES)
        for row in rows:
            with self.subTest(row):
                self.assertEqual(row["state"], "broken")
                self.assertEqual((row["notes"], row["activities"]), (1, 1))
                [message_id] = row["mails"]
                self.assertEqual(arrived[message_id], 1)
