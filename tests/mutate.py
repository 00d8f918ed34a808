"""Mutation testing of the parts that only calculate: facts, periods, proofs.

    python tests/mutate.py CONFIG DATABASE [--sample NUMBER] [FILE...]

Turns ``<`` into ``<=``, ``and`` into ``or``, ``min`` into ``max``, a number into the
next one, leaves out a statement, an item of a list …, one at a time, and runs the tests
of the file (see ``TARGETS``) that call the function until one fails. Prints what no
test notices, and the share that one does; exits with 1 below ``WANTED``. DATABASE is
one in which tests run; nothing is written to it nor to the files: the code of a
function is swapped in this process.

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
from collections import defaultdict
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

ADDON = Path(__file__).parent.parent / "o2c_addon"
WANTED = 0.85
LONG = 4  # a list of so many items is one of facts: each of them counts
TARGETS = {
    # file: (the functions that only calculate, or None for all; the tests)
    "models/order_facts.py": (None, ("test_facts.TestOrders", "test_approvals")),
    "models/invoice_facts.py": (
        None,
        ("test_facts.TestInvoices", "test_invoice_approvals"),
    ),
    "models/line_mixin.py": (None, ("test_facts", "test_laws.TestNothingWeakens")),
    "models/billing_period.py": (None, ("test_billing_periods",)),
    "models/period.py": (
        {"begins_amid", "days_of", "start_of", "end_of", "number_of", "_in_words"},
        ("test_recurring", "test_recurring_parts"),
    ),
    "models/event_seal.py": (None, ("test_tamper_check", "test_audit_pack")),
    "report/one_day_less.py": (None, ("test_dashboard",)),
    "models/sale_order.py": (
        {"digest", "_compute_o2c_seal", "_o2c_terms"},
        ("test_laws.TestSealed",),
    ),
    "models/sale_order_line.py": ({"_o2c_content"}, ("test_laws.TestSealed",)),
    "models/account_move_approval.py": (
        {"_compute_o2c_seal", "_o2c_content"},
        ("test_facts.TestInvoices",),
    ),
    "models/approval_request.py": (
        {"_covers", "_is_yes_to", "_is_bound_by_terms", "_terms"},
        ("test_facts.TestAnswers", "test_laws.TestSealed", "test_approvals"),
    ),
    "models/delivery_release.py": (
        {"_o2c_is_released", "_o2c_goods_seal"},
        ("test_fulfillment.TestRelease", "test_measured.TestLots"),
    ),
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
# reading ahead costs queries or saves them, see test_queries.py; it answers the same
AHEAD = {
    "read_lines",
    "read_with",
    "_o2c_recall",
    "_o2c_meet",
    "_o2c_meet_customers",
    "_o2c_read_lines",
    "_o2c_read_with_cost",
    "_insert_cache",
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
        case ast.Expr(
            value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))
        ) if name in AHEAD:
            return None
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Continue():
            return ast.Pass()
        case ast.If(orelse=[]):
            node.test = ast.Constant(False)
        case _:
            return None
    return node


def alternatives(node):
    match node:
        case ast.List() | ast.Tuple() | ast.Set() if len(node.elts) >= LONG:
            for place in range(len(node.elts)):
                shorter = copy.deepcopy(node)
                del shorter.elts[place]
                yield shorter
        case _:
            if after := changed(copy.deepcopy(node)):
                yield after


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
        for after in alternatives(node):
            self.seen += 1
            if self.seen == self.number:
                self.line = node.lineno
                was, now = (ast.unparse(n).splitlines()[0] for n in (before, after))
                self.before = f"{was}  →  {now}"
                return ast.copy_location(after, node)
        return node


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


def tests_of(names):
    """The tests of these files; those that ask a server are left out."""
    from odoo.tests import HttpCase

    def single(tests):
        for test in tests:
            yield from single(test) if isinstance(test, unittest.TestSuite) else [test]

    suite = unittest.TestLoader().loadTestsFromNames(f"tests.{name}" for name in names)
    return [test for test in single(suite) if not isinstance(test, HttpCase)]


class Stage:
    """A class of tests, set up once for many mutants; each test undoes what it did."""

    def __init__(self, tests):
        self.tests = tests
        self._class = type(tests[0])

    def __enter__(self):
        from odoo.modules import module

        module.current_test = self.tests[0]
        self._class.setUpClass()
        return self

    def __exit__(self, *_error):
        self._class.tearDownClass()
        self._class.doClassCleanups()

    def failing(self, tests, patience=0):
        """The first of ``tests`` that fails, or takes longer than ``patience``
        seconds, and why."""
        for test in tests:
            if why := _failure(test, patience):
                return test, why
        return None

    def mend(self, test):
        """Set up anew where ``test`` fails although everything is as it was."""
        if _failure(test):
            self.__exit__()
            self.__enter__()


def _failure(test, patience=0):
    from odoo.modules import module

    def too_long(_signal, _frame):
        raise TimeoutError

    module.current_test = test
    result = unittest.TestResult()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(patience)
    try:
        test(result)
    except TimeoutError:
        return "it takes too long"
    finally:
        signal.alarm(0)
    return "".join(why for _test, why in result.errors + result.failures)


def stages_of(names, words=()):
    """A stage for each class of these files with tests that have ``words`` in their
    names."""
    tests = [t for t in tests_of(names) if all(word in t.id() for word in words)]
    return [Stage(list(group)) for _class, group in groupby(tests, type)]


def callers_of(path, stage):
    """Qualified name → the tests in which this function of the file is called."""
    from odoo.modules import module

    callers = defaultdict(set)

    def note(frame, event, _arg):
        if event == "call" and frame.f_code.co_filename == path:
            callers[frame.f_code.co_qualname].add(module.current_test)

    sys.setprofile(note)
    try:
        if found := stage.failing(stage.tests):
            sys.exit(f"{path}: without a mutant fails {found[0]} {found[1]}")
    finally:
        sys.setprofile(None)
    return callers


@contextmanager
def swapped(path, code, only=None):
    """Within it, the functions of the file have the code they have in ``code``.

    :return: the names of those that have another one now
    """
    module = module_of(path)
    here, new = dict(functions(module)), dict(codes(code))
    old = {name: function.__code__ for name, function in here.items()}
    names = {
        name
        for name in here
        if name in new and new[name] != old[name]
        if new[name].co_freevars == old[name].co_freevars  # else it cannot be swapped
        if not only or name.rpartition(".")[2] in only
    }
    for name in names:
        here[name].__code__ = new[name]
    try:
        yield names
    finally:
        for name in names:
            here[name].__code__ = old[name]


def module_of(path):
    name = path.removesuffix(".py").replace("/", ".")
    return importlib.import_module(f"odoo.addons.o2c_addon.{name}")


def mutants_of(path, only, sample):
    """What each of them changes → its code."""
    source = (ADDON / path).read_text()
    mutants = {}
    for number in range(mutant(source, -1)[1].seen + 1):
        tree, change = mutant(source, number)
        code = compile(tree, path, "exec")
        with swapped(path, code, only) as names:
            if names:  # it is within a function that is called by name
                mutants[change] = code
    if sample and sample < len(mutants):
        chosen = random.Random(path).sample(range(len(mutants)), sample)
        mutants = {c: m for n, (c, m) in enumerate(mutants.items()) if n in chosen}
    return mutants


def try_file(path, target, sample):
    """How many mutants of the file there are, and how many a test notices.

    A mutant is judged by the tests that call its function.
    """
    only, suites = target
    start = time.monotonic()
    mutants = mutants_of(path, only, sample)
    unnoticed = dict(mutants)
    for stage in stages_of(suites):
        since = time.monotonic()
        with stage:
            callers = callers_of(module_of(path).__file__, stage)
            patience = 30 + 5 * round(time.monotonic() - since)
            for change, code in list(unnoticed.items()):
                with swapped(path, code, only) as names:
                    called = set().union(*(callers[name] for name in names))
                    tests = [test for test in stage.tests if test in called]
                    found = stage.failing(tests, patience)
                if found:
                    del unnoticed[change]
                    stage.mend(found[0])
    for change in unnoticed:
        print(f"{path}:{change.line}: nobody notices {change.before}")
    tried, noticed = len(mutants), len(mutants) - len(unnoticed)
    seconds = time.monotonic() - start
    print(f"{path}: {noticed} of {tried} noticed, {seconds:.0f} s", flush=True)
    return noticed, tried


def load_odoo(options):
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from odoo.modules.registry import Registry
    from odoo.service import server
    from odoo.tools import config

    config.parse_config(["-c", options.rc, "-d", options.database, "--no-http"])
    server.load_server_wide_modules()
    Registry(options.database)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("rc")
    parser.add_argument("database")
    parser.add_argument("--sample", type=int)
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    load_odoo(options)
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
