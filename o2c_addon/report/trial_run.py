import logging
from hashlib import sha256

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain

from .trial import UNDER_WAY

_logger = logging.getLogger(__name__)

CHUNK = 1000  # documents judged in one transaction


class Trial(models.Model):
    """Going through what was done, a thousand in each transaction."""

    _inherit = "o2c.trial"

    @api.model
    def _run_due(self):
        """Work through what is under way, a chunk at a time. Run by a cron."""
        cron = self.env["ir.cron"]
        trials = self.search([("state", "in", UNDER_WAY)], order="id")
        cron._commit_progress(remaining=len(trials))
        for trial in trials:
            trial = trial.with_context(lang=trial.create_uid.lang)
            while trial._advance():
                if not cron._commit_progress():
                    return
            cron._commit_progress(1)

    def _advance(self):
        """One chunk more.

        :return: whether there is more to do; what is stopped or held by another is not
        """
        self.invalidate_recordset()
        trial = self.try_lock_for_update()
        if not trial or trial.state not in UNDER_WAY:
            return False
        try:
            with self.env.cr.savepoint():
                return trial._judge_next()
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("Try-out %s cannot go on", self.id)
            trial.write({"state": "failed", "error": str(error)})
            return False

    def _judge_next(self):
        self._begin_unless_begun()
        documents = self._next()
        if not documents:
            self._finish()
            return False
        found = self._judge(documents)
        self.env["o2c.trial.document"].create(found)
        self.write(
            {"judged": self.judged + len(documents), "last_id": min(documents.ids)}
        )
        self.env.flush_all()
        self.env.invalidate_all()  # of 100,000 orders, remember none
        return True

    def _begin_unless_begun(self):
        """Anew also where the rules are no longer those it began with."""
        rules_as_of = self._fingerprint()
        if self.rules_as_of == rules_as_of:
            return
        self._forget()
        self.write(
            {
                "state": "running",
                "started_on": fields.Datetime.now(),
                "rules_as_of": rules_as_of,
                "total": self._documents().search_count(self._domain()),
                "left_out": "\n".join(self._left_out()),
            }
        )

    def _fingerprint(self):
        """Of all that a judgement depends on but the documents."""
        # sudo: rules of all people
        rules = self.env["o2c.approval.rule"].sudo().with_context(active_test=False)
        rules = rules.search([("document", "=", self.document)])
        policy = [rules.mapped("write_date"), rules.step_ids.mapped("write_date")]
        changes = [(c.rule_id.id, c.limit, c.counts) for c in self.change_ids]
        return sha256(repr([policy, changes]).encode()).hexdigest()[:24]

    def _as_creator(self):
        """For the eyes of who made it: no document he may not read is looked at."""
        return self.with_user(self.create_uid).with_company(self.company_id)

    def _documents(self):
        branches = self.env["res.company"].search(
            [("id", "child_of", self.company_id.ids)]
        )
        # sudo: in which companies one works is no secret
        companies = self.company_id | branches & self.create_uid.sudo().company_ids
        documents = self._as_creator().env[self.document]
        return documents.with_context(allowed_company_ids=companies.ids)

    def _domain(self):
        since = fields.Datetime.now() - relativedelta(months=self.months)
        return self._documents()._o2c_passed_since(since) & Domain(
            "company_id", "child_of", self.company_id.ids
        )

    def _next(self):
        domain = self._domain()
        if self.last_id:
            domain &= Domain("id", "<", self.last_id)
        return self._documents().search(domain, order="id DESC", limit=CHUNK)
