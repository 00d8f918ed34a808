"""Whatever is ordered, delivered and brought back: the invoices say exactly that."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.fields import Command

from .test_billing import BillingCase

STEADY = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.generate],  # a smaller example would take minutes to find
}
LAX = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]

lines = st.lists(
    st.fixed_dictionaries(
        {
            "dozens": st.booleans(),
            "quantity": st.integers(1, 5),
            "price": st.sampled_from([0.99, 7, 33.33, 100, 1999.95]),
            "discount": st.sampled_from([0, 0, 10, 33.33]),
            "rates": st.sampled_from([(), (10,), (21,), (10, 5)]),
        }
    ),
    min_size=1,
    max_size=3,
)
steps = st.lists(
    st.tuples(st.sampled_from(["deliver", "deliver", "return"]), st.integers(1, 20)),
    max_size=4,
)
deposits = st.sampled_from([0, 0, 10, 30, 33.33, 100])


class TestMoney(BillingCase):
    """Σ invoiced = Σ delivered × agreed price, to the cent of each invoice."""

    def setUp(self):
        super().setUp()
        self.company.o2c_crediting = "post"
        tax = self.env["account.tax"].create
        self.taxes = {
            rate: tax({"name": f"Property {rate}", "amount": rate})
            for rate in (5, 10, 21)
        }
        self.goods = [self.product(f"Goods {number}", 1) for number in range(3)]
        for goods in self.goods:
            self.stock(goods, 1e6)

    def test_any_order(self):
        @settings(max_examples=12, suppress_health_check=LAX, **STEADY)
        @given(lines, steps, deposits)
        def check(ordered, way, deposit):
            point = self.env.cr.savepoint()
            try:
                self.live(ordered, way, deposit)
            finally:
                point.close(rollback=True)
                self.env.invalidate_all()

        check()

    def test_a_deposit_of_everything_is_used_up_to_the_cent(self):
        """The host rounds the deposit as a whole, and the invoice line by line."""
        line = {"dozens": True, "discount": 33.33, "price": 33.33}
        taxed = line | {"quantity": 4, "rates": (10, 5)}

        self.live([taxed, line | {"quantity": 1, "rates": ()}], [], 100)

    def test_a_deposit_is_shared_among_what_is_taxed_alike(self):
        """Else its taxes would be given back at another pace than they come due."""
        line = {"dozens": True, "discount": 0, "quantity": 1}
        ordered = [
            line | {"price": 0.99, "quantity": 4, "rates": (10,)},
            line | {"price": 7, "discount": 33.33, "rates": (10,)},
            line | {"price": 1999.95, "rates": (10, 5)},
        ]

        self.live(ordered, [("deliver", 4)], 100)

    def live(self, ordered, way, deposit):
        names = ("uom.product_uom_unit", "uom.product_uom_dozen")
        units = [self.env.ref(name) for name in names]
        order = self.confirmed(
            order_line=[
                Command.create(
                    {
                        "product_id": goods.id,
                        "product_uom_id": units[line["dozens"]].id,
                        "product_uom_qty": line["quantity"],
                        "price_unit": line["price"],
                        "discount": line["discount"],
                        "tax_ids": [
                            Command.set([self.taxes[rate].id for rate in line["rates"]])
                        ],
                    }
                )
                for line, goods in zip(ordered, self.goods, strict=False)
            ]
        ).sudo()
        if deposit:
            self.take_deposit(order, deposit)
        for what, pieces in way:
            if what == "deliver":
                self.deliver_pieces(order, pieces)
            else:
                self.bring_some_back(order)
            self.assert_exact(order)
        self.deliver_pieces(order, 1000)
        self.assert_exact(order)
        self.assertEqual(order._o2c_is_delivered(), True)
        self.assert_deposit_used_up(order)

    # -- what may happen -------------------------------------------------------------

    def take_deposit(self, order, percentage):
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": order.ids,
                "advance_payment_method": "percentage",
                "amount": percentage,
            }
        )
        wizard._create_invoices(order).action_post()

    def deliver_pieces(self, order, pieces):
        """So many pieces of each line, or what is left of it."""
        moves = order.picking_ids.move_ids.filtered(
            lambda m: m.state not in ("done", "cancel")
        )
        if not moves:
            return
        for move in moves:
            left = move.product_uom._compute_quantity(
                move.product_uom_qty, move.product_id.uom_id
            )
            move.quantity = move.product_id.uom_id._compute_quantity(
                min(pieces, left), move.product_uom
            )
        moves.picking_id.with_user(self.wim).with_context(
            skip_backorder=True
        ).button_validate()

    def bring_some_back(self, order):
        """One of each line of the first delivery comes back, once."""
        done = order.picking_ids.filtered(
            lambda p: p.state == "done" and p._o2c_is_delivery()
        ).sorted("id")
        if not done or done[0].return_ids:
            return
        self.bring_back(done[0], 1)

    # -- what must hold --------------------------------------------------------------

    def assert_exact(self, order):
        currency = order.currency_id
        for line in order.order_line.filtered(lambda line: not line.is_downpayment):
            if line.display_type:
                continue
            self.assertEqual(
                line.product_uom_id.compare(line.qty_invoiced, line.qty_delivered),
                0,
                f"{line.qty_invoiced} invoiced, {line.qty_delivered} delivered",
            )
            items = line.invoice_lines
            self.assertEqual(set(items.mapped("parent_state")) - {"posted"}, set())
            for item in items:
                price = line.price_unit * (1 - line.discount / 100)
                self.assertEqual(item.price_unit, line.price_unit)
                self.assertEqual(item.tax_ids, line.tax_ids)
                agreed = currency.round(item.quantity * price)
                self.assertEqual(
                    currency.compare_amounts(item.price_subtotal, agreed), 0
                )
        for invoice in self.invoices(order):
            self.assertGreaterEqual(invoice.amount_total, 0, "never below zero")
        self.assertEqual(
            set(self.tasks(order).mapped("state")) - {"done"}, set(), "all settled"
        )

    def assert_deposit_used_up(self, order):
        """The deposit was given back in full, its taxes too."""
        items = order.order_line.filtered("is_downpayment").invoice_lines
        for figure in ("price_subtotal", "price_total"):
            left = sum(
                item.move_id.direction_sign * item[figure]
                for item in items.filtered(lambda i: i.parent_state == "posted")
            )
            self.assertEqual(order.currency_id.round(left), 0, figure)
