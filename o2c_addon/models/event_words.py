from odoo import api, models

# done to a document by the world or by a fault: nobody and nothing "did" it
HAPPENS = {
    "not_needed",
    "auto_approved",
    "would_ask",
    "escalated",
    "confirmation_failed",
    "invoicing_failed",
    "paid",
    "unpaid",
    "disputed",
    "promised",
    "promise_kept",
    "promise_broken",
    "renewed",
    "revised",
    "acceptance_asked",
    "accepted",
    "acceptance_refused",
}

# steps back, or a halt
SETBACKS = {
    "refused",
    "escalated",
    "held",
    "confirmation_failed",
    "invoicing_failed",
    "returned",
    "unpaid",
    "disputed",
    "promise_broken",
    "acceptance_refused",
}


class Event(models.Model):
    """The history in sentences: made when read, in the reader's language."""

    _inherit = "o2c.event"

    def _in_words(self):
        """What happened, who did it or that it went by itself: one sentence."""
        self.ensure_one()
        # sudo: who did it is told to everybody who may read the step
        user = self.sudo().user_id
        is_person = user._is_internal() and user != self.env.ref("base.user_root")
        return self._sentence(self.activity, self.res_name, is_person and user.name)

    @api.model
    def _sentence(self, activity, document, who=False):
        """:param who: the name of a person; else it went by itself"""
        document = document or self.env._("a draft")
        words = self._words().get(activity) or self._words_of_others(activity)
        if who and activity not in HAPPENS:
            return words[0] % {"who": who, "document": document}
        sentence = words[1] % {"document": document}
        return sentence if activity in HAPPENS else self._by_itself(sentence)

    @api.model
    def _by_itself(self, sentence):
        return self.env._("%s by itself", sentence)

    @api.model
    def _passive(self, activity, document):
        """The same where it is not known who did it."""
        return self._words()[activity][1] % {"document": document}

    @api.model
    def _words_of_others(self, activity):
        """For what others remember without sentences of their own."""
        labels = dict(self._fields["activity"]._description_selection(self.env))
        label = labels[activity].replace("%", "%%")
        return (f"%(who)s: {label} (%(document)s)", f"{label} (%(document)s)")

    @api.model
    def _words(self):
        """Activity → the sentence with who did it, and without. Override and extend."""
        return {
            "created": (
                self.env._("%(who)s created %(document)s"),
                self.env._("%(document)s was created"),
            ),
            "approval_requested": (
                self.env._("%(who)s asked for the approval of %(document)s"),
                self.env._("The approval of %(document)s was asked for"),
            ),
            "approved": (
                self.env._("%(who)s approved %(document)s"),
                self.env._("%(document)s was approved"),
            ),
            "refused": (
                self.env._("%(who)s refused %(document)s"),
                self.env._("%(document)s was refused"),
            ),
            "withdrawn": (
                self.env._("%(who)s took back the question about %(document)s"),
                self.env._("The question about %(document)s was taken back"),
            ),
            "not_needed": (
                "",
                self.env._("%(document)s no longer needs an approval"),
            ),
            "escalated": (
                "",
                self.env._(
                    "Nobody answered in time about %(document)s: others are asked too"
                ),
            ),
            "auto_approved": (
                "",
                self.env._("%(document)s needed no approval"),
            ),
            "would_ask": (
                "",
                self.env._("%(document)s would have waited, but is only watched"),
            ),
            "held": (
                self.env._("%(who)s put %(document)s on hold"),
                self.env._("%(document)s was put on hold"),
            ),
            "released": (
                self.env._("%(who)s released %(document)s"),
                self.env._("%(document)s was released"),
            ),
            "confirmed": (
                self.env._("%(who)s confirmed %(document)s"),
                self.env._("%(document)s was confirmed"),
            ),
            "confirmation_failed": (
                "",
                self.env._("%(document)s was approved, but could not be confirmed"),
            ),
            "delivered": (
                self.env._("%(who)s delivered %(document)s"),
                self.env._("%(document)s was delivered"),
            ),
            "warned": (
                self.env._("%(who)s let %(document)s leave with warnings"),
                self.env._("%(document)s left with warnings"),
            ),
            "corrected": (
                self.env._("%(who)s corrected the quantities of %(document)s"),
                self.env._("The quantities of %(document)s were corrected"),
            ),
            "returned": (
                self.env._("%(who)s took back the goods of %(document)s"),
                self.env._("The goods of %(document)s came back"),
            ),
            "invoiced": (
                self.env._("%(who)s invoiced %(document)s"),
                self.env._("%(document)s was invoiced"),
            ),
            "invoicing_failed": (
                "",
                self.env._("%(document)s could not be invoiced"),
            ),
            "invoicing_skipped": (
                self.env._("%(who)s took %(document)s out of the invoicing queue"),
                self.env._("%(document)s was taken out of the invoicing queue"),
            ),
            "credited": (
                self.env._("%(who)s made a credit note for %(document)s"),
                self.env._("A credit note for %(document)s was made"),
            ),
            "posted": (
                self.env._("%(who)s confirmed %(document)s"),
                self.env._("%(document)s was confirmed"),
            ),
            "sent": (
                self.env._("%(who)s sent %(document)s"),
                self.env._("%(document)s was sent"),
            ),
            "paid": ("", self.env._("%(document)s was paid")),
            "unpaid": ("", self.env._("The payment of %(document)s was taken back")),
            "disputed": ("", self.env._("The customer questioned %(document)s")),
            "dispute_ended": (
                self.env._("%(who)s answered the question about %(document)s"),
                self.env._("The question about %(document)s was answered"),
            ),
            "promised": ("", self.env._("The customer promised to pay %(document)s")),
            "promise_kept": (
                "",
                self.env._("The customer paid %(document)s as promised"),
            ),
            "promise_broken": (
                "",
                self.env._("The customer did not pay %(document)s as promised"),
            ),
            "acceptance_asked": (
                "",
                self.env._("The customer was asked to accept work of %(document)s"),
            ),
            "accepted": (
                "",
                self.env._("The customer accepted work of %(document)s"),
            ),
            "acceptance_refused": (
                "",
                self.env._("The customer did not accept work of %(document)s"),
            ),
            "revised": (
                "",
                self.env._("A service of %(document)s has a new price"),
            ),
            "renewed": (
                "",
                self.env._("A service of %(document)s was renewed"),
            ),
            "noticed": (
                self.env._("%(who)s noted that a service of %(document)s ends"),
                self.env._("A service of %(document)s is to end"),
            ),
            "cancelled": (
                self.env._("%(who)s cancelled %(document)s"),
                self.env._("%(document)s was cancelled"),
            ),
        }
