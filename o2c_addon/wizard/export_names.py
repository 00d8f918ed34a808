import hmac
import secrets
from datetime import UTC

ROWS = 2000  # fetched at once
TYPES = {
    "sale.order": "order",
    "stock.picking": "delivery",
    "account.move": "invoice",
}


class Names:
    """People and documents as they are called."""

    has_notes = True

    def person(self, name):
        return name or ""

    def thing(self, model, number):
        return f"{model},{number}"

    def document(self, model, number, name):
        return name or self.thing(model, number)


class Pseudonyms(Names):
    """Made-up names, the same one for the same thing: without the key, which is
    forgotten at the end, nobody gets back from them."""

    has_notes = False

    def __init__(self):
        self._key = secrets.token_bytes(32)

    def _hidden(self, kind, name):
        digest = hmac.digest(self._key, f"{kind} {name}".encode(), "sha256")
        return f"{kind} {digest.hex()[:12]}"

    def person(self, name):
        return self._hidden("person", name) if name else ""

    def thing(self, model, number):
        return self._hidden(TYPES.get(model, model), number)

    def document(self, model, number, name):
        return self.thing(model, number)


class Writer:
    """A history in one of the formats, in pieces: made while it is read.

    ``steps`` and ``things`` are SQL, ``labels`` the activities in English, whoever
    exports: tools compare files by these names.
    """

    ending = mimetype = ""

    def __init__(self, steps, things, labels, is_pseudonymous):
        self.steps, self.things = steps, things
        self.labels = labels | {"created": "Order written"}
        self.names = Pseudonyms() if is_pseudonymous else Names()

    def pieces(self, open_cursor):
        """Bytes, piece by piece; the cursor is open until the last one is taken."""
        with open_cursor() as cr:
            yield from self._pieces(cr)

    def _pieces(self, cr):
        raise NotImplementedError

    def _rows(self, cr, query):
        """The rows of ``query``, held by PostgreSQL and fetched bit by bit."""
        with cr._cnx.cursor(name=f"o2c_export_{secrets.token_hex(4)}") as rows:
            rows.itersize = ROWS
            rows.execute(query.code, query.params)
            yield from rows

    def _label(self, activity):
        return self.labels.get(activity, activity)


def moment(date):
    return date.replace(tzinfo=UTC, microsecond=0).isoformat()
