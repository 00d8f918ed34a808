#!/usr/bin/env python3
"""Verify this audit pack: no Odoo, no network, nothing to install.

    python3 verify.py [PROOF]

PROOF is one you know from elsewhere, e.g. from a digest mail: the pack has to contain
it. The answer is 0 where everything is as it was proven, else 1.
"""

import hashlib
import json
import sys
from pathlib import Path

# pylint: disable=print-used
HERE = Path(__file__).resolve().parent
FIELDS = ("company_id", "model", "after_id", "last_id", "rows", "digest", "sealed_on")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def lines(folder, name):
    path = HERE / folder / name
    # by line feeds alone: names may have what else Python takes for the end of a line
    text = path.read_bytes().decode() if path.exists() else ""
    return [line for line in text.split("\n") if line]


def check_proofs(problems):
    """The chain holds; give the fingerprints of the rows it has, and all proofs."""
    known, proofs, previous = {}, [], None
    for line in lines("proof", "proofs.jsonl"):
        proof = json.loads(line)
        name = "Proof " + proof["hash"]
        content = [proof["previous"], *(proof[field] for field in FIELDS)]
        if sha256("\n".join(map(str, content)).encode()) != proof["hash"]:
            problems.append(name + " was altered.")
        if previous is not None and proof["previous"] != previous:
            problems.append(name + " does not follow the one before.")
        if "leaves" in proof:
            if sha256(proof["leaves"].encode()) != proof["digest"]:
                problems.append(name + ": its fingerprints were altered.")
            for leaf in proof["leaves"].splitlines():
                number, fingerprint = leaf.split()
                known[proof["model"], int(number)] = fingerprint
        previous = proof["hash"]
        proofs.append(previous)
    return known, proofs


def check_rows(known, problems):
    """Each row is the one that was proven; give how many, and how many are newer."""
    count = newer = 0
    for path in sorted((HERE / "history").glob("*.jsonl")):
        model = path.name[: -len(".jsonl")]
        for line in lines("history", path.name):
            row = json.loads(line)
            fingerprint = known.get((model, row["id"]))
            count += 1
            if fingerprint is None:
                newer += 1
            elif fingerprint != sha256(line.encode()):
                problems.append(f"{model} no. {row['id']} was altered.")
    return count, newer


def check_files(problems):
    """What was packed is there, as it was packed."""
    files = json.loads((HERE / "files.json").read_text("utf-8"))
    for name, fingerprint in files.items():
        path = HERE / name
        if not path.exists():
            problems.append(f"{name} is missing.")
        elif sha256(path.read_bytes()) != fingerprint:
            problems.append(f"{name} was altered.")
    return len(files)


def main(wanted=None):
    problems = []
    known, proofs = check_proofs(problems)
    count, newer = check_rows(known, problems)
    files = check_files(problems)
    if wanted and wanted not in proofs:
        problems.append(f"The proof {wanted} is not in this pack.")
    for problem in problems:
        print("NOT AS IT WAS:", problem)
    print(f"{count} rows, {newer} of them newer than the last proof, {files} files.")
    print("Newest proof:", proofs[-1] if proofs else "none")
    print("Something was altered." if problems else "Everything is as it was proven.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
