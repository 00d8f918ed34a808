from collections import Counter

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_list

CAPABILITIES = ("approvals", "deliveries", "invoicing", "messages", "reminders")
LIKE = {"block": "enforce"}  # what a check calls to stop
POLICIES = ("o2c.approval.rule", "o2c.fulfillment.check")


class FirstSteps(models.AbstractModel):
    """The page an administrator begins with: what there is, what is on, and a button.

    To add a card: a key in ``_capabilities`` and a method ``_card_<key>``.
    """

    _name = "o2c.first.steps"
    _description = "First Steps"

    @api.model
    def cards(self):
        """What the page shows, for the current company.

        :return: dict ``capabilities presets``, lists of cards
        """
        self._check_manager()
        return {
            "capabilities": [
                {"key": key, **getattr(self, f"_card_{key}")()}
                for key in self._capabilities()
            ],
            "presets": [self._preset(key) for key, _label in self._presets()],
        }

    @api.model
    def switch_on(self, preset):
        """Copy what belongs to ``preset`` to the current company, watching only."""
        self._check_manager()
        if not self._copies(preset):
            for examples, effect in zip(
                self._examples(preset), ("effect", "severity"), strict=True
            ):
                for example in examples:
                    example.copy(
                        {
                            "active": True,
                            "company_id": self.env.company.id,
                            "responsible_id": self.env.uid,
                            effect: "observe",
                        }
                    )
        return self.cards()

    def _check_manager(self):
        if not self.env.user.has_group("o2c_addon.group_o2c_manager"):
            raise AccessError(
                self.env._("This page is for administrators of Order to Cash.")
            )

    # -- capabilities ----------------------------------------------------------------

    def _capabilities(self):
        return CAPABILITIES

    def _in_force(self, model, *domain):
        """What is switched on for the current company."""
        company = self.env.company
        return self.env[model].search(
            [("company_id", "in", [False, *company.parent_ids.ids]), *domain]
        )

    def _card_approvals(self):
        rules = self._in_force("o2c.approval.rule")
        return {
            "name": self.env._("Approvals"),
            "icon": "fa-check-square-o",
            **self._state_of(rules, "effect"),
            "text": self._in_numbers(rules, "effect")
            or self.env._(
                "Orders above a limit wait until somebody says yes, and are then "
                "confirmed by themselves."
            ),
            "button": self.env._("Open the rules")
            if rules
            else self.env._("Make the first rule"),
            "action": "o2c_addon.approval_rule_action"
            if rules
            else "o2c_addon.first_rule_action",
        }

    def _card_deliveries(self):
        checks = self._in_force("o2c.fulfillment.check")
        if not self.env["o2c.checklist.item"].search_count([], limit=1):
            checks = checks.filtered(
                lambda c: c.code != "checklist"
            )  # says nothing yet
        return {
            "name": self.env._("Delivery checks"),
            "icon": "fa-truck",
            **self._state_of(checks, "severity"),
            "text": self._in_numbers(checks, "severity")
            or self.env._(
                "A delivery leaves when it is in stock, paid or complete, as you say. "
                "Until then everybody reads why it stays."
            ),
            "button": self.env._("Open the checks")
            if checks
            else self.env._("Choose the first check"),
            "action": "o2c_addon.fulfillment_check_action"
            if checks
            else "o2c_addon.first_check_action",
        }

    def _card_invoicing(self):
        company = self.env.company
        is_on = company.o2c_invoicing != "manual"
        return {
            "name": self.env._("Invoice after delivery"),
            "icon": "fa-file-text-o",
            **self._state("on" if is_on else "off"),
            "text": self._invoicing_in_words()
            if is_on
            else self.env._(
                "Each delivery makes its own invoice: a draft, a confirmed one, or one "
                "that is sent as well."
            ),
            "button": self.env._("Open the settings")
            if is_on
            else self.env._("Choose how"),
            **self._settings(),
        }

    def _invoicing_in_words(self):
        fields = self.env.company._fields
        labels = {
            name: dict(fields[name]._description_selection(self.env))
            for name in ("o2c_invoicing", "o2c_invoicing_period")
        }
        return self.env._(
            "%(how)s, one invoice %(span)s.",
            how=labels["o2c_invoicing"][self.env.company.o2c_invoicing],
            span=labels["o2c_invoicing_period"][
                self.env.company.o2c_invoicing_period
            ].lower(),
        )

    def _settings(self):
        """Settings are opened by administrators of Odoo; others read who they are."""
        if self.env.user.has_group("base.group_system"):
            return {"action": "o2c_addon.settings_action"}
        return {
            "hint": self.env._(
                "An administrator of Odoo switches it in the settings of Order to Cash."
            )
        }

    def _card_messages(self):
        return {
            "name": self.env._("Customer messages"),
            "icon": "fa-envelope-o",
            **self._card_of_notices("!="),
            "action": "o2c_addon.notice_rule_action",
        }

    def _card_reminders(self):
        return {
            "name": self.env._("Reminders"),
            "icon": "fa-bell-o",
            **self._card_of_notices("="),
            "action": "o2c_addon.reminder_rule_action",
        }

    def _card_of_notices(self, operator):
        rules = self._in_force("o2c.notice.rule", ("kind", operator, "reminder"))
        says = {
            "!=": self.env._(
                "Customers hear once, in their language, what happens to their order."
            ),
            "=": self.env._(
                "Customers are reminded before and after an invoice is due, at most "
                "once a day, until it is paid."
            ),
        }
        return {
            **self._state("on" if rules else "off"),
            "text": self._count_on(rules) if rules else says[operator],
            "button": self.env._("Open them")
            if rules
            else self.env._("Choose what they hear"),
        }

    # -- words -----------------------------------------------------------------------

    def _state_of(self, policies, effect):
        effects = set(policies.mapped(effect))
        if not effects:
            return self._state("off")
        return self._state("watching" if effects == {"observe"} else "on")

    def _state(self, state):
        labels = {
            "off": self.env._("Off"),
            "watching": self.env._("Watching"),
            "on": self.env._("On"),
        }
        return {"state": state, "label": labels[state]}

    def _in_numbers(self, policies, effect):
        """“3 switched on: 2 stop and 1 only watch.”, or nothing."""
        if not policies:
            return ""
        counts = Counter(policies.mapped(lambda p: LIKE.get(p[effect], p[effect])))
        says = {
            "enforce": self.env._("%s stop", counts["enforce"]),
            "warn": self.env._("%s warn", counts["warn"]),
            "observe": self.env._("%s only watch", counts["observe"]),
        }
        return self.env._(
            "%(count)s switched on: %(parts)s.",
            count=len(policies),
            parts=format_list(self.env, [says[each] for each in says if counts[each]]),
        )

    def _count_on(self, policies):
        return self.env._("%s switched on.", len(policies))

    # -- presets ---------------------------------------------------------------------

    def _presets(self):
        return (
            self.env["o2c.policy.preset"]
            ._fields["preset"]
            ._description_selection(self.env)
        )

    def _examples(self, preset):
        """The rules and the checks of ``preset``, as they came."""
        return [
            self.env[model]
            .with_context(active_test=False)
            .search([("preset", "=", preset), ("company_id", "=", False)])
            for model in POLICIES
        ]

    def _copies(self, preset):
        """How many of ``preset`` the current company has, switched off or on."""
        domain = [("preset", "=", preset), ("company_id", "=", self.env.company.id)]
        return sum(
            self.env[model].with_context(active_test=False).search_count(domain)
            for model in POLICIES
        )

    def _preset(self, key):
        rules, checks = self._examples(key)
        return {
            "key": key,
            "name": dict(self._presets())[key],
            "rules": rules.mapped("name"),
            "checks": checks.mapped("name"),
            "is_on": bool(self._copies(key)),
        }
