"""Rules tried on past orders: the answer is what confirming them really gives."""

import os
from random import Random
from re import findall
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from odoo.addons.o2c_addon.report import trial_run

from .common import ACCOUNTING, OWN_SALES, O2CCase

MANAGER = "o2c_addon.group_o2c_manager"
NUMBER = int(os.environ.get("O2C_TRIAL_ORDERS", "120"))  # 1000 before a release


class TrialCase(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # changes the rules, and reads her own orders only
        cls.tia = cls.user("tia_t", "Tia", f"{OWN_SALES},{MANAGER}")
        cls.advice = cls.product("Advice", 1000, type="service", is_storable=False)

    def trial(self, *changes, user=None, **values):
        """A try-out of ``changes``: (rule, limit), or (rule, None) switched off."""
        lines = [
            {"rule_id": rule.id, "limit": limit, "counts": True}
            if limit is not None
            else {"rule_id": rule.id, "counts": False}
            for rule, limit in changes
        ]
        return (
            self.env["o2c.trial"]
            .with_user(user or self.tia)
            .create(
                {
                    "company_id": self.company.id,
                    "change_ids": [Command.create(line) for line in lines],
                    **values,
                }
            )
        )

    def run_queue(self):
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_try_out").method_direct_trigger()
        self.env.invalidate_all()

    def tried(self, *changes, **values):
        trial = self.trial(*changes, **values)
        trial.action_start()
        for _run in range(1 + NUMBER // 200):  # a run of the scheduler has its time
            self.run_queue()
        self.assertEqual(trial.state, "done", trial.error)
        return trial

    def sold(self, price, **values):
        return self.confirmed(price=price, product=self.advice, user=self.tia, **values)

    def ids(self, trial, change):
        return trial.document_ids.filtered(lambda d: d.change == change).mapped(
            "res_id"
        )


class TestAgreement(TrialCase):
    def policy(self):
        """Rules of all sorts; one is not needed for Tia, one asks nobody."""
        step = {"name": "Board", "user_ids": [Command.set(self.ada.ids)], "limit": 25}
        month = self.env.ref("account.account_payment_term_30days")
        policy = (
            self.rule(limit=6000)
            | self.rule(limit=10, criterion="discount", domain="[('note','=',False)]")
            | self.rule(
                limit=5, criterion="discount_line", step_ids=[Command.create(step)]
            )
            | self.rule(limit=30, criterion="margin")
            | self.rule(limit=15, criterion="price_below_list")
            | self.rule(limit=10, criterion="payment_term")
            | self.rule(limit=9000, gate="send", approvers=self.mia)
            | self.rule(limit=1, exempt_user_ids=[Command.set(self.tia.ids)])
            | self.rule(
                criterion="incomplete",
                approvers=self.env["res.users"],
                domain=f"[('payment_term_id', '=', {month.id})]",
            )
        )
        for rule in policy:
            rule.name = f"R{rule.id}"
        return policy

    def generated(self, number):
        """Values of so many quotations; the same numbers each time."""
        dice = Random(19)
        self.advice.standard_price = 600
        terms = [False, self.env.ref("account.account_payment_term_30days").id]
        pricelists = [False, False, self.euro_pricelist(0.8).id]
        for _each in range(number):
            lines = [
                Command.create(
                    {
                        "product_id": self.advice.id,
                        "product_uom_qty": dice.choice((1, 2, 5)),
                        "price_unit": dice.choice((800, 900, 1000, 1500)),
                        "discount": dice.choice((0, 0, 0, 8, 12, 30)),
                    }
                )
                for _line in range(dice.choice((1, 1, 2)))
            ]
            yield {
                "partner_id": self.customer.id,
                "user_id": self.tia.id,
                "company_id": self.company.id,
                "pricelist_id": dice.choice(pricelists),
                "payment_term_id": dice.choice(terms),
                "note": dice.choice((False, "<p>Call first</p>")),
                "client_order_ref": dice.choice((False, "PO 1")),
                "order_line": lines,
            }

    def test_order_by_order_it_says_what_confirming_does(self):
        orders = self.env["sale.order"].with_user(self.tia)
        values = list(self.generated(NUMBER))
        past = orders.create(values)
        past.action_confirm()
        self.assertEqual(set(past.mapped("state")), {"sale"})
        policy = self.policy()
        trial = self.tried(*((rule, rule.limit) for rule in policy))
        self.assertEqual((trial.judged, trial.total), (NUMBER, NUMBER))
        self.assertFalse(trial.fewer)
        self.assertEqual(trial.more, 0, "the rules are in force already")
        said = {found.res_id: found for found in trial.document_ids}

        present = orders.create(values)
        present.action_confirm()

        waiting = present.filtered(lambda order: order.state != "sale")
        for old, new in zip(past, present, strict=True):
            self.assertEqual(old.id in said, new in waiting, new.o2c_status)
            if new in waiting:
                self.agree_on_why(said[old.id], new.sudo().o2c_request_ids, policy)
        # and it is no agreement about nothing
        self.assertGreater(len(waiting), NUMBER / 10)
        self.assertLess(len(waiting), NUMBER * 9 / 10)
        self.assertGreater(len(waiting.currency_id), 1)

    def agree_on_why(self, said, asked, policy):
        """The same rules are named, and the same people asked first."""
        mends = policy.filtered(lambda rule: not rule.step_ids)
        named = set(findall(r"R\d+", said.rules))
        named -= set(mends.mapped("name"))
        self.assertEqual(named, set(asked.rule_id.mapped("name")))
        for request in asked:
            self.assertIn(request._waiting_for(), said.desk)


class TestTrial(TrialCase):
    def test_another_limit_with_known_answers(self):
        rule = self.rule(limit=5000)
        small, middle, large = (self.sold(p) for p in (4000, 5000, 900))
        rule.active = False
        seven, nine = self.sold(7000), self.sold(9000)
        rule.active = True
        self.assertFalse((small | middle | large).filtered("o2c_request_ids"))

        trial = self.tried((rule, 8000))

        self.assertEqual(self.ids(trial, "fewer"), seven.ids)
        self.assertEqual(self.ids(trial, "same"), nine.ids)
        self.assertEqual((trial.waited, trial.would_wait), (2, 1))
        self.assertEqual((trial.fewer, trial.amount_fewer), (1, 7000))
        self.assertEqual((trial.more, trial.amount_more), (0, 0))
        self.assertEqual(trial.judged, 5)
        self.assertEqual(trial.desks, "Ada or Ben: 1")
        self.assertIn("8,000", trial.name)

        lower = self.tried((rule, 4500))

        self.assertEqual(self.ids(lower, "more"), middle.ids)
        self.assertEqual((lower.more, lower.amount_more), (1, 5000))
        self.assertEqual(rule.limit, 5000, "nothing changed but the page")

    def test_results_are_kept_beside_each_other(self):
        rule = self.rule(limit=100000)
        self.sold(3000)
        first = self.tried((rule, 10))

        second = first.copy()

        self.assertEqual((second.state, second.judged, second.more), ("draft", 0, 0))
        self.assertFalse(second.document_ids)
        second.change_ids.limit = 5000
        second.action_start()
        self.run_queue()
        self.assertEqual((first.more, second.more), (1, 0))
        self.assertNotEqual(first.name, second.name)

    def test_on_the_desk_of_all_who_are_asked_first(self):
        both = {"user_ids": [Command.set((self.ada | self.ben).ids)], "quorum": 2}
        board = {"user_ids": [Command.set(self.mia.ids)]}
        steps = [both | {"sequence": 1}, board | {"sequence": 2}]
        rule = self.rule(limit=100000, step_ids=[*map(Command.create, steps)])
        other = self.rule(limit=100000, name="Other", approvers=self.kim)
        self.sold(3000)
        self.sold(1000)

        trial = self.tried((rule, 500), (other, 2000))

        self.assertEqual(trial.desks, "2 of Ada and Ben: 2\nKim: 1")

    def test_told_in_the_language_of_who_tries(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.tia.lang = "fr_FR"
        rule = self.rule(limit=100000)
        rule.with_context(lang="fr_FR").name = "Grandes commandes"
        self.sold(3000)

        trial = self.tried((rule, 10))

        self.assertEqual(trial.document_ids.rules, "Grandes commandes")

    def test_a_new_rule_and_one_without(self):
        old = self.rule(limit=100000)
        new = self.rule(limit=1000, effect="observe", name="New")
        order = self.sold(3000)

        self.assertEqual(self.ids(self.tried(), "same"), [])
        self.assertEqual(self.ids(self.tried((new, 1000)), "more"), order.ids)
        old.limit = 2000
        gone = self.tried((old, None))
        self.assertEqual(self.ids(gone, "fewer"), order.ids)
        self.assertEqual(gone.name, "without “Large orders”")

    def test_nothing_is_written_on_what_it_is_tried_on(self):
        rule = self.rule(limit=100000)
        order = self.sold(3000)
        self.env.flush_all()
        before = order.sudo().write_date, self.events(order)

        self.tried((rule, 10))

        order.invalidate_recordset()
        self.assertEqual((order.sudo().write_date, self.events(order)), before)
        self.assertFalse(order.sudo().o2c_request_ids)
        self.assertFalse(order.sudo().activity_ids)

    def test_what_cannot_be_known_is_said(self):
        self.rule(limit=10, criterion="overdue", name="Late payers")
        self.sold(3000)

        trial = self.tried()

        self.assertIn("“Late payers” is left out", trial.left_out)
        self.assertIn("not known any more", trial.left_out)
        self.assertFalse(trial.document_ids)

    def test_a_margin_is_for_who_may_see_costs(self):
        kit = self.user("kit_t", "Kit", f"{ACCOUNTING},{MANAGER}")
        self.advice.standard_price = 990
        order = self.sold(1000)
        rule = self.rule(limit=30, criterion="margin", name="Thin margins")

        hers, his = self.tried((rule, 30)), self.tried((rule, 30), user=kit)

        self.assertEqual(self.ids(hers, "same"), order.ids)
        self.assertIn("as they are today", hers.left_out)
        self.assertNotIn(order.id, his.document_ids.mapped("res_id"))
        self.assertIn("“Thin margins” is left out", his.left_out)

    def test_a_broken_condition_is_said(self):
        rule = self.rule(limit=10, domain="[('note', '=', 'x')]")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE o2c_approval_rule SET domain = '[(''gone'', ''='', 1)]' "
            "WHERE id = %s",
            [rule.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()

        self.assertIn("Until it is mended", self.tried().left_out)

    def test_orders_one_may_not_read_are_not_told(self):
        rule = self.rule(limit=100000)
        hers, his = self.sold(3000), self.confirmed(price=3000, product=self.advice)

        told = self.tried((rule, 10)).document_ids.mapped("res_id")

        self.assertIn(hers.id, told)
        self.assertNotIn(his.id, told)

    def test_it_is_only_for_who_made_it_and_who_changes_rules(self):
        rule = self.rule(limit=100000)
        self.sold(3000)
        trial = self.tried((rule, 10))

        for user in (self.mia, self.sam, self.wim):
            for records in (trial, trial.change_ids, trial.document_ids):
                with (
                    self.subTest(user.name, model=records._name),
                    self.assertRaises(AccessError),
                ):
                    self.rpc(user, records._name, "read", records.ids)
        with self.assertRaises(AccessError):
            self.rpc(self.sam, "o2c.trial", "create", [{}])
        with self.assertRaises(AccessError):
            self.rpc(
                self.mia,
                "o2c.trial.change",
                "create",
                [{"trial_id": trial.id, "rule_id": rule.id}],
            )
        # whoever is named as its creator: it shows what its maker may read
        [made] = self.rpc(
            self.mia, "o2c.trial", "create", [{"create_uid": self.tia.id}]
        )
        self.assertEqual(self.env["o2c.trial"].browse(made).create_uid, self.mia)

    def test_invoices_too(self):
        rule = self.rule(limit=2000, document="account.move", criterion="amount")
        order = self.sold(3000)
        order.order_line.qty_delivered = 1
        rule.active = False
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        rule.active = True

        trial = self.tried((rule, 5000), user=self.kit(), document="account.move")

        self.assertIn(invoice.id, self.ids(trial, "fewer"))
        self.assertNotIn(
            invoice.id,
            self.tried(user=self.kit(), document="account.move")
            .document_ids.filtered(lambda d: d.change != "same")
            .mapped("res_id"),
        )

    def kit(self):
        login = f"kit{len(self.env['res.users'].search([]))}_t"
        return self.user(login, "Kit", f"{ACCOUNTING},{MANAGER}")

    def test_in_pieces_it_finds_the_same(self):
        rule = self.rule(limit=100000)
        orders = [self.sold(1000 * number) for number in range(1, 8)]

        with patch.object(trial_run, "CHUNK", 2):
            trial = self.trial((rule, 4500))
            trial.action_start()
            progress = []
            while trial.sudo()._advance():
                progress.append(trial.progress)

        self.assertEqual(trial.state, "done")
        self.assertEqual(self.ids(trial, "more"), [o.id for o in orders[:3:-1]])
        self.assertEqual(sorted(progress), progress)
        self.assertEqual(len(progress), 4)
        self.assertEqual(trial.judged, 7)

    def test_stopped_it_stays_stopped_and_begins_anew(self):
        rule = self.rule(limit=100000)
        for _each in range(3):
            self.sold(3000)
        with patch.object(trial_run, "CHUNK", 1):
            trial = self.trial((rule, 10))
            trial.action_start()
            with self.assertRaisesRegex(UserError, "running already"):
                trial.action_start()
            self.assertTrue(trial.sudo()._advance())
            trial.action_cancel()
            self.assertFalse(trial.sudo()._advance())
        self.run_queue()
        self.assertEqual((trial.state, trial.judged), ("cancelled", 1))
        self.assertEqual(len(trial.document_ids), 1, "what was found is kept")

        trial.action_start()
        self.run_queue()

        self.assertEqual((trial.state, trial.judged, trial.more), ("done", 3, 3))

    def test_a_rule_changed_meanwhile_begins_anew(self):
        rule = self.rule(limit=100000)
        for _each in range(3):
            self.sold(3000)
        other = self.rule(limit=90000, name="Other")
        with patch.object(trial_run, "CHUNK", 1):
            trial = self.trial((rule, 10))
            trial.action_start()
            trial.sudo()._advance()
            trial.sudo()._advance()
            self.assertEqual(trial.judged, 2)
            self.env.flush_all()
            self.env.cr.execute(
                'UPDATE o2c_approval_rule SET "limit" = 1, '
                "write_date = write_date + interval '1 minute' WHERE id = %s",
                [other.id],
            )
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            self.assertTrue(trial.sudo()._advance())
            self.assertEqual(trial.judged, 1)
        self.run_queue()

        self.assertEqual((trial.waited, trial.more), (3, 0))

    def test_what_goes_wrong_is_shown_and_stops_no_other(self):
        rule = self.rule(limit=100000)
        self.sold(3000)
        bad, good = self.trial((rule, 10)), self.trial((rule, 20))
        (bad | good).action_start()
        finish = type(bad)._finish

        def fail(trial):
            if trial.id == bad.id:
                raise UserError("The disk is full")
            return finish(trial)

        with (
            patch.object(type(bad), "_finish", fail),
            self.assertLogs("odoo.addons.o2c_addon.report.trial_run", "ERROR"),
        ):
            self.run_queue()

        self.assertEqual((bad.state, bad.error), ("failed", "The disk is full"))
        self.assertEqual((good.state, good.more), ("done", 1))

    def test_from_the_rule(self):
        rule = self.rule(limit=100000)
        action = rule.with_user(self.tia).action_open_try_out()

        trial = (
            self.env["o2c.trial"].with_user(self.tia).with_context(action["context"])
        ).create({})

        self.assertEqual(trial.change_ids.rule_id, rule)
        self.assertEqual(trial.change_ids.limit, 100000)
        self.assertTrue(trial.change_ids.counts)
        with self.assertRaises(AccessError):
            rule.with_user(self.sam).action_open_try_out()

    def test_months_back(self):
        rule = self.rule(limit=100000)
        old, new = self.sold(3000), self.sold(3000)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET date_order = %s WHERE id = %s",
            [fields.Datetime.subtract(fields.Datetime.now(), months=5), old.id],
        )
        self.env.invalidate_all()

        self.assertEqual(self.ids(self.tried((rule, 10), months=3), "more"), new.ids)
        self.assertEqual(
            set(self.ids(self.tried((rule, 10), months=6), "more")),
            {old.id, new.id},
        )
