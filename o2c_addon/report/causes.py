from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

CAUSES = 12
REASON = "^.*, (.*)$"  # the host writes “Reversal of: INV/1, the reason”


class CycleReport(models.Model):
    """Why it takes long: who was asked, what was stopped, failed, was taken back."""

    _inherit = "o2c.cycle.report"

    def _answers(self, domain, period):
        """The answers to each approval rule, how many were no, and how soon."""
        decision = self.env["o2c.approval.decision"]
        if not self._may_look_behind(decision, domain):
            return []
        among = self._among(domain, "request_id.order_id")
        seen = among & self._between("decided_on", (period.before, period.until))
        query = decision._search(seen)
        request = query.join(
            query.table, "request_id", "o2c_approval_request", "id", "request"
        )
        decided = SQL.identifier(query.table, "decided_on")
        now = SQL("%s >= %s", decided, period.since)
        then = SQL("%s < %s", decided, period.since)
        refused = SQL("%s = 'refused'", SQL.identifier(query.table, "verdict"))
        query.groupby = SQL.identifier(request, "rule_id")
        rows = self.env.execute_query(
            query.select(
                query.groupby,
                SQL("count(*) FILTER (WHERE %s)", now),
                SQL("count(*) FILTER (WHERE %s AND %s)", now, refused),
                SQL("count(*) FILTER (WHERE %s)", then),
                SQL("count(*) FILTER (WHERE %s AND %s)", then, refused),
                SQL(
                    "percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM "
                    "%s - %s) / 3600) FILTER (WHERE %s)",
                    decided,
                    SQL.identifier(request, "requested_on"),
                    now,
                ),
            )
        )
        # sudo: the name of the rule, told with every question
        rules = self.env["o2c.approval.rule"].sudo().browse(row[0] for row in rows)
        names = {rule.id: rule.display_name for rule in rules}
        in_period = among & self._between("decided_on", period.now)
        answers = [
            {
                "rule": names[rule],
                "count": count,
                "refused": no,
                "previous": no_before / before if before else None,
                "hours": hours,
                "model": decision._name,
                "domain": list(in_period & Domain("request_id.rule_id", "=", rule)),
                "refused_domain": list(
                    in_period
                    & Domain("request_id.rule_id", "=", rule)
                    & Domain("verdict", "=", "refused")
                ),
            }
            for rule, count, no, before, no_before, hours in rows
            if count
        ]
        return sorted(answers, key=lambda answer: -answer["count"])

    def _causes(self, domain, period, answers):
        """What stopped or repeated the work in the period, the most frequent first."""
        causes = [
            *self._causes_of_refusals(answers),
            *self._causes_of_holds(domain, period),
            *self._causes_of_failures(domain, period),
            *self._causes_of_credit_notes(domain, period),
        ]
        return sorted(causes, key=lambda cause: -cause["count"])[:CAUSES]

    def _causes_of_refusals(self, answers):
        for answer in answers:
            if answer["refused"]:
                yield self._cause(
                    self.env._("Approval refused"),
                    answer["rule"],
                    answer["refused"],
                    answer["model"],
                    answer["refused_domain"],
                )

    def _causes_of_holds(self, domain, period):
        hold = self.env["o2c.hold"]
        if not hold.has_access("read"):
            return
        among = Domain.TRUE if domain.is_true() else self._holds_among(domain)
        seen = among & self._between("opened_on", period.now)
        kinds = (
            ("reason_id", self.env._("Put on hold")),
            ("check_id", self.env._("Let go although not met")),
        )
        for field, kind in kinds:
            mine = seen & Domain(field, "!=", False)
            # sudo: the name of the reason, told with every hold
            for reason, count in hold._read_group(mine, [field], ["__count"]):
                yield self._cause(
                    kind,
                    reason.sudo().display_name,  # sudo: see above
                    count,
                    hold._name,
                    list(mine & Domain(field, "=", reason.id)),
                )

    def _holds_among(self, domain):
        """Holds of these orders, by whatever document; they are few."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT hold.id
                  FROM o2c_hold hold
             LEFT JOIN stock_picking picking ON picking.id = hold.picking_id
                 WHERE COALESCE(hold.order_id, picking.sale_id) IN %(orders)s
                    OR hold.move_id IN (
                           SELECT item.move_id
                             FROM account_move_line item
                             JOIN sale_order_line_invoice_rel rel
                               ON rel.invoice_line_id = item.id
                             JOIN sale_order_line line ON line.id = rel.order_line_id
                            WHERE line.order_id IN %(orders)s
                       )
                """,
                orders=self._search(domain).subselect(),
            )
        )
        return Domain("id", "in", [id_ for [id_] in rows])

    def _causes_of_failures(self, domain, period):
        event = self.env["o2c.event"]
        if not self._may_look_behind(event, domain):
            return
        kinds = (
            ("invoicing_failed", self.env._("Invoicing failed")),
            ("disputed", self.env._("Questioned by the customer")),
        )
        seen = self._among(domain, "order_id") & self._between("date", period.now)
        for activity, kind in kinds:
            mine = seen & Domain("activity", "=", activity)
            for note, count in event._read_group(mine, ["note"], ["__count"]):
                yield self._cause(
                    kind,
                    note or self.env._("No reason given"),
                    count,
                    event._name,
                    list(mine & Domain("note", "=", note or False)),
                )

    def _causes_of_credit_notes(self, domain, period):
        move = self.env["account.move"]
        if not self._may_look_behind(move, domain):
            return
        kind = self.env._("Credit note")
        days = [fields.Datetime.to_datetime(moment).date() for moment in period.now]
        seen = Domain(
            [
                ("move_type", "=", "out_refund"),
                ("state", "=", "posted"),
                ("invoice_date", ">=", fields.Date.to_string(days[0])),
                ("invoice_date", "<=", fields.Date.to_string(days[1])),
                ("invoice_line_ids.sale_line_ids", "!=", False),
            ]
        ) & self._among(domain, "invoice_line_ids.sale_line_ids.order_id")
        returned = Domain("invoice_line_ids.o2c_task_id", "!=", False)
        query = move._search(seen)
        is_returned = returned.optimize_full(move)._to_sql(move, query.table, query)
        ref = move._field_to_sql(query.table, "ref", query)
        reason = SQL("substring(%s FROM %s)", ref, REASON)
        label = SQL(
            "CASE WHEN %s THEN NULL ELSE COALESCE(%s, '') END", is_returned, reason
        )
        query.groupby = SQL("1")
        rows = self.env.execute_query(query.select(label, SQL("count(*)")))
        for words, count in rows:
            if words is None:
                name, mine = self.env._("Goods came back"), seen & returned
            elif words:
                name, mine = (
                    words,
                    seen
                    & ~returned
                    & Domain("ref", "=like", f"%, {self._escape(words)}"),
                )
            else:
                name = self.env._("No reason given")
                bare = Domain("ref", "=", False) | Domain("ref", "not =like", "%, _%")
                mine = seen & ~returned & bare
            yield self._cause(kind, name, count, move._name, list(mine))

    def _escape(self, text):
        return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

    def _cause(self, kind, label, count, model, domain):
        return {
            "kind": kind,
            "label": label,
            "count": count,
            "model": model,
            "domain": domain,
        }

    def _between(self, field, span):
        since, until = span
        return Domain(field, ">=", since) & Domain(field, "<", until)

    def _among(self, domain, path):
        """That what ``path`` leads to is one of the orders looked at."""
        if domain.is_true():
            return Domain.TRUE
        return Domain(f"{path}.o2c_cycle_ids", "any", list(domain))

    def _may_look_behind(self, model, domain):
        """Whether one may read these, and, where only some orders are looked at, also
        which order they are about."""
        return model.has_access("read") and (
            domain.is_true() or self.env["sale.order"].has_access("read")
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    o2c_cycle_ids = fields.One2many(
        "o2c.cycle.report", "order_id", "Lead Times", readonly=True
    )
