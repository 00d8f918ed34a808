"""Nobody of ours at the keyboard: with shop, till, projects and kits, and with
expiration dates and automation rules installed.

They are no part of what the addon needs, so they get a database of their own, made
once for a run: other tests pass without them. What is tested stands in
`channels.py` and `automations.py`.
"""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import config

from .common import STANDARD

MODULES = (
    "website_sale,payment_demo,pos_sale,sale_timesheet,sale_mrp,product_expiry,"
    "stock_picking_batch,base_automation"
)
FILES = ("tests/channels.py", "tests/automations.py")
PATIENCE = 900  # seconds, on a machine that does other things as well


@tagged(*STANDARD)
class TestChannels(unittest.TestCase):
    def setUp(self):
        template = os.environ["O2C_TEMPLATE"]
        self.database = f"o2c_channels_{os.getpid()}"
        subprocess.run(["createdb", "-T", template, self.database], check=True)
        self.addCleanup(
            subprocess.run, ["dropdb", "--force", self.database], check=True
        )

    def run_python(self, *args):
        """:return: the last lines of what it said, once it has succeeded"""
        result = subprocess.run(
            [sys.executable, "-m", *args],
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={k: v for k, v in os.environ.items() if "PYTEST" not in k},
        )
        words = result.stdout[-6000:] + result.stderr[-2000:]
        self.assertEqual(result.returncode, 0, words)
        return words

    def test_shop_till_and_projects_ask_as_well(self):
        rc = config["config"]
        self.run_python(
            *("odoo", "-c", rc, "-d", self.database, "-i", MODULES),
            *("--stop-after-init", "--no-http"),
        )

        said = self.run_python(
            *("pytest", f"--odoo-config={rc}", f"--odoo-database={self.database}"),
            *("--odoo-http", "-q", "-p", "no:cacheprovider", *FILES),
        )

        self.assertRegex(said, r"\d+ passed")
        self.assertNotRegex(said, r"failed|skipped|error")
