"""What anybody may send from outside, listed by the machine so that none is forgotten.

Every public method of ours, every field of ours on a document of the host and every
key of a context that any source mentions is tried as another program would.
"""

import ast
import inspect
import sys
from pathlib import Path

from psycopg2 import IntegrityError

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.modules import get_module_path
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import STANDARD, O2CCase

OURS = "odoo.addons.o2c_addon."
SECRET = "Zanzibar Q7 Holding"  # the name of a customer no stranger knows
# what the client shows as a sentence; the host makes one of a column that is missing
CLEAN = (UserError, AccessDenied, IntegrityError)

EVERYTHING = (
    "base.group_system,sales_team.group_sale_manager,stock.group_stock_manager,"
    "account.group_account_manager,account.group_account_basic,"
    "o2c_addon.group_o2c_manager,"
    "o2c_addon.group_o2c_auditor"
)

# what a method asks for, by the name of its argument
SAMPLES = {
    "vals_list": [{}],
    "vals": {},
    "values": {},
    "fields": ["display_name"],
    "field_names": ["display_name"],
    "groupby": [],
    "domain": [],
    "date": "2026-12-01",
    "outcome": "granted",
    "source_ref": "mail.message_activity_done",
    "ids": [],
}


def methods_of_ours(env):
    """(model, method, function) of everything a program may call by name.

    Mixins are tried on the documents that have them; whether somebody may write a
    document of the host at all is the host's to say.
    """
    found = {}
    for model, registered in env.registry.items():
        if registered._abstract and registered._inherit_children:
            continue
        for cls in registered.mro():
            if not cls.__module__.startswith(OURS):
                continue
            for name, function in vars(cls).items():
                of_host = not model.startswith("o2c.")
                if of_host and name in ("create", "write", "unlink"):
                    continue
                if inspect.isfunction(function) and not name.startswith("_"):
                    found.setdefault((model, name), function)
    return [(*key, function) for key, function in sorted(found.items())]


def arguments(function):
    """Something for each argument that has to be given."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [
        SAMPLES.get(parameter.name, "1")
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def fields_of_ours(env):
    """Every field of ours on a document of the host."""
    for model, registered in sorted(env.registry.items()):
        if not registered._auto or registered._transient or model.startswith("o2c."):
            continue
        for name, field in sorted(registered._fields.items()):
            is_ours = "o2c_addon" in (field._modules or ())
            if is_ours and name.startswith("o2c_") and not field.inherited:
                yield model, field


@tagged(*STANDARD)
class OutsideCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eve = cls.user("eve_t", "Eve", "base.group_user")
        cls.pia = cls.user("pia_t", "Pia", "base.group_portal")
        cls.max = cls.user("max_t", "Max", EVERYTHING)

    def written(self):
        """How many rows this transaction has written."""
        self.env.flush_all()
        self.cr.execute(
            """
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
            FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
            """
        )
        return dict(self.cr.fetchall())


class TestMethods(OutsideCase):
    """As somebody without any rights on orders, and as a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.name = SECRET
        cls.rule(limit=10000)
        cls.check("tracking")
        cls.large = cls.confirmed(quantity=12)
        cls.held = cls.confirmed()
        cls.held.action_o2c_hold(cls.reason().id)
        cls.billed = cls.confirmed(product=cls.product("Advice", 77, "order"))
        cls.invoice = cls.billed.sudo()._create_invoices()
        cls.invoice.action_post()
        cls.invoice.with_user(cls.kim).action_o2c_dispute("Not what we agreed")
        cls.env.flush_all()

    def records(self, model):
        """Some of the documents there are, ours first."""
        own = {
            "sale.order": self.large,
            "account.move": self.invoice,
            "stock.picking": self.held.sudo().picking_ids,
        }
        if model in own:
            return own[model].ids
        registered = self.env[model]
        if registered._abstract:
            return [1]
        return registered.sudo().search([], limit=1, order="id desc").ids or [1]

    def outcome(self, user, model, name, function):
        """What it says, and the error if there is one; all is taken back."""
        args = arguments(function)
        if not getattr(function, "_api_model", False):
            args = [self.records(model), *args]
        before = self.written()
        with self.cr.savepoint() as savepoint:
            try:
                said, error = self.rpc(user, model, name, *args), None
                after = self.written()
                changed = {t for t in after if after[t] != before.get(t)}
            except CLEAN as clean:
                said, error, changed = None, clean, set()
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        return said, error, changed

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.http", "odoo.domains")
    def try_all(self, user):
        tried = methods_of_ours(self.env)
        self.assertGreater(len(tried), 120)
        for model, name, function in tried:
            with self.subTest(f"{model}.{name} as {user.name}"):
                said, error, changed = self.outcome(user, model, name, function)
                if error:
                    self.assertTrue(str(error).strip())
                    continue
                self.assertFalse(changed, "a stranger has written")
                self.assertNotIn(SECRET, repr(said))

    def test_an_employee_without_rights(self):
        self.try_all(self.eve)

    def test_a_customer(self):
        self.try_all(self.pia)


# what users, accounting and administrators set by hand, each where the host lets them
SET_BY_HAND = {
    "product.template": {
        "o2c_aligned",
        "o2c_in_between",
        "o2c_metered",
        "o2c_charged",
        "o2c_every",
        "o2c_needs_acceptance",
        "o2c_notice_days",
    },
    "res.company": {
        "o2c_apart_credit",
        "o2c_apart_invoice",
        "o2c_apart_release",
        "o2c_billing_owner_id",
        "o2c_crediting",
        "o2c_credits",
        "o2c_invoice_date",
        "o2c_invoicing",
        "o2c_invoicing_period",
        "o2c_only_approved_time",
        "o2c_ordered_lines",
        "o2c_promise_days",
        "o2c_recurring_deviation",
        "o2c_send_delay",
        "o2c_silence_days",
        "o2c_target_approval",
        "o2c_target_delivery",
        "o2c_target_invoicing",
        "o2c_target_payment",
        "o2c_target_quotation",
        "o2c_times_per_person",
    },
    "res.partner": {
        "o2c_grace_days",
        "o2c_invoicing",
        "o2c_invoicing_period",
        "o2c_no_messages",
        "o2c_no_reminders",
    },
    "res.users": {"o2c_daily_mail"},
    "sale.order": {
        "o2c_invoicing",
        "o2c_invoicing_period",
        "o2c_reference_until",
        "o2c_plan_ids",  # a part that was invoiced refuses it, see TestPlan
        "o2c_recurring_line_ids",  # the lines themselves, on a page of their own
    },
    "sale.order.template": {"o2c_invoicing", "o2c_invoicing_period", "o2c_plan_ids"},
    "sale.order.line": {
        "o2c_aligned",
        "o2c_in_between",
        "o2c_metered",
        "o2c_next_price",  # judged by the rules before it is charged
        "o2c_next_price_from",
        "o2c_charged",
        "o2c_ends_on",
        "o2c_every",
        "o2c_needs_acceptance",
        "o2c_notice_days",
        "o2c_paused_from",
        "o2c_paused_until",
        "o2c_per_period",
        "o2c_starts_on",
        "o2c_usage_ids",  # what was charged refuses it, see TestUsage
    },
    # a checklist has fields that nobody writes, see TestMeasured
    "stock.picking": {"o2c_checklist_ids", "o2c_tracking_ref"},
}


class TestFields(OutsideCase):
    """Of the fields of ours on the host's documents, none that says what happened."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.analytic.line"].create({"name": "Two hours"})
        cls.env["account.bank.statement.line"].create(
            {
                "journal_id": cls.env["account.journal"]
                .search(
                    [("type", "=", "bank"), ("company_id", "=", cls.company.id)],
                    limit=1,
                )
                .id,
                "payment_ref": "Transfer",
                "amount": 5,
            }
        )

    def value(self, record, field):
        """Another value than it has."""
        kind = field.type
        if kind == "boolean":
            return not record[field.name]
        if kind in ("integer", "float", "monetary"):
            return record[field.name] + 1
        if kind == "selection":
            values = field.get_values(self.env)
            return next(v for v in values if v != record[field.name])
        if kind == "date":
            return "2031-05-05"
        if kind == "datetime":
            return "2031-05-05 05:05:05"
        if kind == "many2one":
            other = (
                self.env[field.comodel_name]
                .sudo()
                .search([("id", "!=", record[field.name].id)], limit=1)
            )
            return other.id
        if kind in ("one2many", "many2many"):
            return [(5, 0, 0)]
        if kind in ("json", "properties"):
            return {"a": 1}
        return "forged"

    def record_of(self, model):
        found = self.env[model].with_user(self.max).search([], limit=1, order="id desc")
        self.assertTrue(found, f"no {model} to try it with")
        return found.sudo()

    def takes(self, model, field):
        """Whether the most powerful of all users can write it."""
        record = self.record_of(model)
        value = self.value(record, field)
        with self.cr.savepoint() as savepoint:
            try:
                self.rpc(self.max, model, "write", record.ids, {field.name: value})
                return True
            except AccessError as error:
                words = str(error)
                self.assertTrue(field.name in words or field.string in words, words)
                return False
            except UserError:
                return True  # of this value another rule has to say something
            finally:
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_what_happened_is_written_by_nobody(self):
        taken = {}
        for model, field in fields_of_ours(self.env):
            if not field.store and not field.inverse:
                continue  # nothing comes of writing it
            if self.takes(model, field):
                taken.setdefault(model, set()).add(field.name)

        self.assertEqual(taken, SET_BY_HAND)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_customers_read_none(self):
        tried = 0
        for model, field in fields_of_ours(self.env):
            if not self.env[model].with_user(self.pia).has_access("read"):
                continue
            tried += 1
            with self.subTest(f"{model}.{field.name}"), self.assertRaises(AccessError):
                self.rpc(self.pia, model, "search_read", [], [field.name])
        self.assertGreater(tried, 50)


def context_keys(env):
    """Every key of a context that ours or an installed module of the host looks at."""
    keys = set()
    for module in sorted(env.registry._init_modules):
        for path in Path(get_module_path(module)).rglob("*.py"):
            if "tests" not in path.parts:
                keys.update(keys_in(path))
    return sorted(keys)


def keys_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith("with_context"):
                yield from (k.arg for k in node.keywords if k.arg)
            elif called.endswith("context.get") and node.args:
                yield from text(node.args[0])
        elif isinstance(node, ast.Subscript):
            if ast.unparse(node.value).endswith("context"):
                yield from text(node.slice)
        elif isinstance(node, ast.Compare) and (
            ast.unparse(node.comparators[0]).endswith("context")
        ):
            yield from text(node.left)


def text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


class TestContextKeys(OutsideCase):
    """No key lifts a check, whatever the host does when it finds it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule(limit=10000)
        cls.check("tracking")
        cls.large = cls.order(quantity=12)
        cls.large.action_confirm()
        cls.waiting = cls.confirmed().sudo().picking_ids
        cls.env.flush_all()
        cls.keys = context_keys(cls.env)

    def try_each(self, user, records, method, *args):
        """Whatever comes of each, the document stays where it was."""
        state = records.state
        for key in self.keys:
            with self.subTest(key), self.cr.savepoint() as savepoint:
                try:
                    self.rpc(
                        user,
                        records._name,
                        method,
                        records.ids,
                        *args,
                        context={key: True},
                    )
                except Exception:
                    savepoint.rollback()
                    self.env.invalidate_all(flush=False)
                self.env.invalidate_all()
                self.assertEqual(records.sudo().state, state)
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_a_quotation_that_waits_is_not_confirmed(self):
        self.assertGreater(len(self.keys), 100)
        self.try_each(self.sam, self.large, "action_confirm")
        self.try_each(self.sam, self.large, "write", {"state": "sale"})

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_goods_that_wait_do_not_leave(self):
        self.try_each(self.wim, self.waiting, "button_validate")
        self.try_each(self.wim, self.waiting, "write", {"state": "done"})


ACCEPTANCE = "/my/orders/<int:order_id>/acceptance/<int:acceptance_id>"
# url → who may come, and how; no other site sends any of them
ROUTES = {
    "/my/invoices/<int:invoice_id>/promise": ("public", "http", "POST"),
    "/my/invoices/<int:invoice_id>/question": ("public", "http", "POST"),
    "/my/open-items": ("user", "http"),
    "/my/open-items/pay/<int:company_id>/<int:currency_id>": ("user", "http", "GET"),
    "/my/open-items/transaction/<int:company_id>/<int:currency_id>": (
        "user",
        "jsonrpc",
    ),
    ACCEPTANCE: ("public", "http", "GET"),
    f"{ACCEPTANCE}/accept": ("public", "jsonrpc"),
    f"{ACCEPTANCE}/<any(refuse,comment):answer>": ("public", "http", "POST"),
    "/o2c/audit-pack/<int:number>": ("user", "http", "GET"),
    "/o2c/history-export/<int:number>": ("user", "http", "GET"),
}


def controllers_of_ours():
    """What answers to the web, in any of our modules."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith(f"{OURS}controllers."):
            for controller in vars(module).values():
                if inspect.isclass(controller) and controller.__module__ == name:
                    for function in vars(controller).values():
                        if hasattr(function, "original_routing"):
                            yield function


class TestRoutes(OutsideCase):
    maxDiff = None

    def test_every_way_in_by_the_web(self):
        found = {}
        for function in controllers_of_ours():
            routing = function.original_routing
            for url in routing.get("routes") or []:
                found[url] = (
                    routing["auth"],
                    routing["type"],
                    *(routing.get("methods") or []),
                )
                self.assertTrue(routing.get("csrf", True), url)
                self.assertFalse(routing.get("cors"), url)

        self.assertEqual(found, ROUTES)
