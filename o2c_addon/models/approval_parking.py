from difflib import ndiff

from odoo import SUPERUSER_ID, models
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tools import plaintext2html

ACCEPTED = ("portal", "payment")  # how a customer says yes


class ApprovalMixin(models.AbstractModel):
    """Keeping back what has to wait, asking, and going on after a yes."""

    _inherit = "o2c.approval.mixin"

    def _o2c_park(self, gate):
        """Keep back what has to wait, put the questions, and answer with what waits."""
        ruled = self.filtered(lambda d: d._o2c_may_be_stopped(gate))
        if not ruled:
            return ruled
        ruled._o2c_lock()
        ruled._o2c_forget_facts()
        judged = ruled.sudo()  # sudo: judged alike whoever acts
        judged._o2c_read_lines()
        stopped = judged.filtered(lambda d: d._o2c_is_stopped(gate))
        (judged - stopped)._o2c_drop_questions(gate)
        taken = stopped.filtered(lambda d: d._o2c_is_taken())
        # asked about all the same: whoever answers reviews what has happened
        for document in taken:
            document._o2c_ask(gate, None, self.env.ref("base.user_root"))
        waiting = (stopped - taken).sudo(self.env.su)  # sudo: as it came
        if not waiting:
            return waiting
        waiting._o2c_check_may_park(gate)
        # sudo: see above
        waiting.sudo()._o2c_tell_owners(gate)
        asker = self._o2c_asker()
        for document in waiting:
            # sudo: nobody writes a question but the gate
            intent = document._o2c_intent(gate)
            holds = document.sudo()._o2c_open_holds(gate)
            holds._of(document)._remember(intent, asker)
            asked = document.sudo()._o2c_ask(gate, intent, asker)
            if document._o2c_is_final():
                continue  # everybody had said yes before: it went on at once
            if self._o2c_is_unattended() and (asked or intent["channel"] in ACCEPTED):
                # sudo: as above
                document.sudo()._o2c_after_unattended(intent, asked)
        return waiting

    def _o2c_may_be_stopped(self, gate):
        """Whether it has to be judged at all; what need not costs no look."""
        is_asked = self.o2c_approval_state == "pending"
        return self.o2c_on_hold or is_asked or self._o2c_rules(gate)

    def _o2c_read_lines(self):
        """Read what is judged, and then confirmed, by fewer queries than the host's."""

    def _o2c_drop_questions(self, gate):
        """These go on without an answer, mended or let off: nobody has to give one."""
        asked = self.filtered(lambda d: d.o2c_approval_state == "pending")
        asked.o2c_request_ids.filtered(
            lambda r: r.state == "pending" and gate in (r.rule_id.gate, self._o2c_gate)
        )._close_needless()

    def _o2c_is_taken(self):
        """Whether it is too late to keep it back: the money and the goods are gone."""
        return False

    def _o2c_check_may_park(self, gate):
        """Refuse what the host would have refused: parking is no way to gain rights.

        Override to add what the host checks at this gate.
        """
        self.check_access("write")

    def _o2c_asker(self):
        """Who asks: the acting user; OdooBot for customers and robots."""
        return (
            self.env.ref("base.user_root")
            if self._o2c_is_unattended()
            else self.env.user
        )

    def _o2c_is_unattended(self):
        """Whether nobody of ours is at the keyboard: a customer or a robot acts."""
        return self.env.uid == SUPERUSER_ID or not self.env.user._is_internal()

    def _o2c_channel(self):
        """How it came here: a remark for people, which decides nothing."""
        channel = self.env.context.get("o2c_channel")
        if channel in ("portal", "payment", "import", "pos"):
            return channel
        if self.env.context.get("import_file"):
            return "import"
        return "cron" if self._o2c_is_unattended() else "user"

    def _o2c_intent(self, gate):
        """What goes on by itself once it may, and with whose rights."""
        return {
            "gate": gate,
            "channel": self._o2c_channel(),
            "send_email": bool(self.env.context.get("send_email")),
            "su": self.env.su,
        }

    def _o2c_ask(self, gate, intent, asker, argument=None):
        """Put one question for each rule that has no answer yet; answer with them."""
        requests = self.env["o2c.approval.request"]
        for obstacle in self._o2c_obstacles(gate):
            rule = obstacle.source
            is_open = obstacle.kind == "approval" and rule._name == "o2c.approval.rule"
            if is_open and rule.document == self._name:
                requests |= self._o2c_file(rule, intent, asker, argument)
        return requests.filtered(lambda r: r.state == "pending")

    def action_o2c_ask(self):
        """Ask for the approvals these documents need, and for nothing more."""
        self._o2c_check_may_ask()
        self._o2c_lock()
        self._o2c_forget_facts()
        asker = self._o2c_asker()
        for document in self.filtered(lambda d: d._o2c_is_before_its_gate()):
            # sudo: nobody writes a question but the gate
            document.sudo()._o2c_ask(self._o2c_gate, None, asker)
        return self._o2c_tell_waiting()

    def _o2c_check_may_ask(self):
        self.check_access("write")

    def _o2c_is_before_its_gate(self):
        return self.state != "cancel" and not self._o2c_is_final()

    def _o2c_tell_waiting(self):
        """What these documents wait for, as a message on the screen."""
        reasons = [
            f"{document.display_name}: {reason['reason']}"
            for document in self
            for reason in document.o2c_explain()
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if reasons else "success",
                "message": "\n".join(reasons)
                or self.env._("No approval is needed: you may go on."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _o2c_file(self, rule, intent, asker, argument=None):
        earlier = self.o2c_request_ids.filtered(lambda r: r.rule_id == rule)
        earlier.filtered(lambda r: r.state == "pending")._move_to("obsolete")
        earlier.flush_recordset(["state"])  # PostgreSQL lets only one of them wait
        summary, figures = self._o2c_summary(), self._o2c_figures(rule)
        last = earlier.sorted("id")[-1:]
        requests = self.env["o2c.approval.request"].with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        request = requests.create(
            {
                "rule_id": rule.id,
                "rule_text": rule._in_words(),
                self._o2c_request_field(): self.id,
                "res_name": self.display_name,
                "partner_name": self.partner_id.display_name,
                "company_id": self.company_id.id,
                "round": len(earlier) + 1,
                "intent": intent,
                "argument": argument,
                "requested_by_id": asker.id,
                "changes": self._o2c_changes(last, rule, figures, summary),
                **figures,
                **summary,
            }
        )
        turns = self._o2c_prepare_turns(rule)
        self.env["o2c.approval.turn"]._put_first(turns, request)
        self._o2c_log(
            "approval_requested",
            rule_id=rule.id,
            data={"fact": request.fact},
            note=argument,
        )
        request._ask_next(told=self.env["res.users"])
        if request.state == "pending":
            why = request._why()
            self._o2c_say(
                self.env._(
                    "Asked %(who)s to approve: %(why)s",
                    who=request._waiting_for(),
                    why=f"{why}: “{argument}”" if argument else why,
                )
            )
        return request

    def _o2c_say(self, words):
        """A line in the chatter, that notifies nobody."""
        self._message_log_batch(bodies=dict.fromkeys(self.ids, words))

    def _o2c_prepare_turns(self, rule):
        turns = self.env["o2c.approval.turn"]
        fact = self._o2c_fact(rule.criterion, rule._needs())
        return [turns._prepare_from(step, self) for step in rule._steps_for(fact)]

    def _o2c_summary(self):
        """What an approver without rights on the document needs to see of it."""
        return {}

    def _o2c_changes(self, last, rule, figures, summary):
        """What is other than when it was asked before: the figure, and what is sold.

        :param last: the request before, or none
        """
        if not last:
            return False
        lines = []
        if last.fact != figures["fact"]:
            lines.append(
                self.env._(
                    "%(what)s: %(before)s → %(now)s",
                    what=rule._label(),
                    before=rule._format(last.fact),
                    now=rule._format(figures["fact"]),
                )
            )
        marks = {"- ": "\N{MINUS SIGN} ", "+ ": "+ "}
        before, now = last.content or "", summary.get("content") or ""
        compared = ndiff(before.splitlines(), now.splitlines())
        lines += [marks[li[:2]] + li[2:] for li in compared if li[:2] in marks]
        return "\n".join(lines)

    def _o2c_after_refusal(self, request):
        """Tell whom it concerns. Override where there is somebody to tell."""

    def _o2c_after_unattended(self, intent, requests):
        """A customer or a robot came here: tell those whose document it is.

        :param requests: what was asked now; empty where it was before, or where
            something stops the document that nobody is asked about
        """

    def _o2c_request_field(self):
        """The field of a request that points to this kind of document."""
        return next(
            name
            for name, field in self.env["o2c.approval.request"]._fields.items()
            if field.type == "many2one" and field.comodel_name == self._name
        )

    def _o2c_replay(self, intent, asker, let_go=lambda: None):
        """Go on with what was asked for, if nothing else stops it.

        If that fails, the document is on hold until somebody has looked.

        :param let_go: takes away what stopped it; that stays so whatever fails
        """
        if not intent:
            return let_go()
        try:
            with self.env.cr.savepoint():
                let_go()
                self._o2c_go_on_with(intent, asker)
        except (UserError, ValidationError, AccessError, MissingError) as error:
            let_go()
            self._o2c_could_not_go_on(intent, asker, str(error))
        return None

    def _o2c_go_on_with(self, intent, asker):
        self._o2c_forget_facts()
        if intent["gate"] != self._o2c_gate or self._o2c_is_stopped(intent["gate"]):
            return
        if not self._o2c_is_final():
            self._o2c_as(intent, asker)._o2c_go_on()

    def _o2c_as(self, intent, asker):
        """This document with the rights it was asked with and no others, in a context
        built anew: whatever the approver's screen carries stays with him."""
        user = asker if asker.active else self.env.ref("base.user_root")
        context = self._o2c_replay_context(intent) | {
            "lang": user.lang,
            "tz": user.tz,
            "allowed_company_ids": self.company_id.ids,
        }
        return self.with_env(self.env(user=user.id, su=intent["su"], context=context))

    def _o2c_replay_context(self, intent):
        """What else of the first attempt counts when it is made again."""
        return {"send_email": intent["send_email"]}

    def _o2c_could_not_go_on(self, intent, asker, problem):
        # sudo: to tell the asker, whatever rights are missing
        document = self._o2c_as(intent, asker).sudo()
        document._o2c_log("confirmation_failed", note=problem)
        document._o2c_put_on_hold(
            self.env.ref("o2c_addon.hold_reason_failed"),
            problem,
            intent=intent,
            waiting_user_id=asker.id,
        )
        document.activity_schedule(
            "o2c_addon.mail_activity_type_o2c_attention",
            user_id=asker.id,
            summary=self.env._("Approved, but could not be confirmed"),
            note=plaintext2html(problem),
        )

    def _o2c_go_on(self):
        """Make what was asked for, through the host's own method."""
        raise NotImplementedError

    def _o2c_after_release(self, hold):
        """What was stopped goes on by itself, unless something else stops it."""
        self._o2c_replay(hold.intent, hold.waiting_user_id)
        return super()._o2c_after_release(hold)

    def _o2c_outgrown(self):
        """What these documents, already behind their gate, have outgrown since.

        One that is not behind it has everything still before it: its goods and invoices
        wait for the same approvals.
        """
        return [
            obstacle
            for document in self
            if not document._o2c_stamp_holds()
            for obstacle in document._o2c_obstacles(document._o2c_gate)
            if obstacle.blocking
        ]

    def _o2c_ask_if_outgrown(self):
        """Put the questions of confirmed documents that outgrew their yes.

        Whoever finds it further down the way is no party: the robot asks.
        """
        # sudo: the warehouse and accounting need not be able to ask
        for document in self.sudo():
            document._o2c_ask(document._o2c_gate, None, self.env.ref("base.user_root"))
