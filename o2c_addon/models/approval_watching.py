import logging

from psycopg2 import DatabaseError

from odoo import models

_logger = logging.getLogger(__name__)


class ApprovalMixin(models.AbstractModel):
    """Rules that watch or warn: what they would have asked is remembered, no more."""

    _inherit = "o2c.approval.mixin"

    def _o2c_prepare_watched(self, gate):
        """Rows of history: the rules this document passed and would have waited for."""
        user = self.env.user
        rules = self._o2c_rules(gate).watching
        found = [
            rule.id
            for rule in self.sudo()._o2c_beyond(rules)  # sudo: see below
            if not rule.exempts(user) and self._o2c_would_ask(rule)
        ]
        if not found:
            return []
        # sudo: accounting need not read orders; an invoice may be on none
        order = self.sudo()._o2c_orders()[:1]
        row = self._o2c_prepare_event(order, "would_ask")
        return [row | {"rule_id": rule_id} for rule_id in found]

    def _o2c_would_ask(self, rule):
        """Whether ``rule`` (:class:`RuleInForce`) would ask about this document.

        Who only watches stops nothing, not even where the rule is broken.
        """
        # sudo: who is watched need not read the rule
        record = self.env["o2c.approval.rule"].sudo().browse(rule.id)
        try:
            fact = self.sudo()._o2c_fact(rule.criterion, rule.needs)
            return (
                fact > rule.threshold
                and (not rule.domain or record._is_about(self))
                and record._wants_something(fact)
            )
        except DatabaseError:
            raise  # the transaction is lost, and where it helps the host retries
        except Exception:
            _logger.warning("Rule %s cannot be applied", rule.id, exc_info=True)
            return False
