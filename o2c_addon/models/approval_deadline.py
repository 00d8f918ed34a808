from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime, format_list


class ApprovalStep(models.Model):
    """By when a step is answered, and who is asked as well after that."""

    _inherit = "o2c.approval.step"

    deadline_hours = fields.Float(
        "Answer Within",
        help="Working hours. After half of them who did not answer is reminded; after "
        "all of them the people below are asked as well. Empty: no end.",
    )
    escalation_user_ids = fields.Many2many(
        "res.users",
        "o2c_approval_step_escalation_rel",
        string="Then Asked As Well",
        domain="[('share', '=', False)]",
    )

    _deadline_not_negative = models.Constraint(
        "CHECK (deadline_hours >= 0)", "Nobody can answer before being asked."
    )

    def _prepare_people(self, document):
        people = super()._prepare_people(document)
        if not self.deadline_hours:
            return people
        return people | {
            "deadline_hours": self.deadline_hours,
            "escalation_user_ids": self.escalation_user_ids.ids,
        }


class ApprovalTurn(models.Model):
    """A step that waits: reminded after half of its time, passed on after all of it."""

    _inherit = "o2c.approval.turn"

    deadline_hours = fields.Float("Answer Within", readonly=True)
    remind_on = fields.Datetime(readonly=True)
    deadline = fields.Datetime("Answer By", readonly=True, index="btree_not_null")
    escalation_user_ids = fields.Many2many(
        "res.users",
        "o2c_approval_turn_escalation_rel",
        string="Then Asked As Well",
        readonly=True,
    )
    escalated_on = fields.Datetime("Passed On", readonly=True)

    def _people(self):
        people = super()._people()
        return people | self.escalation_user_ids if self.escalated_on else people

    def _start(self):
        """The time begins when it is asked."""
        for turn in self:
            if turn.deadline_hours and not turn.deadline:
                turn.remind_on = turn._after(turn.deadline_hours / 2)
                turn.deadline = turn._after(turn.deadline_hours)

    def _after(self, hours):
        """The moment so many working hours from now: of who is asked alone, else of
        the company."""
        now = fields.Datetime.now()
        people = self._people()
        resource = people.resource_ids[:1] if len(people) == 1 else people.resource_ids
        calendar = self.request_id.company_id.resource_calendar_id
        if len(people) == 1 and resource.calendar_id:
            calendar = resource.calendar_id
        else:
            resource = resource.browse()
        moment = calendar and calendar.plan_hours(
            hours, now.replace(tzinfo=UTC), compute_leaves=True, resource=resource
        )
        if not moment:  # nobody ever works by that calendar
            return now + timedelta(hours=hours)
        return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)

    def _is_late(self, now):
        """Whether nobody answered in time, and nobody else was asked yet."""
        return self.deadline and self.deadline <= now and not self.escalated_on

    def _in_words(self, asked):
        """Whoever was added because nobody answered in time is named so."""
        if not self.escalated_on or not self.escalation_user_ids:
            return super()._in_words(asked)
        added = self.escalation_user_ids.ids
        late = [who for who in asked["who"] if (who[1] or who[0]) in added]
        first = [who for who in asked["who"] if who not in late]
        if not first or not late:
            return super()._in_words(asked)
        return self.env._(
            "%(first)s, or, because nobody answered in time, %(late)s",
            first=super()._in_words(asked | {"who": first}),
            late=super()._in_words(asked | {"who": late, "missing": 1}),
        )

    def _remind(self):
        """Tell who did not answer yet, in his language and time; once."""
        self.remind_on = False
        for user in self._asked():
            request = self.request_id.with_context(lang=user.lang)
            until = format_datetime(
                request.env, self.deadline, tz=request._zone(user), dt_format="short"
            )
            request.message_notify(
                partner_ids=user.partner_id.ids,
                subject=request.env._("%s waits for your answer", request.res_name),
                body=request.env._(
                    "%(document)s of %(customer)s waits for you: %(why)s. Please "
                    "answer by %(until)s.",
                    document=request.res_name,
                    customer=request.partner_name,
                    why=request._why(),
                    until=until,
                ),
            )

    def _escalate(self):
        """Nobody answered in time: ask the next ones as well, and remember it."""
        request = self.request_id
        self.write({"escalated_on": fields.Datetime.now(), "remind_on": False})
        others = self.escalation_user_ids
        document = request._document()
        if not others:
            return
        names = format_list(self.env, others.mapped("name"), "or")
        document._o2c_log(
            "escalated",
            note=self.env._("to %s", names),
            rule_id=request.rule_id.id,
        )
        document._o2c_say(
            self.env._(
                "Not answered in time, so %(who)s may answer as well: %(why)s",
                who=names,
                why=request._why(),
            )
        )


class ApprovalRequest(models.Model):
    """Reminding and passing on what nobody answers."""

    _inherit = "o2c.approval.request"

    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    @api.depends("deadline")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for request in self:
            request.is_overdue = bool(request.deadline) and request.deadline < now

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = "<" if True in value else ">="
        domain = [("deadline", late, fields.Datetime.now())]
        return domain if True in value else ["|", ("deadline", "=", False), *domain]

    def _zone(self, user=None):
        return (user or self.env.user).tz or str(self.company_id._o2c_zone())

    def _put_to(self, turns, told):
        turns._start()
        result = super()._put_to(turns, told)
        deadline = min((t.deadline for t in turns if t.deadline), default=False)
        if self.deadline != deadline:
            self.deadline = deadline
        return result

    def _what_follows(self):
        """What happens if nobody answers: a sentence, or nothing."""
        # sudo: who is asked is told to everybody
        turns = (
            self.sudo()
            ._open_turns()
            .filtered(
                lambda t: t.deadline and not t.escalated_on and t.escalation_user_ids
            )
        )
        return " ".join(
            self.env._(
                "Without an answer by %(moment)s, %(who)s may answer as well.",
                moment=format_datetime(
                    self.env, turn.deadline, tz=self._zone(), dt_format="short"
                ),
                who=format_list(
                    self.env, turn.escalation_user_ids.mapped("name"), "or"
                ),
            )
            for turn in turns
        )

    def _look_after(self):
        """Remind and pass on first, so that whoever is asked then is found at once."""
        now = fields.Datetime.now()
        turns = self.turn_ids.filtered(lambda t: t.state == "pending")
        for turn in turns.filtered(lambda t: t._is_late(now)):
            turn._escalate()
        for turn in turns.filtered(lambda t: t.remind_on and t.remind_on <= now):
            turn._remind()
        return super()._look_after()
