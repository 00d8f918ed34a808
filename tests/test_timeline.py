"""The timeline: what happened, why it stands where it stands, what comes next."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import O2CCase

MONDAY = "2026-03-02 09:00:00"


def later(**duration):
    return freeze_time(fields.Datetime.to_datetime(MONDAY) + timedelta(**duration))


class TestTimeline(O2CCase):
    def timeline(self, user, document):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.rpc(user, document._name, "o2c_timeline", document.ids)

    def past(self, user, document):
        return [step["sentence"] for step in self.timeline(user, document)["past"]]

    def future(self, user, document):
        return [plan["sentence"] for plan in self.timeline(user, document)["future"]]

    def invoiced(self, **values):
        order = self.confirmed(**values)
        self.deliver(order)
        invoice = order._create_invoices()
        invoice.with_user(self.kim).sudo(False).action_post()
        return order, invoice

    # -- past ------------------------------------------------------------------------

    def test_the_way_from_quotation_to_payment_as_a_story(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_approve("They always pay")
        delivery = self.deliver(order)
        invoice = order._create_invoices()
        invoice.with_user(self.kim).sudo(False).action_post()
        self.pay(invoice)

        story = self.past(self.sam, order)

        self.assertEqual(
            story,
            [
                f"Sam created {order.name}",
                f"Sam asked for the approval of {order.name}",
                f"Ada approved {order.name}",
                f"Sam confirmed {order.name}",
                f"Wim delivered {delivery.name}",
                f"Kim confirmed {invoice.display_name}",
                f"{invoice.display_name} was paid",
            ],
        )
        self.assertEqual(self.past(self.kim, invoice), story)

    def test_notes_and_waits_stand_with_their_step(self):
        self.rule(limit=10000)
        with later():
            order = self.order(quantity=12)
            order.action_confirm()
        with later(days=2):
            order.o2c_request_ids.with_user(self.ada).action_approve("They always pay")
        steps = {s["sentence"]: s for s in self.timeline(self.sam, order)["past"]}

        approved = steps[f"Ada approved {order.name}"]
        self.assertEqual(approved["note"], "They always pay")
        self.assertEqual(approved["waited"], 2 * 24 * 3600)
        self.assertEqual(approved["date"], "2026-03-04 09:00:00")
        self.assertFalse(approved["is_about"])

    def test_robots_act_by_themselves(self):
        order = self.confirmed(o2c_invoicing="post")
        self.deliver(order)
        with self.enter_registry_test_mode():
            self.env.ref("o2c_addon.ir_cron_o2c_billing").method_direct_trigger()
        invoice = order.invoice_ids

        self.assertIn(
            f"{invoice.display_name} was confirmed by itself",
            self.past(self.sam, order),
        )

    def test_what_failed_is_nobodys_deed(self):
        order = self.confirmed(o2c_invoicing="draft")
        self.deliver(order)
        order.sudo().o2c_billing_task_ids._park("No account for Laptop")

        steps = self.timeline(self.sam, order)["past"]
        self.assertEqual(steps[-1]["sentence"], f"{order.name} could not be invoiced")
        self.assertEqual([step["is_setback"] for step in steps][-2:], [False, True])

    def test_what_others_remember_has_words_too(self):
        events = self.env["o2c.event"]
        for activity, label in events._fields["activity"].selection:
            with self.subTest(activity):
                for who in ("Sam", False):
                    sentence = events._sentence(activity, "S00001", who)
                    self.assertIn("S00001", sentence)
                    self.assertNotIn("%", sentence)
                self.assertIn(label, events._words_of_others(activity)[1])

    def test_sentences_are_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        order = self.confirmed()
        self.sam.lang = "fr_FR"
        timeline = order.with_context(lang="fr_FR").o2c_timeline()

        self.assertEqual(len(timeline["past"]), 2)
        stored = self.env["o2c.event"].search([("order_key", "=", order.id)])
        self.assertFalse(stored.filtered("note"))

    # -- orders older than the addon -------------------------------------------------

    def test_old_orders_tell_the_hosts_own_dates_and_say_so(self):
        order, invoice = self.invoiced()
        self.pay(invoice)
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE o2c_event DISABLE TRIGGER USER")
        self.env.cr.execute("DELETE FROM o2c_event WHERE order_key = %s", [order.id])
        self.env.cr.execute("ALTER TABLE o2c_event ENABLE TRIGGER USER")

        steps = self.timeline(self.sam, order)["past"]

        told = {step["sentence"]: step["is_about"] for step in steps}
        self.assertEqual(
            told,
            {
                f"Sam created {order.name}": False,
                f"{order.name} was confirmed": True,
                f"{order.picking_ids.name} was delivered": True,
                f"{invoice.display_name} was confirmed": True,
                f"{invoice.display_name} was paid": True,
            },
        )

    def test_stages_of_old_orders_are_since_about(self):
        order, invoice = self.invoiced()
        waiting = self.confirmed()
        orders = order + waiting
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order SET o2c_stage = NULL, o2c_stage_since = NULL "
            "WHERE id IN %s",
            [tuple(orders.ids)],
        )

        self.env["sale.order"]._o2c_take_over()

        self.assertEqual(orders.mapped("o2c_stage"), ["payment", "delivery"])
        self.assertEqual(orders.mapped("o2c_stage_is_about"), [True, True])
        self.assertEqual(order.o2c_stage_since.date(), invoice.invoice_date)
        self.assertEqual(waiting.o2c_stage_since, waiting.date_order)
        timeline = self.timeline(self.sam, waiting)
        self.assertTrue(timeline["is_about"])

    # -- present ---------------------------------------------------------------------

    def test_what_stands_in_the_way_and_the_button_of_who_can_help(self):
        order = self.confirmed(o2c_invoicing="draft")
        delivery = self.deliver(order)
        order.sudo().o2c_billing_task_ids._park("No account for Laptop")

        for document in (order, delivery):
            [stopped] = self.timeline(self.rae, order)["present"]
            with self.subTest(document._name):
                self.assertIn("No account for Laptop", stopped["reason"])
                labels = [action["label"] for action in stopped["actions"]]
                self.assertEqual(labels, ["Open it", "Retry"])
        [stopped] = self.timeline(self.sam, order)["present"]
        self.assertFalse(stopped["actions"])

    def test_where_nothing_is_in_the_way_it_says_what_is_awaited_and_since_when(self):
        with later():
            order = self.order()
            order.flush_recordset()

        with later(days=2):
            timeline = self.timeline(self.sam, order)

        self.assertEqual(timeline["present"], [])
        self.assertEqual(timeline["status"], "Not sent to the customer yet")
        self.assertEqual(timeline["since"], 2 * 24 * 3600)

    # -- future ----------------------------------------------------------------------

    def test_plans_of_delivery_invoice_and_payment(self):
        terms = self.env.ref("account.account_payment_term_30days").id
        order = self.confirmed(o2c_invoicing="post", payment_term_id=terms)
        order.commitment_date = fields.Datetime.now() + timedelta(days=3)
        delivery = order.sudo().picking_ids
        self.assertEqual(
            sorted(self.future(self.sam, order)),
            [f"{order.name} is promised to the customer", f"{delivery.name} leaves"],
        )

        self.deliver(order)
        task = order.sudo().o2c_billing_task_ids
        if task.state == "todo":
            self.assertEqual(
                self.future(self.sam, order), [f"{delivery.name} is invoiced"]
            )
            task._bill_or_park()

        invoice = order.invoice_ids
        for user, document in ((self.sam, order), (self.kim, invoice)):
            [plan] = self.timeline(user, document)["future"]
            self.assertEqual(plan["sentence"], f"{invoice.name} is due to be paid")
            self.assertEqual(plan["date"], str(invoice.invoice_date_due))
            self.assertFalse(plan["is_late"])

    def test_what_failed_is_tried_again_at_the_next_run(self):
        order = self.confirmed(o2c_invoicing="draft")
        delivery = self.deliver(order)
        task = order.sudo().o2c_billing_task_ids
        task._park("No account for Laptop")

        [plan] = self.timeline(self.sam, order)["future"]

        self.assertEqual(plan["sentence"], f"Invoicing {delivery.name} is tried again")
        self.assertGreaterEqual(
            plan["date"], fields.Datetime.to_string(task.next_try_on)
        )
        for _attempt in range(4):
            task._park("No account for Laptop")
        self.assertEqual(self.future(self.sam, order), [])

    def test_what_is_overdue_is_no_plan_any_more(self):
        _order, invoice = self.invoiced()
        invoice.sudo().invoice_date_due = "2020-01-01"

        timeline = self.timeline(self.kim, invoice)

        self.assertEqual(timeline["future"], [])
        self.assertIn("is overdue since", timeline["status"])

    def test_a_plan_whose_day_has_passed_is_late(self):
        order = self.confirmed()
        order.sudo().picking_ids.scheduled_date = fields.Datetime.now() - timedelta(
            days=1
        )

        [plan] = self.timeline(self.sam, order)["future"]

        self.assertTrue(plan["is_late"])

    # -- rights ----------------------------------------------------------------------

    def test_the_warehouse_follows_without_words_and_figures_of_others(self):
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_approve("12,000 is fine")
        delivery = order.sudo().picking_ids

        timeline = self.timeline(self.wim, delivery)

        self.assertIn(delivery.name, timeline["status"])
        self.assertIn(f"Ada approved {order.name}", self.past(self.wim, delivery))
        self.assertNotIn("12,000", str(timeline))
        self.assertIn("12,000", str(self.timeline(self.sam, order)))

    def test_the_warehouse_is_not_told_how_customers_pay(self):
        order, invoice = self.invoiced()
        invoice.sudo().invoice_date_due = fields.Date.today() - timedelta(days=3)
        for activity in ("paid", "unpaid", "reminded", "disputed", "promised"):
            invoice.sudo()._o2c_log(activity)
        told = self.timeline(self.wim, order)

        self.assertEqual(told["status"], "Waiting for payment")
        self.assertIn(
            f"Kim confirmed {invoice.display_name}",
            [step["sentence"] for step in told["past"]],
        )
        for words in ("paid", "payment of", "Reminder", "questioned", "promised"):
            self.assertNotIn(words, str(told["past"]))
            self.assertIn(words, str(self.past(self.sam, order)))
        self.assertEqual(told["future"], [])
        self.assertIn("is overdue since", self.timeline(self.sam, order)["status"])

    def test_a_payment_from_before_us_is_not_told_to_the_warehouse(self):
        order, invoice = self.invoiced()
        self.pay(invoice)
        self.patch(type(self.env["sale.order"]), "_o2c_known", lambda orders: [])

        self.assertIn(f"{invoice.display_name} was paid", self.past(self.sam, order))
        self.assertNotIn("paid", str(self.past(self.wim, order)))

    def test_an_auditor_follows_the_past_of_everything(self):
        aud = self.user("aud_t", "Aud", "o2c_addon.group_o2c_auditor")
        self.rule(limit=10000)
        order = self.order(quantity=12)
        order.action_confirm()
        order.o2c_request_ids.with_user(self.ada).action_approve("12,000 is fine")

        timeline = self.timeline(aud, order)

        self.assertIn("12,000 is fine", [step["note"] for step in timeline["past"]])
        self.assertEqual((timeline["present"], timeline["future"]), ([], []))

    def test_who_may_not_read_the_document_does_not_follow_it(self):
        order = self.confirmed()
        pia = self.user("pia_t", "Pia", "base.group_portal")
        pia.group_ids = [Command.set(self.env.ref("base.group_portal").ids)]
        order.sudo().partner_id = pia.partner_id
        order.sudo().message_subscribe(pia.partner_id.ids)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        far = self.user("far_t", "Far", "o2c_addon.group_o2c_auditor")
        far.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})

        for user in (self.ada, pia, far):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.timeline(user, order)

    def test_customers_do_not_read_what_we_wait_for(self):
        order = self.confirmed()
        pia = self.user("pia_t", "Pia", "base.group_portal")
        pia.group_ids = [Command.set(self.env.ref("base.group_portal").ids)]
        order.sudo().partner_id = pia.partner_id
        self.env.flush_all()

        self.assertTrue(self.rpc(pia, "sale.order", "read", order.ids, ["name"]))
        with self.assertRaises(AccessError):
            self.rpc(pia, "sale.order", "read", order.ids, ["o2c_status"])
        with self.assertRaises(AccessError):
            self.rpc(pia, "sale.order", "o2c_explain", order.ids)
