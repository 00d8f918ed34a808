"""The dashboard: each figure on seeded data, and the orders behind each."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError

from .common import SALES, O2CCase

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class TestDashboard(O2CCase):
    """In a company of its own: the demo data has orders too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": "Alder Ltd"}, {"name": "Birch Inc"}]
        )
        cls.team = cls.env["crm.team"].create({"name": "Team of the test"})
        cls.ours = [("team_id", "=", cls.team.id)]

    @classmethod
    def seed(cls, number=1, ago=10, stage="done", step=(24, 48, 12, 240), **values):
        """So many orders that reached ``stage``, the last of it ``ago`` days ago, after
        these hours to confirm, deliver, invoice and pay."""
        orders = cls.env["sale.order"]
        for _number in range(number):
            orders |= cls.order(team_id=cls.team.id, **values).sudo()
        names = ("date_order", "o2c_delivered_on", "o2c_invoiced_on", "o2c_paid_on")
        passed = ["approval", "delivery", "invoicing", "payment", "done"].index(stage)
        moment = fields.Datetime.now() - ago * DAY
        dates = {"o2c_stage_since": moment}
        for name, duration in reversed(list(zip(names, step, strict=True))[:passed]):
            dates[name] = moment
            moment -= duration * HOUR
        dates["create_date"] = moment
        cls.env.flush_all()
        assignments = ", ".join(f"{name} = %s" for name in dates)
        cls.env.cr.execute(
            f"UPDATE sale_order SET state = %s, o2c_stage = %s, {assignments}"
            " WHERE id IN %s",
            ["sale" if passed else "draft", stage, *dates.values(), orders._ids],
        )
        cls.env.cr.execute(
            "UPDATE sale_order_line SET state = %s WHERE order_id IN %s",
            ["sale" if passed else "draft", orders._ids],
        )
        cls.env.invalidate_all()
        return orders

    def ask(self, user=None, domain=None, **options):
        self.env.flush_all()
        report = self.env["o2c.cycle.report"].with_user(user or self.mia)
        domain = self.ours if domain is None else domain
        return report.dashboard(domain, **options)

    def step(self, name, **options):
        return next(s for s in self.ask(**options)["steps"] if s["step"] == name)

    # -- the sentence ----------------------------------------------------------------

    def test_the_sentence_says_where_most_money_waits(self):
        self.seed(9, ago=3, stage="invoicing", price=20000)
        self.seed(1, ago=12, stage="invoicing", price=34000)
        self.seed(2, ago=90, stage="payment", price=1000)
        self.seed(1, ago=1, stage="delivery", price=500)

        sentence = self.ask()["sentence"]

        self.assertEqual(
            sentence["text"].replace("\xa0", " "),
            "Most money waits in “To invoice”: $ 214,000 in 10 orders, oldest 12 days.",
        )
        rows = self.env["o2c.cycle.report"].search(sentence["domain"])
        self.assertEqual((len(rows), sum(rows.mapped("amount"))), (10, 214000))

    def test_one_order_is_one_order(self):
        self.seed(1, ago=2, stage="payment", price=700)

        self.assertEqual(
            self.ask()["sentence"]["text"].replace("\xa0", " "),
            "Most money waits in “To be paid”: $ 700 in one order, for 2 days.",
        )

    def test_nothing_waits(self):
        self.seed(1, ago=2)

        sentence = self.ask()["sentence"]

        self.assertEqual(sentence["text"], "No confirmed order waits for anything.")
        self.assertFalse(sentence["domain"])

    # -- how it went -----------------------------------------------------------------

    def test_median_and_ninetieth_percentile(self):
        for pay in range(1, 12):
            self.seed(step=(24, 48, 12, pay * 100))

        total, pay = self.ask()["figures"]["total"], self.step("pay")

        self.assertEqual((pay["count"], pay["value"], pay["high"]), (11, 600, 1000))
        self.assertEqual((total["count"], total["value"]), (11, 684))
        self.assertEqual(total["high"], 1084)

    def test_each_step_by_the_time_it_was_passed(self):
        self.seed(2, ago=5, stage="payment", step=(10, 20, 30, 40))

        steps = {s["step"]: (s["count"], s["value"]) for s in self.ask()["steps"]}

        self.assertEqual(
            steps,
            {
                "confirm": (2, 10),
                "deliver": (2, 20),
                "invoice": (2, 30),
                "pay": (0, None),
            },
        )

    def test_against_the_same_time_before(self):
        self.seed(3, ago=10, step=(1, 1, 1, 200))
        self.seed(3, ago=40, step=(1, 1, 1, 100))
        self.seed(3, ago=400, step=(1, 1, 1, 900))

        month, year = self.step("pay", months=1), self.step("pay", months=12)

        self.assertEqual((month["value"], month["previous"]), (200, 100))
        self.assertEqual(
            (year["count"], year["value"], year["previous"]), (6, 150, 900)
        )

    def test_on_time_and_right_first_time(self):
        promise = fields.Datetime.now() - 20 * DAY
        self.seed(3, ago=25, stage="invoicing", commitment_date=promise)
        late = self.seed(1, ago=5, stage="invoicing", commitment_date=promise)
        self.seed(4, ago=5, stage="payment")  # nothing promised
        wrong = self.seed(1, ago=5, stage="payment")
        wrong._o2c_log("changed")

        figures = self.ask()["figures"]

        on_time, right = figures["on_time"], figures["right"]
        self.assertEqual((on_time["count"], on_time["value"]), (4, 0.75))
        self.assertEqual(self.behind(on_time["bad"]), late)
        self.assertEqual((right["count"], right["value"]), (5, 0.8))
        self.assertEqual(self.behind(right["bad"]), wrong)

    def behind(self, figure):
        rows = self.env["o2c.cycle.report"].search(figure["domain"])
        self.assertEqual(len(rows), figure["count"])
        return rows.order_id

    def test_no_figure_without_orders(self):
        self.seed(1, stage="delivery")

        figures = self.ask()["figures"]

        self.assertIsNone(figures["total"]["value"])
        self.assertEqual(figures["total"]["none"], "No order was paid in this time.")
        self.assertFalse(self.ask()["trend"])

    def test_an_empty_company_is_told_so(self):
        nowhere = [("team_id", "=", self.env["crm.team"].create({"name": "New"}).id)]

        answer = self.ask(domain=nowhere)

        self.assertTrue(answer["is_empty"])
        self.assertEqual(
            (answer["waits"], answer["causes"], answer["rules"]), ([], [], [])
        )
        self.assertFalse(answer["groups"]["rows"])

    def test_the_months(self):
        self.seed(2, ago=70, step=(24, 24, 24, 24))
        self.seed(2, ago=2, step=(24, 24, 24, 72))

        trend = self.ask()["trend"]

        self.assertEqual([month["count"] for month in trend], [2, 2])
        self.assertEqual(trend[1]["hours"]["pay"], 72)
        for month in trend:
            self.behind(month)

    # -- where it waits --------------------------------------------------------------

    def test_bottlenecks_by_days_and_money(self):
        self.seed(1, ago=2, stage="delivery", price=10000)  # 20,000
        self.seed(1, ago=30, stage="payment", price=1000)  # 30,000
        self.seed(2, ago=1, stage="approval", price=100)

        waits = self.ask()["waits"]

        self.assertEqual(
            [(w["label"], w["count"], w["amount"], round(w["oldest"])) for w in waits],
            [
                ("To be paid", 1, 1000, 30),
                ("To deliver", 1, 10000, 2),
                ("To approve", 2, 200, 1),
            ],
        )

    def test_unbilled_and_held_money(self):
        order = self.confirmed(quantity=5, team_id=self.team.id)
        self.deliver(order, quantity=2)
        held = self.confirmed(quantity=7, team_id=self.team.id)
        held.picking_ids.with_user(self.mia).sudo()._o2c_put_on_hold(self.reason())

        unbilled, on_hold = self.ask()["money"]

        self.assertEqual((unbilled["count"], unbilled["amount"]), (1, 2000))
        self.assertEqual(self.behind(unbilled), order.sudo())
        self.assertEqual((on_hold["count"], on_hold["amount"]), (1, 7000))
        self.assertEqual(self.behind(on_hold), held.sudo())

    # -- causes ----------------------------------------------------------------------

    def lively(self):
        """Two refusals, holds, a failure and credit notes, on orders of the team."""
        self.rule(limit=1000, name="Orders of the test")
        values = {"team_id": self.team.id, "partner_id": self.customers[0].id}
        for number in range(3):
            order = self.order(quantity=5, **values)
            order.action_confirm()
            request = order.o2c_request_ids.with_user(self.ada)
            request.action_refuse("No") if number else request.action_approve()
        order = self.confirmed(**values)
        order.picking_ids.with_user(self.mia).sudo()._o2c_put_on_hold(self.reason())
        self.seed(1, stage="payment", partner_id=self.customers[0].id)._o2c_log(
            "invoicing_failed", note="The account is closed"
        )
        order = self.confirmed(quantity=1, price=500, **values)
        self.deliver(order)
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create(
            {"reason": "100 % of it broken, late", "journal_id": invoice.journal_id.id}
        )
        credit = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        credit.action_post()

    def test_causes(self):
        self.lively()

        for domain in (self.ours, []):
            with self.subTest(domain):
                causes = self.ask(self.all_seeing(), domain)["causes"]
                found = {(c["kind"], c["label"]): c for c in causes}
                expected = {
                    ("Approval refused", "Orders of the test"): 2,
                    ("Put on hold", "Papers missing"): 1,
                    ("Invoicing failed", "The account is closed"): 1,
                    ("Credit note", "late"): 1,
                }
                for cause, count in expected.items():
                    self.assertIn(cause, found)
                    self.assertEqual(found[cause]["count"], count)

    def all_seeing(self):
        if "all_t" not in self.env["res.users"].search([]).mapped("login"):
            self.all = self.user(
                "all_t",
                "All",
                f"{SALES},account.group_account_invoice,o2c_addon.group_o2c_manager",
            )
        return self.all

    def test_answers_of_each_rule(self):
        self.lively()

        [rule] = self.ask(self.all_seeing())["rules"]

        self.assertEqual(
            (rule["rule"], rule["count"], rule["refused"]), ("Orders of the test", 3, 2)
        )
        self.assertEqual(
            self.env["o2c.approval.decision"].search_count(rule["refused_domain"]), 2
        )

    def test_other_orders_have_other_causes(self):
        self.lively()
        others = [("partner_id", "=", self.customers[1].id), *self.ours]
        self.seed(1, partner_id=self.customers[1].id)

        answer = self.ask(self.all_seeing(), others)

        self.assertEqual((answer["causes"], answer["rules"]), ([], []))

    # -- what a day less brings ------------------------------------------------------

    def a_day_less(self, **options):
        """Step → what it brings, and the days of the time looked at."""
        answer = self.ask(**options)
        since, until = map(fields.Datetime.to_datetime, answer["period"].values())
        brings = {step["step"]: step["one_day_less"] for step in answer["steps"]}
        return answer["one_day_less"], brings, (until - since) / DAY

    def test_a_day_less_brings_forward_what_passes_the_step_in_a_day(self):
        self.seed(10, step=(12, 48, 6, 240), price=36500)

        sentence, brings, days = self.a_day_less()

        self.assertAlmostEqual(brings["deliver"], 365000 / days)
        self.assertAlmostEqual(brings["pay"], 365000 / days)
        # half a day and a quarter: nobody can be faster than at once
        self.assertAlmostEqual(brings["confirm"], 182500 / days)
        self.assertAlmostEqual(brings["invoice"], 91250 / days)
        self.assertEqual(
            sentence["text"].replace("\xa0", " "),
            f"Delivered a day sooner: $ {365000 / days:,.0f} more in the bank.",
        )
        rows = self.env["o2c.cycle.report"].search(sentence["domain"])
        self.assertEqual((len(rows), sum(rows.mapped("amount"))), (10, 365000))

    def test_the_sentence_is_about_the_step_that_brings_most(self):
        self.seed(2, step=(1, 2, 90, 0))
        self.assertIn("Invoiced a day sooner", self.a_day_less()[0]["text"])

        self.seed(2, stage="delivery", step=(90, 0, 0, 0), price=9000)

        self.assertIn("Confirmed a day sooner", self.a_day_less()[0]["text"])

    def test_only_what_passed_in_that_time_brings_something(self):
        self.seed(1, ago=10, stage="invoicing", step=(24, 24, 0, 0))
        self.seed(1, ago=100, stage="invoicing", step=(24, 24, 0, 0))

        _sentence, month, days = self.a_day_less(months=1)
        _sentence, year, days_of_year = self.a_day_less(months=12)

        self.assertAlmostEqual(month["deliver"], 1000 / days)
        self.assertAlmostEqual(year["deliver"], 2000 / days_of_year)
        self.assertEqual((year["invoice"], year["pay"]), (0, 0))

    def test_where_nothing_moves_nothing_is_promised(self):
        self.seed(1, stage="approval")

        sentence = self.a_day_less()[0]

        self.assertFalse(sentence["text"] or sentence["domain"])

    def test_less_than_one_is_not_worth_a_sentence(self):
        self.seed(1, price=100)
        self.assertFalse(self.a_day_less()[0]["text"])

        self.seed(1, price=500)

        self.assertIn("$\xa02 more", self.a_day_less()[0]["text"])

    def test_without_a_filter_it_is_about_all_orders(self):
        self.seed(5, price=30000)
        report = self.env["o2c.cycle.report"].with_user(self.mia)

        self.assertEqual(report.one_day_less(), report.dashboard()["one_day_less"])

    def test_the_same_sentence_stands_above_lead_times(self):
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        self.seed(5, price=3000)
        self.seed(1, price=3000, user=own)

        def said(user):
            sentence = self.rpc(user, "o2c.cycle.report", "one_day_less", self.ours)
            return sentence["text"]

        self.assertEqual(said(self.mia), self.ask()["one_day_less"]["text"])
        self.assertEqual(said(own), self.ask(own)["one_day_less"]["text"])
        self.assertNotEqual(said(own), said(self.mia))
        with self.assertRaises(AccessError):
            said(self.ada)

    def test_the_warehouse_is_not_told_what_customers_pay(self):
        self.seed(5, step=(0, 0, 0, 240))

        wim = self.rpc(self.wim, "o2c.cycle.report", "one_day_less", self.ours)

        self.assertFalse(wim["text"])
        self.assertIn("Paid a day sooner", self.ask()["one_day_less"]["text"])

    # -- the orders behind -----------------------------------------------------------

    def numbers(self, answer):
        """Everything in ``answer`` that has a count and a domain."""
        if isinstance(answer, dict):
            if answer.keys() >= {"count", "domain"}:
                yield answer
            answer = answer.values()
        if isinstance(answer, dict | list | type({}.values())):
            for part in answer:
                yield from self.numbers(part)

    def test_every_number_opens_what_it_counts(self):
        self.lively()
        for stage in ("approval", "delivery", "invoicing", "payment", "done"):
            self.seed(2, stage=stage, partner_id=self.customers[1].id)
        auditor = self.user("aud_t", "Audrey", "o2c_addon.group_o2c_auditor")
        for user in (
            self.mia,
            self.all_seeing(),
            self.sam,
            self.wim,
            self.kim,
            auditor,
        ):
            for domain in (self.ours, []):
                answer = self.ask(user, domain)
                numbers = list(self.numbers(answer))
                self.assertGreater(len(numbers), 20)
                for number in numbers:
                    model = number.get("model", "o2c.cycle.report")
                    with self.subTest(f"{user.name} {number}"):
                        self.assertEqual(
                            self.env[model]
                            .with_user(user)
                            .search_count(number["domain"]),
                            number["count"],
                        )

    def test_by_every_dimension(self):
        self.company.o2c_times_per_person = True
        self.seed(2, stage="payment", partner_id=self.customers[0].id)
        self.seed(3, stage="done", partner_id=self.customers[1].id, step=(1, 1, 1, 1))

        rows = {row["name"]: row for row in self.ask(by="partner_id")["groups"]["rows"]}

        self.assertEqual(list(rows), ["Alder Ltd", "Birch Inc"])
        self.assertEqual(
            (rows["Alder Ltd"]["count"], rows["Alder Ltd"]["amount"]), (2, 2000)
        )
        self.assertEqual(
            (rows["Birch Inc"]["count"], rows["Birch Inc"]["amount"]), (0, 0)
        )
        self.assertEqual(rows["Birch Inc"]["total"]["value"], 4)
        for by in ("company_id", "team_id", "warehouse_id", "categ_id", "user_id"):
            with self.subTest(by):
                groups = self.ask(by=by)["groups"]
                self.assertEqual([row["count"] for row in groups["rows"]], [2])
                self.assertTrue(groups["rows"][0]["name"])

    def test_per_salesperson_says_why_there_is_nothing(self):
        self.company.o2c_times_per_person = False
        self.assertIn(
            "per salesperson", self.ask(self.sam, by="user_id")["groups"]["note"]
        )
        self.assertFalse(self.ask(by="team_id")["groups"]["note"])

        self.company.o2c_times_per_person = True

        self.assertFalse(self.ask(self.sam, by="user_id")["groups"]["note"])

    def test_what_is_no_dimension_is_not_grouped_by(self):
        self.assertEqual(self.ask(by="order_id")["groups"]["by"], "partner_id")

    # -- rights and cost -------------------------------------------------------------

    def test_salespeople_see_figures_of_their_own_orders(self):
        own = self.user("own_t", "Own", "sales_team.group_sale_salesman")
        self.seed(2, stage="payment")
        self.seed(1, stage="payment", user=own)

        self.assertEqual(self.ask(own)["waits"][0]["count"], 1)
        self.assertEqual(self.ask(self.sam)["waits"][0]["count"], 3)

    def test_companies_in_their_own_currency_are_added_in_mine(self):
        euro = self.env.ref("base.EUR")
        self.euro_pricelist(0.5)
        other = self.env["res.company"].create(
            {"name": "Other", "currency_id": euro.id}
        )
        self.mia.company_ids += other
        self.seed(1, stage="payment", price=1000)
        order = self.seed(1, stage="payment", price=1000)
        self.env.cr.execute(
            "UPDATE sale_order SET company_id = %s, currency_rate = 1 WHERE id = %s",
            [other.id, order.id],
        )
        report = self.env["o2c.cycle.report"].with_user(self.mia)

        both = report.with_context(allowed_company_ids=[self.company.id, other.id])
        alone = report.with_context(allowed_company_ids=[self.company.id])

        self.assertEqual(alone.dashboard(self.ours)["waits"][0]["amount"], 1000)
        self.assertEqual(both.dashboard(self.ours)["waits"][0]["amount"], 3000)

    def test_it_costs_as_many_queries_for_many_orders(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.ask(self.all_seeing())
            return self.cr.sql_log_count - before

        self.lively()
        for stage in ("approval", "delivery", "invoicing", "payment", "done"):
            self.seed(1, stage=stage)
        few = min(queries() for _again in range(3))  # the registry remembers
        for stage in ("approval", "delivery", "invoicing", "payment", "done"):
            self.seed(6, stage=stage)

        self.assertEqual(queries(), few)
        self.assertLessEqual(few, 30)

    def test_who_has_nothing_to_do_with_orders_is_refused(self):
        with self.assertRaises(AccessError):
            self.rpc(self.ada, "o2c.cycle.report", "dashboard", [])

    def test_over_rpc(self):
        self.seed(1, stage="payment")

        answer = self.rpc(self.sam, "o2c.cycle.report", "dashboard", self.ours, 12)

        self.assertEqual(answer["waits"][0]["count"], 1)
