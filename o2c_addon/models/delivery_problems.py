import logging

from psycopg2 import DatabaseError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_list
from odoo.tools.sql import column_exists, create_column

from ..reading import read_lines
from .gate_mixin import Obstacle

_logger = logging.getLogger(__name__)


class StockPicking(models.Model):
    """What the delivery checks find: ``_o2c_problem_<code>(check)``, a sentence or
    nothing, and ``_o2c_size_<code>(check)``, how bad it is.

    Every sentence names the delivery or what is missing. What the customer owes is in
    sentences of checks that are *private*: who may not read it reads the check's name.
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
        """The checks that count for this delivery."""
        checks = self.env["o2c.fulfillment.check"]
        if self._o2c_is_delivery():
            ids = checks._in_force(self.company_id.id, self.picking_type_id.id)
            checks = checks._o2c_recall(ids)
        return checks

    def _o2c_forget_facts(self):
        self.env["sale.order"]._o2c_forget_facts()
        return super()._o2c_forget_facts()

    def _o2c_open_holds(self, gate):
        # sudo: the warehouse need not read orders
        orders = self.sudo()._o2c_orders()
        return orders._o2c_open_holds(gate) | super()._o2c_open_holds(gate)

    def _o2c_obstacles(self, gate):
        if gate != "deliver" or not self._o2c_is_delivery():
            return []
        obstacles = super()._o2c_obstacles(gate)
        # sudo: the warehouse need not read orders
        obstacles += self.sudo()._o2c_orders()._o2c_outgrown()
        checks = self._o2c_checks().filtered(lambda c: c.severity != "observe")
        return obstacles + self._o2c_found(checks)

    def _o2c_found(self, checks):
        """What these ``checks`` have against this delivery now."""
        self._o2c_together("ahead", lambda ds: ds._o2c_read_ahead(checks))
        found = (self._o2c_obstacle_found(check) for check in checks)
        return [obstacle for obstacle in found if obstacle]

    def _o2c_read_ahead(self, checks):
        """Read by one query whom the goods go to, who pays and who can help."""
        if not any(check.code == "address" or check._is_private() for check in checks):
            return
        orders = self.sudo()._o2c_orders()  # sudo: see above
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
        return check.responsible_id | self._o2c_people(check.release_group_id)

    def _o2c_remedy(self, check):
        """Who can help, and who can let it go."""
        sentences = []
        is_released = check.release_group_id and check.severity == "block"
        helper = check.responsible_id
        if helper and not (
            is_released and helper in self._o2c_people(check.release_group_id)
        ):
            sentences.append(self.env._("%s can help.", helper.name))
        if is_released:
            who = self._o2c_who(check.release_group_id)
            sentences.append(self.env._("%s can release it.", who))
        return " ".join(sentences)

    def _o2c_size(self, check):
        """How bad the problem is: 1 where more or less of it makes no difference."""
        size = getattr(self, f"_o2c_size_{check.code}", None)
        return size(check) if size else 1.0

    def _o2c_sentence(self, obstacle):
        """What the customer owes is told only to those who may read it."""
        check = obstacle.source
        if (
            check._name == "o2c.fulfillment.check"
            and obstacle.kind == "check"
            and check._is_private()
            and not self._o2c_reads_debt()
        ):
            return self.env._(
                "%(delivery)s waits for: %(check)s",
                delivery=self.name,
                check=check.name,
            )
        return super()._o2c_sentence(obstacle)

    # -- goods -----------------------------------------------------------------------

    def _o2c_problem_available(self, check):
        """What leaves, or would leave, without being in stock."""
        missing = self._o2c_missing()
        return missing and self.env._(
            "%(delivery)s: not in stock: %(missing)s",
            delivery=self.name,
            missing=self._o2c_quantities(missing),
        )

    def _o2c_size_available(self, check):
        return sum(self._o2c_missing().values())

    def _o2c_missing(self):
        """Product → quantity, in its unit, that leaves but is not there.

        As the host validates: what is picked leaves; where nothing is, all that has a
        quantity; before that, what was ordered and could not be reserved is missing.
        """
        moves = self.move_ids.filtered(
            lambda m: (
                m.state != "cancel"
                and m.product_id.is_storable
                and m.location_id._o2c_has_stock()
            )
        )
        free = self._o2c_together("stock", lambda deliveries: deliveries._o2c_free())
        leaving = self._o2c_leaving(moves)
        missing = {}
        for move in moves:
            quantity = move._o2c_missing(leaving, free)
            if move.product_id.uom_id.compare(quantity, 0) > 0:
                missing[move.product_id] = missing.get(move.product_id, 0) + quantity
        return missing

    def _o2c_leaving(self, moves=None):
        """The move lines that leave, as the host validates them."""
        moves = self.move_ids if moves is None else moves
        # sudo: read_lines is for whoever may read all
        lines = read_lines(moves.sudo(), "move_line_ids").with_env(self.env)
        return lines.filtered("picked") or lines.filtered("quantity")

    def _o2c_free(self):
        """What nobody reserved in the places these goods leave from.

        :return: (product, place, lot, package, owner), by id → quantity
        """
        deliveries = self.sudo()  # sudo: what is there is a fact, whoever asks
        lines = read_lines(deliveries.move_ids, "move_line_ids")
        key = ["product_id", "location_id", "lot_id", "package_id", "owner_id"]
        quants = deliveries.env["stock.quant"]._read_group(
            [
                ("product_id", "in", lines.product_id.ids),
                ("location_id", "in", lines.location_id.ids),
            ],
            key,
            ["quantity:sum", "reserved_quantity:sum"],
        )
        return {
            tuple(record.id for record in of): quantity - reserved
            for *of, quantity, reserved in quants
        }

    def _o2c_quantities(self, quantities):
        """“5 Units of Server rack and 2 Units of Mouse”"""
        products = self.env["product.product"].union(*quantities)
        products.uom_id._o2c_recall(products.uom_id.ids)
        # what is no variant has no attributes that its name would tell
        plain = products.filtered(lambda p: not p.combination_indices)
        attributes = products._fields["product_template_attribute_value_ids"]
        attributes._insert_cache(plain, [()] * len(plain))
        return format_list(
            self.env,
            [
                self.env._(
                    "%(quantity)s %(unit)s of %(product)s",
                    quantity=f"{quantity:g}",
                    unit=product.uom_id.name,
                    product=product.display_name,
                )
                for product, quantity in quantities.items()
            ],
        )

    def _o2c_problem_complete(self, check):
        """What of its orders would not leave with this delivery."""
        left = self._o2c_left_behind()
        return left and self.env._(
            "%(delivery)s: the order would not leave as a whole, without %(missing)s",
            delivery=self.name,
            missing=self._o2c_quantities(left),
        )

    def _o2c_size_complete(self, check):
        return sum(self._o2c_left_behind().values())

    def _o2c_left_behind(self):
        """Product → quantity, in its unit, of these orders that stays here."""
        ours = self.move_ids.filtered(lambda m: m.state != "cancel")
        picked = any(ours.mapped("picked"))
        still_here = self._o2c_together("open", lambda ds: ds._o2c_open_moves())
        left = {}
        for move in ours:
            leaves = move.quantity if move.picked or not picked else 0
            self._o2c_add(left, move, move.product_uom_qty - leaves)
        # sudo: the warehouse need not read orders
        for order in self.sudo()._o2c_orders():
            for move in still_here.get(order, ours.browse()) - ours:
                self._o2c_add(left, move, move.product_uom_qty)
        return left

    def _o2c_open_moves(self):
        """Order → what of it has not left yet, in whatever delivery."""
        deliveries = self.sudo()  # sudo: see above
        names = ["sale_line_id", "product_id", "product_uom", "product_uom_qty"]
        moves = deliveries.env["stock.move"].search_fetch(
            [
                ("sale_line_id.order_id", "in", deliveries._o2c_orders().ids),
                ("state", "not in", ("done", "cancel")),
            ],
            [*names, "location_id", "location_dest_id"],
        )
        leaving = moves.filtered(lambda m: m._o2c_goes_to_customer())
        return leaving.grouped(lambda m: m.sale_line_id.order_id)

    def _o2c_add(self, quantities, move, quantity):
        product = move.product_id
        quantity = move.product_uom._compute_quantity(quantity, product.uom_id)
        if product.uom_id.compare(quantity, 0) > 0:
            quantities[product] = quantities.get(product, 0) + quantity

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

    # -- money -----------------------------------------------------------------------

    def _o2c_customer(self):
        """Who owes for this delivery, as accounting sees it."""
        # sudo: judged alike whoever acts
        delivery = self.sudo()
        payer = delivery._o2c_orders().partner_invoice_id[:1] or delivery.partner_id
        return payer.commercial_partner_id.with_company(self.company_id)

    def _o2c_problem_prepayment(self, check):
        """What of its orders has to be paid first and is not."""
        problems = []
        for order in self.sudo()._o2c_orders():  # sudo: the warehouse reads no order
            if missing := order._o2c_missing_prepayment(check, self._o2c_more(order)):
                amount = format_amount(self.env, missing, order.currency_id)
                problems.append(f"{order.name}: {amount}")
        return problems and self.env._(
            "%(delivery)s: still to be paid before it leaves: %(amounts)s",
            delivery=self.name,
            amounts=format_list(self.env, problems),
        )

    def _o2c_size_prepayment(self, check):
        # sudo: see above
        orders = self.sudo()._o2c_orders()
        return sum(o._o2c_missing_prepayment(check, self._o2c_more(o)) for o in orders)

    def _o2c_more(self, order):
        """What leaves beyond what ``order`` says, at its prices, taxed, in its
        currency: a delivery may bring more than was ordered, and paid for."""
        more = 0.0
        for move in self.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            line, unit = move.sale_line_id, move.product_uom
            is_mine = (line.order_id or move.picking_id.sale_id) == order
            extra = move.quantity - (move.product_uom_qty if line else 0.0)
            if is_mine and unit.compare(extra, 0) > 0:
                price = line.price_reduce_taxinc if line else move.product_id.lst_price
                to_unit = line.product_uom_id or move.product_id.uom_id
                more += unit._compute_quantity(extra, to_unit) * price
        return more

    def _o2c_problem_overdue(self, check):
        days = self._o2c_size_overdue(check)
        return days > check.value and self.env._(
            "%(customer)s has an invoice that is %(days)s days overdue",
            customer=self._o2c_customer().display_name,
            days=f"{days:g}",
        )

    def _o2c_size_overdue(self, check):
        days = self._o2c_together("overdue", lambda d: d._o2c_customer_days())
        return float(days.get(self._o2c_customer().id, 0))

    def _o2c_customer_days(self):
        customers = self.env["res.partner"].union(*(d._o2c_customer() for d in self))
        return customers.with_company(self.company_id)._o2c_overdue_days()

    def _o2c_problem_credit(self, check):
        """By how much the customer, this delivery included, is above the limit."""
        if not self.company_id.account_use_credit_limit:
            raise UserError(
                self.env._(
                    "The check “%s” needs credit limits, which are switched off in the "
                    "settings of accounting",
                    check.name,
                )
            )
        excess = self._o2c_size_credit(check)
        return excess > check.value and self.env._(
            "%(customer)s is %(amount)s above the credit limit",
            customer=self._o2c_customer().display_name,
            amount=format_amount(self.env, excess, self.company_id.currency_id),
        )

    def _o2c_size_credit(self, check):
        known = self._o2c_together("credit", lambda d: d._o2c_customer_excess())
        excess = known.get(self._o2c_customer().id)
        if excess is None:
            return 0.0
        company = self.company_id
        for order in self.sudo()._o2c_orders():  # sudo: see above
            excess += order.currency_id._convert(
                self._o2c_more(order), company.currency_id, company, order.date_order
            )
        return excess

    def _o2c_customer_excess(self):
        customers = self.env["res.partner"].union(*(d._o2c_customer() for d in self))
        return customers.with_company(self.company_id)._o2c_credit_excess()
