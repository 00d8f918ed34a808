"""People come at any time: also long after the first order."""

from odoo.tests import new_test_user

from .common import O2CCase


class TestUsers(O2CCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule()
        cls.waiting, cls.open = cls.order(price=12000), cls.order()
        (cls.waiting | cls.open).action_confirm()
        cls.env.flush_all()

    def test_who_reads_messages_in_odoo(self):
        user = new_test_user(
            self.env, "ina", "base.group_user", notification_type="inbox"
        )
        self.env.flush_all()

        self.assertEqual((user.notification_type, user.share), ("inbox", False))

    def test_who_is_created_after_orders_in_the_same_transaction(self):
        self.order(price=15000).action_confirm()
        user = new_test_user(
            self.env,
            "ina",
            "sales_team.group_sale_salesman,o2c_addon.group_o2c_release",
            notification_type="inbox",
        )

        self.assertFalse(user.share)

    def test_no_policy_of_ours_is_searched_for_a_new_user(self):
        """A search then writes the new row before its ``share`` is known."""
        fields = self.env["res.users"]._fields.values()
        searched = [
            field
            for field in self.registry.get_trigger_tree(list(fields))
            if field.type == "many2many" and field.model_name.startswith("o2c.")
        ]

        self.assertFalse(searched)

    def test_a_customer_in_the_portal(self):
        user = new_test_user(self.env, "pia", "base.group_portal")
        self.env.flush_all()

        self.assertEqual((user.notification_type, user.share), ("email", True))
