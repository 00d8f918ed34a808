import logging
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from psycopg2 import DatabaseError

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_list

from ..models.approval_mixin import CUSTOMER

_logger = logging.getLogger(__name__)

MONTHS = 3
MOST = 2000  # the newest are looked at, so that it answers while somebody waits
NAMED = 5
AS_THEY_ARE = {"margin", "price_below_list", "payment_term", "incomplete"}
KEPT = {"address", "tracking", "document", "domain"}  # what a done delivery still tells


class Trial(NamedTuple):
    """What was looked at, and what of it a policy would stop."""

    judged: models.BaseModel
    found: models.BaseModel


class PolicyTrial(models.AbstractModel):
    """Policy tried on the documents there are, before it stops anybody.

    ``_stops(documents)`` is the evaluator: it judges as the policy would, together, and
    writes nothing. What was done is looked at where its figures are still known
    (``_knows_past``); else what is open now.
    """

    _name = "o2c.policy.trial"
    _description = "Policy that can be tried out"

    def try_out(self):
        """What it would have stopped, for the eyes of who may change it.

        :return: list of dict ``text domain model``: a sentence, and what it counted
        """
        self.ensure_one()
        if not self.has_access("write"):
            return []
        lines = [self._try_on_documents(), self._found_by_watching()]
        return [line for line in lines if line]

    # -- to be said by each kind of policy -------------------------------------------

    def _stops(self, documents):
        """Those of ``documents`` this policy is not content with."""
        raise NotImplementedError

    def _knows_past(self):
        """Whether what it looks at is still known of documents that are done."""
        raise NotImplementedError

    def _caveat(self):
        """What the reader has to know of the figures, a sentence or nothing."""
        return ""

    def _may_be_told(self):
        """Whether the acting user may know what this policy looks at."""
        raise NotImplementedError

    def _watched_domain(self):
        """The rows of history that watching wrote for this policy."""
        raise NotImplementedError

    # -- trying ----------------------------------------------------------------------

    def _try(self, domain):
        """Judge the newest documents of ``domain`` that the acting user may read."""
        documents = self._about()
        if not documents.has_access("read") or not self._may_be_told():
            return None
        companies = self.company_id or self.env.companies
        domain &= Domain("company_id", "child_of", companies.ids)
        documents = documents.search(
            domain, order=f"{documents._o2c_passed_date} DESC, id DESC", limit=MOST
        )
        documents._o2c_forget_facts()
        # sudo: which documents there are was asked as the user; judged as by the law
        found = self._stops(documents.sudo())
        documents._o2c_forget_facts()
        return Trial(documents, found.sudo(False))

    def _try_on_documents(self):
        if self._knows_past():
            since = fields.Datetime.now() - relativedelta(months=MONTHS)
            trial = self._try(self._about()._o2c_passed_since(since))
        else:
            trial = self._try(self._about()._o2c_not_passed())
        if trial is None:
            return {"text": self._sentence_for_others()}
        line = {"text": self._in_sentence(trial)}
        if trial.found:
            line |= {
                "domain": [("id", "in", trial.found.ids)],
                "model": trial.found._name,
            }
        return line

    def _sentence_for_others(self):
        return self.env._(
            "What it would have stopped is told to who may read the figures it looks "
            "at."
        )

    def _in_sentence(self, trial):
        past, now = self._about()._o2c_nouns()
        figures = {
            "found": len(trial.found),
            "judged": len(trial.judged),
            "documents": past if self._knows_past() else now,
            "months": MONTHS,
            "names": self._names(trial.found),
        }
        if self._knows_past():
            sentence = self._in_sentence_past(trial, figures)
        else:
            sentence = self._in_sentence_now(trial, figures)
        if len(trial.judged) == MOST:
            newest = self.env._("Only the newest %s were looked at.", MOST)
            sentence = f"{sentence} {newest}"
        return f"{sentence} {self._caveat()}".strip()

    def _in_sentence_past(self, trial, figures):
        if not trial.judged:
            return self.env._(
                "There are no %(documents)s of the last %(months)s months to try it "
                "on.",
                **figures,
            )
        if not trial.found:
            return self.env._(
                "None of the %(judged)s %(documents)s of the last %(months)s months "
                "would have waited.",
                **figures,
            )
        return self.env._(
            "%(found)s of %(judged)s %(documents)s of the last %(months)s months would "
            "have waited: %(names)s.",
            **figures,
        )

    def _in_sentence_now(self, trial, figures):
        if not trial.judged:
            return self.env._("There are no %(documents)s to try it on.", **figures)
        if not trial.found:
            return self.env._(
                "None of the %(judged)s %(documents)s would wait now.", **figures
            )
        return self.env._(
            "%(found)s of %(judged)s %(documents)s would wait now: %(names)s.",
            **figures,
        )

    def _names(self, documents):
        names = documents[:NAMED].mapped("name")
        if len(documents) > NAMED:
            names.append(self.env._("%s more", len(documents) - NAMED))
        return format_list(self.env, names)

    # -- what watching has found -----------------------------------------------------

    def _found_by_watching(self):
        """What passed while it only watched or warned, as far as the user may read."""
        history = self.env["o2c.event"]
        if not self._origin or not history.has_access("read"):
            return None
        field, model = self._watched_documents()
        [(keys, first)] = history._read_group(
            self._watched_domain(), [], [f"{field}:array_agg", "date:min"]
        )
        keys = set(keys or ())
        if not keys:
            return None
        text = self.env._(
            "Since %(date)s watching has found %(count)s.",
            date=format_date(self.env, first),
            count=self._count_in_words(model, len(keys)),
        )
        return {
            "text": text,
            "domain": [("id", "in", list(keys))],
            "model": model,
        }

    def _count_in_words(self, model, count):
        if model == "account.move":
            return (
                self.env._("1 invoice")
                if count == 1
                else self.env._("%s invoices", count)
            )
        return self.env._("1 order") if count == 1 else self.env._("%s orders", count)

    def _watched_documents(self):
        """The column of history that counts what watching found, and of which model."""
        return "order_key", "sale.order"


class ApprovalRule(models.Model):
    _name = "o2c.approval.rule"
    _inherit = ["o2c.approval.rule", "o2c.policy.trial"]

    def _stops(self, documents):
        """Whom this rule would ask about; asked by whoever sells it now."""
        try:
            criterion, needs, least = self.criterion, self._needs(), self._asks_above()
            beyond = documents.filtered(lambda d: d._o2c_fact(criterion, needs) > least)
            beyond = beyond.filtered_domain(self._read_domain())
        except DatabaseError:
            raise
        except Exception:  # a broken rule must never crash a screen
            _logger.warning("Rule %s cannot be tried", self.id, exc_info=True)
            return documents.browse()
        if not self.exempt_user_ids and not self.exempt_group_ids:
            return beyond
        return beyond.filtered(lambda d: not self._is_exempt(d._o2c_seller()))

    def _is_exempt(self, user):
        groups = self.exempt_group_ids._origin
        return user in self.exempt_user_ids._origin or bool(
            groups and set(groups.ids) & set(user._get_group_ids())
        )

    def _knows_past(self):
        return self.criterion not in CUSTOMER

    def _caveat(self):
        if not self._knows_past():
            return self.env._("What customers owed in the past is not known any more.")
        if self.criterion in AS_THEY_ARE or self.domain not in (False, "[]"):
            return self.env._("Judged with costs, prices and data as they are today.")
        return ""

    def _may_be_told(self):
        return self._about()._o2c_reads_figure(self)

    def _watched_domain(self):
        return [("rule_id", "=", self._origin.id), ("activity", "=", "would_ask")]

    def _watched_documents(self):
        return "res_id", self.document


class FulfillmentCheck(models.Model):
    _name = "o2c.fulfillment.check"
    _inherit = ["o2c.fulfillment.check", "o2c.policy.trial"]

    def _stops(self, documents):
        deliveries = documents.filtered(
            lambda d: (
                d._o2c_is_delivery()
                and d.picking_type_id in (self.picking_type_ids or d.picking_type_id)
            )
        )
        return deliveries.filtered(
            lambda d: (found := d._o2c_obstacle_found(self)) and found.kind == "check"
        )

    def _knows_past(self):
        return self.code in KEPT

    def _caveat(self):
        if self._knows_past():
            return self.env._("Judged with the data as it is today.")
        return self.env._("How it was when goods left is not known any more.")

    def _may_be_told(self):
        return not self._is_private() or self._about()._o2c_reads_debt()

    def _watched_domain(self):
        return [
            ("id", "in", self._watched_by_check()),
            ("activity", "=", "would_ask"),
        ]

    def _watched_by_check(self):
        """Ids of the rows of history that name this check among their figures."""
        self.env["o2c.event"].flush_model()
        self.env.cr.execute(
            "SELECT id FROM o2c_event WHERE activity = 'would_ask' "
            "AND rule_id IS NULL AND data ->> 'check' = %s",
            [str(self._origin.id)],
        )
        return [event_id for (event_id,) in self.env.cr.fetchall()]


class GateMixin(models.AbstractModel):
    """What a policy is tried on."""

    _inherit = "o2c.gate.mixin"

    def _o2c_passed_since(self, moment):
        """Domain of what got behind its gate since then."""
        return Domain("state", "=", self._o2c_final_state) & Domain(
            self._o2c_passed_date, ">=", moment
        )

    def _o2c_not_passed(self):
        """Domain of what stands before its gate now."""
        return Domain("state", "not in", (self._o2c_final_state, "cancel"))

    def _o2c_nouns(self):
        """What is passed, and what is not yet, as nouns in the plural."""
        return self.env._("documents"), self.env._("open documents")

    def _o2c_seller(self):
        """Who would have asked for it."""
        return self.create_uid


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_nouns(self):
        return self.env._("orders"), self.env._("open quotations")

    def _o2c_seller(self):
        return self.user_id or super()._o2c_seller()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_passed_since(self, moment):
        return super()._o2c_passed_since(moment) & self._o2c_to_customers()

    def _o2c_not_passed(self):
        return super()._o2c_not_passed() & self._o2c_to_customers()

    def _o2c_to_customers(self):
        return Domain("location_dest_id.usage", "=", "customer")

    def _o2c_nouns(self):
        return self.env._("deliveries"), self.env._("open deliveries")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_passed_since(self, moment):
        return super()._o2c_passed_since(moment) & self._o2c_for_customers()

    def _o2c_not_passed(self):
        return super()._o2c_not_passed() & self._o2c_for_customers()

    def _o2c_for_customers(self):
        return Domain("move_type", "in", self.get_sale_types(include_receipts=True))

    def _o2c_nouns(self):
        return self.env._("invoices"), self.env._("draft invoices")
