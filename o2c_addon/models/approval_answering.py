from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_list

from ..reading import keep_lines, read_linked


class ApprovalRequest(models.Model):
    """Answering, asking again and taking back: what people do with a question."""

    _inherit = "o2c.approval.request"

    def action_approve(self, reason=None):
        """Say yes, as the acting user, to each of these requests.

        :raise UserError: who may not answer, or answers too late, reads why.
        """
        return self._answer("approved", reason)

    def action_refuse(self, reason):
        """Say no, as the acting user; the reason is what whoever asked reads."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse: whoever asked reads it."))
        return self._answer("refused", reason)

    def action_open_answer(self):
        """Ask for the words that go with a refusal."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refuse %s", self.res_name),
            "res_model": "o2c.approval.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_request_id": self.id},
        }

    def action_open_comment(self):
        """Ask for the words that go with a yes."""
        view = self.env.ref("o2c_addon.approval_answer_view_form_approve")
        return self.action_open_answer() | {
            "name": self.env._("Approve %s", self.res_name),
            "views": [(view.id, "form")],
        }

    def action_open_argument(self):
        """Ask for the words that go with the question when it is put again."""
        view = self.env.ref("o2c_addon.approval_answer_view_form_ask_again")
        return self.action_open_answer() | {
            "name": self.env._("Ask again for %s", self.res_name),
            "views": [(view.id, "form")],
        }

    def _answer(self, verdict, reason):
        self.sudo()._read_for_answer()  # sudo: what is known decides nothing
        self.check_access("read")
        if len(self) == 1:
            return self._answer_one(verdict, reason) or True
        problems = [request._answer_alone(verdict, reason) for request in self]
        problems = [problem for problem in problems if problem]
        return self._tell("\n".join(problems)) if problems else True

    def _read_for_answer(self):
        """Read these, and what else was asked about the same documents, with all steps
        by one query; who may answer is known from it."""
        about_the_same = SQL(
            """
            (SELECT other.id
               FROM o2c_approval_request AS own
               JOIN o2c_approval_request AS other
                 ON other.order_id = own.order_id OR other.move_id = own.move_id
              WHERE own.id IN %s)
            """,
            tuple(self.ids) or (0,),
        )
        self.flush_model(["order_id", "move_id"])
        turns = read_linked(
            self.env["o2c.approval.turn"],
            Domain("request_id", "in", about_the_same),
            "request_id",
        )
        requests = turns.request_id.sorted()
        keep_lines(requests, "turn_ids", turns)
        for name in ("order_id", "move_id"):
            keep_lines(requests[name], "o2c_request_ids", requests)
        self._fields["approver_ids"]._insert_cache(
            requests, [request._asked_now()._ids for request in requests]
        )

    def _answer_alone(self, verdict, reason):
        """One of many: what is wrong with it stops none of the others, and is told."""
        try:
            with self.env.cr.savepoint():
                action = self._answer_one(verdict, reason)
        except UserError as error:
            return f"{self.res_name}: {error}"
        return action and action["params"]["message"]

    def _answer_one(self, verdict, reason):
        # sudo: the right to answer is checked here, no other is needed
        with self.sudo()._document()._o2c_keeping():
            return self.sudo()._answer_kept(verdict, reason)

    def _answer_kept(self, verdict, reason):
        request = self
        request.rule_id._o2c_recall(request.rule_id.ids)
        asked = request.with_context(active_test=False).approver_ids
        request._document()._o2c_meet(asked | request._parties())
        if problem := request._problem_of_answering(self.env.user):
            raise UserError(problem)
        request._document()._o2c_forget_facts()
        if request._is_overtaken():
            request._ask_anew()
            return self._tell(
                self.env._(
                    "%s was changed meanwhile. Your answer was not counted; look at "
                    "the new question.",
                    request.res_name,
                )
            )
        routes = request._routes_of(self.env.user)
        if not routes:
            raise UserError(request._answered_by_others())
        request._settle(verdict, reason, routes)
        return None

    def _tell(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_ask_again(self, reason):
        """Put a refused question once more, with a new argument: a new round."""
        if not (reason or "").strip():
            raise UserError(self.env._("Say what speaks for it now."))
        document = self._document()
        document.with_user(self.env.user).check_access("write")
        if self.state != "refused":
            raise UserError(self.env._("%s was not refused.", self.res_name))
        # sudo: nobody writes a question but the gate
        request = self.sudo()
        document._o2c_lock()
        document._o2c_forget_facts()
        request._move_to("obsolete")
        # with the rights of who asks now, whatever the first asker had
        intent = request.intent and request.intent | {"su": self.env.su}
        document._o2c_ask(document._o2c_gate, intent, document._o2c_asker(), reason)
        return True

    def action_withdraw(self):
        """Take the question back: nobody has to answer any more."""
        for request in self:
            document = request._document()
            document.with_user(self.env.user).check_access("write")
            document._o2c_lock()
            # sudo: nobody writes a question but the gate
            request.sudo()._move_to("cancelled")
            document._o2c_log("withdrawn", rule_id=request.sudo().rule_id.id)
        return True

    def _problem_of_answering(self, user):
        """Why ``user`` may not answer this now: a sentence, or nothing."""
        self = self.sudo()  # sudo: the sentence names people, whoever reads it
        if self.state != "pending":
            state = dict(self._fields["state"]._description_selection(self.env))
            return self.env._(
                "“%(document)s” no longer waits for an answer: %(state)s.",
                document=self.res_name,
                state=state[self.state],
            )
        document = self._document()
        if user in self.requested_by_id | document._o2c_authors():
            return self.env._(
                "You asked for or changed %(document)s, so somebody else approves it: "
                "%(who)s.",
                document=self.res_name,
                who=self._waiting_for(),
            )
        at_home = self.company_id.id in user._get_company_ids()
        if user not in self.approver_ids or not at_home:
            return self._answered_by_others()
        return None

    def _answered_by_others(self):
        return self.env._(
            "%(document)s waits for %(who)s.",
            document=self.res_name,
            who=self._waiting_for(),
        )

    def _is_overtaken(self):
        """Whether the document outgrew the question while it was waiting."""
        document = self._document()
        return not self._covers(
            document._o2c_current_seal(),
            document._o2c_document_fact(self.rule_id.criterion),
        )

    def _settle(self, verdict, reason, routes):
        """Write down the acting user's answer to every step it is for, and go on.

        :param routes: list of :class:`Route` that this user may answer now
        """
        document = self._document()
        told = self.approver_ids
        self._keep_figures()
        if verdict == "refused":
            routes = routes[:1]  # one no is enough
        decisions = self.env["o2c.approval.decision"]
        for route in routes:
            decisions._record(self, route, verdict, reason)
            if verdict == "refused" or route.turn.quorum == 1:
                route.turn.state = verdict
        absent = self.env["res.users"].union(*(route.absent for route in routes))
        if verdict == "approved" or absent:  # a refusal is told below, once
            document._o2c_say(self._answer_in_words(verdict, reason, absent))
        document._o2c_log(
            verdict,
            note=self._with_absent(reason, absent),
            rule_id=self.rule_id.id,
            data={"fact": self.fact},
        )
        if verdict == "refused":
            self._move_to("refused")
            document._o2c_after_refusal(self)
        else:
            self._ask_next(told)

    def _keep_figures(self):
        """What was seen is what is covered: it may be smaller than what was asked. The
        limit stays the one it was asked with."""
        figures = self._document()._o2c_figures(self.rule_id)
        figures |= {"limit": self.limit, "excess": figures["fact"] - self.limit}
        if any(self[name] != value for name, value in figures.items()):
            self.write(figures)

    def _with_absent(self, reason, absent):
        """The words of an answer, after for whom it was given."""
        if not absent:
            return reason
        names = self.env._("for %s", format_list(self.env, absent.mapped("name")))
        return f"{names}: {reason}" if reason else names

    def _answer_in_words(self, verdict, reason, absent):
        who = self.env.user.name
        if absent:
            who = f"{who} ({self._with_absent(None, absent)})"
        words = {
            "approved": self.env._("%s approved", who),
            "refused": self.env._("%s refused", who),
        }[verdict]
        return f"{words}: “{reason}”" if reason else f"{words}: {self._why()}"

    def _ask_anew(self):
        """The document changed: this question is void, the new one is put at once."""
        self._move_to("obsolete")
        document = self._document()
        document._o2c_ask(document._o2c_gate, self.intent, self.requested_by_id)
