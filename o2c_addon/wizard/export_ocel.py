import json

from odoo.tools import SQL

from .export_names import TYPES, Writer, moment


class Ocel(Writer):
    """OCEL 2.0, https://www.ocel-standard.org: documents, and what happened to them."""

    ending, mimetype = "json", "application/json"

    def _pieces(self, cr):
        name = [{"name": "name", "type": "string"}]
        attributes = ["resource", "note"] if self.names.has_notes else ["resource"]
        told = [{"name": attribute, "type": "string"} for attribute in attributes]
        object_types = [{"name": kind, "attributes": name} for kind in TYPES.values()]
        event_types = [
            {"name": label, "attributes": told} for label in self.labels.values()
        ]
        yield (
            f'{{"objectTypes": {json.dumps(object_types)},\n'
            f'"eventTypes": {json.dumps(event_types)},\n"objects": ['
        ).encode()
        yield from self._listed(map(self._object, self._rows(cr, self.things)))
        yield b'],\n"events": ['
        in_time = SQL(
            "SELECT * FROM (%s) step ORDER BY date, left(id, 1), length(id), id",
            self.steps,
        )
        yield from self._listed(map(self._event, self._rows(cr, in_time)))
        yield b"]}\n"

    def _object(self, row):
        model, number, name, date = row
        called = self.names.document(model, number, name)
        return {
            "id": self.names.thing(model, number),
            "type": TYPES.get(model, model),
            "attributes": [{"name": "name", "time": moment(date), "value": called}],
            "relationships": [],
        }

    def _event(self, row):
        key, order, _name, model, number, _called, activity, date, who, note = row
        related = {self.names.thing(model, number): TYPES.get(model, model)}
        if order:
            related[self.names.thing("sale.order", order)] = "order"
        attributes = [{"name": "resource", "value": self.names.person(who)}]
        if note and self.names.has_notes:
            attributes.append({"name": "note", "value": note})
        return {
            "id": key,
            "type": self._label(activity),
            "time": moment(date),
            "attributes": attributes,
            "relationships": [
                {"objectId": thing, "qualifier": kind}
                for thing, kind in related.items()
            ],
        }

    def _listed(self, values):
        """The values of a JSON list, some hundred in a piece."""
        piece, separator = [], "\n"
        for value in values:
            piece.append(separator + json.dumps(value))
            separator = ",\n"
            if len(piece) == 500:
                yield "".join(piece).encode()
                piece = []
        yield "".join(piece).encode()
