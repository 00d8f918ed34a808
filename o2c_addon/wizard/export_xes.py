from io import BytesIO
from itertools import groupby

from lxml import etree

from odoo.tools import SQL

from .export_names import TYPES, Writer, moment

SPACE = "http://www.xes-standard.org/"
EXTENSIONS = {"concept": "Concept", "time": "Time", "org": "Organizational"}
PIECE = 65536  # bytes


class Xes(Writer):
    """XES, IEEE 1849-2016: a trace for each order, in it what happened, in time."""

    ending, mimetype = "xes", "application/xml"

    def _pieces(self, cr):
        by_order = SQL(
            "SELECT * FROM (%s) step WHERE order_key IS NOT NULL "
            "ORDER BY order_key, date, left(id, 1), length(id), id",
            self.steps,
        )
        buffer = BytesIO()
        with etree.xmlfile(buffer, encoding="utf-8") as xml:
            xml.write_declaration()
            attributes = {"xes.version": "1849-2016", "xes.features": ""}
            with xml.element(f"{{{SPACE}}}log", attributes, nsmap={None: SPACE}):
                for prefix, name in EXTENSIONS.items():
                    uri = f"{SPACE}{prefix}.xesext"
                    extension = {"name": name, "prefix": prefix, "uri": uri}
                    xml.write(element("extension", extension))
                # the host's groupby reads it all
                # pylint: disable-next=bad-builtin-groupby
                traces = groupby(self._rows(cr, by_order), lambda row: row[1])
                for _order, rows in traces:
                    xml.write(self._trace(list(rows)))
                    if buffer.tell() > PIECE:
                        yield taken_out(buffer)
        yield taken_out(buffer)

    def _trace(self, rows):
        order, name = rows[0][1], rows[0][2]
        trace = element("trace")
        case = self.names.document("sale.order", order, name)
        trace.append(attribute("string", "concept:name", case))
        trace.extend(self._event(row) for row in rows)
        return trace

    def _event(self, row):
        _key, _order, _name, model, number, called, activity, date, who, note = row
        event = element("event")
        event.append(attribute("string", "concept:name", self._label(activity)))
        event.append(attribute("date", "time:timestamp", moment(date)))
        event.append(attribute("string", "org:resource", self.names.person(who)))
        document = self.names.document(model, number, called)
        event.append(attribute("string", "document", document))
        event.append(attribute("string", "documentType", TYPES.get(model, model)))
        if note and self.names.has_notes:
            event.append(attribute("string", "note", note))
        return event


def element(name, attributes=None):
    return etree.Element(f"{{{SPACE}}}{name}", attributes, nsmap={None: SPACE})


def attribute(kind, key, value):
    """XML knows no control characters; what people wrote may have some."""
    clean = "".join(c for c in str(value) if c in "\t\n" or c.isprintable())
    return element(kind, {"key": key, "value": clean})


def taken_out(buffer):
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece
