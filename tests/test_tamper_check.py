"""Whoever changes the history in the database itself is found out."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

import psycopg2
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.sql_db import connection_info_for
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import STANDARD, O2CCase

PROVEN = ("o2c.event", "o2c.approval.decision")


class Undo(Exception):
    """Ends a try, and all it did."""


class TamperCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.user(
            "aud_t", "Aud", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        cls.rule(limit=1000)
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.order_ = cls.order(quantity=5)
        cls.order_.action_confirm()
        cls.order_.o2c_request_ids.with_user(cls.ada).action_approve()
        cls.deliver(cls.order_)
        cls.prove()

    @classmethod
    def prove(cls):
        with cls.enter_registry_test_mode_once():
            cls.env["o2c.event.seal"]._seal_due()

    @classmethod
    @contextmanager
    def enter_registry_test_mode_once(cls):
        """A cron commits its progress; here it must not. Counts how often it would."""
        cr, flush = cls.env.cr, cls.env.flush_all
        with patch.object(cr, "commit", side_effect=flush) as commit:
            yield commit

    def check(self, user=None):
        checks = self.env["o2c.tamper.check"].with_user(user or self.auditor)
        action = checks.action_check()
        return checks.browse(action["res_id"])

    @contextmanager
    def tampering(self, *models):
        """What is done in here is done as an SQL administrator, and undone."""
        try:
            with self.env.cr.savepoint():
                for model in models:
                    self.cr.execute(
                        SQL(
                            "ALTER TABLE %s DISABLE TRIGGER USER",
                            SQL.identifier(self.env[model]._table),
                        )
                    )
                yield
                raise Undo
        except Undo:
            self.env.invalidate_all()

    def sql(self, query, *args):
        self.cr.execute(query, args)
        self.env.invalidate_all()

    def rows(self, model):
        rows = self.env[model].search([("company_id", "=", self.company.id)])
        return rows.filtered(lambda r: self.order_.name in (r.res_name or ""))


@tagged(*STANDARD)
class TestTamperCheck(TamperCase):
    def test_a_history_nobody_touched_is_intact(self):
        check = self.check()

        self.assertEqual((check.state, check.found), ("intact", 0))
        self.assertGreaterEqual(check.rows, 5)
        self.assertEqual(check.newer, 0)
        self.assertEqual(check.user_id, self.auditor)
        self.assertRegex(check.head, "^[0-9a-f]{64}$")

    def test_what_is_new_comes_under_the_next_proof(self):
        before = self.check()
        self.confirmed()
        between = self.check()
        self.prove()
        after = self.check()

        self.assertGreater(between.newer, 0)
        self.assertEqual(between.head, before.head)
        self.assertEqual(after.newer, 0)
        self.assertNotEqual(after.head, before.head)
        self.assertGreater(after.rows, before.rows)

    def test_it_looks_anew_after_it_waited_for_those_who_write(self):
        with self.enter_registry_test_mode_once() as commit:
            self.env["o2c.event.seal"]._seal_due()
            self.assertEqual(commit.call_count, 1, "nothing is new")
            self.confirmed()
            self.env["o2c.event.seal"]._seal_due()
            self.assertEqual(commit.call_count, 3, "one proof")

    def test_every_single_column_edit_is_found(self):
        for model in PROVEN:
            row = self.rows(model)[:1]
            for column, kind in self.columns(model):
                with self.subTest(f"{model}.{column}"), self.tampering(model):
                    self.edit(model, row.id, column, kind)
                    check = self.check()

                    self.assertEqual(check.state, "altered")
                    self.assertIn(f"no. {row.id} ", check.findings.replace("\n", " "))

    def columns(self, model):
        self.cr.execute(
            "SELECT column_name, udt_name FROM information_schema.columns "
            "WHERE table_name = %s AND table_schema = current_schema",
            [self.env[model]._table],
        )
        columns = self.cr.fetchall()
        stored = [f for f in self.env[model]._fields.values() if f.column_type]
        stored = {field.name for field in stored if field.store}
        self.assertLessEqual(stored, {name for name, _kind in columns})
        return columns

    def edit(self, model, row, column, kind):
        """Another value of the same kind, whatever the column had."""
        others = {
            "user_id": self.ben.id,
            "company_id": self.other_company.id,
            "rule_id": "NULL",
        }
        values = {
            "varchar": "COALESCE(%(c)s, '') || 'x'",
            "text": "COALESCE(%(c)s, '') || 'x'",
            "int4": "COALESCE(%(c)s, 0) + 1000000",
            "float8": "COALESCE(%(c)s, 0) + 0.000001",
            "numeric": "COALESCE(%(c)s, 0) + 0.01",
            "timestamp": "%(c)s + interval '1 microsecond'",
            "jsonb": """COALESCE(%(c)s, '{}') || '{"x": 1}'""",
            "bool": "NOT COALESCE(%(c)s, FALSE)",
        }
        field = self.env[model]._fields[column]
        value = others.get(column)
        if not value and field.type == "many2one":
            value = f"(SELECT max(id) FROM {self.env[field.comodel_name]._table})"
            self.another(field.comodel_name)
        value = value or values[kind] % {"c": f'"{column}"'}
        table = self.env[model]._table
        before = self.value(table, column, row)
        self.sql(f'UPDATE {table} SET "{column}" = {value} WHERE id = %s', row)
        if column != "id" and self.value(table, column, row) == before:
            value = "1" if before is None else "NULL"  # it was the newest, or empty
            self.sql(f'UPDATE {table} SET "{column}" = {value} WHERE id = %s', row)

    def value(self, table, column, row):
        self.cr.execute(f'SELECT "{column}" FROM {table} WHERE id = %s', [row])
        return self.cr.fetchone()[0]

    def another(self, comodel):
        """So that the newest of these is not the one that is named already."""
        if comodel == "o2c.approval.request":
            self.order(quantity=20).action_confirm()

    def test_removed_and_inserted_rows_are_named(self):
        for model in PROVEN:
            row = self.rows(model)[:1]
            table = self.env[model]._table
            with self.subTest(model), self.tampering(model):
                self.sql(f"DELETE FROM {table} WHERE id = %s", row.id)
                self.assertIn(f"no. {row.id} was removed", self.check().findings)
        with self.tampering("o2c.event"):
            number = -7
            self.copy_of_event(number)
            self.assertIn(f"no. {number} (", self.check().findings)
            self.assertIn("was inserted", self.check().findings)

    def copy_of_event(self, number, date="date"):
        row = self.rows("o2c.event")[:1]
        self.sql(
            f"""
            INSERT INTO o2c_event (id, order_key, order_name, res_model, res_id,
                                   res_name, activity, date, user_id, company_id)
            SELECT %s, order_key, order_name, res_model, res_id, res_name, 'approved',
                   {date}, user_id, company_id FROM o2c_event WHERE id = %s
            """,
            number,
            row.id,
        )

    def test_the_last_row_removed_is_found(self):
        newest = self.env["o2c.event"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        with self.tampering("o2c.event"):
            self.sql("DELETE FROM o2c_event WHERE id = %s", newest.id)

            self.assertIn(f"no. {newest.id} was removed", self.check().findings)

    def test_a_row_slipped_in_later_with_an_older_date_is_found(self):
        with self.tampering("o2c.event"):
            number = self.env["o2c.event"].search([], limit=1).id + 1
            self.copy_of_event(number, "date - interval '30 days'")
            self.assertEqual(self.check().state, "intact", "not under proof yet")
            self.prove()

            self.assertRegex(
                self.check().findings,
                rf"no\. {number} \(.*\) was written later than it says",
            )

    def test_proofs_themselves_are_proven(self):
        self.confirmed()
        self.prove()
        seals = self.env["o2c.event.seal"].search(
            [("company_id", "=", self.company.id)], order="id"
        )
        table, some = "o2c_event_seal", seals[-2]
        edits = {
            "leaves": "leaves || ' '",
            "digest": "'0' || substr(digest, 2) || 'x'",
            "rows": "rows + 1",
            "last_id": "last_id + 1000000",
            "after_id": "after_id + 1",
            "hash": "hash || 'x'",
            "model": "'res.partner'",
            "previous": "previous || 'x'",
            "sealed_on": "sealed_on + interval '1 second'",
            "company_id": str(self.other_company.id),
        }
        self.assertEqual(
            set(edits) | {"id"},
            {f.name for f in seals._fields.values() if f.store and f.column_type},
        )
        for column, value in edits.items():
            with self.subTest(column), self.tampering(seals._name):
                self.sql(
                    f"UPDATE {table} SET {column} = {value} WHERE id = %s", some.id
                )
                self.assertEqual(self.check().state, "altered")
        with self.tampering(seals._name):
            self.sql(f"DELETE FROM {table} WHERE id = %s", some.id)
            self.assertIn("one was removed", self.check().findings)

    def test_a_history_made_anew_misses_the_proof_seen_before(self):
        head = self.check().head
        with self.tampering(*PROVEN, "o2c.event.seal"):
            self.sql("DELETE FROM o2c_event_seal")
            self.sql("UPDATE o2c_event SET note = 'all was well'")
            self.prove()
            check = self.check()

            self.assertIn(head, check.findings)
            self.assertIn("is gone", check.findings)

    def test_no_chain_forks(self):
        seal = self.env["o2c.event.seal"].search([], limit=1)
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.sql(
                "INSERT INTO o2c_event_seal (company_id, model, after_id, last_id, "
                "rows, digest, previous, hash, sealed_on) SELECT company_id, model, "
                "after_id, last_id, rows, digest, previous, 'y', sealed_on "
                "FROM o2c_event_seal WHERE id = %s",
                seal.id,
            )

    def test_nobody_writes_proofs_or_results(self):
        check = self.check()
        seal = self.env["o2c.event.seal"].search([], limit=1)
        for user in (self.sam, self.mia, self.auditor):
            for record in (check, seal):
                for method, args in (
                    ("write", [record.ids, {"rows": 1}]),
                    ("unlink", [record.ids]),
                    ("create", [{"rows": 1}]),
                ):
                    with (
                        self.subTest(f"{user.name} {method} {record._name}"),
                        self.assertRaises(UserError),
                    ):
                        self.rpc(user, record._name, method, *args)

    def test_who_may_look(self):
        for user in (self.sam, self.wim, self.kim, self.rae):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.tamper.check", "action_check", [])
        for user in (self.mia, self.auditor):
            action = self.rpc(user, "o2c.tamper.check", "action_check", [])
            check = self.env["o2c.tamper.check"].browse(action["res_id"])
            self.assertEqual((check.state, check.user_id), ("intact", user))

    def test_each_company_has_a_history_of_its_own(self):
        outsider = self.user(
            "out_t", "Out", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        outsider.write(
            {
                "company_ids": [(6, 0, self.other_company.ids)],
                "company_id": self.other_company.id,
            }
        )
        check = self.check(outsider.with_company(self.other_company))
        mine = self.check()

        self.assertEqual((check.company_id, check.rows), (self.other_company, 0))
        self.assertFalse(
            self.env[mine._name].with_user(outsider).search([("id", "=", mine.id)])
        )

    def test_what_is_wrong_in_one_company_stops_no_other(self):
        companies = self.env["res.company"].search([])
        bad, good = companies[0], self.env["res.company"].create({"name": "Zzz"})
        for company in (bad, good):
            self.event_of(company)
        proofs, checks = self.env["o2c.event.seal"], self.env["o2c.tamper.check"]
        twice = self.proven_by_another_meanwhile()
        before = proofs.search([]), checks.search([])
        for table in (proofs._table, checks._table):
            self.sql(
                f"ALTER TABLE {table} ADD CHECK (company_id != %s) NOT VALID", bad.id
            )
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.o2c_addon", "ERROR") as logs,
        ):
            for cron in ("seal", "check"):
                self.env.ref(
                    f"o2c_addon.ir_cron_o2c_{cron}_history"
                ).method_direct_trigger()

        for records, old in zip((proofs, checks), before, strict=True):
            companies = (records.search([]) - old).company_id
            self.assertIn(good, companies)
            self.assertNotIn(bad, companies)
        self.assertEqual(len(logs.records), 2)
        self.assertFalse(proofs.search([("company_id", "=", twice.id), ("id", ">", 0)]))

    def proven_by_another_meanwhile(self):
        """A company with something new, of which there is a next proof already."""
        company = self.env["res.company"].create({"name": "Twice"})
        self.event_of(company)
        self.sql(
            """
            INSERT INTO o2c_event_seal
                   (id, company_id, model, last_id, digest, previous, hash, sealed_on)
            VALUES (-2, %s, 'o2c.event', 0, '', 'newest', 'by another', now()),
                   (-1, %s, 'o2c.event', 0, '', 'before', 'newest', now())
            """,
            company.id,
            company.id,
        )
        return company

    def event_of(self, company):
        self.env["o2c.event"].sudo().create(
            {
                "res_model": "res.company",
                "res_name": company.name,
                "activity": "changed",
                "user_id": self.env.uid,
                "company_id": company.id,
            }
        )

    def test_what_is_found_at_night_is_told_to_auditors(self):
        with self.tampering("o2c.event"):
            row = self.rows("o2c.event")[:1]
            self.sql("UPDATE o2c_event SET note = 'x' WHERE id = %s", row.id)
            with self.enter_registry_test_mode_once():
                self.env["o2c.tamper.check"]._check_all()
            told = self.env["mail.activity"].search(
                [
                    ("res_model", "=", "o2c.tamper.check"),
                    ("user_id", "in", (self.auditor | self.mia | self.sam).ids),
                ]
            )

            self.assertEqual(told.user_id, self.auditor | self.mia)
            self.assertIn(f"no. {row.id} (", told[0].note)

    def test_the_digest_carries_the_newest_proof(self):
        digest = self.env["digest.digest"].create({"name": "Mine"})
        head = self.check().head

        lines = digest._compute_preferences(self.company, self.auditor)
        others = digest._compute_preferences(self.company, self.sam) or []

        self.assertTrue(any(head in line for line in lines))
        self.assertFalse(any(head in line for line in others))

    def test_remembering_a_step_stays_one_insert(self):
        order = self.confirmed()
        self.env.flush_all()
        order.mapped("display_name")
        with self.assertQueryCount(1):
            order._o2c_log("changed")

    def test_what_is_being_written_waits(self):
        """Another connection holds a lower number, and is not finished."""
        seals = self.env["o2c.event.seal"]
        names = seals._proven_models()
        self.assertFalse(seals._writers(names))
        started, done = threading.Event(), threading.Event()
        thread = threading.Thread(target=self.write_slowly, args=(started, done))
        thread.start()
        try:
            self.assertTrue(started.wait(20))
            writers = seals._writers(names)
            self.assertEqual(len(writers), 1)
            self.assertFalse(seals._have_finished(set(writers), names))

            self.order_._o2c_log("changed")
            sealed = seals.search_count([])
            self.prove()
            self.assertEqual(seals.search_count([]), sealed)
        finally:
            done.set()
            thread.join()
        self.assertTrue(seals._have_finished(writers, names))
        self.prove()
        self.assertEqual(seals.search_count([]), sealed + 1)

    def write_slowly(self, started, done):
        """On a connection of its own: takes a number, and waits."""
        _name, info = connection_info_for(self.cr.dbname)
        connection = psycopg2.connect(**info)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO o2c_event (res_model, activity, date, user_id, "
                    "company_id) SELECT 'res.company', 'changed', now(), 1, min(id) "
                    "FROM res_company"
                )
                started.set()
                done.wait(30)
        finally:
            connection.rollback()
            connection.close()
