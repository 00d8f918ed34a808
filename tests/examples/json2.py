import requests


class Odoo:
    """Odoo's JSON-2 API, as the user whose key is used."""

    def __init__(self, url, database, key):
        self.url, self.http = url, requests.Session()
        self.http.headers["Authorization"] = f"bearer {key}"
        self.http.headers["X-Odoo-Database"] = database

    def __call__(self, model, method, **arguments):
        address = f"{self.url}/json/2/{model}/{method}"
        answer = self.http.post(address, json=arguments, timeout=60)
        answer.raise_for_status()
        return answer.json()


def why_orders_wait(odoo):
    """Order → the sentences that stand above it, for the eyes of the key's owner."""
    waiting = odoo(
        "sale.order",
        "search_read",
        domain=[["o2c_stage", "=", "approval"]],
        fields=["name"],
    )
    return {
        order["name"]: [
            obstacle["reason"]
            for obstacle in odoo("sale.order", "o2c_explain", ids=[order["id"]])
        ]
        for order in waiting
    }


def approve(odoo, order_name, reason):
    """Answer what is asked about the order; it is then confirmed by itself."""
    [request] = odoo(
        "o2c.approval.request",
        "search",
        domain=[["res_name", "=", order_name], ["state", "=", "pending"]],
    )
    odoo("o2c.approval.request", "action_approve", ids=[request], reason=reason)


def what_happened(odoo, after=0):
    """The steps after the last one that was read, the oldest first."""
    return odoo(
        "o2c.event",
        "search_read",
        domain=[["id", ">", after]],
        fields=["date", "order_name", "activity", "user_id", "note"],
        order="id",
    )
