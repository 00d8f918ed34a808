#!/usr/bin/env python3
"""Merges exported terms into the translations; run by scripts/translations.

scripts/translations.py EXPORTED.pot FOLDER [LANGUAGE...]
"""

import re
import sys
from pathlib import Path

import polib

NAME = "o2c_addon.pot"
PLURALS = {"fr": "nplurals=2; plural=(n > 1);"}
TWO_FORMS = "nplurals=2; plural=(n != 1);"
# what a translation has to keep: %s, %(name)s, tags, {{ … }}, ${ … }, \n at the ends
KEPT = re.compile(r"%(?:\(\w+\))?[-\d.]*[sdif]|<[^>]+>|\{\{.*?\}\}|\$\{.*?\}", re.S)


def kept(text):
    """The parts of ``text`` that are the same in every language, in any order."""
    # texts of attributes are translated with the tag they are in
    tags = re.compile(r"\b(title|alt|aria-label|placeholder)=(\"[^\"]*\"|'[^']*')")
    return sorted(tags.sub(r"\1", part) for part in KEPT.findall(text))


def faults(po):
    """What is wrong with a translation, a sentence each."""
    for entry in po:
        if entry.obsolete:
            continue
        if not entry.msgstr:
            yield f"missing: {entry.msgid}"
        elif entry.fuzzy:
            yield f"uncertain: {entry.msgid}"
        elif kept(entry.msgid) != kept(entry.msgstr):
            yield f"has other placeholders or tags: {entry.msgid} → {entry.msgstr}"


def write_template(exported, folder):
    """Written only where a term has changed, so that dates alone change no file."""
    folder.mkdir(exist_ok=True)
    new, path = polib.pofile(str(exported)), folder / NAME
    old = polib.pofile(str(path)) if path.exists() else []
    if [(e.msgid, e.occurrences) for e in old] != [
        (e.msgid, e.occurrences) for e in new
    ]:
        new.save(str(path))
    return polib.pofile(str(path))


def begin(template, path):
    po = polib.POFile()
    po.header = template.header
    po.metadata = template.metadata | {
        "Language": path.stem,
        "Plural-Forms": PLURALS.get(path.stem, TWO_FORMS),
    }
    po.save(str(path))


def merge(template, path):
    """Add what is new, take out what is gone, keep what is translated."""
    po = polib.pofile(str(path))
    po.merge(template)
    for entry in po.obsolete_entries():
        po.remove(entry)
    po.sort(key=lambda entry: entry.msgid)
    po.save(str(path))
    return po


def main(exported, folder, *languages):
    folder = Path(folder)
    template = write_template(Path(exported), folder)
    words = sum(len(entry.msgid.split()) for entry in template)
    print(f"{len(template)} terms, {words} words.")
    for language in languages:
        path = folder / f"{language}.po"
        if not path.exists():
            begin(template, path)
    for path in sorted(folder.glob("*.po")):
        found = list(faults(merge(template, path)))
        print(f"{path.stem}: {len(found) or 'nothing'} to mend")
        for fault in found[:20]:
            print(f"    {' '.join(fault.split())[:100]}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
