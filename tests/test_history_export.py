"""The history for process-mining tools, read back as they read it."""

import json
import re
from collections import Counter
from datetime import datetime

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import STANDARD, O2CCase

XES = "{http://www.xes-standard.org/}"


@tagged(*STANDARD)
class TestHistoryExport(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.user(
            "aud_t", "Aud", "base.group_user,o2c_addon.group_o2c_auditor"
        )
        cls.rule(limit=1000)
        cls.order_ = cls.order(quantity=5)
        cls.order_.action_confirm()
        request = cls.order_.o2c_request_ids.with_user(cls.ada)
        request.action_approve("Fine \x0b with <me> & ©")
        cls.delivery = cls.deliver(cls.order_)

    def export(self, user=None, **values):
        exports = self.env["o2c.history.export"].with_user(user or self.auditor)
        return b"".join(self.pieces(exports.create(values)))

    def pieces(self, export):
        with self.enter_registry_test_mode():  # its cursor sees what is not committed
            return list(export._stream())

    def mine(self, log):
        """What happened to our order, as (activity, who)."""
        thing = f"sale.order,{self.order_.id}"
        return [
            (event["type"], event["attributes"][0]["value"])
            for event in log["events"]
            if thing in [r["objectId"] for r in event["relationships"]]
        ]

    def test_ocel_tells_what_happened_to_which_document(self):
        log = json.loads(self.export(is_pseudonymous=False))
        told = self.mine(log)

        self.assertEqual(told[0], ("Order written", "Sam"))
        self.assertIn(("Approval asked", "Sam"), told)
        self.assertIn(("Approved", "Ada"), told)
        self.assertIn(("Delivered", "Wim"), told)
        [delivered] = [
            event
            for event in log["events"]
            if event["type"] == "Delivered"
            and f"stock.picking,{self.delivery.id}"
            in [r["objectId"] for r in event["relationships"]]
        ]
        self.assertEqual(
            delivered["relationships"],
            [
                {
                    "objectId": f"stock.picking,{self.delivery.id}",
                    "qualifier": "delivery",
                },
                {"objectId": f"sale.order,{self.order_.id}", "qualifier": "order"},
            ],
        )

    def test_ocel_is_well_formed(self):
        """What the schema of the standard asks, and that every reference is met."""
        for hidden in (True, False):
            log = json.loads(self.export(is_pseudonymous=hidden))
            self.assertEqual(
                list(log), ["objectTypes", "eventTypes", "objects", "events"]
            )
            for kind, rows in (("objectTypes", "objects"), ("eventTypes", "events")):
                declared = {
                    row["name"]: {a["name"] for a in row["attributes"]}
                    for row in log[kind]
                }
                self.assertEqual(len(declared), len(log[kind]))
                ids = [row["id"] for row in log[rows]]
                self.assertEqual(len(ids), len(set(ids)))
                for row in log[rows]:
                    names = {a["name"] for a in row["attributes"]}
                    self.assertLessEqual(names, declared[row["type"]])
            things = {row["id"]: row["type"] for row in log["objects"]}
            times = []
            for event in log["events"]:
                times.append(datetime.fromisoformat(event["time"]))
                self.assertIsNotNone(times[-1].tzinfo)
                for relation in event["relationships"]:
                    self.assertEqual(
                        things[relation["objectId"]], relation["qualifier"]
                    )
            self.assertEqual(times, sorted(times))
            self.assertTrue(times)

    def test_xes_has_a_trace_for_each_order(self):
        root = etree.fromstring(self.export(shape="xes", is_pseudonymous=False))
        self.assertEqual(root.tag, f"{XES}log")
        traces = {self.value(trace): trace for trace in root.iter(f"{XES}trace")}
        trace = traces[self.order_.name]
        told = [
            (self.value(event), self.value(event, "org:resource"))
            for event in trace.iter(f"{XES}event")
        ]

        self.assertEqual(told[0], ("Order written", "Sam"))
        self.assertIn(("Approved", "Ada"), told)
        self.assertEqual(
            self.value(trace.findall(f"{XES}event")[-1], "document"), self.delivery.name
        )
        for trace in traces.values():
            times = [
                datetime.fromisoformat(self.value(event, "time:timestamp"))
                for event in trace.iter(f"{XES}event")
            ]
            self.assertEqual(times, sorted(times))
        notes = [self.value(event, "note") for event in root.iter(f"{XES}event")]
        self.assertIn("Fine  with <me> & ©", notes)

    def value(self, element, key="concept:name"):
        found = [child.get("value") for child in element if child.get("key") == key]
        return found[0] if found else None

    def test_without_names_nobody_and_nothing_is_named(self):
        for shape in ("ocel", "xes"):
            text = self.export(shape=shape).decode()
            with self.subTest(shape):
                for name in (
                    "Sam",
                    "Ada",
                    "Wim",
                    "Harbor",
                    self.order_.name,
                    self.delivery.name,
                    "Fine",
                    f"sale.order,{self.order_.id}",
                ):
                    self.assertNotRegex(text, rf"\b{re.escape(name)}\b")

    def test_the_same_thing_has_the_same_name_within_a_file_only(self):
        first, second = (json.loads(self.export()) for _time in range(2))
        plain = json.loads(self.export(is_pseudonymous=False))

        def shape_of(log):
            relations = Counter(
                relation["objectId"]
                for event in log["events"]
                for relation in event["relationships"]
            )
            return sorted(relations.values())

        self.assertEqual(shape_of(first), shape_of(plain))
        ids = [{row["id"] for row in log["objects"]} for log in (first, second)]
        self.assertFalse(ids[0] & ids[1])

    def test_only_the_time_asked_for(self):
        log = json.loads(self.export(date_from="2019-01-01", date_to="2019-12-31"))

        self.assertEqual((log["objects"], log["events"]), ([], []))
        empty = self.export(shape="xes", date_from="2019-01-01", date_to="2019-12-31")
        self.assertFalse(list(etree.fromstring(empty).iter(f"{XES}trace")))
        with self.assertRaises(ValidationError):
            self.export(date_from="2020-01-01", date_to="2019-12-31")

    def test_it_comes_in_pieces(self):
        """However long the history: no piece is the whole of it."""
        self.env.cr.execute(
            "INSERT INTO o2c_event (order_key, order_name, res_model, res_id, res_name,"
            " activity, date, user_id, company_id) SELECT %s + n %% 500, 'X', "
            "'sale.order', %s + n %% 500, 'X', 'changed', now() at time zone 'UTC', 2, "
            "%s FROM generate_series(1, 5000) n",
            [10**8, 10**8, self.company.id],
        )
        for shape in ("ocel", "xes"):
            exports = self.env["o2c.history.export"].with_user(self.auditor)
            pieces = self.pieces(exports.create({"shape": shape}))
            with self.subTest(shape):
                self.assertGreater(len(pieces), 5)
                self.assertLess(max(map(len, pieces)), len(b"".join(pieces)) / 4)

    def test_what_happened_in_the_same_second_stays_in_order(self):
        """Also where the numbers of the rows get a digit more in between."""
        words = [f"step {number}" for number in range(1200)]
        self.env.cr.execute(
            "INSERT INTO o2c_event (order_key, order_name, res_model, res_id, res_name,"
            " activity, date, user_id, company_id, note) SELECT %s, 'X', 'sale.order', "
            "%s, 'X', 'changed', date_trunc('second', now() at time zone 'UTC'), 2, %s,"
            " note FROM unnest(%s) WITH ORDINALITY said (note, number) ORDER BY number",
            [10**8, 10**8, self.company.id, words],
        )
        log = json.loads(self.export(is_pseudonymous=False))
        told = [
            attribute["value"]
            for event in log["events"]
            if event["relationships"][0]["objectId"] == f"sale.order,{10**8}"
            for attribute in event["attributes"]
            if attribute["name"] == "note"
        ]
        self.assertEqual(told, words)

        root = etree.fromstring(self.export(shape="xes", is_pseudonymous=False))
        [trace] = [t for t in root.iter(f"{XES}trace") if self.value(t) == "X"]
        told = [self.value(event, "note") for event in trace.iter(f"{XES}event")]
        self.assertEqual(told, words)

    def test_other_companies_and_other_people(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaises(AccessError):
            self.env["o2c.history.export"].with_user(self.auditor).create(
                {"company_id": other.id}
            ).action_download()
        for user in (self.sam, self.wim, self.kim, self.rae):
            with self.subTest(user.name), self.assertRaises(UserError):
                self.rpc(user, "o2c.history.export", "create", {})
