"""Points that are answered by a measured value, and lots that have to be given."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from .test_fulfillment import PIXEL, DeliveryCase


class TestMeasured(DeliveryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.check("checklist")
        cls.point = cls.env["o2c.checklist.item"].create(
            {
                "name": "Temperature of the box",
                "answer": "between",
                "minimum": 2,
                "maximum": 8,
                "unit": "°C",
            }
        )

    def line(self, delivery):
        delivery.action_o2c_open_checklist()
        return delivery.o2c_checklist_ids.with_user(self.wim)

    def measure(self, line, value, user=None):
        return self.rpc(user or self.wim, line._name, "action_measure", line.ids, value)

    def test_passes_within_its_limits_and_fails_outside(self):
        delivery = self.ordered()
        line = self.line(delivery)
        for value, result in (
            (1.9, "fail"),
            (2, "pass"),
            (8, "pass"),
            (8.00001, "pass"),
            (8.1, "fail"),
            (0, "fail"),
        ):
            self.measure(line, value)
            with self.subTest(value):
                self.assertEqual((line.result, line.user_id), (result, self.wim))

        self.assert_stops(delivery, "failed: Temperature of the box .0 °C.")
        self.measure(line, 5)
        self.assertTrue(self.leaves(delivery))

    def test_limits_of_each_kind(self):
        for answer, passes, fails, said in (
            ("least", 2, 1, "at least 2 °C"),
            ("most", 8, 9, "at most 8 °C"),
            ("between", 3, -3, "2 °C to 8 °C"),
        ):
            self.point.answer = answer
            delivery = self.ordered()
            line = self.line(delivery)
            with self.subTest(answer):
                self.assertEqual(line.limits, said)
                self.measure(line, fails)
                self.assertEqual(line.result, "fail")
                self.measure(line, passes)
                self.assertEqual(line.result, "pass")

    def test_zero_is_a_value(self):
        self.point.write({"minimum": -5, "maximum": 5})
        delivery = self.ordered()
        line = self.line(delivery)
        self.assertFalse(line.reading)
        action = line.action_open_measure()
        page = self.env[action["res_model"]].with_user(self.wim)
        page = page.with_context(action["context"]).create({})

        page.action_save()

        self.assertEqual((line.result, line.reading), ("pass", "0 °C"))

    def test_nobody_says_passed_without_measuring(self):
        delivery = self.ordered()
        line = self.line(delivery)
        with self.assertRaisesRegex(UserError, "Enter what you measured"):
            self.rpc(self.wim, line._name, "action_pass", line.ids)
        for values, error in (
            ({"result": "pass"}, UserError),
            ({"value": 5}, AccessError),
            ({"value": 5, "result": "pass"}, UserError),
            ({"maximum": 100}, AccessError),
            ({"answer": "look"}, AccessError),
        ):
            with self.subTest(values), self.assertRaises(error):
                self.rpc(self.wim, line._name, "write", line.ids, values)
        self.assertEqual(line.result, "todo")
        self.assertFalse(self.leaves(delivery))

    def test_what_cannot_be_measured_has_failed(self):
        delivery = self.ordered()
        line = self.line(delivery)
        line.note = "the thermometer is broken"

        line.action_fail()

        self.assert_stops(delivery, "failed: .*the thermometer is broken")

    def test_only_the_warehouse_measures(self):
        line = self.line(self.ordered())
        for user in (self.sam, self.ada, self.kim, self.rae):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.measure(line, 5, user)
        self.assertEqual(line.result, "todo")

    def test_what_is_only_looked_at_is_not_measured(self):
        self.point.answer = "look"
        line = self.line(self.ordered())

        with self.assertRaisesRegex(UserError, "Nothing is measured"):
            self.measure(line, 5)

    def test_closed_with_the_delivery(self):
        delivery = self.ordered()
        line = self.line(delivery)
        self.measure(line, 5)
        self.assertTrue(self.leaves(delivery))

        with self.assertRaisesRegex(UserError, "closed"):
            self.measure(line, 50)
        self.assertEqual(line.value, 5)

    def test_a_photo_as_well(self):
        self.point.needs_photo = True
        delivery = self.ordered()
        line = self.line(delivery)
        self.measure(line, 5)
        self.assert_stops(delivery, "not finished")

        line.photo = PIXEL

        self.assertTrue(self.leaves(delivery))

    def test_limits_changed_later_count_for_later_deliveries(self):
        line = self.line(self.ordered())
        self.point.maximum = 4

        self.measure(line, 7)

        self.assertEqual((line.result, line.limits), ("pass", "2 °C to 8 °C"))

    def test_limits_make_sense(self):
        with self.assertRaises(ValidationError):
            self.point.maximum = 1

    def test_released_and_farther_outside_asks_again(self):
        delivery = self.ordered()
        line = self.line(delivery)
        self.measure(line, 9)
        self.rpc(
            self.rae, delivery._name, "action_o2c_release", delivery.ids, "It is fine"
        )
        self.assertEqual(self.why(delivery), [])

        self.measure(line, 8.5)
        self.assertEqual(self.why(delivery), [])
        self.measure(line, 20)

        self.assert_stops(delivery, "20 °C")

    def test_on_paper(self):
        delivery = self.ordered()
        self.assertEqual(
            delivery._o2c_checklist_for_print(),
            [("☐", "Temperature of the box (2 °C to 8 °C): ______ °C")],
        )
        line = self.line(delivery)
        line.note = "lid open"
        self.measure(line, 9)

        self.assertEqual(
            delivery._o2c_checklist_for_print(),
            [("☒", "Temperature of the box (2 °C to 8 °C): 9 °C lid open")],
        )
        html = self.env["ir.actions.report"]._render_qweb_html(
            "stock.report_picking", delivery.ids
        )[0]
        self.assertIn("Temperature of the box (2 °C to 8 °C): 9 °C", html.decode())


class TestLots(DeliveryCase):
    """Without expiration dates; with them see `channels.py`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.check("lots")
        cls.milk = cls.product("Milk", 10, tracking="lot")
        cls.stock(cls.milk, 10)

    def lot(self, name, product=None):
        product = product or self.milk
        return self.env["stock.lot"].create(
            {"name": name, "product_id": product.id, "company_id": self.company.id}
        )

    def test_stops_until_the_lot_is_given(self):
        delivery = self.ordered(product=self.milk)
        self.assertRegex(self.why(delivery)[0], "no lot or serial number of Milk")
        with self.assertRaisesRegex(UserError, "no lot or serial number of Milk"):
            delivery.sudo()._action_done()

        delivery.move_line_ids.lot_id = self.lot("L1")

        self.assertEqual(self.why(delivery), [])
        self.assertTrue(self.leaves(delivery))

    def test_products_without_lots_leave(self):
        self.assertTrue(self.leaves(self.ordered()))

    def test_a_release_is_for_these_lots(self):
        other = self.product("Cheese", 10, tracking="lot")
        self.stock(other, 10)
        delivery = self.ordered(
            order_line=[
                Command.create({"product_id": product.id})
                for product in (self.milk, other)
            ]
        )
        delivery.move_line_ids.filtered(
            lambda li: li.product_id == self.milk
        ).lot_id = self.lot("L1")
        self.rpc(self.rae, delivery._name, "action_o2c_release", delivery.ids, "Known")
        self.assertEqual(self.why(delivery), [])

        milk, cheese = delivery.move_line_ids.sorted(lambda li: li.product_id == other)
        milk.lot_id = False
        cheese.lot_id = self.lot("C1", other)

        self.assertRegex(self.why(delivery)[0], "no lot or serial number of Milk")

    def test_days_to_last_need_expiration_dates(self):
        self.policy.value = 5
        delivery = self.ordered(product=self.milk)
        delivery.move_line_ids.lot_id = self.lot("L1")

        self.assertRegex(self.why(delivery)[0], "expiration dates are not installed")
        self.assertFalse(self.leaves(delivery))
