"""Everything people read can be translated, and is, in the languages there are."""

import ast
import re
import tempfile
from pathlib import Path

import polib
from lxml import etree

from odoo.tests import tagged
from odoo.tools.translate import TranslationModuleReader

from scripts import translations

from .common import STANDARD, O2CCase

ADDON = Path(__file__).parent.parent / "o2c_addon"
I18N = ADDON / "i18n"
TEMPLATE = I18N / translations.NAME
SHOWN = {"name", "title", "message", "help", "label", "string", "text"}
SENTENCE = re.compile(r"^[A-Z][\w’']*( [\w’'“”]+)+[.?!]?$|^[A-Z][a-z]{2,}$")


def is_plain(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@tagged(*STANDARD)
class TestEverythingIsATerm(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rows = TranslationModuleReader(cls.env.cr, modules=["o2c_addon"])
        cls.terms = {row[4] for row in rows}

    def test_what_python_says_is_translated(self):
        """Not “name” in the fields of a record but in an action, a card, a dict."""
        for path in ADDON.rglob("*.py"):
            if path.name == "__manifest__.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Dict):
                    continue
                for key, value in zip(node.keys, node.values, strict=True):
                    if is_plain(key) and key.value in SHOWN and is_plain(value):
                        with self.subTest(f"{path.name}:{value.lineno}"):
                            self.assertNotRegex(value.value, SENTENCE)

    def test_what_scripts_of_pages_say_is_translated(self):
        for path in (ADDON / "static" / "src").rglob("*.js"):
            code = re.sub(
                r"/\*.*?\*/|^\s*//.*?$", "", path.read_text(), flags=re.S | re.M
            )
            for quote in re.finditer(r'(_t\(\s*)?"([^"\n]*)"', code):
                with self.subTest(f"{path.name}: {quote[2]}"):
                    if quote[1]:
                        self.assertIn(quote[2], self.terms)
                    else:
                        self.assertNotRegex(quote[2], SENTENCE)

    def test_no_words_hide_in_expressions_of_pages(self):
        """Odoo exports what stands between tags, and no string inside an expression."""
        for path in ADDON.rglob("*.xml"):
            for node in etree.parse(path).iter(etree.Element):
                for name, value in node.attrib.items():
                    if name.startswith("t-") and name != "t-call":
                        for quoted in re.findall(r"'([^']*)'", value):
                            with self.subTest(f"{path.name}:{node.sourceline}"):
                                self.assertNotRegex(quoted, SENTENCE)

    def test_what_comes_with_the_addon_is_translated(self):
        """What records say is in fields that can be translated."""
        said = ("name", "note", "subject", "summary", "customer_text", "help")
        names = self.env["ir.model.data"].search([("module", "=", "o2c_addon")])
        home = {data.name: data for data in names}
        for path in (ADDON / "data").glob("*.xml"):
            for record in etree.parse(path).iter("record"):
                model = self.env[record.get("model")]
                self.assertIn(record.get("id"), home)
                for node in record.iterchildren("field"):
                    field = model._fields[node.get("name")]
                    if node.get("name") in said and (node.text or "").strip():
                        with self.subTest(f"{record.get('id')}.{field.name}"):
                            origin = field.related_field or field
                            self.assertTrue(origin.translate)

    def test_every_kind_of_term_is_among_them(self):
        for term in (
            "Watch only",  # a choice
            "What should Odoo look after?",  # a page
            "Approval Needed Above",  # a field
            "Waiting for me",  # a menu
            "Managed-service provider",  # an example
            "Say of whom the step “%(step)s” of “%(rule)s” is asked.",  # a message
            "Stage line",  # a script of a page
        ):
            with self.subTest(term):
                self.assertIn(term, self.terms)

    def test_the_template_is_what_is_said(self):
        """Run scripts/translations. Before the first language nobody needs it."""
        if not TEMPLATE.exists():
            self.assertFalse(list(I18N.glob("*.po")))
            return
        kept = {entry.msgid for entry in polib.pofile(str(TEMPLATE))}
        self.assertEqual(kept ^ self.terms, set())


class TestLanguages(O2CCase):
    def test_nothing_is_missing_or_uncertain(self):
        """Run scripts/translations, and translate what it names."""
        wanted = (
            {entry.msgid for entry in polib.pofile(str(TEMPLATE))}
            if TEMPLATE.exists()
            else set()
        )
        for path in I18N.glob("*.po"):
            po = polib.pofile(str(path))
            with self.subTest(path.stem):
                self.assertEqual({entry.msgid for entry in po} ^ wanted, set())
                self.assertEqual(list(translations.faults(po)), [])

    def test_what_is_wrong_with_a_translation_is_found(self):
        for source, translated, is_wrong in (
            ("Waits for %(who)s", "Attend %(who)s", False),
            ("%(count)s of %(total)s", "Sur %(total)s, %(count)s", False),
            ("Waits for %(who)s", "Attend %(qui)s", True),
            ("%s orders", "commandes", True),
            ("Press <b>Retry</b>", "Appuyez sur <b>Réessayer</b>", False),
            ("Press <b>Retry</b>", "Appuyez sur Réessayer", True),
            (
                '<a title="Open it" href="/x">x</a>',
                "<a title='Ouvrir' href=\"/x\">x</a>",
                False,
            ),
            ("Open", "", True),
        ):
            po = polib.POFile()
            po.append(polib.POEntry(msgid=source, msgstr=translated))
            with self.subTest(translated):
                self.assertEqual(bool(list(translations.faults(po))), is_wrong)
        po[0].msgstr, po[0].flags = "Ouvrir", ["fuzzy"]
        self.assertTrue(list(translations.faults(po)))

    def test_new_terms_are_added_and_gone_ones_taken_out(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            exported = polib.POFile()
            exported.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
            for term in ("Stop", "Warn"):
                exported.append(
                    polib.POEntry(msgid=term, occurrences=[("code:x", "0")])
                )
            exported.save(str(folder / "exported.pot"))
            translations.main(folder / "exported.pot", folder / "i18n", "fr")
            french = polib.pofile(str(folder / "i18n" / "fr.po"))
            french.find("Stop").msgstr = "Bloquer"
            french.save()
            exported.remove(exported.find("Warn"))
            exported.append(polib.POEntry(msgid="Watch", occurrences=[("code:y", "0")]))
            exported.save(str(folder / "exported.pot"))

            translations.main(folder / "exported.pot", folder / "i18n")

            french = polib.pofile(str(folder / "i18n" / "fr.po"))
            self.assertEqual(
                {entry.msgid: entry.msgstr for entry in french},
                {"Stop": "Bloquer", "Watch": ""},
            )

    def test_the_addon_speaks_the_language_of_the_reader(self):
        """A message, a figure in it and a screen, in a language that has been added."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.sam.lang = "fr_FR"
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()

        [told] = order.with_user(self.sam).with_context(lang="fr_FR").o2c_explain()

        self.assertIn("12 000,00", re.sub(r"[\u202f\u00a0]", " ", told["reason"]))

    def test_german_nouns_keep_their_capitals(self):
        self.env["res.lang"]._activate_lang("de_DE")
        rule = self.rule(criterion="discount", limit=10)
        label = rule.with_context(lang="de_DE")._label()

        sentence = rule.with_context(lang="de_DE")._sentence(20, 10)

        self.assertIn(label, sentence)
        self.assertIn(rule._label().lower(), rule._sentence(20, 10))
