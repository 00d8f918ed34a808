from odoo import api, fields, models
from odoo.tools import format_list
from odoo.tools.sql import column_exists


class ApprovalTurn(models.Model):
    """One step in flight, copied from the rule when the question was put.

    Editing the rule later therefore changes nothing for a question that runs.
    """

    _name = "o2c.approval.turn"
    _description = "Approval Step of a Request"
    _order = "sequence, id"

    request_id = fields.Many2one(
        "o2c.approval.request",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    sequence = fields.Integer(readonly=True)
    name = fields.Char(readonly=True)
    quorum = fields.Integer("How Many", default=1, readonly=True)
    user_ids = fields.Many2many("res.users", string="Approvers", readonly=True)
    group_id = fields.Many2one("res.groups", readonly=True, ondelete="set null")
    state = fields.Selection(
        [("pending", "Waiting"), ("approved", "Approved"), ("refused", "Refused")],
        default="pending",
        required=True,
        readonly=True,
    )

    who = fields.Char("Asked Of", compute="_compute_who")

    @api.depends("user_ids", "group_id", "quorum")
    @api.depends_context("lang")
    def _compute_who(self):
        """Whose yes is wanted, whoever stands in for them."""
        for turn in self:
            # sudo: who is asked is told to everybody; groups only administrators read
            step = turn.sudo()
            names = step.group_id.full_name or format_list(
                self.env,
                step.user_ids.mapped("name"),
                "or" if turn.quorum == 1 else "standard",
            )
            if turn.quorum > 1:
                names = self.env._(
                    "%(number)s of %(names)s", number=turn.quorum, names=names
                )
            turn.who = names or self.env._("An administrator")

    def _auto_init(self):
        """Who is asked was kept with the question before it was kept with each step."""
        old = column_exists(self.env.cr, "o2c_approval_request", "asked")
        result = super()._auto_init()
        if old:
            self.env.cr.execute(
                """
                UPDATE o2c_approval_turn AS turn
                   SET asked = step - 'turn'
                  FROM o2c_approval_request AS request,
                       jsonb_array_elements(
                           CASE jsonb_typeof(request.asked)
                           WHEN 'array' THEN request.asked END
                       ) AS step
                 WHERE (step->>'turn')::integer = turn.id AND turn.asked IS NULL
                """
            )
        return result

    def _fetch_query(self, query, fields):
        """Who looks for the steps of a question reads them: in the same query."""
        columns = [f for f in self._determine_fields_to_fetch() if f.column_type]
        return super()._fetch_query(query, dict.fromkeys([*fields, *columns]))

    @api.model
    def _prepare_from(self, step, document):
        return {
            "sequence": step.sequence,
            "name": step.name,
            "quorum": step.quorum,
            **step._prepare_people(document),
        }
