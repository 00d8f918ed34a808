import re

from odoo import models

WRAPPED = "Mail Delivery Failed"  # the host's title of what the server answered
ANSWER = re.compile(r"\((\d{3}), ")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, *args, **kwargs):
        """A line break in a customer's name begins no header of its own."""
        mails = super()._prepare_outgoing_list(*args, **kwargs)
        for mail in mails:
            mail["email_to"] = [" ".join(to.splitlines()) for to in mail["email_to"]]
        return mails

    def _o2c_outcome(self):
        """What became of this mail, after the host tried to send it.

        :return: ``sent``; ``retry``: the server did not take it, and may later;
            ``unreachable``: nobody answered; ``refused``: it never will;
            ``no_address``; ``broken``: it never came to the server; ``uncertain``
        """
        if self.state == "sent":
            return "sent"
        if self.state != "exception":
            return "retry"
        if not self.failure_type or self.failure_type == "mail_smtp":
            return "unreachable"
        if self.failure_type in ("mail_email_missing", "mail_email_invalid"):
            return "no_address"
        reason = self.failure_reason or ""
        if WRAPPED not in reason:
            return "broken"
        if answer := ANSWER.search(reason):
            return "retry" if answer[1].startswith("4") else "refused"
        return "uncertain"
