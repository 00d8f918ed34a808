import json
import re
import zipfile
from collections import defaultdict
from hashlib import sha256

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import file_open

from ..models.tamper_check import READERS

MOST = 2000  # orders in one pack
SHOWN = (
    "name",
    "state",
    "date_order",
    "client_order_ref",
    "amount_untaxed",
    "amount_total",
)


class AuditPack(models.TransientModel):
    """All there is about some orders in one file that proves itself.

    The rows of the history stand in it as the texts whose fingerprints are under proof,
    with the proofs from then to now; a script of plain Python verifies them wherever
    the file goes. Only what the acting user may read is in it.
    """

    _name = "o2c.audit.pack"
    _description = "Audit Pack"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    orders = fields.Char(
        "Only These Orders",
        default=lambda self: self._default_orders(),
        help="Numbers, separated by commas. Empty: all orders with a step in the time.",
    )
    date_from = fields.Date(
        "From", default=lambda self: fields.Date.today() - relativedelta(months=1)
    )
    date_to = fields.Date("To", default=fields.Date.today)

    @api.model
    def _default_orders(self):
        if self.env.context.get("active_model") != "sale.order":
            return ""
        orders = self.env["sale.order"].browse(self.env.context.get("active_ids", []))
        return ", ".join(orders.mapped("name"))

    def action_download(self):
        self.ensure_one()
        self._check_may_pack()
        self._events()  # so that what is wrong with it is said here
        return {
            "type": "ir.actions.act_url",
            "url": f"/o2c/audit-pack/{self.id}",
            "target": "download",
        }

    def _check_may_pack(self):
        self.check_access("read")
        user = self.env.user
        is_mine = self.create_uid == user and self.company_id in user.company_ids
        if not is_mine or not any(user.has_group(group) for group in READERS):
            raise AccessError(self.env._("Auditors and administrators make packs."))

    def _file_name(self):
        if names := self._names():
            what = names[0] if len(names) == 1 else f"{len(names)}-orders"
        else:
            what = f"{self.date_from or ''}-{self.date_to or ''}"
        return f"audit-pack-{_file_name(what)}.zip"

    # -- what is in it ---------------------------------------------------------------

    def _names(self):
        return [name.strip() for name in (self.orders or "").split(",") if name.strip()]

    def _events(self):
        """The whole history of the orders meant, as far as one may read it."""
        events = self.env["o2c.event"].with_company(self.company_id)
        mine = Domain("company_id", "=", self.company_id.id)
        if names := self._names():
            wanted = Domain("order_name", "in", names)
        else:
            wanted = Domain.TRUE
            if self.date_from:
                wanted &= Domain("date", ">=", self.date_from)
            if self.date_to:
                wanted &= Domain("date", "<", self.date_to + relativedelta(days=1))
        keys = [
            key for [key] in events._read_group(mine & wanted, ["order_key"]) if key
        ]
        if not keys:
            raise UserError(self.env._("Nothing is remembered of such orders."))
        if len(keys) > MOST:
            raise UserError(
                self.env._(
                    "These are %(count)s orders; a pack has at most %(most)s. Choose a "
                    "shorter time.",
                    count=len(keys),
                    most=MOST,
                )
            )
        found = events.search(mine & Domain("order_key", "in", keys), order="id")
        missing = set(names) - set(found.mapped("order_name"))
        if missing:
            raise UserError(
                self.env._("Nothing is remembered of %s.", ", ".join(sorted(missing)))
            )
        return found

    def _decisions(self, events):
        """Order key → answers to approvals of the order or its invoices."""
        about = defaultdict(set)
        for event in events:
            about[event.res_model, event.res_id].add(event.order_key)
            about["sale.order", event.order_key].add(event.order_key)
        requests = self.env["o2c.approval.request"]
        links = {
            field.comodel_name: name
            for name, field in requests._fields.items()
            if name in ("order_id", "move_id")
        }
        asked = Domain.OR(
            Domain(link, "in", [number for name, number in about if name == model])
            for model, link in links.items()
        )
        # sudo: which questions these are; what of the answers may be read comes after
        by_order = defaultdict(lambda: self.env["o2c.approval.decision"])
        for request in requests.sudo().search(asked, order="id"):
            answers = request.decision_ids.with_env(self.env)._filtered_access("read")
            for model, link in links.items():
                for key in about.get((model, request[link].id), ()):
                    by_order[key] |= answers
        return by_order

    def _documents(self, events):
        """The files on the documents of these steps, as far as one may read them."""
        documents = {(e.res_model, e.res_id) for e in events if e.res_id}
        documents |= {("sale.order", key) for key in events.mapped("order_key")}
        found = self.env["ir.attachment"]
        for model in {model for model, _number in documents}:
            numbers = [number for name, number in documents if name == model]
            if not self.env[model].has_access("read"):
                continue
            found |= found.search(
                [
                    ("res_model", "=", model),
                    ("res_id", "in", numbers),
                    ("type", "=", "binary"),
                ],
                order="id",
            )
        return found

    def _order_facts(self, key):
        """What the order says now, for who may read it; or nothing."""
        order = self.env["sale.order"].browse(key).exists()
        if not order or not order.has_access("read"):
            return {}
        [facts] = order.read(SHOWN)
        return {
            "customer": order.partner_id.display_name,
            "currency": order.currency_id.name,
            **{name: facts[name] for name in SHOWN},
        }

    def _holds(self, events):
        """What was put on hold or let go, with the reason, of these documents."""
        by_field = {
            "sale.order": "order_id",
            "stock.picking": "picking_id",
            "account.move": "move_id",
        }
        asked = Domain("order_id", "in", events.mapped("order_key"))
        for model, field in by_field.items():
            numbers = events.filtered(lambda e, m=model: e.res_model == m)
            asked |= Domain(field, "in", numbers.mapped("res_id"))
        return self.env["o2c.hold"].search(asked, order="id")

    # -- writing ---------------------------------------------------------------------

    def _write_to(self, file):
        """Write the pack into ``file``, order by order."""
        self._check_may_pack()
        events = self._events()
        decisions = self._decisions(events)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
            writer = PackWriter(pack)
            rows = [
                self._write_order(writer, key, steps, decisions[key])
                for key, steps in events.grouped("order_key").items()
            ]
            answers = self.env["o2c.approval.decision"].union(*decisions.values())
            self._write_proof(writer, {"o2c.event": events, answers._name: answers})
            values = {"pack": self, "rows": rows, "made_on": fields.Datetime.now()}
            page = self._page("audit_pack_index", values)
            writer.add("index.html", page)
            with file_open("o2c_addon/report/verify.py", "rb") as script:
                pack.writestr("verify.py", script.read())
            pack.writestr("files.json", json.dumps(writer.fingerprints, indent=1))

    def _write_order(self, writer, key, events, decisions):
        name = events[:1].order_name or str(key)
        folder = _file_name(name)
        facts, holds = self._order_facts(key), self._holds(events)
        files = []
        for document in self._documents(events):
            path = f"documents/{folder}/{document.id}-{_file_name(document.name)}"
            writer.add(path, document.raw or b"")
            files.append({"name": document.name, "path": f"../{path}"})
        values = {
            "name": name,
            "facts": facts,
            "events": events,
            "decisions": decisions,
            "holds": holds,
            "files": files,
        }
        page = self._page("audit_pack_order", values)
        writer.add(f"orders/{folder}.html", page)
        data = {
            "name": name,
            "order": facts,
            "history": events.read(load=None),
            "answers": decisions.read(load=None),
            "holds": [self._hold_facts(hold) for hold in holds],
            "files": files,
        }
        text = json.dumps(data, default=str, indent=1, ensure_ascii=False)
        writer.add(f"orders/{folder}.json", text.encode())
        return {"name": name, "path": f"orders/{folder}.html", "steps": len(events)} | {
            "customer": facts.get("customer", "")
        }

    def _hold_facts(self, hold):
        return {
            "document": hold.res_name,
            "reason": hold.reason_id.name or hold.check_id.name,
            "note": hold.note,
            "opened_by": hold.user_id.name,
            "opened_on": hold.opened_on,
            "released_by": hold.released_by_id.name,
            "released_on": hold.released_on,
            "release_note": hold.release_note,
        }

    def _page(self, template, values):
        html = self.env["ir.qweb"]._render(f"o2c_addon.{template}", values)
        return b"<!DOCTYPE html>\n" + str(html).encode()

    def _write_proof(self, writer, records):
        """The rows as texts, and the proofs from the first they are under to now."""
        # sudo: fingerprints of rows tell nothing of those one may not read
        seals = self.env["o2c.event.seal"].sudo()
        mine = [("company_id", "=", self.company_id.id)]
        covering = seals.browse()
        for model, rows in records.items():
            writer.add(f"history/{model}.jsonl", "".join(seals._texts(rows)).encode())
            covering |= seals.search_fetch(
                [*mine, ("model", "=", model)], ["after_id", "last_id"], order="last_id"
            )._covering(rows.ids)
        chain = seals.browse()
        if covering:
            chain = seals.search([*mine, ("id", ">=", min(covering.ids))], order="id")
        lines = [json.dumps(seal._as_dict(seal in covering)) for seal in chain]
        writer.add("proof/proofs.jsonl", "\n".join(lines).encode())


class PackWriter:
    """Writes files into a pack and keeps the fingerprint of each."""

    def __init__(self, pack):
        self._pack = pack
        self.fingerprints = {}

    def add(self, name, data):
        self._pack.writestr(name, data)
        self.fingerprints[name] = sha256(data).hexdigest()


def _file_name(name):
    """A name no file system takes for a path."""
    return re.sub(r"[^\w.-]+", "-", name or "").strip(".-")[:100] or "file"
