"""Reminders are not lost and not doubled, whatever dies: real processes, real kills.

At full length: ``python tests/mail_faults.py CONFIG DATABASE 500 60``.
"""

import os
import subprocess
import unittest

from odoo.tests import tagged
from odoo.tools import config

from . import mail_faults
from .common import STANDARD
from .sink import Sink, free_port


@tagged(*STANDARD)
class TestMailFaults(unittest.TestCase):
    """On committed data of a database of its own."""

    @classmethod
    def setUpClass(cls):
        template = os.environ["O2C_TEMPLATE"]
        cls.database = f"o2c_mail_faults_{os.getpid()}"
        subprocess.run(["createdb", "-T", template, cls.database], check=True)
        cls.addClassCleanup(
            subprocess.run, ["dropdb", "--force", cls.database], check=True
        )
        cls.sink = Sink()
        cls.sink.start()
        cls.addClassCleanup(cls.sink.stop)

    def part(self, *args):
        process = mail_faults.part(config["config"], self.database, *args)
        process.communicate()
        return process.returncode

    def states(self):
        return dict(mail_faults.states(self.database))

    def arrived(self):
        return mail_faults.arrived(self.sink)

    def doubt(self, _mail):
        """Another worker comes by while the server has not answered yet."""
        self.sink.on_mail = lambda mail: None
        self.assertEqual(self.part("--doubt"), 0)
        self.seen_meanwhile = self.states()

    def test_killed_in_the_middle_none_lost_none_doubled(self):
        self.part("--prepare", 12, free_port())
        self.assertEqual(self.states(), {"queued": 12})

        self.part("--send")
        self.assertEqual(self.states(), {"queued": 12}, "the server is away")
        self.part("--port", self.sink.port)
        self.part("--age")

        self.sink.on_mail = self.doubt
        self.assertEqual(self.part("--send", "after the server took it", 3), -9)
        self.assertEqual(self.states(), {"sent": 2, "sending": 1, "queued": 9})
        self.assertEqual(self.arrived(), (3, 0))
        self.assertEqual(self.seen_meanwhile, {"sending": 1, "queued": 11})

        self.assertEqual(self.part("--send", "before the server hears of it", 3), -9)
        self.assertEqual(self.states(), {"sent": 4, "sending": 2, "queued": 6})

        # two at once, after the minute in which somebody might still be at it
        self.part("--age")
        workers = [
            mail_faults.part(config["config"], self.database, "--send")
            for _worker in range(2)
        ]
        for worker in workers:
            worker.communicate()
        self.part("--age")
        self.part("--send")

        self.assertEqual(self.states(), {"sent": 10, "uncertain": 2})
        self.assertEqual(self.arrived(), (11, 0), "nothing twice; one never left")
        self.part("--age")
        self.part("--send")
        self.assertEqual(self.arrived(), (11, 0), "nor again by itself")
