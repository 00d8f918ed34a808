import logging
import smtplib
from contextlib import suppress

_logger = logging.getLogger(__name__)


class MailRoutes:
    """The connections of one run to the mail servers, one for each way mails leave by.

    A server that does not answer is asked once in a run.
    """

    def __init__(self):
        self._sessions, self._closed, self._routes = {}, set(), {}
        self._is_said = False

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        for session in self._sessions.values():
            with suppress(smtplib.SMTPException, OSError):
                session.quit()

    def learn(self, mails):
        """Find out by which way each of these mails leaves, as the host would."""
        for server, alias, sender, ids in mails._split_by_mail_configuration():
            self._routes |= dict.fromkeys(ids, (server, alias, sender))

    def connect(self, mail):
        """A connection that is alive, for ``mail``; or nothing: nobody answers."""
        route = self._routes[mail.id]
        if route in self._closed:
            return None
        session = self._sessions.get(route)
        if session and is_alive(session):
            return session
        server, _alias, sender = route
        try:
            session = mail.env["ir.mail_server"]._connect__(
                mail_server_id=server, smtp_from=sender
            )
        except Exception as error:  # whatever: it cannot be reached now
            _logger.info("Mail server %s cannot be reached: %s", server, error)
            session = None
        if not session:
            self._closed.add(route)
            return None
        self._sessions[route] = self._listen(session)
        return session

    def _listen(self, session):
        """Notice when the text of a mail is said: until then nobody can have got it."""
        say = session.data

        def data(text):
            self._is_said = True
            return say(text)

        session.data = data
        return session

    def send(self, mail):
        """Hand ``mail`` over, by the host's own means."""
        self._is_said = False
        server, alias, _sender = self._routes[mail.id]
        mail._send(
            smtp_session=self._sessions[self._routes[mail.id]],
            alias_domain_id=alias,
            mail_server=mail.env["ir.mail_server"].browse(server),
        )

    def give_up(self, mail):
        """The connection broke: this way is not tried again in this run.

        :return: whether the server may have got ``mail``, which was sent last
        """
        self._closed.add(self._routes[mail.id])
        return self._is_said


def is_alive(session):
    try:
        return session.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
