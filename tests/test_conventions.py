"""House rules, checked by machine."""

import ast
import inspect
import re
from pathlib import Path

from lxml import etree

from odoo.tests import tagged
from odoo.tools.translate import TranslationModuleReader

from .common import STANDARD, O2CCase
from .mutants import MUTANTS

ADDON = Path(__file__).parent.parent / "o2c_addon"
MODELS = ADDON / "models"
FORBIDDEN = re.compile(
    r"\b(gates?|criteri(?:on|a)|excess|parked|events?|tasks?|seal)\b", re.I
)

OUR_CODE = "odoo.addons.o2c_addon"
OURS = ("o2c_", "kpi_o2c_")  # the host wants figures of the digest to begin with kpi

# which policy document answers which selection, by which method
ANSWERED = (
    ("o2c.approval.rule", "criterion", "_o2c_fact_", "document"),
    ("o2c.fulfillment.check", "code", "_o2c_problem_", "stock.picking"),
)


# actions whose lists, charts and tables show examples while they are empty
EXAMPLES = {
    "acceptance_action",
    "approval_request_action",
    "billing_order_action",
    "billing_task_action",
    "billing_tonight_action",
    "change_action",
    "cycle_report_action",
    "delivery_plan_action",
    "dispute_action",
    "not_reached_action",
    "notice_action",
    "period_action",
    "promise_action",
    "promise_action_of_customer",
    "recurring_action",
    "revenue_report_action",
    "sale_order_action",
    "time_action",
    "unbilled_action",
}


def layers():
    """File → layer, as ``models/__init__.py`` lists them."""
    layer, files = None, {}
    for line in (MODELS / "__init__.py").read_text().splitlines():
        if heading := re.match(r"# (\d):", line):
            layer = int(heading[1])
        elif imported := re.match(r"from \. import (\w+)", line):
            files[MODELS / f"{imported[1]}.py"] = layer
    return files


def own_models(path):
    """The ``_name`` of each model of ours that ``path`` defines."""
    return set(re.findall(r'^    _name = "(o2c\.[a-z._]+)"', path.read_text(), re.M))


def mentioned_models(path):
    """The models of ours that ``path`` works with: called, inherited, linked."""
    tree = ast.parse(path.read_text())
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in strings if re.fullmatch(r"o2c\.[a-z.]+", text)}


@tagged(*STANDARD)
class TestConventions(O2CCase):
    def test_every_file_has_a_layer(self):
        listed = {path.name for path in layers()}
        present = {path.name for path in MODELS.glob("*.py")} - {"__init__.py"}

        self.assertEqual(listed, present)

    def test_layers_look_down_only(self):
        home = {m: layer for path, layer in layers().items() for m in own_models(path)}
        for path, layer in layers().items():
            for model in mentioned_models(path):
                with self.subTest(f"{path.name} mentions {model}"):
                    self.assertLessEqual(home.get(model, 0), layer)

    def test_no_field_is_defined_twice(self):
        """Two of one name would be one, written by both."""
        for name, model in self.env.registry.items():
            ours = [
                field.name
                for base in model._base_classes__
                if base.__module__.startswith(OUR_CODE)
                for field in base.__dict__.get("_field_definitions", ())
            ]
            with self.subTest(name):
                self.assertEqual(len(ours), len(set(ours)), sorted(ours))

    def test_every_value_has_its_method(self):
        """On one document at least; a rule offers what its document can tell."""
        for model, field, prefix, document in ANSWERED:
            for value, _label in self.env[model]._fields[field].selection:
                documents = (
                    [name for name, _l in self.env[model]._fields[document].selection]
                    if document in self.env[model]._fields
                    else [document]
                )
                with self.subTest(value):
                    self.assertTrue(
                        any(
                            hasattr(self.env[name], prefix + value)
                            for name in documents
                        )
                    )

    def test_fields_on_host_models_say_whose_they_are(self):
        fields = self.env["ir.model.fields"].search(
            [("model", "not like", "o2c.%"), ("state", "=", "base")]
        )
        ours = fields.filtered(lambda f: f.modules == "o2c_addon")

        self.assertTrue(ours)
        self.assertFalse([f for f in ours if not f.name.startswith(OURS)])

    def test_every_model_is_described_ruled_and_open_to_somebody(self):
        for model in self.env["ir.model"].search([("model", "=like", "o2c.%")]):
            record = self.env[model.model]
            with self.subTest(model.model):
                self.assertNotEqual(record._description, model.model)
                if record._abstract:
                    continue
                self.assertTrue(model.access_ids, "no access line")
                if not record._transient:
                    rules = model.rule_ids.filtered(lambda r: not r.groups)
                    self.assertIn("company_id", rules.mapped("domain_force")[0])

    def test_the_words_on_the_screen_are_the_managers(self):
        for row in TranslationModuleReader(self.env.cr, modules=["o2c_addon"]):
            source = row[4]
            if source.startswith("Font awesome"):
                continue  # the host's, on every model with activities
            with self.subTest(source):
                self.assertIsNone(FORBIDDEN.search(re.sub(r"%\(\w+\)s", "", source)))

    def test_what_speaks_when_it_is_read_speaks_the_readers_language(self):
        speaks = re.compile(r"self\.env\._\(|format_|_sentence\(|_in_words\(|_waiting_")
        for model in self.env.values():
            for field in model._fields.values():
                compute = getattr(type(model), str(field.compute), None)
                ours = getattr(compute, "__module__", "").startswith(OUR_CODE)
                if field.store or not ours or field.type not in ("char", "text"):
                    continue
                with self.subTest(field):
                    if speaks.search(inspect.getsource(compute)):
                        context = self.env.registry.field_depends_context[field]
                        self.assertIn("lang", context)

    def test_what_nobody_writes_has_no_default(self):
        """A default reaches what a document is built upon as if somebody had typed it:
        a bank transaction is built upon an entry."""
        models = self.env.registry.values()
        for name in {parent for model in models for parent in model._inherits}:
            model = self.env[name]
            for own in getattr(model, "_o2c_own_fields", frozenset)():
                self.assertFalse(model._fields[own].default, f"{name}.{own}")

    def test_every_sudo_says_why(self):
        for path in ADDON.rglob("*.py"):
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                if re.search(r"\.sudo\((?!False)|user=SUPERUSER_ID", line):
                    nearby = "\n".join(lines[max(0, number - 6) : number + 2])
                    with self.subTest(f"{path.name}:{number + 1}"):
                        self.assertRegex(
                            nearby, r"# .*sudo|_robot|robot\.|def _as_robot"
                        )

    def test_the_notes_of_activities_are_text(self):
        """A plain string would be taken for HTML, whoever wrote it."""
        safe = {"plaintext2html", "escape", "_"}
        for path in ADDON.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = isinstance(node, ast.Call) and ast.unparse(node.func)
                if not called or not called.endswith(".activity_schedule"):
                    continue
                for note in (k.value for k in node.keywords if k.arg == "note"):
                    by = ast.unparse(getattr(note, "func", note)).split(".")[-1]
                    with self.subTest(f"{path.name}:{note.lineno}"):
                        self.assertIn(by, safe)
                        self.assertTrue(by != "_" or len(note.args) == 1)

    def test_every_law_has_a_line_whose_loss_is_noticed(self):
        """``tests/mutants.py`` deletes them; here: they are where it looks."""
        self.assertEqual({mutant[0] for mutant in MUTANTS}, set(range(1, 15)))
        for _law, file, text, replacement, test in MUTANTS:
            name, *words = test.split("::")
            tests = (Path(__file__).parent / f"test_{name}").read_text()
            with self.subTest(f"{file}: {text.strip()}"):
                self.assertTrue(text in (ADDON / file).read_text(), "is not there")
                self.assertNotEqual(text, replacement)
                self.assertFalse([word for word in words if word not in tests])

    def test_no_text_is_taken_for_html(self):
        """What anybody wrote is escaped where it is shown, everywhere."""
        for path in [*ADDON.rglob("*.xml"), *ADDON.rglob("*.js")]:
            with self.subTest(path.name):
                text = path.read_text()
                self.assertNotRegex(text, r"\bt-raw\b|\.innerHTML\b|\bmarkup\(")
        for path in ADDON.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func).split(".")[-1]
                with self.subTest(f"{path.name}:{node.lineno}"):
                    if called == "Markup":
                        self.assertIsInstance(node.args[0], ast.Constant)
                    if called == "Html":
                        unsafe = {k.arg for k in node.keywords} & {"sanitize"}
                        self.assertFalse(unsafe, "sanitized, as the host does")

    def test_the_readme_shows_what_is_tested(self):
        readme = (ADDON.parent / "README.md").read_text()
        snippets = re.findall(r"<!-- (\S+) -->\n```python\n(.*?)```", readme, re.S)

        self.assertTrue(snippets)
        for name, text in snippets:
            with self.subTest(name):
                self.assertIn(text.strip(), (ADDON.parent / name).read_text())

    def test_the_tests_the_documents_name_are_there(self):
        names = re.compile(r"`(\w+\.(?:py|sql|txt))((?:::\w+)*)`")
        for document in (ADDON.parent / "docs").glob("*.md"):
            for file, inside in names.findall(document.read_text()):
                with self.subTest(f"{document.name}: {file}{inside}"):
                    text = (ADDON.parent / "tests" / file).read_text()
                    for name in inside.split("::")[1:]:
                        self.assertRegex(text, rf"(class|def) {name}\b")

    def test_whatever_can_be_clicked_can_be_reached_by_keyboard(self):
        """Buttons, links and fields are; anything else would have to be made so."""
        reached = {"button", "a", "select", "input", "textarea"}
        clicked = []
        for path in (ADDON / "static" / "src").rglob("*.xml"):
            for node in etree.parse(path).iter(etree.Element):
                if any(name.startswith("t-on-") for name in node.attrib):
                    clicked.append(node)
                    with self.subTest(f"{path.name}:{node.sourceline}"):
                        self.assertIn(node.tag, reached)
                        self.assertNotEqual(node.get("tabindex"), "-1")
                        if node.tag == "a":
                            self.assertTrue(node.get("href") or node.get("t-att-href"))
        self.assertTrue(clicked)
        for path in (ADDON / "static" / "src").rglob("*.scss"):
            with self.subTest(path.name):
                self.assertNotRegex(path.read_text(), r"outline:\s*(0|none)")

    def test_an_empty_list_says_what_it_will_show(self):
        """And how to get there, on every screen that may be empty."""
        for action in self.actions():
            with self.subTest(action.xml_id):
                self.assertIn("<p", action.help or "")

    def actions(self):
        """Those of ours that open lists."""
        known = self.env["ir.model.data"].search(
            [("module", "=", "o2c_addon"), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(known.mapped("res_id"))
        return actions.filtered(
            lambda action: (
                action.target != "new" and set(action.view_mode.split(",")) - {"form"}
            )
        )

    def test_a_list_that_fills_by_itself_shows_examples_while_it_is_empty(self):
        """Not where empty is the good news, nor where rows are proof."""
        shows = set()
        for action in self.actions():
            kinds = set(action.view_mode.split(",")) - {"form", "calendar", "activity"}
            views = {kind: view for view, kind in action.views}
            with self.subTest(action.xml_id):
                archs = [
                    self.env[action.res_model].get_view(views[kind], kind)["arch"]
                    for kind in kinds
                ]
                examples = {etree.fromstring(arch).get("sample") for arch in archs}
                self.assertEqual(len(examples), 1, "some of its views do, some not")
                if examples == {"1"}:
                    shows.add(action.xml_id.split(".")[1])
        self.assertEqual(shows, EXAMPLES)
