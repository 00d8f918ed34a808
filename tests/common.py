"""Builders for the tests: a small company that sells goods and services."""

from odoo import fields
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user, tagged

STANDARD = ("standard", "post_install", "-at_install")

SALES = "sales_team.group_sale_salesman_all_leads"
HEAD_OF_SALES = "sales_team.group_sale_manager"
OWN_SALES = "sales_team.group_sale_salesman"
WAREHOUSE = "stock.group_stock_user"
ACCOUNTING = "account.group_account_invoice"


class World:
    """People, customers and products; mixed into the test case of any kind."""

    @classmethod
    def build_world(cls):
        cls.env = cls.env(
            context=dict(cls.env.context, no_reset_password=True, tracking_disable=True)
        )
        cls.company = cls.env.company
        cls._switch_everything_off()
        # one clock: for an hour or two a day it is tomorrow already where a company is
        cls.company.resource_calendar_id.tz = "UTC"
        cls.env.ref("base.user_admin").tz = "UTC"  # of which new companies get theirs
        cls.sam = cls.user("sam_t", "Sam", SALES)
        cls.ada = cls.user("ada_t", "Ada", "base.group_user")
        cls.ben = cls.user("ben_t", "Ben", "base.group_user")
        cls.wim = cls.user("wim_t", "Wim", WAREHOUSE)
        cls.kim = cls.user("kim_t", "Kim", ACCOUNTING)
        cls.rae = cls.user("rae_t", "Rae", f"{ACCOUNTING},o2c_addon.group_o2c_release")
        cls.mia = cls.user(
            "mia_t", "Mia", f"{HEAD_OF_SALES},o2c_addon.group_o2c_manager"
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Harbor Logistics", "email": "orders@harbor.example"}
        )
        cls.laptop = cls.product("Laptop", 1000)
        cls.stock(cls.laptop, 100)

    @classmethod
    def _switch_everything_off(cls):
        """Demo data has rules and checks of its own."""
        cls.env["o2c.approval.rule"].search([]).action_archive()
        cls.env["o2c.fulfillment.check"].search([]).action_archive()
        cls.env["o2c.hold.reason"].search([]).is_automatic = False
        cls.company.write({"o2c_invoicing": "manual", "o2c_billing_owner_id": False})

    @classmethod
    def user(cls, login, name, groups, **values):
        return new_test_user(
            cls.env,
            login,
            groups,
            name=name,
            email=f"{login}@seller.example",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **values,
        )

    @classmethod
    def product(cls, name, price, policy="delivery", **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "list_price": price,
                "type": "consu",
                "is_storable": True,
                "invoice_policy": policy,
                "taxes_id": [Command.clear()],
                **values,
            }
        )

    @classmethod
    def stock(cls, product, quantity):
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.env["stock.quant"]._update_available_quantity(
            product, warehouse.lot_stock_id, quantity
        )

    @classmethod
    def rule(cls, limit=10000, approvers=None, **values):
        """A rule on the order amount, asked of Ada or Ben unless told otherwise."""
        approvers = cls.ada | cls.ben if approvers is None else approvers
        steps = [Command.create({"user_ids": [Command.set(approvers.ids)]})]
        return cls.env["o2c.approval.rule"].create(
            {
                "name": "Large orders",
                "limit": limit,
                "company_id": cls.company.id,
                "step_ids": steps if approvers else [],
                **values,
            }
        )

    @classmethod
    def check(cls, code, **values):
        """A delivery check that stops, released by those who may release."""
        return cls.env["o2c.fulfillment.check"].create(
            {
                "name": f"Check {code}",
                "code": code,
                "company_id": cls.company.id,
                "responsible_id": False,
                **values,
            }
        )

    @classmethod
    def reason(cls, gate="deliver", **values):
        """A reason to put on hold, released by those who may release."""
        return cls.env["o2c.hold.reason"].create(
            {"name": "Papers missing", "gate": gate, **values}
        )

    @classmethod
    def order(cls, quantity=1, price=1000, product=None, user=None, **values):
        """A quotation written by Sam (or ``user``), seen as its writer sees it."""
        user = user or cls.sam
        line = {
            "product_id": (product or cls.laptop).id,
            "product_uom_qty": quantity,
            "price_unit": price,
        }
        return (
            cls.env["sale.order"]
            .with_user(user)
            .create(
                {
                    "partner_id": cls.customer.id,
                    "user_id": user.id,
                    "company_id": cls.company.id,
                    "order_line": [Command.create(line)],
                    **values,
                }
            )
        )

    @classmethod
    def confirmed(cls, *args, **values):
        order = cls.order(*args, **values)
        order.action_confirm()
        return order

    @classmethod
    def dictate(cls, line, total):
        """What a program can write: this line costs ``total``, whatever its price."""
        line.tax_ids = False
        line.extra_tax_data = {
            "price_unit": line.price_unit,
            "quantity": line[line._o2c_quantity],
            "discount": 0,
            "currency_id": line.currency_id.id,
            "rate": 1,
            "manual_total_excluded": total,
            "manual_total_excluded_currency": total,
            "manual_tax_amounts": {"0": {}},
        }
        line.price_unit += 1
        line.price_unit -= 1  # the host looks at it now

    @classmethod
    def deliver(cls, order, quantity=None, user=None):
        """Validate the open delivery of ``order`` as the warehouse worker."""
        picking = order.sudo().picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        picking = picking.with_user(user or cls.wim).sudo(False)
        if quantity is not None:
            picking.move_ids.quantity = quantity
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    @classmethod
    def keep(cls):
        """What the server does every quarter of an hour about what nobody answers."""
        requests = cls.env["o2c.approval.request"]
        requests.search([("state", "=", "pending")])._look_after()

    @classmethod
    def pay(cls, invoice):
        wizard = (
            cls.env["account.payment.register"]
            .with_user(cls.kim)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": fields.Date.today()})
        )
        return wizard.action_create_payments()

    @classmethod
    def euro_pricelist(cls, rate):
        """A pricelist in euros, at ``rate`` euros for one unit of company currency."""
        euro = cls.env.ref("base.EUR")
        euro.active = True
        rates = cls.env["res.currency.rate"]
        rates.search([("currency_id", "=", euro.id)]).unlink()
        rates.create({"currency_id": euro.id, "name": "2020-01-01", "rate": rate})
        return cls.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )

    @classmethod
    def rpc(cls, user, model, method, *args, **kwargs):
        """Call as another program would: any public method, any context, no trust."""
        records = cls.env(user=user, su=False, context={})[model]
        result = call_kw(records, method, list(args), kwargs)
        cls.env.flush_all()
        return result

    @classmethod
    def events(cls, order):
        """What is remembered of ``order``, oldest first."""
        events = cls.env["o2c.event"].search([("order_key", "=", order.id)])
        return events.sorted("id").mapped("activity")


@tagged(*STANDARD)
class O2CCase(World, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build_world()
