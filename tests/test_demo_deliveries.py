"""Each delivery of the demo that waits: cleared by who may, and by nobody else."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, TransactionCase, tagged

from .browser import without_left_out
from .common import STANDARD, World

PEOPLE = ("sam", "ada", "ben", "wim", "kim", "fin")
RELEASED = (
    "missing",
    "complete",
    "address",
    "prepayment",
    "credit",
    "late_payer",
    "checklist",
    "tracking",
    "document",
    "domain",
)
PRIVATE = {"prepayment", "credit", "late_payer"}


class Demo:
    """The people and the deliveries of the demo; nothing is switched off."""

    def person(self, login):
        return self.env.ref(f"o2c_addon.user_{login}")

    def delivery(self, name):
        return self.env.ref(f"o2c_addon.order_{name}").picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )

    def call(self, login, record, method, *args):
        """As ``login`` does by another program: any public method, no trust."""
        result = World.rpc.__func__(
            self, self.person(login), record._name, method, record.ids, *args
        )
        self.env.invalidate_all()
        self.env["stock.picking"]._o2c_forget_facts()
        return result

    def leaves(self, delivery):
        """Whether the goods leave when Wim validates; if not, he is shown why."""
        shown = World.rpc.__func__(
            self,
            self.person("wim"),
            delivery._name,
            "button_validate",
            delivery.ids,
            context={"skip_backorder": True},
        )
        self.env.invalidate_all()
        if delivery.state != "done":
            self.assertEqual(shown["res_model"], "o2c.delivery.stop")
        return delivery.state == "done"


@tagged(*STANDARD)
class TestDemoDeliveries(Demo, TransactionCase):
    def test_wim_alone_gets_none_of_them_out(self):
        for name in (*RELEASED, "held"):
            delivery = self.delivery(name)
            if name == "missing":  # the host sends nothing without a quantity
                delivery.move_ids.quantity = 1
            with self.subTest(name):
                self.assertFalse(self.leaves(delivery))
                with self.assertRaises(UserError):
                    delivery.with_user(self.person("wim")).sudo()._action_done()
                self.assertNotEqual(delivery.state, "done")

    def test_fin_releases_and_nobody_else_does(self):
        for name in RELEASED:
            delivery = self.delivery(name)
            for login in set(PEOPLE) - {"fin"}:
                with self.subTest(name, who=login), self.assertRaises(AccessError):
                    self.call(login, delivery, "action_o2c_release", "let it go")
            self.assertFalse(delivery.o2c_hold_ids, "nothing was written")
            with self.subTest(name, who="fin"):
                self.call("fin", delivery, "action_o2c_release", "They are good for it")
                self.assertEqual(
                    delivery.o2c_hold_ids.released_by_id, self.person("fin")
                )
                if name != "missing":  # what is not there cannot be packed
                    self.assertTrue(self.leaves(delivery))

    def test_the_panel_offers_release_to_fin_alone(self):
        for name in RELEASED:
            delivery = self.delivery(name)
            for login in ("sam", "wim", "kim", "fin"):
                reasons = self.call(login, delivery, "o2c_explain")
                offered = {a["name"] for r in reasons for a in r["actions"]}
                with self.subTest(name, who=login):
                    self.assertEqual(
                        "action_o2c_open_release" in offered, login == "fin"
                    )

    def test_what_is_owed_is_told_to_accounting_alone(self):
        for name in PRIVATE:
            delivery = self.delivery(name)
            for login in ("sam", "wim", "kim", "fin"):
                [reason] = self.call(login, delivery, "o2c_explain")
                knows = login in ("kim", "fin")
                helper = "You can release it" if login == "fin" else "Fin Finance"
                with self.subTest(name, who=login):
                    self.assertEqual("waits for:" in reason["reason"], not knows)
                    self.assertIn(helper, reason["remedy"])

    def test_sales_and_finance_open_the_delivery_they_are_asked_about(self):
        for name in ("lots", "credit"):
            for login in ("sam", "kim", "fin", "wim"):
                with self.subTest(name, who=login):
                    delivery = self.delivery(name).with_user(self.person(login))
                    self.assertEqual(Form(delivery).name, delivery.name)

    def test_what_stopped_wim_waits_for_fin_with_the_money_and_the_reason(self):
        def waits(login):
            rows = self.env["o2c.waiting"].with_user(self.person(login))
            return rows.search([("kind", "=", "delivery")])

        for name in PRIVATE:
            self.assertFalse(self.leaves(self.delivery(name)))

        rows = waits("fin")

        told = {row.res_name: (row.amount, row.reason) for row in rows}
        for name in PRIVATE:
            amount, reason = told[self.delivery(name).name]
            self.assertGreater(amount, 0)
            self.assertRegex(reason, "to be paid|credit limit|days overdue")
        for login in ("sam", "wim", "kim", "ada"):
            self.assertFalse(waits(login))

    def test_ada_reads_no_delivery_at_all(self):
        with self.assertRaises(AccessError):
            self.call("ada", self.delivery("credit"), "o2c_explain")

    def test_the_hold_is_ended_by_sales_and_not_by_an_approver(self):
        delivery = self.delivery("held")
        hold = self.env.ref("o2c_addon.order_held").o2c_hold_ids
        for login in ("ada", "ben"):
            with self.subTest(login), self.assertRaises(AccessError):
                self.call(login, hold, "action_release", "please")
        self.assertEqual(hold.state, "open")

        self.call("sam", hold, "action_release", "They moved")

        self.assertTrue(self.leaves(delivery))

    def test_sam_completes_the_address_and_an_approver_may_not(self):
        delivery = self.delivery("address")
        address = {"street": "Hill Road 1", "zip": "1000"}
        with self.assertRaises(AccessError):
            self.call("ada", delivery.partner_id, "write", address)
        self.assertFalse(self.leaves(delivery))

        self.call("sam", delivery.partner_id, "write", address)

        self.assertTrue(self.leaves(delivery))

    def test_wim_enters_the_tracking_reference_and_an_approver_may_not(self):
        delivery = self.delivery("tracking")
        reference = {"o2c_tracking_ref": "1Z 42"}
        with self.assertRaises(AccessError):
            self.call("ada", delivery, "write", reference)
        self.assertFalse(self.leaves(delivery))

        self.call("wim", delivery, "write", reference)

        self.assertTrue(self.leaves(delivery))

    def test_wim_attaches_the_certificate_and_any_other_file_does_not_help(self):
        delivery = self.delivery("document")
        files = self.env["ir.attachment"].browse()
        for name, helps in (("letter.pdf", False), ("Certificate 12.pdf", True)):
            files.with_user(self.person("wim")).create(
                {"name": name, "res_model": delivery._name, "res_id": delivery.id}
            )
            self.assertEqual(self.leaves(delivery), helps)

    def test_wim_passes_the_checklist_and_nobody_outside_the_warehouse(self):
        delivery = self.delivery("checklist")
        self.call("wim", delivery, "action_o2c_open_checklist")
        points = delivery.o2c_checklist_ids
        for login in ("sam", "kim", "fin", "ada"):
            with self.subTest(login), self.assertRaises(AccessError):
                self.call(login, points, "action_pass")
        self.call("wim", points[0], "action_pass")
        self.call("wim", points[1:], "action_fail")
        self.assertFalse(self.leaves(delivery))

        self.call("wim", points, "action_pass")

        self.assertTrue(self.leaves(delivery))
        self.assertEqual(points.user_id, self.person("wim"))

    def test_wim_gives_the_lot_and_the_voltage_and_nobody_outside_the_warehouse(self):
        delivery = self.delivery("lots")
        reasons = self.call("wim", delivery, "o2c_explain")
        self.assertRegex(reasons[0]["reason"], "no lot or serial number of Backup")
        with self.assertRaises(UserError):
            delivery.sudo()._action_done()
        self.call("wim", delivery, "action_o2c_open_checklist")
        point = delivery.o2c_checklist_ids
        for login in ("sam", "kim", "fin", "ada"):
            with self.subTest(login), self.assertRaises(AccessError):
                self.call(login, point, "action_measure", 13)

        self.call("wim", delivery.move_line_ids, "write", {"lot_name": "B-1"})
        self.call("wim", point, "action_measure", 11.9)
        self.assertFalse(self.leaves(delivery))
        self.call("wim", point, "action_measure", 13)

        self.assertTrue(self.leaves(delivery))

    def test_projectors_are_short_and_come_too_late(self):
        short = self.env["o2c.shortage"].with_user(self.person("wim")).search([])
        projector = self.env.ref("o2c_addon.product_projector")
        row = short.filtered(lambda r: r.product_id == projector)
        figures = (row.to_deliver, row.on_hand, row.missing, row.incoming, row.orders)
        self.assertEqual(figures, (4, 2, 2, 6, 1))
        self.assertTrue(row.will_be_late)
        self.assertIn("All of it comes by", row.sentence)
        rack = self.env.ref("o2c_addon.product_rack")
        row = short.filtered(lambda r: r.product_id == rack)
        self.assertRegex(row.sentence, "nothing is on the way")

        late = self.delivery("projectors").with_user(self.person("wim"))

        self.assertEqual(late.o2c_outlook, "will_be_late")
        self.assertIn("Projector is expected on", late.o2c_outlook_reason)

    def test_the_plan_has_a_delivery_of_each_outlook(self):
        deliveries = self.env["stock.picking"].with_user(self.person("wim"))
        planned = deliveries.search(deliveries._o2c_domain_planned())

        found = set(planned.mapped("o2c_outlook"))
        self.assertEqual(found, {"late", "will_be_late", "waiting", "ready"})

    def test_the_school_gets_all_once_the_rack_is_there(self):
        delivery = self.delivery("complete")
        rack = self.env.ref("o2c_addon.product_rack")
        self.env["stock.quant"]._update_available_quantity(
            rack, delivery.location_id, 10
        )
        self.assertFalse(self.leaves(delivery), "not yet reserved")

        self.call("wim", delivery, "action_assign")

        self.assertTrue(self.leaves(delivery))


class DemoInTheBrowser(Demo, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        without_left_out(cls.env)

    def play(self, tour, login):
        self.start_tour("/odoo/order-to-cash", tour, login=login)
        self.env.invalidate_all()


@tagged(*STANDARD)
class TestDemoOnThePhone(DemoInTheBrowser):
    browser_size = "390x844"
    touch_enabled = True

    def test_wim_answers_the_checklist_and_validates(self):
        delivery = self.delivery("checklist")

        self.play("o2c_phone_checklist", "wim")

        self.assertEqual(delivery.state, "done")

    def test_fin_releases_with_a_reason(self):
        delivery = self.delivery("credit")

        self.play("o2c_phone_release", "fin")

        hold = delivery.o2c_hold_ids
        self.assertEqual(hold.released_by_id, self.person("fin"))
        self.assertEqual(hold.release_note, "They pay on Friday")

    def test_sam_completes_the_address(self):
        self.play("o2c_phone_address", "sam")

        self.assertEqual(self.delivery("address").partner_id.street, "Hill Road 1")
        self.assertFalse(self.delivery("address")._o2c_is_stopped("deliver"))


@tagged(*STANDARD)
class TestDemoOnTheScreen(DemoInTheBrowser):
    """Every reason: as who may not clear it, and as who may."""

    def test_each_reason_is_cleared_by_who_may_and_not_by_others(self):
        deliveries = {name: self.delivery(name) for name in (*RELEASED, "lots", "held")}
        held = self.env.ref("o2c_addon.order_held").o2c_hold_ids

        self.play("o2c_reasons_wim_alone", "wim")
        for name, delivery in deliveries.items():
            with self.subTest(name):
                self.assertNotEqual(delivery.state, "done")
                self.assertFalse(delivery.o2c_hold_ids)

        self.play("o2c_reasons_sam", "sam")
        self.assertEqual(held.released_by_id, self.person("sam"))
        self.assertFalse(any(d.o2c_hold_ids for d in deliveries.values()))

        self.play("o2c_reasons_fin", "fin")
        address = {"street": "Hill Road 1", "zip": "1000"}  # by Sam, on the phone
        self.call("sam", deliveries["address"].partner_id, "write", address)
        rack = self.env.ref("o2c_addon.product_rack")
        place = deliveries["missing"].location_id
        self.env["stock.quant"]._update_available_quantity(rack, place, 10)
        self.env.flush_all()
        self.play("o2c_reasons_wim", "wim")

        for name, delivery in deliveries.items():
            with self.subTest(name):
                self.assertEqual(
                    delivery.state, "done" if name != "held" else "assigned"
                )
        for name in ("domain", *PRIVATE):
            releases = deliveries[name].o2c_hold_ids
            self.assertEqual(releases.released_by_id, self.person("fin"))
