"""Every delivery becomes its invoice, once, whatever dies: real processes, real kills.

At full length: ``python tests/faults.py CONFIG DATABASE 2000 4 50 20 3``.
"""

import contextlib
import os
import subprocess
import sys
import time
import unittest

from odoo.tests import tagged
from odoo.tools import config

from . import faults, plan_faults
from .common import STANDARD


@tagged(*STANDARD)
class TestFaults(unittest.TestCase):
    """On committed data of a database of its own."""

    @classmethod
    def setUpClass(cls):
        template = os.environ["O2C_TEMPLATE"]
        cls.database = f"o2c_faults_{os.getpid()}"
        subprocess.run(["createdb", "-T", template, cls.database], check=True)
        cls.addClassCleanup(
            subprocess.run, ["dropdb", "--force", cls.database], check=True
        )

    def part(self, *args):
        return faults.part(config["config"], self.database, *args)

    def prepare(self, number):
        return faults.answer(self.part("--prepare", number))

    def recover(self, ticks=2):
        faults.recover(config["config"], self.database, ticks)

    def assert_well(self):
        self.assertEqual(faults.left(self.database), 0)
        self.assertEqual(faults.broken(self.database), [])

    def test_1_killed_at_every_point_cut_off_and_the_server_crashes(self):
        done = subprocess.run(
            [
                *(sys.executable, faults.__file__, config["config"], self.database),
                *map(str, (120, 2, 8, 2, 1)),
            ],
            capture_output=True,
            text=True,
        )

        self.assertRegex(
            done.stdout, "8 killed at 8 points, 2 connections cut, 1 crashes"
        )
        self.assertRegex(done.stdout, "120 invoiced, 0 left, 0 lost .*: nothing")
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])

    def test_2_an_order_held_by_somebody_is_left_and_the_others_go(self):
        ids = self.prepare(5)
        with contextlib.closing(faults.connect(self.database)) as other:
            cr = other.cursor()
            cr.execute("SELECT id FROM sale_order WHERE id = %s FOR UPDATE", [ids[0]])
            start = time.monotonic()
            self.recover(ticks=1)
            waited = time.monotonic() - start
            self.assertEqual(faults.left(self.database), 1)
            self.assertLess(waited, 30, "it does not wait for the lock")
            other.rollback()

        self.recover(ticks=1)
        self.assert_well()

    def test_3_somebody_invoices_the_same_orders_by_hand(self):
        ids = self.prepare(10)
        worker, clerk = self.part("--work"), self.part("--by-hand", *ids)
        retries = faults.answer(clerk)
        worker.wait()
        self.recover()

        self.assertLessEqual(max(retries), 3)
        self.assert_well()
        with contextlib.closing(faults.connect(self.database)) as connection:
            cr = connection.cursor()
            cr.execute(
                """
                SELECT count(*) FROM sale_order_line
                 WHERE order_id IN %s AND qty_invoiced != qty_delivered
                """,
                [tuple(ids)],
            )
            self.assertEqual(cr.fetchone()[0], 0)

    def test_4_killed_on_the_parts_of_a_plan_each_comes_once(self):
        rc = config["config"]
        done = subprocess.run(
            [sys.executable, plan_faults.__file__, rc, self.database],
            capture_output=True,
            text=True,
        )

        said = "1000: 300.0 300.0 400.0\n" * 2 + "11 of 11 killed\n"
        self.assertEqual(done.stdout, said, done.stderr[-3000:])
