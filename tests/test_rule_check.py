"""Check my rules: what does not say what its author meant. And: is it worth it?"""

from odoo.exceptions import AccessError
from odoo.fields import Command

from odoo.addons.o2c_addon.report.rule_worth import _rounded_below

from .common import ACCOUNTING, O2CCase


class TestCheckMyRules(O2CCase):
    def found(self, policy):
        policy = policy.with_user(self.mia)
        policy.invalidate_recordset(["findings"])
        return policy.findings or ""

    def steps(self, *values):
        """Steps, and who is asked: Ada, unless told otherwise."""
        people = {"user_ids": [Command.set(self.ada.ids)]}
        return [Command.create({**people, **step}) for step in values]

    def test_a_good_rule_is_left_in_peace(self):
        self.assertEqual(self.found(self.rule()), "")
        self.assertEqual(self.found(self.check("tracking")), "")
        self.assertEqual(self.found(self.reason()), "")

    def test_an_approver_who_is_gone_or_elsewhere(self):
        rule = self.rule(approvers=self.ada | self.ben)
        self.ben.active = False
        self.assertIn("Ben cannot answer", self.found(rule))
        self.assertIn("Name somebody else", self.found(rule))

        self.ben.active = True
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.ben.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        self.assertIn("no access to the company", self.found(rule))
        rule.step_ids.user_ids = self.ada
        self.assertEqual(self.found(rule), "")

    def test_more_people_wanted_than_can_answer(self):
        both = {"user_ids": [Command.set((self.ada | self.ben).ids)], "quorum": 2}
        rule = self.rule(step_ids=self.steps(both))
        self.assertEqual(self.found(rule), "")

        self.ben.active = False
        self.assertIn("wants a yes of 2 people, and 1 can answer", self.found(rule))

    def test_deputies_in_a_circle(self):
        rule = self.rule(approvers=self.ada)
        deputies = self.env["o2c.delegation"]
        deputies.search([]).action_archive()
        away = {"period": "away"}
        names = [(self.ada, self.ben), (self.ben, self.wim), (self.wim, self.ada)]
        first, second, last = (
            deputies.create({"user_id": a.id, "deputy_id": b.id, **away})
            for a, b in names
        )
        self.assertIn("Ada, Ben, and Wim are deputies of each other", self.found(rule))
        self.assertIn("Let one of them name somebody else", self.found(rule))

        last.deputy_id = self.sam
        self.assertEqual(self.found(rule), "")

        last.deputy_id = self.ada
        days = {"period": "dates", "date_to": "2099-01-31"}
        first.write({**days, "date_from": "2099-01-01"})
        self.assertIn("deputies of each other", self.found(rule))
        second.write({**days, "date_from": "2099-02-01", "date_to": False})
        self.assertEqual(self.found(rule), "", "never at the same time")

    def test_a_group_without_members(self):
        group = self.env["res.groups"].create({"name": "Board"})
        step = {"approver": "group", "group_id": group.id}
        rule = self.rule(step_ids=self.steps(step))
        self.assertIn("nobody is in the group “Board”", self.found(rule))

        self.ada.group_ids += group
        self.assertEqual(self.found(rule), "")

    def test_a_team_without_a_leader(self):
        self.env["crm.team"].search([]).user_id = self.mia
        rule = self.rule(step_ids=self.steps({"approver": "team_leader"}))
        self.assertEqual(self.found(rule), "")

        team = self.env["crm.team"].create(
            {"name": "North", "company_id": self.company.id, "user_id": False}
        )
        self.assertIn("no leader of North", self.found(rule))
        team.user_id = self.ada
        self.assertEqual(self.found(rule), "")

    def test_who_is_asked_alone_is_the_one_who_asks(self):
        rule = self.rule(approvers=self.ada)
        for _each in range(3):
            request = self.asked(rule)
        self.assertEqual(self.found(rule), "", "Sam asks, Ada answers")

        rule.step_ids.user_ids = self.sam
        self.assertIn("asked of Sam alone, who asked 3 of 3", self.found(rule))
        rule.step_ids.user_ids = self.sam | self.ada
        self.assertEqual(self.found(rule), "")
        self.assertEqual(request.requested_by_id, self.sam)

    def asked(self, rule):
        order = self.order(quantity=20)
        order.action_confirm()
        return order.sudo().o2c_request_ids.filtered(lambda r: r.rule_id == rule)

    def test_a_step_nobody_reaches(self):
        rule = self.rule(
            limit=10,
            criterion="discount",
            step_ids=self.steps({"name": "First"}, {"name": "Board", "limit": 100}),
        )
        self.assertIn("“Board” is never asked", self.found(rule))
        rule.step_ids[1].limit = 50
        self.assertEqual(self.found(rule), "")

    def test_a_gap_in_which_nobody_is_asked(self):
        amount = self.rule(limit=5000, step_ids=self.steps({"limit": 8000}))
        said = self.found(amount)
        self.assertRegex(said, "Nobody is asked between .*5,000.* and .*8,000")
        order = self.order(quantity=6)
        order.action_confirm()
        self.assertEqual(order.state, "sale", "nobody was asked indeed")
        margin = self.rule(
            limit=30, criterion="margin", step_ids=self.steps({"limit": 20})
        )
        self.assertIn("between 30 % and 20 %", self.found(margin))

        for rule in (amount, margin):
            rule.step_ids.limit = 0
            self.assertEqual(self.found(rule), "")

    def test_two_rules_about_the_same(self):
        low = self.rule(limit=5000, name="Low")
        high = self.rule(limit=8000, name="High")
        self.assertEqual(self.found(low), "")
        self.assertIn("“Low” asks about the same", self.found(high))

        high.effect = "warn"
        self.assertIn("where “Low” stops already", self.found(high))
        high.domain = "[('note', '!=', False)]"
        self.assertEqual(self.found(high), "")
        high.write(
            {
                "domain": False,
                "effect": "enforce",
                "criterion": "discount",
                "limit": 10,
            }
        )
        self.assertEqual(self.found(high), "")

    def test_a_yes_that_helps_nobody(self):
        asks = self.rule(limit=8000, name="Asks")
        stops = self.rule(limit=5000, name="Stops", approvers=self.env["res.users"])

        self.assertIn("“Stops” stops the same documents and asks", self.found(asks))
        self.assertEqual(self.found(stops), "", "said where the yes is given")
        order = self.order(quantity=9)
        order.action_confirm()
        order.sudo().o2c_request_ids.with_user(self.ada).sudo(False).action_approve()
        self.assertEqual(order.state, "draft", "the yes did not help indeed")

        stops.limit = 9000
        self.assertEqual(self.found(asks), "")

    def test_a_limit_in_several_currencies(self):
        rule = self.rule(company_id=False)
        self.env["res.company"].create(
            {"name": "Euro Ltd", "currency_id": self.env.ref("base.EUR").id}
        )
        self.assertIn("Make a rule for each company", self.found(rule))
        rule.write({"criterion": "discount", "limit": 10})
        self.assertEqual(self.found(rule), "")
        rule.write({"criterion": "amount", "company_id": self.company.id})
        self.assertEqual(self.found(rule), "")

    def test_never_fired_in_a_year(self):
        rule = self.rule(name="Idle")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE o2c_approval_rule SET create_date = now() - interval '13 months' "
            "WHERE id = %s",
            [rule.id],
        )
        self.env.invalidate_all()
        self.assertIn("stopped nothing within a year", self.found(rule))

        self.asked(rule)
        self.assertEqual(self.found(rule), "")

    def test_a_broken_condition(self):
        for policy in (
            self.rule(domain="[('note', '=', 'x')]"),
            self.check("tracking", domain="[('note', '=', 'x')]"),
        ):
            self.env.flush_all()
            self.env.cr.execute(
                f"UPDATE {policy._table} SET domain = '[(''gone'', ''='', 1)]' "
                "WHERE id = %s",
                [policy.id],
            )
            self.env.invalidate_all()
            self.assertIn("cannot be read", self.found(policy))

    def test_nobody_may_release(self):
        group = self.env["res.groups"].create({"name": "Customs"})
        for policy in (
            self.check("tracking", release_group_id=group.id),
            self.reason(release_group_id=group.id),
        ):
            self.assertIn("group “Customs”, which may release", self.found(policy))
        self.ada.group_ids += group
        self.assertEqual(self.found(policy), "")

    def test_the_demo_has_a_rule_with_a_step_nobody_reaches(self):
        rule = self.env.ref("o2c_addon.rule_discounts")
        self.assertEqual(self.found(rule), "", "archived: nothing is to be mended")

        rule.active = True

        self.assertIn("“Board” is never asked", self.found(rule))

    def test_the_list_is_for_who_changes_rules_and_opens_what_is_to_be_mended(self):
        rule = self.rule(approvers=self.ada | self.ben, name="With Ben")
        self.ben.active = False

        action = self.rpc(self.mia, "o2c.rule.finding", "action_check")

        findings = self.env["o2c.rule.finding"].search(action["domain"])
        mine = findings.filtered(
            lambda f: (f.res_model, f.res_id) == (rule._name, rule.id)
        )
        self.assertEqual((mine.name, mine.kind), ("With Ben", "Approval Rule"))
        self.assertIn("Ben cannot answer", mine.wrong)
        self.assertEqual(mine.action_open()["res_id"], rule.id)
        for user in (self.sam, self.wim, self.rae):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, "o2c.rule.finding", "action_check")
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.rpc(user, rule._name, "read", rule.ids, ["findings"])


class TestIsItWorthIt(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.product("Advice", 1000, type="service", is_storable=False)

    def ask(self, price, verdict=None, change=None):
        """A question about an order, answered by Ada, or overtaken by a change."""
        order = self.order(price=price, product=self.service)
        order.action_confirm()
        request = order.sudo().o2c_request_ids
        if verdict == "yes":
            request.with_user(self.ada).sudo(False).action_approve()
        elif verdict == "no":
            request.with_user(self.ada).sudo(False).action_refuse("Too much")
        if change:
            order.order_line.price_unit = change
            order.action_confirm()
        return request

    def worth(self, rule, user=None):
        rule = rule.with_user(user or self.mia)
        rule.invalidate_recordset()
        return rule

    def test_another_limit_with_its_evidence(self):
        rule = self.rule(limit=5000)
        for price in (5500, 6000, 6500, 7000, 12000):
            self.ask(price, "yes")
        self.ask(8341, "no")
        self.ask(9000, change=4000)

        worth = self.worth(rule)

        self.assertEqual(worth.worth_asked, 7)
        self.assertEqual(worth.worth_approved, 5)
        self.assertEqual((worth.worth_refused, worth.worth_changed), (1, 1))
        self.assertEqual(worth.worth_limit, 8000)
        said = worth.suggestion.replace("\N{NO-BREAK SPACE}", " ")
        self.assertRegex(
            said,
            "8,000.* instead of .*5,000.*: 4 of 7 would not have waited; the 2 ",
        )
        self.assertEqual(
            worth.worth_amount, 5500 + 6000 + 6500 + 7000 + 12000 + 8341 + 9000
        )

        action = worth.action_try_suggestion()
        [(_create, _id, values)] = action["context"]["default_change_ids"]
        self.assertEqual(values, {"rule_id": rule.id, "limit": 8000})

    def test_nobody_ever_said_no(self):
        rule = self.rule(limit=5000)
        for price in (5500, 6000, 6500, 7000, 7500):
            self.ask(price, "yes")

        self.assertIn("Nobody said no to any of the 5", self.worth(rule).suggestion)
        self.assertFalse(self.worth(rule).worth_limit)

    def test_keep_it_where_no_limit_tells_them_apart(self):
        rule = self.rule(limit=5000)
        self.ask(5001, "no")
        for price in (6000, 7000, 8000, 9000):
            self.ask(price, "yes")

        self.assertIn("Keep it: 1 of 5", self.worth(rule).suggestion)

    def test_too_few_to_say(self):
        rule = self.rule(limit=5000)
        self.assertFalse(self.worth(rule).suggestion)
        self.ask(6000, "no")

        self.assertIn("too few", self.worth(rule).suggestion)

    def test_how_long_it_took(self):
        rule = self.rule(limit=5000)
        for price, hours in ((6000, 1), (7000, 3), (8000, 50)):
            request = self.ask(price, "yes")
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE o2c_approval_request SET requested_on = (SELECT "
                "max(decided_on) FROM o2c_approval_decision WHERE request_id = %s) "
                "- %s * interval '1 hour' WHERE id = %s",
                [request.id, hours, request.id],
            )
        self.ask(9000)  # nobody answered yet
        self.env.invalidate_all()

        self.assertAlmostEqual(self.worth(rule).worth_hours, 3, 2)

    def test_figures_are_for_who_may_know_them(self):
        rule = self.rule(limit=5000)
        for user in (self.sam, self.ada, self.kim):
            for field in ("suggestion", "worth_limit", "worth_amount", "worth_asked"):
                with (
                    self.subTest(user.name, field=field),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, rule._name, "read", rule.ids, [field])

    def test_a_limit_of_the_margin_is_suggested_to_who_sees_costs(self):
        self.service.standard_price = 700
        rule = self.rule(limit=50, criterion="margin", name="Thin")
        for price in (1500, 1450, 1500, 1480):  # more than half, or nearly
            self.ask(price - 150, "yes")
        self.ask(1000, "no")  # 30 %
        kit = self.user("kit_w", "Kit", f"{ACCOUNTING},o2c_addon.group_o2c_manager")

        worth = self.worth(rule)

        self.assertEqual(worth.worth_limit, 40)
        self.assertIn(
            "40 % instead of 50 %: 4 of 5 would not have waited; the one ",
            worth.suggestion,
        )
        self.assertFalse(self.worth(rule, kit).worth_limit)
        self.assertNotIn("40", self.worth(rule, kit).suggestion)

    def test_the_next_smaller_round_number(self):
        for number, digits, expected in (
            (8341, 1, 8000),
            (8341, 2, 8300),
            (8000, 1, 7000),
            (-20, 1, -30),
            (-20, 2, -21),
            (0.55, 1, 0.5),
            (0, 1, -1),
        ):
            self.assertAlmostEqual(_rounded_below(number, digits), expected)
