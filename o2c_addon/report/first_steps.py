from collections import Counter

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import format_list

from ..words import within

CAPABILITIES = ("approvals", "deliveries", "invoicing", "messages", "reminders")
LIKE = {"block": "enforce"}  # what a check calls to stop
MANAGER = "o2c_addon.group_o2c_manager"
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
            "capabilities": self._cards(),
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

    @api.model
    def start(self):
        """Where the app opens for the user who asks: an action.

        Who can switch something on begins with First steps, until something is.
        """
        user = self.env.user
        if user.has_group(MANAGER) and self._is_everything_off():
            first = "o2c_addon.first_steps_action"
        elif user.has_group("o2c_addon.group_o2c_user"):
            first = "o2c_addon.sale_order_action"
        else:
            first = "o2c_addon.waiting_action"
        return self.env["ir.actions.actions"]._for_xml_id(first)

    def _is_everything_off(self):
        return all(card["state"] == "off" for card in self._cards())

    def _check_manager(self):
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("This page is for administrators of Order to Cash.")
            )

    # -- capabilities ----------------------------------------------------------------

    def _capabilities(self):
        return CAPABILITIES

    def _cards(self):
        return [
            {"key": key, **getattr(self, f"_card_{key}")()}
            for key in self._capabilities()
        ]

    def _in_force(self, model, *domain):
        """What is switched on for the current company."""
        company = self.env.company
        return self.env[model].search(
            [("company_id", "in", [False, *company.parent_ids.ids]), *domain]
        )

    def _card(self, name, icon, state, offers, begin, says, go_on):
        """What a card shows: what is offered while it is off, else how it stands.

        ``begin`` and ``go_on`` are buttons, (words, action); without an action the
        card says who presses it elsewhere.
        """
        is_off = state == "off"
        words, action = begin if is_off else go_on
        return {
            "name": name,
            "icon": icon,
            "state": state,
            "label": self._states()[state],
            "text": offers if is_off else says,
            **({"button": words, "action": action} if action else {"hint": words}),
        }

    def _card_approvals(self):
        rules = self._in_force("o2c.approval.rule")
        return self._card(
            self.env._("Approvals"),
            "fa-check-square-o",
            self._state_of(rules.mapped("effect")),
            offers=self.env._(
                "Orders above a limit wait until somebody says yes, and are then "
                "confirmed by themselves."
            ),
            begin=(self.env._("Make the first rule"), "o2c_addon.first_rule_action"),
            says=self._in_numbers(rules.mapped("effect")),
            go_on=(self.env._("Open the rules"), "o2c_addon.approval_rule_action"),
        )

    def _card_deliveries(self):
        checks = self._in_force("o2c.fulfillment.check")
        if not self.env["o2c.checklist.item"].search_count([], limit=1):
            # says nothing yet
            checks = checks.filtered(lambda check: check.code != "checklist")
        return self._card(
            self.env._("Delivery checks"),
            "fa-truck",
            self._state_of(checks.mapped("severity")),
            offers=self.env._(
                "A delivery leaves when it is in stock, paid or complete, as you say. "
                "Until then everybody reads why it stays."
            ),
            begin=(
                self.env._("Choose the first check"),
                "o2c_addon.first_check_action",
            ),
            says=self._in_numbers(checks.mapped("severity")),
            go_on=(
                self.env._("Open the checks"),
                "o2c_addon.fulfillment_check_action",
            ),
        )

    def _card_invoicing(self):
        is_on = self.env.company.o2c_invoicing != "manual"
        return self._card(
            self.env._("Invoice after delivery"),
            "fa-file-text-o",
            "on" if is_on else "off",
            offers=self.env._(
                "Each delivery makes its own invoice: a draft, a confirmed one, or one "
                "that is sent as well."
            ),
            begin=self._settings(self.env._("Choose how")),
            says=self._invoicing_in_words(),
            go_on=self._settings(self.env._("Open the settings")),
        )

    def _invoicing_in_words(self):
        company = self.env.company
        how, span = (
            dict(company._fields[name]._description_selection(self.env))[company[name]]
            for name in ("o2c_invoicing", "o2c_invoicing_period")
        )
        span = within(self.env, span)
        return self.env._("%(how)s, one invoice %(span)s.", how=how, span=span)

    def _settings(self, words):
        """Settings are opened by administrators of Odoo; others read who they are."""
        if self.env.user.has_group("base.group_system"):
            return words, "o2c_addon.settings_action"
        return self.env._(
            "An administrator of Odoo switches it in the settings of Order to Cash."
        ), None

    def _card_messages(self):
        return self._card_of_notices(
            self.env._("Customer messages"),
            "fa-envelope-o",
            self._in_force("o2c.notice.rule", ("kind", "!=", "reminder")),
            self.env._(
                "Customers hear once, in their language, what happens to their order."
            ),
            "o2c_addon.notice_rule_action",
        )

    def _card_reminders(self):
        return self._card_of_notices(
            self.env._("Reminders"),
            "fa-bell-o",
            self._in_force("o2c.notice.rule", ("kind", "=", "reminder")),
            self.env._(
                "Customers are reminded before and after an invoice is due, at most "
                "once a day, until it is paid."
            ),
            "o2c_addon.reminder_rule_action",
        )

    def _card_of_notices(self, name, icon, rules, offers, action):
        return self._card(
            name,
            icon,
            "on" if rules else "off",
            offers=offers,
            begin=(self.env._("Choose what they hear"), action),
            says=self.env._("%s switched on.", len(rules)),
            go_on=(self.env._("Open them"), action),
        )

    # -- words -----------------------------------------------------------------------

    def _states(self):
        return {
            "off": self.env._("Off"),
            "watching": self.env._("Watching"),
            "on": self.env._("On"),
        }

    def _state_of(self, effects):
        if not effects:
            return "off"
        return "watching" if set(effects) == {"observe"} else "on"

    def _in_numbers(self, effects):
        """“3 switched on: 2 stop and 1 only watch.”"""
        counts = Counter(LIKE.get(effect, effect) for effect in effects)
        says = {
            "enforce": self.env._("%s stop", counts["enforce"]),
            "warn": self.env._("%s warn", counts["warn"]),
            "observe": self.env._("%s only watch", counts["observe"]),
        }
        return self.env._(
            "%(count)s switched on: %(parts)s.",
            count=len(effects),
            parts=format_list(self.env, [says[each] for each in says if counts[each]]),
        )

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
