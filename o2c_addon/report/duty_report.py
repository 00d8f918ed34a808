from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

# what is done to an order on its way: SQL over what the history has of it
STEPS = {
    "changed": "activity = 'changed'",
    "approved": "activity = 'approved'",
    "released": "activity = 'released'",
    "confirmed": "activity = 'confirmed'",
    "delivered": "activity = 'delivered'",
    "invoiced": "activity IN ('invoiced', 'posted') "
    "AND move.move_type IS DISTINCT FROM 'out_refund'",
    "credited": "activity = 'credited' "
    "OR activity = 'posted' AND move.move_type = 'out_refund'",
    # settled with a credit note is not paid
    "paid": "activity = 'paid' AND move.move_type IS DISTINCT FROM 'out_refund' "
    "AND move.payment_state IS DISTINCT FROM 'reversed'",
}


class DutyReport(models.Model):
    """Who did what on the same order, from the history: one row for both.

    Robots are left out, and so is who did nothing but write the order.
    """

    _name = "o2c.duty.report"
    _description = "Who Did What"
    _auto = False
    _order = "duties desc, amount desc, id desc"
    _rec_name = "order_name"
    _depends = {
        "o2c.event": ["activity", "company_id", "date", "order_key", "user_id"],
        "account.move": ["move_type", "payment_state"],
        "sale.order": ["amount_untaxed", "currency_rate", "partner_id"],
        "res.users": ["share"],
    }

    order_id = fields.Many2one("sale.order", readonly=True)
    order_name = fields.Char("Number", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    user_id = fields.Many2one("res.users", "Person", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(
        readonly=True, help="Of the order: untaxed, in company currency."
    )
    last_on = fields.Datetime("Last Step", readonly=True)
    created = fields.Boolean("Wrote It", readonly=True)
    changed = fields.Boolean("Changed It", readonly=True)
    approved = fields.Boolean(readonly=True)
    released = fields.Boolean(readonly=True)
    confirmed = fields.Boolean(readonly=True)
    delivered = fields.Boolean(readonly=True)
    invoiced = fields.Boolean(readonly=True)
    credited = fields.Boolean(readonly=True)
    paid = fields.Boolean("Took the Payment", readonly=True)
    duties = fields.Integer(
        readonly=True,
        aggregator="max",
        help="How many of these one person had: write or change, approve, release, "
        "invoice, credit, take the payment.",
    )
    is_own_check = fields.Boolean(
        "Checked Own Work",
        readonly=True,
        help="Wrote or changed the order and approved it or released it; approved it "
        "and took the payment; or invoiced it and credited it.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT duty.*,
                   (created OR changed)::int + approved::int + released::int
                       + invoiced::int + credited::int + paid::int AS duties,
                   (created OR changed) AND (approved OR released)
                       OR approved AND paid OR invoiced AND credited AS is_own_check
              FROM (
                       SELECT did.*,
                              o.id AS order_id,
                              o.partner_id,
                              o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1)
                                  AS amount,
                              COALESCE(o.create_uid = did.user_id, FALSE) AS created
                         FROM (%(did)s) did
                         JOIN res_users person
                           ON person.id = did.user_id AND person.share IS NOT TRUE
                    LEFT JOIN sale_order o ON o.id = did.order_key
                   ) duty
            """,
            did=self._did(),
        )

    def _did(self):
        """SQL of what the history has of each person on each order."""
        steps = SQL(", ").join(
            SQL("bool_or(%s) AS %s", SQL(condition), SQL.identifier(step))
            for step, condition in STEPS.items()
        )
        return SQL(
            """
            SELECT min(event.id) AS id, event.order_key, event.user_id,
                   event.company_id, max(event.order_name) AS order_name,
                   max(event.date) AS last_on, %(steps)s
              FROM o2c_event event
         LEFT JOIN account_move move
                ON event.res_model = 'account.move' AND move.id = event.res_id
             WHERE event.user_id != %(robot)s
          GROUP BY event.order_key, event.user_id, event.company_id
            """,
            steps=steps,
            robot=SUPERUSER_ID,
        )

    def action_open_history(self):
        """What happened to this order, step by step."""
        self.ensure_one()
        # sudo: only the number; the history has rules of its own
        [[key]] = self.env.execute_query(
            SQL("SELECT order_key FROM o2c_event WHERE id = %s", self.id)
        )
        return {
            **self.env["ir.actions.actions"]._for_xml_id("o2c_addon.event_action"),
            "domain": [("order_key", "=", key)],
        }


class DutyPerson(models.Model):
    """Who could do everything alone: the duties that groups and rules give a person."""

    _name = "o2c.duty.person"
    _description = "Who Could Do What"
    _auto = False
    _order = "duties desc, id"
    _rec_name = "user_id"
    _depends = {
        "res.users": ["active", "company_ids", "group_ids", "share"],
        "res.groups": ["implied_ids", "user_ids"],
        "o2c.approval.step": ["approver", "group_id", "user_ids"],
        "o2c.approval.rule": ["active"],
        "o2c.hold.reason": ["active", "release_group_id"],
    }

    user_id = fields.Many2one("res.users", "Person", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    sells = fields.Boolean("Writes Orders", readonly=True)
    approves = fields.Boolean(
        readonly=True,
        help="Named by an approval rule in use, himself or by a group. Of an order "
        "somebody wrote or changed he is never asked, whatever his rights.",
    )
    releases = fields.Boolean(readonly=True)
    invoices = fields.Boolean("Invoices and Credits", readonly=True)
    sets_rules = fields.Boolean(
        readonly=True, help="Changes approval rules and delivery checks."
    )
    sets_rights = fields.Boolean(
        readonly=True, help="Changes who is in which group, his own included."
    )
    duties = fields.Integer(readonly=True)
    own_checks = fields.Integer(
        "Checked Own Work", readonly=True, help="On how many orders it happened."
    )

    @property
    def _table_query(self):
        duties = self._duties()
        return SQL(
            """
            SELECT person.*, %(count)s AS duties,
                   (SELECT count(*) FROM (%(report)s) report
                     WHERE report.user_id = person.user_id
                       AND report.company_id = person.company_id
                       AND report.is_own_check) AS own_checks
              FROM (
                       SELECT row_number() OVER (ORDER BY rel.user_id, rel.cid) AS id,
                              rel.user_id, rel.cid AS company_id, %(columns)s
                         FROM res_company_users_rel rel
                         JOIN res_users u ON u.id = rel.user_id
                        WHERE u.active AND u.share IS NOT TRUE AND u.id != %(robot)s
                   ) person
             WHERE %(count)s > 0
            """,
            count=SQL(" + ").join(SQL("%s::int", SQL.identifier(d)) for d in duties),
            columns=SQL(", ").join(
                SQL("rel.user_id = ANY(%s) AS %s", users, SQL.identifier(duty))
                for duty, users in duties.items()
            ),
            report=self.env["o2c.duty.report"]._table_query,
            robot=SUPERUSER_ID,
        )

    @api.model
    def _duties(self):
        """Duty → ids of those who have it."""
        # sudo: who is in which group is told to auditors and administrators here
        env = self.sudo().env
        steps = env["o2c.approval.step"].search([("rule_id.active", "=", True)])
        leaders = env["crm.team"].search([("user_id", "!=", False)]).user_id
        asked = {
            "users": steps.filtered(lambda s: s.approver == "users").user_ids,
            "group": steps.filtered(
                lambda s: s.approver == "group"
            ).group_id.all_user_ids,
            "team_leader": leaders
            if "team_leader" in steps.mapped("approver")
            else leaders.browse(),
        }
        release = env.ref("o2c_addon.group_o2c_release")
        reasons = env["o2c.hold.reason"].search([("release_group_id", "!=", False)])
        release |= reasons.release_group_id
        members = {
            "sells": env.ref("sales_team.group_sale_salesman").all_user_ids,
            "approves": env["res.users"].union(*asked.values()),
            "releases": release.all_user_ids,
            "invoices": env.ref("account.group_account_invoice").all_user_ids,
            "sets_rules": env.ref("o2c_addon.group_o2c_manager").all_user_ids,
            "sets_rights": env.ref("base.group_erp_manager").all_user_ids,
        }
        return {duty: users.ids for duty, users in members.items()}

    def action_open_orders(self):
        """The orders on which this person checked what he did himself."""
        self.ensure_one()
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "o2c_addon.duty_report_action"
            ),
            "domain": [("user_id", "=", self.user_id.id)],
            "context": {"search_default_own_check": 1},
        }
