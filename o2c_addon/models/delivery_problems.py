import logging

from psycopg2 import DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_list
from odoo.tools.sql import column_exists, create_column

from ..reading import read_with
from .gate_mixin import Obstacle

_logger = logging.getLogger(__name__)


class StockPicking(models.Model):
    """What the delivery checks find: ``_o2c_problem_<code>(check)``, a sentence or
    nothing, and ``_o2c_size_<code>(check)``, how bad it is.

    Every sentence names the delivery or what is missing.
    """

    _inherit = "stock.picking"

    o2c_tracking_ref = fields.Char(
        "Tracking",
        compute="_compute_o2c_tracking_ref",
        store=True,
        readonly=False,
        copy=False,
        help="The carrier's reference, for deliveries that are checked for one.",
    )

    def _auto_init(self):
        """Existing deliveries are not computed one by one."""
        if not column_exists(self.env.cr, self._table, "o2c_tracking_ref"):
            create_column(self.env.cr, self._table, "o2c_tracking_ref", "varchar")
        return super()._auto_init()

    @api.depends(
        lambda self: (
            ("carrier_tracking_ref",) if "carrier_tracking_ref" in self._fields else ()
        )
    )
    def _compute_o2c_tracking_ref(self):
        """The carrier's own, where the host knows carriers; else what is typed here."""
        carried = "carrier_tracking_ref" in self._fields
        for delivery in self:
            delivery.o2c_tracking_ref = (
                carried and delivery.carrier_tracking_ref
            ) or delivery.o2c_tracking_ref

    # -- asking the checks -----------------------------------------------------------

    def _o2c_checks(self):
        """The checks that count for this delivery to a customer."""
        checks = self.env["o2c.fulfillment.check"]
        ids = checks._in_force(self.company_id.id, self.picking_type_id.id)
        return checks._o2c_recall(ids)

    def _o2c_forget_facts(self):
        self.env["sale.order"]._o2c_forget_facts()
        return super()._o2c_forget_facts()

    def _o2c_obstacles(self, gate):
        if gate != "deliver" or not self._o2c_is_delivery():
            return []
        obstacles = super()._o2c_obstacles(gate)
        obstacles += self._o2c_orders_concerned()._o2c_outgrown()
        checks = self._o2c_checks().filtered(lambda c: c.severity != "observe")
        return obstacles + self._o2c_found(checks)

    def _o2c_found(self, checks):
        """What these ``checks`` have against this delivery now."""
        if not checks:
            return []
        self._o2c_together("ahead", lambda ds: ds._o2c_read_ahead(checks))
        found = (self._o2c_obstacle_found(check) for check in checks)
        return [obstacle for obstacle in found if obstacle]

    def _o2c_read_ahead(self, checks):
        """Read by one query each the goods, and who gets them, pays and can help."""
        if any(check.code in ("available", "complete", "lots") for check in checks):
            # sudo: what is judged alike whoever acts
            read_with(self.sudo().move_ids.product_id, "active")
        if not any(check.code == "address" or check._is_private() for check in checks):
            return
        orders = self.sudo()._o2c_orders()  # sudo: the warehouse need not read orders
        currencies = self.company_id.currency_id | orders.currency_id
        currencies._o2c_recall(currencies.ids)
        partners = self.partner_id | orders.partner_invoice_id
        for group in checks.release_group_id:
            partners |= self._o2c_people(group).partner_id
        columns = [f.name for f in partners._fields.values() if f.prefetch is True]
        # sudo: judged alike whoever acts
        partners.sudo().with_company(self.company_id).fetch([*columns, "credit_limit"])

    def _o2c_watched(self):
        """What checks that only watch find: this delivery would have stayed."""
        checks = self._o2c_checks().filtered(lambda c: c.severity == "observe")
        return [o for o in self._o2c_found(checks) if o.kind == "check"]

    def _o2c_obstacle_found(self, check):
        """What ``check`` has against this delivery now, or nothing."""
        try:
            if not check._is_about(self):
                return None
            problem = getattr(self, f"_o2c_problem_{check.code}")(check)
        except DatabaseError:
            raise  # the transaction is lost, and where it helps the host retries
        except Exception as error:  # a broken check must never crash a screen
            _logger.warning("Check %s cannot be applied", check.id, exc_info=True)
            return self._o2c_obstacle_broken_check(check, error)
        if not problem or self._o2c_is_released(check):
            return None
        return Obstacle(
            "check",
            check,
            problem,
            {"size": self._o2c_size(check)},
            self._o2c_who_helps(check),
            self._o2c_remedy(check),
            check.severity == "block",
        )

    def _o2c_obstacle_broken_check(self, check, error):
        """It stops as if it were not met: better so than goods that are gone."""
        why = error.args[0] if isinstance(error, UserError) else None
        blocking = check.severity == "block"
        return Obstacle(
            "broken",
            check,
            why
            or self.env._(
                "The check “%(check)s” is broken and cannot be applied",
                check=check.name,
            ),
            {},
            check.responsible_id,
            self._o2c_remedy_of_broken(check, blocking),
            blocking,
        )

    def _o2c_who_helps(self, check):
        return check.responsible_id | self._o2c_releasers(check)

    def _o2c_releasers(self, check):
        """Who may let these goods go although ``check`` is not met."""
        return self._o2c_people(check.release_group_id)

    def _o2c_remedy(self, check):
        """Who can help, and who can let it go."""
        sentences = []
        is_released = check.release_group_id and check.severity == "block"
        releasers, helper = self._o2c_releasers(check), check.responsible_id
        if helper and not (is_released and helper in releasers):
            is_reader = helper == self.env.user
            sentences.append(
                self.env._("You can help.")
                if is_reader
                else self.env._("%s can help.", helper.name)
            )
        if is_released:
            sentences.append(self._o2c_who_releases(releasers))
        return " ".join(sentences)

    def _o2c_size(self, check):
        """How bad the problem is: 1 where more or less of it makes no difference."""
        size = getattr(self, f"_o2c_size_{check.code}", None)
        return size(check) if size else 1.0

    # -- papers ----------------------------------------------------------------------

    def _o2c_problem_address(self, check):
        missing = self.partner_id._o2c_missing_of_address()
        if not self.partner_id:
            return self.env._("%s has no delivery address", self.name)
        return missing and self.env._(
            "The address of %(customer)s lacks %(missing)s",
            customer=self.partner_id.display_name,
            missing=format_list(self.env, missing),
        )

    def _o2c_problem_tracking(self, check):
        return not self.o2c_tracking_ref and self.env._(
            "%s has no tracking reference", self.name
        )

    def _o2c_problem_document(self, check):
        wanted = (check.document_name or "").casefold()
        names = self._o2c_together("attachments", lambda d: d._o2c_attachments())
        if any(wanted in name.casefold() for name in names.get(self.id, ())):
            return None
        if not wanted:
            return self.env._("No file is attached to %s", self.name)
        return self.env._(
            "No file called “%(name)s” is attached to %(delivery)s",
            name=check.document_name,
            delivery=self.name,
        )

    def _o2c_attachments(self):
        """Delivery id → names of the files attached to it."""
        # sudo: whether there is one is asked, not what is in it
        rows = (
            self.env["ir.attachment"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)],
                ["res_id"],
                ["name:array_agg"],
            )
        )
        return dict(rows)

    def _o2c_problem_domain(self, check):
        """That the check's own condition matches is the problem."""
        return self.env._(
            "%(delivery)s: %(check)s", delivery=self.name, check=check.name
        )
