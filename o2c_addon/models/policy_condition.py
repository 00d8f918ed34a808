import logging
from ast import literal_eval

from markupsafe import escape
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

ACTIVITY = "o2c_addon.mail_activity_type_o2c_policy"
UNREADABLE = (ValueError, SyntaxError, TypeError, RecursionError)


class PolicyCondition(models.AbstractModel):
    """Policy with a condition: when that breaks, its owner hears of it once a day.

    It breaks when a field it names is removed, and goes silent when a record it names
    is deleted. A cron looks every day, and whatever is stopped by it tells at once.
    """

    _name = "o2c.policy.condition"
    _description = "Policy with a condition"
    _inherit = ["o2c.policy.mixin", "mail.thread", "mail.activity.mixin"]

    domain = fields.Char("Applies To")
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        help="Is told when this cannot be applied.",
    )
    alerted_on = fields.Date("Owner Told On", readonly=True, copy=False)

    def write(self, vals):
        """Who writes another condition has mended it, or is told again tomorrow."""
        if "domain" in vals or vals.get("active") is False:
            self.activity_unlink([ACTIVITY])
        return super().write(vals)

    @api.constrains("domain")
    def _check_domain(self):
        for policy in self.filtered("domain"):
            try:
                policy._read_domain().validate(policy._about())
            except UNREADABLE as error:
                raise ValidationError(
                    self.env._(
                        "%(problem)s. Choose the conditions again.",
                        problem=policy._unreadable(error),
                    )
                ) from error

    def _read_domain(self):
        """The policy's own condition: data only, never code."""
        return Domain(literal_eval(self.domain or "[]"))

    def _about(self):
        """The documents the condition is about: an empty recordset."""
        raise NotImplementedError

    def _unreadable(self, error):
        return self.env._(
            "“Applies to” of “%(policy)s” cannot be read: %(error)s",
            policy=self.name,
            error=error,
        )

    # -- looking for what is broken --------------------------------------------------

    @api.model
    def _alert_owners(self):
        """Tell the owners of what cannot be applied any more, each by itself. Run by a
        cron."""
        cron = self.env["ir.cron"]
        policies = self.search([("domain", "not in", [False, "[]"])], order="id")
        cron._commit_progress(remaining=len(policies))
        for policy in policies:
            try:
                with self.env.cr.savepoint():
                    if problem := policy._problem_of_condition():
                        policy._alert(problem)
            except OperationalError:
                self.env.cr.rollback()  # somebody is mending it
            except Exception:  # what is wrong with one stops no other
                _logger.exception("%s cannot be looked at", policy)
            cron._commit_progress(1)

    def _problem_of_condition(self):
        """Why the condition cannot be applied as it was meant: a sentence, or none."""
        try:
            domain, documents = self._read_domain(), self._about()
            domain.validate(documents)
        except UNREADABLE as error:
            return self._unreadable(error)
        if field := self._name_of_deleted(domain, documents):
            return self.env._(
                "“Applies to” of “%(policy)s” names a record that was deleted: "
                "%(field)s",
                policy=self.name,
                field=field,
            )
        return None

    def _name_of_deleted(self, domain, model):
        """The label of the first field compared with a record that is gone, if any."""
        for condition in domain.iter_conditions():
            field, comodel = None, model
            for name in condition.field_expr.split("."):
                field = comodel._fields[name]
                comodel = comodel[name] if field.relational else comodel
            value = condition.value
            if condition.operator in ("any", "not any"):
                if label := self._name_of_deleted(Domain(value), comodel):
                    return label
            elif field.relational or field.name == "id":
                ids = {v for v in _listed(value) if type(v) is int and v > 0}
                if len(comodel.browse(ids).exists()) < len(ids):
                    return field._description_string(self.env)
        return None

    # -- telling ---------------------------------------------------------------------

    def _alert(self, problem):
        """An activity for the owner: at most one a day, the latest instead of the last.

        :param problem: what is wrong, a sentence
        """
        # sudo: whoever is stopped may be anybody
        policy = self.sudo().with_context(mail_activity_automation_skip=False)
        today = fields.Date.context_today(policy.with_context(tz=None))
        if policy.alerted_on == today:
            return
        policy.alerted_on = today
        policy.activity_unlink([ACTIVITY])
        for owner in policy._owners():
            policy.activity_schedule(
                ACTIVITY,
                user_id=owner.id,
                summary=self.env._("“%s” cannot be applied", policy.name),
                note=escape(problem),
            )

    def _owners(self):
        """Who mends it: who is named, or where he cannot, who may configure."""
        owner = self.responsible_id
        if owner.active and owner._is_internal() and self._is_seen_by(owner):
            return owner
        managers = self.env.ref("o2c_addon.group_o2c_manager").all_user_ids
        robot = self.env.ref("base.user_root")
        return (managers - robot).filtered(lambda u: u.active and self._is_seen_by(u))

    def _is_seen_by(self, user):
        return self.with_user(user).with_company(user.company_id).has_access(
            "read"
        ) and (not self.company_id or self.company_id in user.company_ids)


def _listed(value):
    """The values a condition compares with."""
    return (
        [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
    )
