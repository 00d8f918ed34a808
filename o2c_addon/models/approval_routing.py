from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_list


class Route(NamedTuple):
    """One yes that a step still wants: whose it is, and who gives it now."""

    turn: models.BaseModel
    person: models.BaseModel
    user: models.BaseModel

    @property
    def absent(self):
        """For whom it is given; nobody where somebody speaks for himself."""
        return self.person - self.user


class ApprovalTurn(models.Model):
    """Whose yes counts for a step, and how many are wanted still."""

    _inherit = "o2c.approval.turn"

    asked = fields.Json(
        "Who Is Asked",
        readonly=True,
        help="How many must still say yes, and who for whom. Empty before it is asked.",
    )

    @api.model
    def _put_first(self, rows, request):
        """Make the steps of a question; who is asked first is known at once.

        :param rows: list of values, in sequence
        """
        rows = [row | {"request_id": request.id} for row in rows]
        for row in rows:
            if row["sequence"] == rows[0]["sequence"]:
                row["asked"] = self.new(row)._whom_to_ask()
        return self.create(rows)

    def _whom_to_ask(self):
        return {
            "missing": self.quorum - len(self._given()),
            "who": [[route.user.id, route.absent.id] for route in self._routes()],
        }

    def _people(self):
        """Whose yes this step is about, whether they are here or not."""
        # sudo: groups are read by administrators only
        return self.sudo().group_id.all_user_ids or self.user_ids._origin

    def _given(self):
        """Who said yes → the answer: in this step, or before on the same facts."""
        request = self.request_id
        if not request.decision_ids and request.round == 1:
            return {}
        people, parties = self._people(), request._parties()
        return {
            answer.user_id: answer
            for answer in request._standing()
            if answer.user_id not in parties
            and (
                answer.turn_id == self
                or answer.user_id in people
                or answer.on_behalf_of_id in people
            )
        }

    def _is_reached(self):
        """Whether enough people said yes."""
        return len(self._given()) >= self.quorum

    def _routes(self):
        """The yeses that would help now: list of :class:`Route`.

        Where too few people are left who had no part in it, the managers stand in.
        """
        request = self.request_id
        given = self._given()
        barred = request._parties() | self.env["res.users"].union(*given)
        open_seats = request._able(self._people()) - barred
        for answer in given.values():
            open_seats -= answer.on_behalf_of_id
        routes = [
            Route(self, person, user)
            for person in open_seats
            if (user := request._stand_in(person, barred))
        ]
        # who is asked himself speaks for himself: his yes counts once
        own = {route.user for route in routes if not route.absent}
        routes = [r for r in routes if not r.absent or r.user not in own]
        if len({route.user for route in routes}) < self.quorum - len(given):
            managers = request._able(request._managers()) - barred
            asked = self.env["res.users"].union(*(route.user for route in routes))
            routes += [Route(self, user, user) for user in managers - asked]
        return routes

    def _seats(self):
        """Whom this step asks now: the ids of who answers, and for whom if not for
        himself."""
        return self.asked["who"] if self.asked else ()

    def _asked(self):
        """Who is asked in this step now, each once."""
        users = dict.fromkeys(user for user, _absent in self._seats())
        return self.env["res.users"].browse(users)

    def _in_words(self, asked):
        """“Ada or Ben”, “2 of Ada, Ben and Kim”, “Ben (for Ada)”"""
        users = self.env["res.users"]
        names = [
            self.env._(
                "%(deputy)s (for %(absent)s)",
                deputy=users.browse(user).name,
                absent=users.browse(absent).name,
            )
            if absent
            else users.browse(user).name
            for user, absent in asked["who"]
        ]
        if asked["missing"] <= 1:
            return format_list(self.env, names, "or")
        return self.env._(
            "%(number)s of %(names)s",
            number=asked["missing"],
            names=format_list(self.env, names),
        )


class ApprovalRequest(models.Model):
    """Who is asked now: the people of the step, whoever stands in, or the managers."""

    _inherit = "o2c.approval.request"

    waiting_for = fields.Char("Waiting For Whom", compute="_compute_waiting_for")
    answers_for_id = fields.Many2one(
        "res.users", "You Answer For", compute="_compute_answers_for_id"
    )
    has_steps = fields.Boolean(compute="_compute_has_steps")

    @api.depends("state", "turn_ids.state", "turn_ids.asked")
    def _compute_approver_ids(self):
        for request in self:
            request.approver_ids = request._asked_now()

    @api.depends("approver_ids")
    @api.depends_context("lang")
    def _compute_waiting_for(self):
        for request in self:
            request.waiting_for = request._waiting_for()

    @api.depends_context("uid")
    @api.depends("approver_ids")
    def _compute_answers_for_id(self):
        """For whom the reader stands in; nobody where he is asked himself."""
        for request in self:
            mine = [
                absent
                for turn in request._open_turns()
                for user, absent in turn._seats()
                if user == self.env.uid
            ]
            request.answers_for_id = mine and all(mine) and mine[0]

    @api.depends("turn_ids.quorum")
    def _compute_has_steps(self):
        """Whether there is more to tell than one step that anybody answers."""
        for request in self:
            turns = request.turn_ids
            request.has_steps = (
                len(turns) > 1 or max(turns.mapped("quorum"), default=1) > 1
            )

    def _parties(self):
        """Who asked for it or had a part in the document: none of them decides."""
        return self.requested_by_id | self._document()._o2c_authors()

    def _able(self, users):
        """Those of ``users`` who may decide anything in this company."""
        return users.filtered(
            lambda u: (
                u.active
                and u._is_internal()
                and self.company_id.id in u._get_company_ids()
            )
        )

    @api.model
    def _managers(self):
        """Who stands in where nobody else may decide."""
        # sudo: groups are read by administrators only
        managers = self.env.ref("o2c_addon.group_o2c_manager").sudo()
        return managers.all_user_ids - self.env.ref("base.user_root")

    def _standing(self):
        """Every yes that still counts for the document as it is.

        Also those to earlier questions of the same rule, so that nobody is asked twice
        on the same facts; a later no takes them back.
        """
        requests = self
        if self.round > 1:
            requests = self._document().o2c_request_ids.filtered(
                lambda r: r.rule_id == self.rule_id
            )
        standing = self.env["o2c.approval.decision"]
        for answer in requests.decision_ids.sorted("id"):
            if answer.verdict == "refused":
                standing = standing.filtered(
                    lambda d, no=answer: d.user_id != no.user_id
                )
            elif self._is_yes_to(answer, self.seal, self.document_fact):
                standing |= answer
        return standing

    def _stand_in(self, person, barred):
        """Who answers for ``person`` now: himself, or the last of his deputies who can.

        Deputies may be away as well and have deputies; nobody is looked at twice.
        """
        chain = person
        while deputy := self._deputy_of(chain[-1]) - chain:
            chain += deputy
        able = self._able(chain) - barred
        return able[-1:]

    def _deputy_of(self, user):
        return self.env["o2c.delegation"]._deputy_of(user, self.company_id)

    def _open_turns(self):
        """The steps that are asked now: those of the lowest number, in parallel."""
        is_open = self.state == "pending"
        waiting = self.turn_ids.filtered(lambda t: is_open and t.state == "pending")
        return waiting.filtered(lambda t: t.sequence == waiting[:1].sequence)

    def _ask_next(self, told):
        """Put the question to whoever is next, and tell them; or go on.

        :param told: who was asked until now, and knows of it
        """
        while turns := self._open_turns():
            reached = turns.filtered(lambda t: t._is_reached())
            if not reached:
                return self._put_to(turns, told)
            reached.state = "approved"
        return self._approve()

    def _approve(self):
        """Everybody said yes: what was asked for goes on. Nobody's bell rings twice if
        that fails."""
        document, asker = self._document(), self.requested_by_id
        self._close_activities()
        document._o2c_replay(self.intent, asker, lambda: self._become("approved"))

    def _put_to(self, turns, told):
        """Remember who is asked; tell who is new, and who need not answer any more."""
        for turn in turns:
            asked = turn._whom_to_ask()
            if asked != turn.asked:
                turn.asked = asked
        if gone := told - self.approver_ids:
            self._close_activities(gone)
        self._tell_approvers(self.approver_ids - told)

    def _asked_now(self):
        """Who is asked, whether they are still here or not."""
        return self.env["res.users"].union(*(t._asked() for t in self._open_turns()))

    def _routes_of(self, user):
        """What ``user`` may answer of it: once in each step, for himself if he can."""
        routes = [
            Route(turn, self.env["res.users"].browse(absent or user.id), user)
            for turn in self._open_turns()
            for asked, absent in turn._seats()
            if asked == user.id
        ]
        routes = [route for route in routes if self._is_still_open(route)]
        routes.sort(key=lambda route: not route.absent)  # the last one of a step stays
        return list({route.turn: route for route in routes}.values())

    def _is_still_open(self, route):
        """Whether what was so when they were asked still is: looked at on answering."""
        turn, person, _user = route
        if route.absent:
            return route in turn._routes()
        # sudo: groups are read by administrators only
        group = turn.sudo().group_id
        managers = self.env["ir.model.data"]._xmlid_to_res_id(
            "o2c_addon.group_o2c_manager"
        )
        return not group or bool(
            {group.id, managers}.intersection(person._get_group_ids())
        )

    # -- in words --------------------------------------------------------------------

    def _waiting_for(self):
        """Who must answer, in words."""
        # sudo: who is asked is told to everybody
        request = self.sudo()
        if not request.approver_ids:
            return self.env._("nobody who may approve it: ask your administrator")
        turns = request._open_turns().filtered("asked")
        return format_list(self.env, [turn._in_words(turn.asked) for turn in turns])

    # -- keeping it answerable -------------------------------------------------------

    def _look_after(self):
        """Where those who are asked can no longer answer, ask who can.

        Archived, away or back, without access to the company, out of the group, or
        become an author.
        """
        for request in self:
            request._ask_next(request.approver_ids)


class Delegation(models.Model):
    """Somebody leaves or is back: open questions find their way at once."""

    _inherit = "o2c.delegation"

    @api.model_create_multi
    def create(self, vals_list):
        delegations = super().create(vals_list)
        delegations.env["o2c.approval.request"]._keep_soon()
        return delegations

    def write(self, vals):
        result = super().write(vals)
        self.env["o2c.approval.request"]._keep_soon()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["o2c.approval.request"]._keep_soon()
        return result


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.ondelete(at_uninstall=False)
    def _unlink_asked(self):
        """Who is deleted is asked nothing more, and nobody answers for him."""
        # sudo: who deletes users need not read what waits
        asked = self.env["o2c.approval.turn"].sudo().search([("asked", "!=", False)])
        for turn in asked.filtered(lambda t: t.state == "pending"):
            seats = turn._seats()
            left = [seat for seat in seats if not {*seat}.intersection(self._ids)]
            if len(left) < len(seats):
                turn.asked = turn.asked | {"who": left}
        self.env["o2c.approval.request"]._keep_soon()
