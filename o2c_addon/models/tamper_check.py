import logging
from datetime import timedelta
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_datetime, plaintext2html

from .event_seal import FIRST, LOWEST

_logger = logging.getLogger(__name__)

READERS = ("o2c_addon.group_o2c_auditor", "o2c_addon.group_o2c_manager")
ACTIVITY = "o2c_addon.mail_activity_type_o2c_tamper"
PROOFS = 50  # read at once
TOLD = 100  # findings; who altered more has altered everything
LATE = timedelta(days=1)  # longer than any transaction takes


class TamperCheck(models.Model):
    """One look at the whole history of a company: is it what it was?

    Every row is compared with the proofs (``o2c.event.seal``), and each proof with the
    one before. Made every night and by a button; what is found is told to auditors and
    administrators.
    """

    _name = "o2c.tamper.check"
    _description = "Tamper Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "checked_on"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    checked_on = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("intact", "Intact"), ("altered", "Altered")],
        "Result",
        required=True,
        readonly=True,
    )
    rows = fields.Integer("Rows Compared", readonly=True)
    newer = fields.Integer(
        "Not Yet Under Proof",
        readonly=True,
        help="Written since the last proof: the next one, within ten minutes, has it.",
    )
    found = fields.Integer("Findings", readonly=True)
    findings = fields.Text("What Was Found", readonly=True)
    head = fields.Char(
        "Newest Proof",
        readonly=True,
        help="Keep it somewhere else, as the digest mail does: as long as the list of "
        "proofs has it, nobody has made the history anew.",
    )

    # -- looking ---------------------------------------------------------------------

    def action_check(self):
        """The button: look now, and show what was found."""
        if not any(self.env.user.has_group(group) for group in READERS):
            raise AccessError(
                self.env._("Auditors and administrators check the history.")
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "views": [[False, "form"]],
            "res_id": self._check(self.env.company).id,
        }

    @api.model
    def _check_all(self):
        """Run by a cron: each company, and tell where something is found."""
        # sudo: the robot looks at everything
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            try:
                self._check(company)._tell()
            except Exception:  # what is wrong in one company stops no other
                self.env.cr.rollback()
                _logger.exception("Company %s was not checked", company.id)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _check(self, company):
        # sudo: a check is of all rows, whoever may read them; it tells their numbers
        robot = self.sudo().with_company(company)
        findings = robot._broken_proofs(company)
        rows = newer = 0
        for model in robot.env["o2c.event.seal"]._proven_models():
            compared, found, after = robot._altered_rows(company, model)
            rows += compared
            findings += found
            newer += robot.env[model].search_count(
                [("company_id", "=", company.id), ("id", ">", after)]
            )
        return robot.create(
            {
                "company_id": company.id,
                "checked_on": fields.Datetime.now(),
                "user_id": self.env.uid,
                "state": "altered" if findings else "intact",
                "rows": rows,
                "newer": newer,
                "found": len(findings),
                "findings": "\n".join(findings[:TOLD]),
                "head": robot._head(company),
            }
        ).with_env(self.env)

    @api.model
    def _head(self, company):
        """The newest proof of ``company``, as it is told to others."""
        # sudo: a fingerprint tells nothing but itself
        proofs = self.env["o2c.event.seal"].sudo()
        return proofs.search([("company_id", "=", company.id)], limit=1).hash

    def _broken_proofs(self, company):
        """Sentences on proofs that are not what they were."""
        seals = self.env["o2c.event.seal"]
        findings, before, number = [], FIRST, 0
        while batch := seals.search(
            [("company_id", "=", company.id), ("id", ">", number)],
            limit=PROOFS,
            order="id",
        ):
            for seal in batch:
                [values] = seal.read(load=None)
                digest = sha256((seal.leaves or "").encode()).hexdigest()
                if (digest, seals._hash_of(values)) != (seal.digest, seal.hash):
                    findings.append(self.env._("Proof no. %s was altered.", seal.id))
                if seal.previous != before:
                    findings.append(
                        self.env._("Before proof no. %s one was removed.", seal.id)
                    )
                before, number = seal.hash, seal.id
            batch.invalidate_recordset()
        return findings + self._lost_proofs(company)

    def _lost_proofs(self, company):
        """Sentences on what an earlier check saw as the newest proof and is gone."""
        seen = self.search([("company_id", "=", company.id), ("head", "!=", False)])
        proofs = self.env["o2c.event.seal"]
        there = proofs.search_fetch([("hash", "in", seen.mapped("head"))], ["hash"])
        gone = seen.filtered(lambda c: c.head not in set(there.mapped("hash")))
        return [
            self.env._(
                "The proof seen on %(date)s is gone: %(proof)s",
                date=format_datetime(self.env, check.checked_on),
                proof=check.head,
            )
            for check in gone
        ]

    def _altered_rows(self, company, model):
        """:return: how many rows were compared, sentences on those that are not what
        they were, and the number up to which there is a proof"""
        seals = self.env["o2c.event.seal"]
        mine = [("company_id", "=", company.id), ("model", "=", model)]
        count, findings, after, proven_on = 0, [], 0, None
        while batch := seals.search(
            [*mine, ("last_id", ">", after)], limit=PROOFS, order="last_id"
        ):
            last = batch[-1].last_id
            rows = seals._fingerprints(company, model, after or LOWEST, last)
            now = {number: (leaf, date) for number, leaf, date in rows}
            count += len(now)
            for seal in batch:
                leaves = seal._leaves()
                findings += self._compared(model, leaves, now, proven_on)
                proven_on = seal.sealed_on
            findings += [
                self._sentence("inserted", model, number) for number in sorted(now)
            ]
            after = last
            batch.invalidate_recordset()
        return count, findings, after

    def _compared(self, model, leaves, now, proven_on):
        """Sentences on the rows of one proof; what it knows is taken out of ``now``."""
        findings = []
        for number, leaf in leaves.items():
            current, date = now.pop(number, (None, None))
            if current is None:
                findings.append(self._sentence("removed", model, number))
            elif current != leaf:
                findings.append(self._sentence("altered", model, number))
            elif proven_on and date and date < proven_on - LATE:
                findings.append(self._sentence("backdated", model, number))
        return findings

    def _sentence(self, what, model, number):
        words = {
            "altered": self.env._("%(row)s was altered."),
            "removed": self.env._("%(row)s was removed."),
            "inserted": self.env._("%(row)s was inserted."),
            "backdated": self.env._("%(row)s was written later than it says."),
        }
        record = self.env[model].browse(number).exists()
        row = f"{self.env[model]._description} no. {number}"
        if record.res_name:
            row += f" ({record.res_name})"
        return words[what] % {"row": row}

    # -- telling ---------------------------------------------------------------------

    def _tell(self):
        """An activity for each auditor and administrator of the company, once."""
        for check in self.filtered(lambda c: c.state == "altered"):
            # sudo: which people are in a group is read by administrators only
            groups = self.env["res.groups"].sudo()
            groups = groups.union(*(self.env.ref(group) for group in READERS))
            people = groups.all_user_ids - self.env.ref("base.user_root")
            for person in people.filtered(
                lambda u, c=check: u.active and c.company_id in u.company_ids
            ):
                check.activity_schedule(
                    ACTIVITY,
                    user_id=person.id,
                    summary=self.env._("The history was altered"),
                    note=plaintext2html(check.findings),
                )
