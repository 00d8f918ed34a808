"""Mutation testing of the parts that only calculate: facts, periods, proofs.

    python tests/mutate.py CONFIG DATABASE [--sample NUMBER] [FILE...]

Turns ``<`` into ``<=``, ``and`` into ``or``, ``min`` into ``max``, a number into the
next one, leaves out a statement …, one at a time, and runs the tests of the file (see
``TARGETS``) until one fails. Prints what no test notices, and the share that one does;
exits with 1 below ``WANTED``. DATABASE is one in which tests run; nothing is written
to it nor to the files: the code of a function is swapped in this process.

``--sample`` tries so many of each file, always the same ones.
"""

import argparse
import ast
import copy
import importlib
import random
import signal
import sys
import time
import unittest
from pathlib import Path

ADDON = Path(__file__).parent.parent / "o2c_addon"
WANTED = 0.85
TARGETS = {
    "models/order_facts.py": ("test_approvals", "test_measured", "test_laws"),
    "models/invoice_facts.py": ("test_invoice_approvals",),
    "models/billing_period.py": ("test_billing_periods",),
    "models/period.py": ("test_recurring",),
    "models/event_seal.py": ("test_tamper_check", "test_audit_pack"),
    "report/one_day_less.py": ("test_dashboard",),
}
OTHER = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


def changed(node):
    """What ``node`` may be changed to: one thing each."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in OTHER:
            node.ops = [OTHER[type(op)]()]
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in OTHER:
            node.op = OTHER[type(op)]()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Constant(value=bool(value)):
            return ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            return ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            node.func = ast.Name(NAMES[name], ast.Load())
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Continue():
            return ast.Pass()
        case ast.If(orelse=[]):
            node.test = ast.Constant(False)
        case _:
            return None
    return node


class Change(ast.NodeTransformer):
    """Changes the ``number``-th thing that can be changed, and remembers which."""

    def __init__(self, number):
        self.number, self.seen, self.line, self.before = number, -1, None, ""
        self.depth = 0

    def visit_FunctionDef(self, node):
        self.depth += 1
        node.body = [self.visit(part) for part in node.body]
        self.depth -= 1
        return node

    def visit_keyword(self, node):
        """That lists are equally long is checked, not calculated."""
        return node if node.arg == "strict" else self.generic_visit(node)

    def generic_visit(self, node):
        before = copy.deepcopy(node) if self.depth else None
        node = super().generic_visit(node)
        if not self.depth:
            return node
        after = changed(copy.deepcopy(node))
        if after is None:
            return node
        self.seen += 1
        if self.seen != self.number:
            return node
        self.line = node.lineno
        first = [ast.unparse(part).splitlines()[0] for part in (before, after)]
        self.before = f"{first[0]}  →  {first[1]}"
        return ast.copy_location(after, node)


def mutant(source, number):
    change = Change(number)
    tree = ast.fix_missing_locations(change.visit(ast.parse(source)))
    return tree, change


def functions(module):
    """Qualified name → function, of all that the module's own classes define."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        for member in vars(value).values() if isinstance(value, type) else [value]:
            for function in (member, *map(member_of(member), ("fget", "__func__"))):
                if hasattr(function, "__code__"):
                    yield function.__qualname__, function


def member_of(member):
    return lambda name: getattr(member, name, None)


def codes(code):
    for constant in code.co_consts:
        if hasattr(constant, "co_qualname"):
            yield constant.co_qualname, constant
            yield from codes(constant)


class Suite(unittest.TestSuite):
    """Tells Odoo which test is running, as its own suites do. No server is asked."""

    def __iter__(self):
        from odoo.modules import module
        from odoo.tests import HttpCase

        for test in super().__iter__():
            if not isinstance(test, HttpCase):
                module.current_test = test
                yield test


LOADER = unittest.TestLoader()
LOADER.suiteClass = Suite


def noticed_by(suites, patience=0):
    """The first test that fails, or what takes longer than ``patience`` seconds."""

    def too_long(_signal, _frame):
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    for suite in suites:
        result = unittest.TestResult()
        result.failfast = True
        signal.alarm(patience)
        try:
            LOADER.loadTestsFromName(suite).run(result)
        except TimeoutError:
            return "it takes too long"
        finally:
            signal.alarm(0)
        for test, why in result.errors + result.failures:
            return f"{test} {why}"
    return None


def try_file(path, tests, sample):
    """How many mutants of the file there are, and how many a test notices."""
    source = (ADDON / path).read_text()
    module = importlib.import_module(
        f"odoo.addons.o2c_addon.{path[:-3]}".replace("/", ".")
    )
    here = dict(functions(module))
    suites = [f"tests.{name}" for name in tests]
    start = time.monotonic()
    if why := noticed_by(suites):
        sys.exit(f"{path}: without a mutant fails {why}")
    patience = 30 + 5 * round(time.monotonic() - start)
    numbers = range(mutant(source, -1)[1].seen + 1)
    if sample and sample < len(numbers):
        numbers = sorted(random.Random(path).sample(numbers, sample))
    noticed = tried = 0
    for number in numbers:
        tree, change = mutant(source, number)
        new = dict(codes(compile(tree, module.__file__, "exec")))
        old = {name: function.__code__ for name, function in here.items()}
        swapped = {n for n in here if n in new and new[n] != old[n]}
        if not swapped:
            continue  # not within a function that is called by name
        for name in swapped:
            here[name].__code__ = new[name]
        try:
            found = bool(noticed_by(suites, patience))
        finally:
            for name in swapped:
                here[name].__code__ = old[name]
        tried, noticed = tried + 1, noticed + found
        if not found:
            print(f"{path}:{change.line}: nobody notices {change.before}", flush=True)
    print(f"{path}: {noticed} of {tried} noticed", flush=True)
    return noticed, tried


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("rc")
    parser.add_argument("database")
    parser.add_argument("--sample", type=int)
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from odoo.modules.registry import Registry
    from odoo.service import server
    from odoo.tools import config

    config.parse_config(["-c", options.rc, "-d", options.database, "--no-http"])
    server.load_server_wide_modules()
    Registry(options.database)
    start = time.monotonic()
    counts = [
        try_file(path, TARGETS[path], options.sample)
        for path in options.files or TARGETS
    ]
    noticed, tried = map(sum, zip(*counts, strict=True))
    print(
        f"{noticed} of {tried} mutants noticed, {noticed / tried:.0%} "
        f"(wanted: {WANTED:.0%}), {time.monotonic() - start:.0f} s"
    )
    sys.exit(noticed < WANTED * tried)


if __name__ == "__main__":
    main()
