"""A mail server for tests: keeps what it gets, and misbehaves on demand.

python tests/sink.py PORT    prints what it gets, until it is interrupted
"""

import asyncio
import contextlib
import email
import socket
import sys
import time
from email.policy import default

from aiosmtpd.controller import Controller


class Sink(Controller):
    """``mode``: ``ok``; an answer like ``451 later``; ``drop``: takes and hangs up;
    ``deaf``: hangs up before it has heard the text; ``mute``: never greets.
    ``on_mail`` is called with each mail before its sender hears that it is taken.
    """

    def __init__(self, port=0, ignored=()):
        self.mails, self.mode, self.ignored = [], "ok", ignored
        self.on_mail = lambda mail: None
        super().__init__(self, hostname="127.0.0.1", port=port or free_port())

    def factory(self):
        return Mute() if self.mode == "mute" else super().factory()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mode == "deaf":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.mode[:1].isdigit():
            return self.mode
        if all(to.endswith(self.ignored) for to in envelope.rcpt_tos):
            return "250 OK"
        mail = email.message_from_bytes(envelope.content, policy=default)
        mail.rcpt = envelope.rcpt_tos
        self.mails.append(mail)
        self.on_mail(mail)
        if self.mode == "drop":
            server.transport.abort()
        return "250 OK"

    def texts(self):
        return [mail.get_body(("html",)).get_content() for mail in self.mails]

    def subjects(self):
        return [mail["subject"] for mail in self.mails]


class Mute(asyncio.Protocol):
    """Somebody is there and says nothing."""


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(port):
    sink = Sink(int(port))
    sink.start()
    print(f"Listening on {sink.port}", flush=True)
    seen = 0
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.2)
            for mail in sink.mails[seen:]:
                print(f"{mail['to']}: {mail['subject']}", flush=True)
            seen = len(sink.mails)
    sink.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
