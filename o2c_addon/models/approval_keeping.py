import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

CHUNK = 50  # questions of one transaction


class ApprovalRequest(models.Model):
    """Open questions are looked after: somebody is asked who can answer, in time."""

    _inherit = "o2c.approval.request"

    @api.model
    def _keep_answerable(self):
        """Look after every open question, in chunks, each in a transaction of its own.

        Run by a cron; safe to be called from several processes at any time. One that
        cannot be looked after stops itself only: who keeps its rule is told.
        """
        waiting = self.search([("state", "=", "pending")], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for ids in split_every(CHUNK, waiting.ids):
            self.browse(ids)._look_after_or_split()

    def _look_after_or_split(self):
        """All at once; where that fails in halves, until the bad one is alone."""
        cron = self.env["ir.cron"]
        try:
            self._claim()._look_after()
            return cron._commit_progress(len(self))
        except (OperationalError, ConcurrencyError):
            self.env.cr.rollback()  # somebody works on one of them: the next run
            if len(self) == 1:
                return cron._commit_progress(1)
        except Exception as error:
            self.env.cr.rollback()
            if len(self) == 1:
                self._tell_who_keeps_the_rule(error)
                return cron._commit_progress(1)
        half = len(self) // 2
        self[:half]._look_after_or_split()
        return self[half:]._look_after_or_split()

    def _claim(self):
        """Those that wait still, and whose documents nobody else has in hands."""
        orders, moves = self.order_id.sorted("id"), self.move_id.sorted("id")
        orders = orders.try_lock_for_update(allow_referencing=True)
        moves = moves.try_lock_for_update(allow_referencing=True)
        return self.filtered(
            lambda r: (
                r.state == "pending" and (r.order_id in orders or r.move_id in moves)
            )
        )

    def _tell_who_keeps_the_rule(self, error):
        """At most once a day; what is wrong with telling stops nothing either."""
        _logger.exception("Request %s cannot be looked after", self.id)
        problem = self.env._(
            "%(document)s waits, and whom to ask could not be found out: %(error)s",
            document=self.res_name,
            error=error,
        )
        try:
            with self.env.cr.savepoint():
                self.rule_id._alert(problem)
        except Exception:
            _logger.exception("Nobody was told of request %s", self.id)
