from functools import cache, partial

from odoo import models
from odoo.tools import format_list

from .trial import DESKS


class Trial(models.Model):
    """What stops a document by the rules as they are, and by those tried."""

    _inherit = "o2c.trial"

    def _rules_today(self, company):
        """What stops documents of ``company`` now, as who made this sees it."""
        # sudo: judged alike whoever tries
        rules = self._as_creator().env["o2c.approval.rule"].sudo()
        gate = self.env[self.document]._o2c_gate
        return rules.browse(
            rule.id
            for rule in rules._in_force(self.document, gate, company.id)
            if rule.effect == "enforce"
        )

    def _rules_tried(self, company):
        """What would stop them: today's, but for what would be different."""
        tried = list(self._rules_today(company))
        for change in self._as_creator().sudo().change_ids:  # sudo: see above
            tried = [rule for rule in tried if rule != change.rule_id]
            if change.counts and change._is_for(company):
                tried.append(change._changed_rule())
        return tried

    def _judge(self, documents):
        """Values of what is found: one for each document that waits, now or then."""
        documents._o2c_forget_facts()
        in_words = cache(self._rules_in_words), cache(self._desks_in_words)
        # sudo: which there are was asked as the user; judged as by the law
        found = [
            self._prepare_document(document, before, after, *in_words)
            for company, group in documents.sudo().grouped("company_id").items()
            for document, before, after in self._waiting_in(company, group)
        ]
        documents._o2c_forget_facts()
        return found

    def _waiting_in(self, company, documents):
        """Those of ``documents`` that wait, with the rules that stop them now and then.

        :return: iterator of tuple: document, tuple of rules, tuple of rules
        """
        stops = cache(partial(self._stopped_by, documents))
        today = self._all_stopped(self._rules_today(company), stops)
        tried = self._all_stopped(self._rules_tried(company), stops)
        for document in documents:
            if document in today or document in tried:
                yield document, today.get(document, ()), tried.get(document, ())

    def _stopped_by(self, documents, rule):
        """Those of ``documents`` that ``rule`` stops; none if it is left out."""
        return () if self._why_left_out(rule) else rule._stops(documents)

    def _all_stopped(self, rules, stops):
        """Document → the rules that stop it."""
        stopped = {}
        for rule in rules:
            for document in stops(rule):
                stopped[document] = (*stopped.get(document, ()), rule)
        return stopped

    def _prepare_document(self, document, before, after, rules, desks):
        return {
            "trial_id": self.id,
            "res_id": document.id,
            "res_name": document.display_name,
            "partner_name": document.partner_id.display_name,
            "passed_on": document[document._o2c_passed_date],
            "amount": document._o2c_amount_at_risk(),
            "change": "more" if not before else "same" if after else "fewer",
            "rules": rules(after or before),
            "desk": desks(tuple(rule._asks_first(document) for rule in after)),
        }

    def _rules_in_words(self, rules):
        return format_list(self.env, [rule.name for rule in rules])

    def _desks_in_words(self, asked):
        """“Ada or Ben · Kim”: whom each of the rules asks first."""
        nobody = self.env._("Nobody: it has to be mended")
        desks = [steps._chain_in_words() if steps else nobody for steps in asked]
        return DESKS.join(dict.fromkeys(desks))

    # -- what cannot be known ----------------------------------------------------------

    def _why_left_out(self, rule):
        """Why ``rule`` is not tried: a sentence, or nothing."""
        if not rule._knows_past():
            return self.env._(
                "“%s” is left out: what customers owed in the past is not known any "
                "more.",
                rule.name,
            )
        if not rule._may_be_told():
            return self.env._(
                "“%s” is left out: its figures are for who may see costs or what "
                "customers owe.",
                rule.name,
            )
        if problem := rule._origin._problem_of_condition():
            return self.env._(
                "%(problem)s. Until it is mended, “%(rule)s” stops all it looks at.",
                problem=problem,
                rule=rule.name,
            )
        return None

    def _left_out(self):
        """Sentences on what this try-out does not look at, or not as it was."""
        rules = [*self._rules_today(self.company_id)]
        rules += [r for r in self._rules_tried(self.company_id) if r not in rules]
        said = dict.fromkeys(filter(None, map(self._why_left_out, rules)))
        tried = (rule for rule in rules if not self._why_left_out(rule))
        said |= dict.fromkeys(filter(None, (rule._caveat() for rule in tried)))
        return list(said)


class ApprovalRule(models.Model):
    _inherit = "o2c.approval.rule"

    def _asks_first(self, document):
        """The steps this rule would have asked at once; none where it asks nobody."""
        fact = document._o2c_fact(self.criterion, self._needs())
        steps = self._steps_for(fact)
        first = steps[:1].sequence
        return steps.filtered(lambda step: step.sequence == first)
