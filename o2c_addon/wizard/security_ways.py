from psycopg2 import DatabaseError, OperationalError

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

DOORS = {
    "sale.order": "action_confirm",
    "stock.picking": "button_validate",
    "account.move": "action_post",
}
ROBOTS = {"stock.picking": "_action_done", "account.move": "_post"}
KEYS = dict.fromkeys(
    (
        "bypass_risk",
        "cancel_backorder",
        "disable_abnormal_invoice_detection",
        "import_file",
        "install_mode",
        "mail_activity_automation_skip",
        "no_check",
        "o2c_bypass",
        "o2c_passing",
        "raise_if_nothing_to_invoice",
        "send_email",
        "skip_backorder",
        "skip_o2c",
        "skip_readonly_check",
        "skip_sanity_check",
        "sudo",
        "tracking_disable",
        "validate_analytic",
    ),
    True,
)
QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True}


class SecurityCheck(models.TransientModel):
    """The ways around that are known, each tried on a document that has to wait."""

    _inherit = "o2c.security.check"

    # -- documents on hold -----------------------------------------------------------

    def _try_order(self, company):
        signed = ("signed", self.env._("The customer's signature"))
        return self._try_on_hold("order", self._make_order, company, [signed])

    def _try_delivery(self, company):
        moves = [
            ("moves", self.env._("Writing the state of what leaves")),
            ("moves_superuser", self.env._("The same, as superuser")),
            ("robot", self.env._("Past the button, as the scheduler")),
        ]
        return self._try_on_hold("delivery", self._make_delivery, company, moves)

    def _try_invoice(self, company):
        robot = ("robot", self.env._("Past the button, as the scheduler"))
        return self._try_on_hold("invoice", self._make_invoice, company, [robot])

    def _try_on_hold(self, subject, make, company, more=()):
        """A document that is on hold, and every way to get it through all the same."""
        try:
            with self.env.cr.savepoint():
                document = make(company)
                reason = self.env.ref("o2c_addon.hold_reason_failed")
                document._o2c_put_on_hold(reason, gate=document._o2c_gate)
        except (UserError, DatabaseError) as error:
            why = self.env._("There is nothing to try it on: %s", error)
            return [self._row(subject, self.env._("All"), "b_untried", why)]
        ways = self._ways() + list(more)
        # no sudo: as the administrator; a way takes the superuser where it wants
        document = document.sudo(False)
        door = DOORS[document._name]
        return [
            self._try(
                subject,
                label,
                lambda way=way: getattr(self, f"_way_{way}")(document),
                # sudo: what has come of it, whoever may read it
                lambda: document.sudo()._o2c_is_final(),
                (document._name, door, "write", "create"),
            )
            for way, label in ways
        ]

    def _ways(self):
        """What every document has to withstand: method, and what it is in words."""
        return [
            ("button", self.env._("The button")),
            ("superuser", self.env._("The button, as superuser")),
            ("keys", self.env._("The button, with all a program may send along")),
            ("write", self.env._("Writing the state")),
            ("write_superuser", self.env._("Writing the state, as superuser")),
            ("save", self.env._("Saving a form with the state changed")),
            ("load", self.env._("Importing a file with the state")),
            ("action", self.env._("A server action that writes the state")),
            ("stamp", self.env._("Writing that it has passed already")),
            ("release", self.env._("Writing that it is released")),
            ("delete", self.env._("Deleting the hold")),
        ]

    def _try(self, subject, label, act, is_through, where):
        """What comes of one way; everything is taken back afterwards.

        :param where: model and methods somebody may have changed
        """
        savepoint = self.env.cr.savepoint()
        try:
            act()
            self.env.flush_all()
            self.env.invalidate_all()
            through = is_through()
        except OperationalError:
            raise
        except (UserError, DatabaseError):
            through = False
        except Exception as error:  # whatever another addon stumbles over
            why = self.env._("It could not be tried: %s", error)
            return self._row(subject, label, "b_untried", why)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        if through:
            return self._row(subject, label, "a_open", self._who_changes(*where))
        return self._row(subject, label, "c_closed")

    # -- what it is tried on ---------------------------------------------------------

    def _make_order(self, company, price=1.0, **values):
        # sudo: whoever checks need not be able to sell
        return (
            self.sudo()
            .env["sale.order"]
            .with_context(**QUIET)
            .create(self._prepare_order(company, price) | values)
        )

    def _prepare_order(self, company, price):
        return {
            "name": self.env._("Security self-check"),  # uses up no number
            "partner_id": self._partner().id,
            "company_id": company.id,
            "user_id": False,
            "order_line": [
                Command.create(
                    {
                        "product_id": self._product().id,
                        "product_uom_qty": 1,
                        "price_unit": price,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    def _make_delivery(self, company):
        env = self.sudo().env  # sudo: see _make_order
        kind = env["stock.picking.type"].search(
            [("code", "=", "outgoing"), ("company_id", "=", company.id)], limit=1
        )
        if not kind:
            raise UserError(self.env._("%s delivers nothing.", company.name))
        places = {
            "location_id": kind.default_location_src_id.id,
            "location_dest_id": env.ref("stock.stock_location_customers").id,
        }
        product = self._product(type="consu", is_storable=False)
        move = {
            "product_id": product.id,
            "product_uom_qty": 1,
            "quantity": 1,
            "company_id": company.id,
        }
        delivery = (
            env["stock.picking"]
            .with_context(**QUIET)
            .create(
                {
                    "name": self.env._("Security self-check"),
                    "partner_id": self._partner().id,
                    "picking_type_id": kind.id,
                    "company_id": company.id,
                    "move_ids": [Command.create(move | places)],
                    **places,
                }
            )
        )
        delivery.action_confirm()
        return delivery

    def _make_invoice(self, company):
        env = self.sudo().env  # sudo: see _make_order
        line = {
            "product_id": self._product().id,
            "price_unit": 1,
            "tax_ids": [Command.clear()],
        }
        return (
            env["account.move"]
            .with_context(**QUIET)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self._partner().id,
                    "company_id": company.id,
                    "invoice_date": fields.Date.context_today(self),
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )

    def _partner(self):
        # sudo: see _make_order
        return self.sudo().env["res.partner"].create({"name": "Security self-check"})

    def _product(self, **values):
        # sudo: see _make_order
        return (
            self.sudo()
            .env["product.product"]
            .create({"name": "Security self-check", "type": "service"} | values)
        )

    # -- ways with one that is there -------------------------------------------------

    def _way_button(self, document):
        getattr(document, DOORS[document._name])()

    def _way_superuser(self, document):
        self._way_button(document.sudo())  # sudo: that is what is tried

    def _way_keys(self, document):
        self._way_button(document.with_context(**KEYS))

    def _way_signed(self, document):
        document.sudo()._validate_order()  # sudo: as the portal does

    def _way_robot(self, document):
        # sudo: schedulers run as superuser
        getattr(document.sudo(), ROBOTS[document._name])()

    def _way_write(self, document):
        document.write({"state": document._o2c_final_state})

    def _way_write_superuser(self, document):
        self._way_write(document.sudo())  # sudo: that is what is tried

    def _way_save(self, document):
        document.web_save({"state": document._o2c_final_state}, {})

    def _way_load(self, document):
        document.load([".id", "state"], [[str(document.id), document._o2c_final_state]])

    def _way_action(self, document):
        # sudo: only administrators write server actions, and these do as they like
        code = f"records.sudo().write({{'state': '{document._o2c_final_state}'}})"
        actions = self.sudo().env["ir.actions.server"]
        action = actions.create(
            {
                "name": "Security self-check",
                "model_id": self.env["ir.model"]._get_id(document._name),
                "state": "code",
                "code": code,
            }
        )
        action.with_context(
            active_model=document._name, active_id=document.id, active_ids=document.ids
        ).run()

    def _way_stamp(self, document):
        document.write(
            {
                "o2c_passed_on": fields.Datetime.now(),
                "o2c_passed_seal": document._o2c_current_seal(),
                "o2c_on_hold": False,
            }
        )
        self._way_write(document)

    def _way_release(self, document):
        # no sudo: as the administrator himself
        document.o2c_hold_ids.sudo(False).write({"state": "released"})
        self._way_button(document)

    def _way_delete(self, document):
        # no sudo: as the administrator himself
        document.o2c_hold_ids.sudo(False).unlink()
        self._way_button(document)

    def _way_moves(self, document):
        document.move_ids.write({"state": "done"})

    def _way_moves_superuser(self, document):
        self._way_moves(document.sudo())  # sudo: that is what is tried
