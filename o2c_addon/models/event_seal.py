import logging
import re
import time
from bisect import bisect_left
from hashlib import sha256

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

FIRST = "0" * 64  # what the first proof of a company follows
LOWEST = -(2**31)  # before any number, also one that nobody was given
ROWS = 1000  # under one proof at most
LEAF = re.compile(r"^(-?\d{1,10}) ([0-9a-f]{64})$", re.M)
PATIENCE = 5  # seconds, for those who are writing just now


class EventSeal(models.Model):
    """What stood in the history at some moment: a chain nobody can mend unnoticed.

    Each proof has the fingerprint of every row that was new, and the fingerprint of the
    proof before it. Whoever changes, removes or slips in a row below the newest proof
    would have to make anew all proofs since, and the newest one is known to others: it
    stands in the digest mail.

    How: rows are written without looking at this. A cron puts under proof what is
    there, company by company. A number once given may be written later than a higher
    one, so it waits for those who were writing when it looked, and for nobody else:
    they hold the lock of the table that every INSERT takes before it gets its number.
    """

    _name = "o2c.event.seal"
    _description = "Proof of the History"
    _inherit = ["o2c.append.only"]
    _order = "id desc"
    _rec_name = "hash"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="restrict", index=True
    )
    model = fields.Char(required=True, readonly=True)
    after_id = fields.Integer(readonly=True)
    last_id = fields.Integer("Up To", required=True, readonly=True)
    rows = fields.Integer(readonly=True)
    leaves = fields.Text(
        "Fingerprints", readonly=True, help="Number and fingerprint of each row."
    )
    digest = fields.Char("Fingerprint of the Rows", required=True, readonly=True)
    previous = fields.Char("Proof Before", required=True, readonly=True)
    hash = fields.Char("Proof", required=True, readonly=True, index=True)
    sealed_on = fields.Datetime("Proven On", required=True, readonly=True)

    _no_fork = models.UniqueIndex("(company_id, previous)")

    # -- what is under proof ---------------------------------------------------------

    @api.model
    def _proven_models(self):
        """Everything that is append-only and belongs to a company."""
        kind = self.pool["o2c.append.only"]
        return sorted(
            name
            for name, model in self.pool.items()
            if issubclass(model, kind) and not model._abstract and name != self._name
        )

    @api.model
    def _text_of_row(self):
        """SQL of a row as one text that is always written alike; empty columns count
        for nothing, so that one added later changes no row."""
        return SQL(
            "(SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(kept)) "
            "WHERE value != 'null')::text"
        )

    @api.model
    def _fingerprints(self, company, model, after, last, limit=None):
        """The rows of ``model`` as they are now: list of (id, fingerprint, date)."""
        records = self.env[model]
        return self.env.execute_query(
            SQL(
                """
                SELECT id, encode(sha256(convert_to(%(text)s, 'UTF8')), 'hex'), %(date)s
                  FROM %(table)s kept
                 WHERE company_id = %(company)s AND id > %(after)s AND id <= %(last)s
              ORDER BY id LIMIT %(limit)s
                """,
                text=self._text_of_row(),
                date=SQL.identifier(records._written_on),
                table=SQL.identifier(records._table),
                company=company.id,
                after=after,
                last=last,
                limit=limit,
            )
        )

    @api.model
    def _hash_of(self, values):
        """The fingerprint of a proof. The script of the audit pack knows it too."""
        content = (
            values["previous"],
            values["company_id"],
            values["model"],
            values["after_id"],
            values["last_id"],
            values["rows"],
            values["digest"],
            fields.Datetime.to_string(values["sealed_on"]),
        )
        return sha256("\n".join(map(str, content)).encode()).hexdigest()

    def _leaves(self):
        """Number → fingerprint of the rows under this proof."""
        return {int(row): leaf for row, leaf in LEAF.findall(self.leaves or "")}

    # -- for the audit pack ----------------------------------------------------------

    def _texts(self, records):
        """The texts that were put under proof of these rows, a line for each."""
        query = SQL(
            "SELECT %s FROM %s kept WHERE id = ANY(%s) ORDER BY id",
            self._text_of_row(),
            SQL.identifier(records._table),
            records.ids,
        )
        return [f"{text}\n" for [text] in self.env.execute_query(query)]

    def _covering(self, numbers):
        """Those of these proofs, ascending and of one model, that have such rows."""
        ends = self.mapped("last_id")
        found = {
            self[place]
            for n in numbers
            for place in [bisect_left(ends, n)]
            if place < len(ends)
        }
        return self.browse(seal.id for seal in found)

    def _as_dict(self, with_leaves):
        names = {"company_id", "model", "after_id", "last_id", "rows", "digest"}
        names |= {"previous", "hash", "sealed_on"}
        names |= {"leaves"} if with_leaves else set()
        [values] = self.read(names, load=None)
        sealed_on = fields.Datetime.to_string(values["sealed_on"])
        return values | {"sealed_on": sealed_on}

    # -- putting under proof ---------------------------------------------------------

    @api.model
    def _seal_due(self):
        """Put under proof what is new. Run by a cron; what is being written waits."""
        newest = {model: self._newest(model) for model in self._proven_models()}
        writers = self._writers(newest)
        if not self._have_finished(writers, newest):
            return
        # from here on everything they wrote is seen
        self.env["ir.cron"]._commit_progress()
        # sudo: a proof is of all rows, whoever may read them
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            self._seal_alone(company, newest)

    @api.model
    def _seal_alone(self, company, newest):
        """All that is new in one company; what is wrong there stops no other."""
        try:
            for model, last in newest.items():
                while self._seal(company, model, last):
                    self.env["ir.cron"]._commit_progress()
        except (UniqueViolation, OperationalError):
            self.env.cr.rollback()  # another process does the same: the next run
        except Exception:
            self.env.cr.rollback()
            _logger.exception("No proof of the history of company %s", company.id)

    def _newest(self, model):
        """The highest number there is."""
        table = SQL.identifier(self.env[model]._table)
        query = SQL("SELECT COALESCE(max(id), 0) FROM %s", table)
        [[newest]] = self.env.execute_query(query)
        return newest

    def _writers(self, names):
        """The transactions that may have a number of these and are not finished."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT virtualtransaction FROM pg_locks
                 WHERE relation = ANY(%s::regclass[]) AND mode = 'RowExclusiveLock'
                   AND database = (
                       SELECT oid FROM pg_database WHERE datname = current_database()
                   )
                   AND pid IS DISTINCT FROM pg_backend_pid()
                """,
                [self.env[name]._table for name in names],
            )
        )
        return {writer for [writer] in rows}

    def _have_finished(self, writers, names):
        deadline = time.monotonic() + PATIENCE
        while writers and time.monotonic() < deadline:
            time.sleep(0.1)
            writers &= self._writers(names)
        return not writers

    @api.model
    def _seal(self, company, model, last):
        """The next rows of ``model`` up to number ``last``: one proof, or none."""
        # sudo: nobody has the right to write proofs
        proofs = self.sudo()
        of_company = [("company_id", "=", company.id)]
        head = proofs.search(of_company, limit=1)
        before = proofs.search([*of_company, ("model", "=", model)], limit=1)
        after = before.last_id
        rows = self._fingerprints(company, model, after or LOWEST, last, ROWS)
        if not rows:
            return self.browse()
        leaves = "\n".join(f"{number} {leaf}" for number, leaf, _date in rows)
        values = {
            "company_id": company.id,
            "model": model,
            "after_id": after,
            "last_id": rows[-1][0],
            "rows": len(rows),
            "leaves": leaves,
            "digest": sha256(leaves.encode()).hexdigest(),
            "previous": head.hash or FIRST,
            "sealed_on": fields.Datetime.now(),
        }
        return proofs.create(values | {"hash": self._hash_of(values)})
