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

    def _look_after(self):
        """What nobody has to answer any more is closed first."""
        moot = self.filtered(lambda r: r._is_moot())
        moot._close_needless()
        return super(ApprovalRequest, self - moot)._look_after()

    def _is_moot(self):
        """Whether the document was edited since, so that it would not be asked about.

        What was asked about the document as it is, or as it passed, stays; and a rule
        that was edited or archived meanwhile changes nothing.
        """
        document = self._document()
        passed = document._o2c_is_final()
        seal = document.o2c_passed_seal if passed else document._o2c_current_seal()
        if self.seal == seal or document.state == "cancel":
            return False
        document._o2c_forget_facts()
        rule = self.rule_id
        if document._o2c_is_stamped_for(rule):
            return True
        return document._o2c_fact(rule.criterion, rule._needs()) <= self.limit

    def _close_needless(self):
        """Nobody has to answer any more: who was asked and who asked can read so."""
        for request in self:
            document, who = request._document(), request._waiting_for()
            request._move_to("obsolete")
            document._o2c_log("not_needed", rule_id=request.rule_id.id)
            document._o2c_say(
                self.env._("No longer waits for %s: no approval is needed.", who)
            )

    @api.model
    def _keep_soon(self):
        """By the cron, at once: whoever changes something need not read what waits."""
        self.env.ref("o2c_addon.ir_cron_o2c_keep_approvals")._trigger()

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
