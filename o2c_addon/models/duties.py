from odoo import fields, models
from odoo.tools import format_list

from .gate_mixin import Obstacle


class ResCompany(models.Model):
    _inherit = "res.company"

    o2c_apart_release = fields.Boolean(
        "Releasing Is Kept Apart",
        help="Who wrote or changed an order releases nothing that stops it or its "
        "deliveries and invoices.",
    )
    o2c_apart_invoice = fields.Boolean(
        "Invoicing Is Kept Apart",
        help="Who wrote or changed an order does not confirm its invoices.",
    )
    o2c_apart_credit = fields.Boolean(
        "Crediting Is Kept Apart",
        help="Who wrote or changed an order, or confirmed an invoice of it, does not "
        "confirm a credit note on it.",
    )


class GateMixin(models.AbstractModel):
    """Duties on one order that one person does not have together.

    That nobody approves what he wrote is a law. What else is kept apart is the
    company's choice. Robots are nobody: what makes and confirms invoices by itself
    goes on.
    """

    _inherit = "o2c.gate.mixin"

    def _o2c_kept_apart(self, duty):
        """Who does not have this ``duty`` (release, invoice, credit) here."""
        # sudo: whoever acts need not read the order to have had a part in it
        document = self.sudo()
        if not document.company_id[f"o2c_apart_{duty}"]:
            return self.env["res.users"]
        orders = document._o2c_orders()
        users = self.env["res.users"].union(*(o._o2c_authors() for o in orders))
        if duty == "credit":
            users |= orders._o2c_who_invoiced()
        return users - self.env.ref("base.user_root")

    def _o2c_problem_of_duty(self, duty, user):
        """Why ``user`` leaves this to somebody else: a sentence, or nothing."""
        if user not in self._o2c_kept_apart(duty):
            return None
        # sudo: see _o2c_kept_apart
        names = format_list(self.env, self.sudo()._o2c_orders().mapped("name"))
        words = {
            "release": self.env._(
                "You wrote or changed %s, so somebody else releases it", names
            ),
            "invoice": self.env._(
                "You wrote or changed %s, so somebody else confirms its invoice", names
            ),
            "credit": self.env._(
                "You wrote, changed or invoiced %s, so somebody else confirms its "
                "credit note",
                names,
            ),
        }
        return words[duty]

    def _o2c_obstacle_hold(self, hold):
        """Who can help is told without those who may not."""
        obstacle = super()._o2c_obstacle_hold(hold)
        people = obstacle.who - hold._kept_apart()
        if people == obstacle.who:
            return obstacle
        return obstacle._replace(who=people, remedy=hold._what_ends_it(people))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _o2c_who_invoiced(self):
        """Who confirmed an invoice of these orders, as the history knows."""
        # sudo: only who it was; the history has rules of its own
        history = self.env["o2c.event"].sudo()
        rows = history._read_group(
            [("order_key", "in", self.ids), ("activity", "=", "posted")], ["user_id"]
        )
        return self.env["res.users"].union(*(user for [user] in rows))


class Hold(models.Model):
    _inherit = "o2c.hold"

    def _kept_apart(self):
        """Who does not release this. What every user releases is no check."""
        hold = self.sudo()  # sudo: see _document
        known = self.env["ir.model.data"]._xmlid_to_res_id
        if hold.reason_id.release_group_id.id == known("o2c_addon.group_o2c_user"):
            return self.env["res.users"]
        return hold._document()._o2c_kept_apart("release")

    def _problem_of_releasing(self, user):
        problem = super()._problem_of_releasing(user)
        if not problem and user in self._kept_apart():
            problem = self._document()._o2c_problem_of_duty("release", user)
        return problem


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _o2c_releasers(self, check):
        return super()._o2c_releasers(check) - self._o2c_kept_apart("release")

    def _o2c_may_release(self, obstacle, user):
        return super()._o2c_may_release(
            obstacle, user
        ) and user not in self._o2c_kept_apart("release")

    def _o2c_refusals(self, deliveries, user):
        """Who may by his group, and had a part in the order, reads that it is that."""
        problems = (d._o2c_problem_of_duty("release", user) for d in deliveries)
        return [p for p in problems if p] or super()._o2c_refusals(deliveries, user)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _o2c_duty(self):
        return "credit" if self.move_type == "out_refund" else "invoice"

    def _o2c_may_be_stopped(self, gate):
        return super()._o2c_may_be_stopped(
            gate
        ) or self.env.user in self._o2c_kept_apart(self._o2c_duty())

    def _o2c_obstacles(self, gate):
        """The acting person may be the wrong one; the right one meets no obstacle."""
        obstacles = super()._o2c_obstacles(gate)
        if gate != "post" or not self._o2c_of_customers() or self._o2c_stamp_holds():
            return obstacles
        duty, user = self._o2c_duty(), self.env.user
        if problem := self._o2c_problem_of_duty(duty, user):
            others = self._o2c_people(self.env.ref("account.group_account_invoice"))
            obstacles.append(
                Obstacle(
                    "duty",
                    self.company_id,
                    problem,
                    {},
                    others - self._o2c_kept_apart(duty),
                    self.env._("It stays a draft until then."),
                    True,
                )
            )
        return obstacles
