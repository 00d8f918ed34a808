from odoo import models

RECORDS = (
    "o2c.event",
    "o2c.approval.decision",
    "o2c.approval.request",
    "o2c.approval.turn",
    "o2c.hold",
)


class SecurityCheck(models.TransientModel):
    """What nobody may change: history, answers, questions and holds."""

    _inherit = "o2c.security.check"

    def _try_history(self, company):
        guarded = self.env["o2c.event.seal"]._proven_models()
        return [
            *(self._look_at_guards(model) for model in guarded),
            *(self._try_to_forge(model) for model in RECORDS),
        ]

    def _look_at_guards(self, model):
        """Without trying: a TRUNCATE would make everybody wait."""
        label = self.env._(
            "Changing or deleting rows in the database: %s",
            self.env[model]._description,
        )
        self.env.cr.execute(
            """
            SELECT count(*) FROM pg_trigger
             WHERE tgrelid = %s::regclass AND tgname LIKE 'o2c_append_only%%'
               AND tgenabled IN ('O', 'A')
            """,
            [self.env[model]._table],
        )
        if self.env.cr.fetchone()[0] == 2:
            return self._row("history", label, "c_closed")
        return self._row(
            "history",
            label,
            "a_open",
            self.env._(
                "Somebody took the guard off this table. Press Check now under Tamper "
                "check, then update the app Order to Cash, which puts it back."
            ),
        )

    def _try_to_forge(self, model):
        """An administrator writes or takes away what only the addon may."""
        label = self.env._(
            "Writing by hand, changing or deleting: %s", self.env[model]._description
        )
        rights = ("create", "write", "unlink")
        if not any(self.env[model].has_access(right) for right in rights):
            return self._row("history", label, "c_closed")
        return self._row(
            "history",
            label,
            "a_open",
            self.env._(
                "Somebody gave access: take it back under Settings → Technical → "
                "Access Rights."
            ),
        )
