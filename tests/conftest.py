"""A test that did not run proves nothing: skipping one fails the run.

To allow a skip on purpose, let its reason begin with "optional: ".
"""

import os

from odoo.tests.common import TransactionCase

if "PYTEST_XDIST_WORKER" in os.environ:
    # the copies of the database share one filestore: cleaning it up after each class
    # takes away what the other worker wrote and has not committed
    TransactionCase._gc_filestore = classmethod(lambda cls: None)

# Whoever takes long comes first (``--no-loadscope-reorder`` keeps it so): else the last
# of two workers is left alone with it at the end.
LONG = (
    *("test_channels", "test_faults", "test_install", "test_browser_menus"),
    *("test_race", "test_mail_faults", "test_outside", "test_matrix", "test_upgrade"),
    *("test_reinstall", "test_uninstall", "test_browser", "test_hoot"),
)


def pytest_collection_modifyitems(items):
    def place(item):
        for number, start in enumerate(LONG):
            if item.path.name.startswith(start):
                return number
        return len(LONG)

    items.sort(key=place)


def _skipped(reporter):
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2] if report.longrepr else ""
        if not reason.removeprefix("Skipped: ").startswith("optional: "):
            yield f"{report.nodeid}: {reason}"


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and any(_skipped(reporter)) and not session.exitstatus:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    skipped = list(_skipped(terminalreporter))
    if skipped:
        terminalreporter.section("skipped, therefore failed", red=True)
        for line in skipped:
            terminalreporter.line(line)
