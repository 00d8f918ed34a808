#!/usr/bin/env python3
"""Plays one order from quotation to payment over HTTP, as the people of the demo data.

    scripts/walkthrough.py http://localhost:8069 DATABASE

Prints one line per step, and stops with exit code 1 at the first that goes wrong.
"""

import sys

import requests

CUSTOMER, PRODUCT, QUANTITY = "Harbor Logistics", "Laptop", 10
MILESTONES = [
    "approval_requested",
    "approved",
    "confirmed",
    "delivered",
    "invoiced",
    "posted",
    "paid",
]


class Deviation(Exception):
    """Something did not go the way it should: a sentence."""


class Refused(Deviation):
    """The server said no, in these words."""


def expect(fact, otherwise):
    if not fact:
        raise Deviation(otherwise)


class Person:
    """A user of the demo data, who works over the JSON-2 API with a key of his own."""

    def __init__(self, url, database, login):
        self.url, self.http = url.rstrip("/"), requests.Session()
        try:
            self.name = self.log_in(database, login)
            key = self.make_key(password=login)
        except Refused as refusal:
            raise Deviation(
                f"{login} cannot log in to {database}: {refusal} Has it the demo data?"
            ) from refusal
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"bearer {key}"
        self.http.headers["X-Odoo-Database"] = database

    def says(self, sentence):
        print(f"✓ {self.name:<15} {sentence}", flush=True)

    # -- what everybody does here ----------------------------------------------------

    def call(self, model, method, ids=None, **arguments):
        """What the method answers over JSON-2; or :class:`Refused`."""
        body = arguments if ids is None else {"ids": ids, **arguments}
        ok, answer = self.post(f"json/2/{model}/{method}", body)
        if not ok:
            raise Refused(" ".join(answer["message"].split()))
        return answer

    def find(self, model, *domain, fields):
        """The only record of the domain."""
        found = self.call(model, "search_read", domain=domain, fields=fields)
        expect(len(found) == 1, f"{self.name} sees {len(found)} {model} of {domain}.")
        return found[0]

    def read(self, model, record_id, fields):
        return self.call(model, "read", [record_id], fields=fields)[0]

    # -- once, with the password, to get the key -------------------------------------

    def log_in(self, database, login):
        session = self.web(
            "session/authenticate", db=database, login=login, password=login
        )
        return session["name"]

    def make_key(self, password):
        """As “New API Key” in the preferences: the password is asked once more."""
        wizard = "res.users.apikeys.description"
        key = self.click(wizard, "create", {"name": "Walkthrough", "duration": "1"})
        check = self.click(wizard, "make_key", [key])
        shown = self.click(
            check["res_model"], "run_check", [check["res_id"]], password=password
        )
        return shown["context"]["default_key"]

    def click(self, model, method, *arguments, **context):
        return self.web(
            "dataset/call_kw",
            model=model,
            method=method,
            args=arguments,
            kwargs={"context": context},
        )

    def web(self, path, **params):
        _ok, body = self.post(f"web/{path}", {"jsonrpc": "2.0", "params": params})
        if "error" in body:
            raise Refused(body["error"]["data"]["message"])
        return body["result"]

    def post(self, path, body):
        try:
            response = self.http.post(f"{self.url}/{path}", json=body, timeout=60)
            return response.ok, response.json()
        except requests.RequestException as error:
            raise Deviation(f"No Odoo answers at {self.url}: {error}") from error


# -- the story, in the order of its steps --------------------------------------------


def walk(url, database):
    sam, ada, wim, kim = (
        Person(url, database, login) for login in ("sam", "ada", "wim", "kim")
    )
    order = write_quotation(sam)
    ask_for_approval(sam, order)
    try_the_back_door(sam, order)
    approve(ada, order)
    see_confirmed(sam, order)
    deliver(wim, order)
    invoice = see_invoiced(kim, order)
    pay(kim, invoice)
    see_done(sam, order)


def write_quotation(sam):
    customer = sam.find("res.partner", ["name", "=", CUSTOMER], fields=["name"])
    laptop = sam.find("product.product", ["name", "=", PRODUCT], fields=["name"])
    line = {"product_id": laptop["id"], "product_uom_qty": QUANTITY}
    values = {"partner_id": customer["id"], "order_line": [[0, 0, line]]}
    [order_id] = sam.call("sale.order", "create", vals_list=[values])
    order = sam.read("sale.order", order_id, ["name", "amount_total", "currency_id"])
    sam.says(f"writes quotation {order['name']} for {customer['name']}: {money(order)}")
    return order


def ask_for_approval(sam, order):
    sam.call("sale.order", "action_confirm", [order["id"]])
    status = see(sam, order, ("draft", "approval"), "wait for approval")
    sam.says(f"confirms {order['name']}, and it waits. {status}")


def try_the_back_door(sam, order):
    try:
        sam.call("sale.order", "write", [order["id"]], vals={"state": "sale"})
    except Refused as refusal:
        see(sam, order, ("draft", "approval"), "still wait for approval")
        sam.says(f"writes state='sale' instead, and is refused: {refusal}")
    else:
        raise Deviation(f"Writing the state confirmed {order['name']} unapproved.")


def approve(ada, order):
    request = ada.find(
        "o2c.approval.request",
        ["res_name", "=", order["name"]],
        ["state", "=", "pending"],
        fields=["reason"],
    )
    ada.call("o2c.approval.request", "action_approve", [request["id"]], reason="Fine")
    ada.says(f"approves {order['name']}: {request['reason']}")


def see_confirmed(sam, order):
    status = see(sam, order, ("sale", "delivery"), "be confirmed by itself")
    sam.says(f"sees {order['name']} confirmed by itself. {status}")


def deliver(wim, order):
    fields = ["name", "state"]
    delivery = wim.find("stock.picking", ["origin", "=", order["name"]], fields=fields)
    name, ids = delivery["name"], [delivery["id"]]
    obstacles = wim.call("stock.picking", "o2c_explain", ids)
    reasons = "; ".join(obstacle["reason"] for obstacle in obstacles)
    expect(not reasons, f"{name} should be ready to leave, but: {reasons}")
    wim.says(f"sees {name} checked: nothing is in its way")
    wim.call("stock.picking", "button_validate", ids)
    state = wim.read("stock.picking", delivery["id"], fields)["state"]
    expect(state == "done", f"{name} should be delivered, but is {state}.")
    wim.says(f"delivers {name}")


def see_invoiced(kim, order):
    see(kim, order, ("sale", "payment"), "be invoiced by itself")
    invoice = kim.find(
        "account.move",
        ["invoice_origin", "=", order["name"]],
        fields=["name", "state", "amount_total", "currency_id"],
    )
    name, state = invoice["name"], invoice["state"]
    expect(state == "posted", f"{name} should be confirmed by itself, but is {state}.")
    expect(
        money(invoice) == money(order),
        f"{name} should be over {money(order)}, but is over {money(invoice)}.",
    )
    kim.says(f"sees {name} made and confirmed by itself: {money(invoice)}")
    return invoice


def pay(kim, invoice):
    context = {"active_model": "account.move", "active_ids": [invoice["id"]]}
    wizard = "account.payment.register"
    payment = kim.call(wizard, "create", vals_list=[{}], context=context)
    kim.call(wizard, "action_create_payments", payment, context=context)
    state = kim.read("account.move", invoice["id"], ["payment_state"])["payment_state"]
    expect(
        state in ("paid", "in_payment"),
        f"{invoice['name']} should be paid, but is {state}.",
    )
    kim.says(f"registers the payment of {invoice['name']}")


def see_done(sam, order):
    see(sam, order, ("sale", "done"), "be done")
    events = sam.call(
        "o2c.event",
        "search_read",
        domain=[["order_key", "=", order["id"]], ["activity", "in", MILESTONES]],
        fields=["activity"],
        order="id",
    )
    history = [event["activity"] for event in events]
    expect(
        history == MILESTONES,
        f"{order['name']} should remember {MILESTONES}, but remembers {history}.",
    )
    sam.says(f"sees {order['name']} done; it remembers: {', '.join(history)}")


# -- what the steps share ------------------------------------------------------------


def see(person, order, expected, goal):
    """What the order waits for, once it is seen in the expected state and stage."""
    now = person.read("sale.order", order["id"], ["state", "o2c_stage", "o2c_status"])
    state, stage, status = now["state"], now["o2c_stage"], now["o2c_status"]
    expect(
        (state, stage) == expected,
        f"{order['name']} should {goal}, but is in “{state}” / “{stage}”. {status}",
    )
    return status


def money(document):
    return f"{document['amount_total']:,.2f} {document['currency_id'][1]}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        walk(*sys.argv[1:])
    except Deviation as deviation:
        sys.exit(f"✗ {deviation}")
