from odoo import fields, models


class EventMixin(models.AbstractModel):
    """A document whose steps are remembered, each under the order it belongs to."""

    _name = "o2c.event.mixin"
    _description = "Document with a history"

    def _o2c_orders(self):
        """The sales orders this document belongs to; what belongs to none is silent."""
        raise NotImplementedError

    def _o2c_log(self, activity, **values):
        """Remember that ``activity`` happened to these documents now, by this user.

        One row for each document and order, all in one INSERT. ``values`` are further
        fields of the event: ``data``, the figures of the step, ``note``, the words a
        person gave with it.
        """
        self._o2c_remember(
            [
                document._o2c_prepare_event(order, activity) | values
                for document in self
                for order in document._o2c_orders()
            ]
        )

    def _o2c_remember(self, rows):
        now = fields.Datetime.now()  # one moment for all of them
        # sudo: nobody has the right to write history, everybody makes it
        self.env["o2c.event"].sudo().create([{"date": now} | row for row in rows])

    def _o2c_prepare_event(self, order, activity):
        return {
            "order_key": order.id,
            "order_name": order.name,
            "res_model": self._name,
            "res_id": self.id,
            "res_name": self.display_name,
            "activity": activity,
            "user_id": self.env.uid,
            "company_id": (self.company_id or order.company_id).id,
        }
