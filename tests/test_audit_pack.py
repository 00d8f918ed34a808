"""Everything about some orders in one file, verified without Odoo."""

import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import STANDARD, World
from .test_tamper_check import TamperCase


class PackCase(TamperCase):
    def pack(self, user=None, **values):
        values = {"orders": self.order_.name} | values
        return self.env["o2c.audit.pack"].with_user(user or self.auditor).create(values)

    def unpacked(self, pack):
        file = io.BytesIO()
        pack._write_to(file)
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        with zipfile.ZipFile(file) as archive:
            archive.extractall(folder)
        return folder

    def verify(self, folder, *arguments):
        """With nothing but Python: no Odoo, no site packages, no environment."""
        return subprocess.run(
            [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments],
            capture_output=True,
            text=True,
            env={},
            cwd="/",
        )


@tagged(*STANDARD)
class TestAuditPack(PackCase):
    def test_what_was_packed_verifies_itself(self):
        run = self.verify(self.unpacked(self.pack()))

        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        self.assertIn("Everything is as it was proven.", run.stdout)
        self.assertIn(" 0 of them newer", run.stdout)

    def test_the_proof_of_the_mail_is_in_it(self):
        head = self.env["o2c.tamper.check"]._head(self.company)
        folder = self.unpacked(self.pack())

        self.assertEqual(self.verify(folder, head).returncode, 0)
        other = self.verify(folder, "0" * 64)
        self.assertEqual(other.returncode, 1)
        self.assertIn("is not in this pack", other.stdout)

    def test_every_changed_byte_of_the_history_is_found(self):
        folder = self.unpacked(self.pack())
        for name in ("history/o2c.event.jsonl", "history/o2c.approval.decision.jsonl"):
            path = folder / name
            text = path.read_text()
            for edited in (
                text.replace(self.order_.name, "S99999", 1),
                re.sub(r'"user_id": \d+', '"user_id": 1', text, count=1),
            ):
                with self.subTest(name):
                    self.assertNotEqual(edited, text)
                    path.write_text(edited)
                    self.refit(folder, name)
                    run = self.verify(folder)
                    self.assertEqual(run.returncode, 1)
                    self.assertRegex(run.stdout, r"no\. \d+ was altered")
            path.write_text(text)
            self.refit(folder, name)
        self.assertEqual(self.verify(folder).returncode, 0)

    def refit(self, folder, name):
        """As a forger would: the fingerprint of the file made to fit."""
        path = folder / "files.json"
        files = json.loads(path.read_text())
        files[name] = sha256((folder / name).read_bytes()).hexdigest()
        path.write_text(json.dumps(files))

    def test_proofs_made_to_fit_are_found(self):
        self.confirmed()
        self.prove()
        folder = self.unpacked(self.pack())
        path = folder / "proof" / "proofs.jsonl"
        proofs = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertGreater(len(proofs), 1)
        for name, value in (
            ("leaves", proofs[0]["leaves"].replace("a", "b")),
            ("digest", "0" * 64),
            ("sealed_on", "2020-01-01 00:00:00"),
            ("hash", "0" * 64),
        ):
            with self.subTest(name):
                forged = [proofs[0] | {name: value}, *proofs[1:]]
                path.write_text("\n".join(map(json.dumps, forged)))
                self.refit(folder, "proof/proofs.jsonl")
                self.assertEqual(self.verify(folder).returncode, 1)
        path.write_text("\n".join(map(json.dumps, proofs[:1])))
        self.refit(folder, "proof/proofs.jsonl")
        self.assertEqual(self.verify(folder).returncode, 0, "older, and says so")
        head = proofs[-1]["hash"]
        self.assertEqual(self.verify(folder, head).returncode, 1)

    def test_what_people_read_and_programs_read(self):
        self.order_.with_user(self.sam).message_post(
            body="Signed", attachments=[("<signed>.txt", b"signed")]
        )
        folder = self.unpacked(self.pack(self.mia))
        name = self.order_.name
        page = (folder / "orders" / f"{name}.html").read_text()
        data = json.loads((folder / "orders" / f"{name}.json").read_text())

        for words in ("Ada approved", "Sam asked for the approval", "Harbor Logistics"):
            self.assertIn(words, page)
        self.assertNotIn("<signed>", page)
        self.assertEqual(data["order"]["amount_untaxed"], 5000)
        self.assertEqual([row["verdict"] for row in data["answers"]], ["approved"])
        self.assertIn("delivered", [row["activity"] for row in data["history"]])
        [file] = data["files"]
        packed = (folder / "orders" / file["path"]).resolve()
        self.assertEqual(packed.read_bytes(), b"signed")
        self.assertIn(name, (folder / "index.html").read_text())

    def test_the_auditor_gets_what_he_may_read(self):
        """The whole history, but not the order and its files, which he may not."""
        self.order_.with_user(self.sam).message_post(
            body="Signed", attachments=[("signed.txt", b"signed")]
        )
        folder = self.unpacked(self.pack())
        name = self.order_.name
        data = json.loads((folder / "orders" / f"{name}.json").read_text())

        self.assertTrue(data["history"] and data["answers"])
        self.assertEqual((data["order"], data["files"]), ({}, []))

    def test_all_orders_of_a_time(self):
        other = self.confirmed()
        pack = self.pack(orders="", date_from="2020-01-01")
        folder = self.unpacked(pack)
        pages = {path.stem for path in (folder / "orders").glob("*.html")}

        self.assertLessEqual({other.name, self.order_.name}, pages)
        self.assertIn("of them newer", self.verify(folder).stdout)
        with self.assertRaisesRegex(UserError, "Nothing is remembered"):
            self.pack(
                orders="", date_to="2020-01-01", date_from=False
            ).action_download()
        with self.assertRaisesRegex(UserError, "Nothing is remembered of S99999"):
            self.pack(orders=f"S99999, {other.name}").action_download()

    def test_who_may_pack(self):
        for user in (self.sam, self.wim, self.kim, self.rae):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.audit.pack", "create", {"orders": "S00001"})
        mine = self.pack()
        with self.assertRaises(AccessError):
            mine.with_user(self.mia)._write_to(io.BytesIO())

    def test_orders_of_another_company_are_not_found(self):
        pack = self.pack(company_id=self.company.id)
        outsider = self.user(
            "out_t", "Out", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        outsider.write(
            {
                "company_ids": [(6, 0, self.other_company.ids)],
                "company_id": self.other_company.id,
            }
        )
        for company in (self.company, self.other_company):
            with self.subTest(company.name), self.assertRaises(UserError):
                self.pack(outsider, company_id=company.id).action_download()
        self.assertTrue(pack.action_download())


@tagged(*STANDARD)
class TestDownload(World, HttpCase):
    def test_it_is_sent_to_who_made_it_and_to_nobody_else(self):
        self.build_world()
        self.user("aud_t", "Aud", "base.group_user,o2c_addon.group_o2c_auditor")
        auditor = self.env["res.users"].search([("login", "=", "aud_t")])
        order = self.confirmed()
        values = {
            "o2c.audit.pack": {"orders": order.name},
            "o2c.history.export": {"shape": "xes"},
        }
        for model, vals in values.items():
            record = self.env[model].with_user(auditor).create(vals)
            url = record.action_download()["url"]
            for login, status in (("aud_t", 200), ("mia_t", 404), ("sam_t", 403)):
                self.authenticate(login, login)
                answer = self.url_open(url)
                with self.subTest(f"{model} {login}"):
                    self.assertEqual(answer.status_code, status)
                    is_sent = "attachment" in answer.headers.get(
                        "Content-Disposition", ""
                    )
                    self.assertEqual(is_sent, status == 200)
