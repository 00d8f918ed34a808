"""The export for process mining, read back by a process-mining tool.

    python tests/mining.py write CONFIG DATABASE FOLDER
    PYTHON-WITH-PM4PY tests/mining.py read FOLDER

``write`` exports the whole history of DATABASE in both formats, with what has to be
found in them; ``read`` lets pm4py read the files and compares. pm4py is neither needed
nor wanted by the addon (AGPL, and it brings half a gigabyte): give it a Python of its
own, outside of the repo,

    python3 -m venv /tmp/pm4py && /tmp/pm4py/bin/pip install pm4py
"""

import json
import sys
from collections import Counter
from pathlib import Path

FILES = {"ocel": "history.json", "xes": "history.xes"}


def write(rc, database, folder):
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", rc, "-d", database])
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        values = {"date_from": "2000-01-01", "is_pseudonymous": False}
        for shape, name in FILES.items():
            export = env["o2c.history.export"].create({"shape": shape, **values})
            with (folder / name).open("wb") as file:
                file.writelines(export._stream())
        cr.execute(
            """
            SELECT order_key, activity FROM o2c_event
             WHERE company_id = %s AND order_key IS NOT NULL
          ORDER BY order_key, date, id
            """,
            [env.company.id],
        )
        labels = dict(env["o2c.event"]._fields["activity"].selection)
        cases = {}
        for order, activity in cr.fetchall():
            cases.setdefault(order, []).append(labels[activity])
        cr.rollback()
    expected = folder / "expected.json"
    expected.write_text(json.dumps(list(cases.values())))


def read(folder):
    import pm4py

    folder = Path(folder)
    written = "Order written"  # the host's own step, of orders that are still there
    cases = json.loads((folder / "expected.json").read_text())

    log = pm4py.read_xes(str(folder / FILES["xes"]))
    traces = [
        tuple(step for step in steps if step != written)
        for _case, steps in log.groupby("case:concept:name", sort=False)["concept:name"]
    ]
    assert Counter(traces) == Counter(map(tuple, cases)), "XES: other traces"
    begun, ended = pm4py.get_start_activities(log), pm4py.get_end_activities(log)
    follows, _begin, _end = pm4py.discover_dfg(log)
    print(f"XES: {len(log)} steps of {len(traces)} orders, each in its order")
    print(f"  {len(begun)} ways to begin, {len(ended)} to end, {len(follows)} arrows")

    ocel = pm4py.read_ocel2_json(str(folder / FILES["ocel"]))
    steps = Counter(ocel.events[ocel.event_activity])
    del steps[written]
    assert not Counter(step for case in cases for step in case) - steps, (
        "OCEL: steps are missing"
    )
    assert set(ocel.objects[ocel.object_type_column]) <= {
        "order",
        "delivery",
        "invoice",
    }, "OCEL: other things"
    unknown = set(ocel.relations[ocel.object_id_column]) - set(
        ocel.objects[ocel.object_id_column]
    )
    assert not unknown, "OCEL: a step is about something that is not there"
    print(f"OCEL: {len(ocel.events)} steps about {len(ocel.objects)} things")
    flat = pm4py.ocel_flattening(ocel, "order")
    print(f"  as seen by orders: {flat['case:concept:name'].nunique()} cases")


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
