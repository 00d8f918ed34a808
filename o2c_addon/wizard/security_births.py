from psycopg2 import DatabaseError

from odoo import fields, models
from odoo.exceptions import UserError


class SecurityCheck(models.TransientModel):
    """Orders that are confirmed when they are made, beyond what a rule allows."""

    _inherit = "o2c.security.check"

    def _try_rule(self, company):
        """A rule on the amount that is in force: an order beyond it cannot be born."""
        policy = self.env["o2c.approval.rule"]._in_force(
            "sale.order", "confirm", company.id
        )
        rule = next((r for r in policy if self._can_be_tried(r, company)), None)
        if not rule:
            why = self.env._(
                "No approval rule that stops all orders above an amount is in use "
                "in %s.",
                company.name,
            )
            return [self._row("rule", self.env._("All"), "b_untried", why)]
        return [
            self._try_born(way, label, company, rule)
            for way, label in self._ways_of_birth()
        ]

    def _can_be_tried(self, rule, company):
        """Whether ``rule`` (:class:`RuleInForce`) stops what is made here."""
        if (rule.effect, rule.criterion) != ("enforce", "amount"):
            return False
        if rule.exempts(self.env.user):
            return False
        # sudo: its condition is judged alike whoever asks
        record = self.env["o2c.approval.rule"].sudo().browse(rule.id)
        try:
            with self.env.cr.savepoint() as savepoint:
                order = self._make_order(company, self._price_beyond(rule))
                is_stopped = bool(record._stops(order))
                savepoint.rollback()
        except (UserError, DatabaseError):
            return False
        finally:
            self.env.invalidate_all()
        return is_stopped

    def _price_beyond(self, rule):
        # sudo: see _can_be_tried
        return self.env["o2c.approval.rule"].sudo().browse(rule.id)._asks_above() + 1

    def _ways_of_birth(self):
        return [
            ("create", self.env._("Creating an order that is confirmed already")),
            ("create_superuser", self.env._("Creating it as superuser")),
            ("default", self.env._("Creating it with the state among the defaults")),
            ("import", self.env._("Importing an order that is confirmed already")),
            ("copy", self.env._("Duplicating an order with the state changed")),
            ("stamp", self.env._("Creating an order that has passed already")),
            ("own_default", self.env._("The same, as a default of one's own")),
            ("answer", self.env._("Writing the approval by hand")),
        ]

    def _try_born(self, way, label, company, rule):
        orders = self.sudo().env["sale.order"]  # sudo: see _make_order
        number = f"{self.env._('Security self-check')} {way}"
        values = self._prepare_order(company, self._price_beyond(rule))
        values["name"] = number
        return self._try(
            "rule",
            label,
            lambda: getattr(self, f"_born_{way}")(orders.sudo(False), values),
            lambda: orders.search_count(
                [("name", "=", number), ("state", "=", "sale")]
            ),
            ("sale.order", "create", "write", "copy"),
        )

    def _born_create(self, orders, values):
        orders.create(values | {"state": "sale"})

    def _born_create_superuser(self, orders, values):
        self._born_create(orders.sudo(), values)  # sudo: that is what is tried

    def _born_default(self, orders, values):
        orders.with_context(default_state="sale").create(values)

    def _born_import(self, orders, values):
        line = values["order_line"][0][2]
        cells = {
            "name": values["name"],
            "state": "sale",
            "partner_id/.id": str(values["partner_id"]),
            "company_id/.id": str(values["company_id"]),
            "order_line/product_id/.id": str(line["product_id"]),
            "order_line/price_unit": str(line["price_unit"]),
        }
        orders.load(list(cells), [list(cells.values())])

    def _born_copy(self, orders, values):
        orders.create(values).copy({"state": "sale", "name": values["name"]})

    def _born_stamp(self, orders, values):
        orders.create(values | {"state": "sale"} | self._prepare_stamp(orders, values))

    def _born_own_default(self, orders, values):
        for field, value in self._prepare_stamp(orders, values).items():
            self.env["ir.default"].set(orders._name, field, value, user_id=True)
        self._born_create(orders, values)

    def _prepare_stamp(self, orders, values):
        """The stamp of an order like this one, had it passed."""
        twin = orders.sudo().create(values | {"name": "twin"})  # sudo: see _make_order
        now = fields.Datetime.to_string(fields.Datetime.now())
        return {"o2c_passed_on": now, "o2c_passed_seal": twin._o2c_current_seal()}

    def _born_answer(self, orders, values):
        order = orders.sudo().create(values)  # sudo: see _make_order
        for rule in order._o2c_unapproved():
            # no sudo: as the administrator himself
            orders.env["o2c.approval.request"].create(
                {
                    "rule_id": rule.id,
                    "order_id": order.id,
                    "company_id": order.company_id.id,
                    "requested_by_id": self.env.uid,
                    "state": "approved",
                    **order._o2c_figures(rule),
                }
            )
        order.action_confirm()
