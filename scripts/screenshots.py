#!/usr/bin/env python3
"""Takes pictures of a server with the demo data; scripts/screenshots starts one.

    scripts/screenshots.py http://localhost:8169 [NAME...]

All of them, or those named, as the people of the demo data, at 1,400 and at 390 pixels,
light and dark (pages of the portal have one look: the host's). Needs playwright and
Pillow (scripts/requirements-test.txt) and a Chromium, and on the server the addon
o2c_dark of the tests.
"""

import io
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

REPO = Path(__file__).parent.parent
DOCS = Path(os.environ.get("O2C_PICTURES") or REPO / "docs" / "images")
APPS = REPO / "o2c_addon" / "static" / "description"
SIZES = {"wide": (1400, 860), "phone": (390, 844)}
SCHEMES = ("light", "dark")
ON_THE_APPS_PAGE = {
    "board",
    "order_waits",
    "first_steps",
    "dashboard",
    "delivery_stays",
    "queue",
}
NEWCOMER = "newcomer"  # of a company in which nothing has happened yet
JUST_BEGUN = "Just begun"  # the reference of an order that is that


class Picture(NamedTuple):
    """A page as somebody of the demo data sees it.

    ``path`` is opened; or where ``{}`` is in it, the newest record of ``model`` in
    ``domain``. Then ``press`` is clicked, and ``show`` scrolled to.
    """

    name: str
    login: str
    path: str
    model: str = ""
    domain: tuple = ()
    press: str = ""
    show: str = ""

    @property
    def is_portal(self):
        return self.path.startswith("/my")


ORDER, DELIVERY, INVOICE = "sale.order", "stock.picking", "account.move"
TIMELINE = ".nav-link[name=o2c_timeline]"
PICTURES = [
    # the administrator, who is new to it
    Picture("first_steps", "admin", "order-to-cash-first-steps"),
    Picture("first_steps_empty", NEWCOMER, "order-to-cash-first-steps"),
    Picture(
        "first_rule",
        NEWCOMER,
        "order-to-cash-first-steps",
        press=".o2c_capability[data-key=approvals] button.btn-primary",
    ),
    Picture("rules", "admin", "approval-rules"),
    Picture("rule", "admin", "approval-rules/{}", "o2c.approval.rule"),
    Picture("settings", "admin", "order-to-cash-settings"),
    Picture("reminders", "admin", "payment-reminders"),
    # the salesperson
    Picture("board", "sam", "order-to-cash"),
    Picture(
        "order_waits",
        "sam",
        "order-to-cash/{}",
        ORDER,
        (("o2c_approval_state", "=", "pending"), ("state", "=", "draft")),
    ),
    Picture(
        "order_refused",
        "sam",
        "order-to-cash/{}",
        ORDER,
        (("o2c_approval_state", "=", "refused"),),
    ),
    Picture("differences", "sam", "order-vs-invoice"),
    Picture("recurring", "sam", "recurring-services"),
    Picture("dashboard", "sam", "order-to-cash-dashboard"),
    # the approver
    Picture("waiting", "ada", "waiting-for-me"),
    Picture(
        "request",
        "ada",
        "approvals/{}",
        "o2c.approval.request",
        (("state", "=", "pending"),),
    ),
    Picture(
        "refusing",
        "ada",
        "approvals/{}",
        "o2c.approval.request",
        (("state", "=", "pending"),),
        press="button[name=action_open_answer]:visible",
    ),
    Picture("answered", "ada", "approvals"),
    Picture("deputies", "ada", "deputies"),
    # the warehouse
    Picture("deliveries", "wim", "order-to-cash"),
    Picture(
        "delivery_stays",
        "wim",
        "delivery-plan/{}",
        DELIVERY,
        (("o2c_is_held", "=", True), ("picking_type_code", "=", "outgoing")),
    ),
    Picture("delivery_plan", "wim", "delivery-plan"),
    Picture("shortages", "wim", "shortages"),
    Picture(
        "timeline_delivery",
        "wim",
        "delivery-plan/{}",
        DELIVERY,
        (("o2c_is_held", "=", True), ("picking_type_code", "=", "outgoing")),
        press=TIMELINE,
    ),
    # finance and accounting
    Picture("to_release", "fin", "waiting-for-me"),
    Picture("queue", "kim", "invoicing-queue"),
    Picture("tonight", "kim", "invoicing-tonight"),
    Picture("unbilled", "kim", "delivered-not-invoiced"),
    Picture("overdue", "kim", "payments-to-chase"),
    Picture("accountant", "kim", "order-to-cash"),
    # the customer
    Picture("portal_orders", "pat", "/my/orders"),
    Picture("portal_order", "pat", "/my/orders/{}", ORDER, (("state", "=", "sale"),)),
    Picture("portal_items", "pat", "/my/open-items"),
    Picture(
        "portal_invoice",
        "pat",
        "/my/invoices/{}",
        INVOICE,
        (("payment_state", "!=", "paid"), ("move_type", "=", "out_invoice")),
    ),
    Picture("portal_home", "pat", "/my"),
    # who looks for time, money and proof
    Picture(
        "timeline",
        "admin",
        "order-to-cash/{}",
        ORDER,
        (("o2c_stage", "=", "payment"),),
        press=TIMELINE,
    ),
    Picture("causes", "admin", "order-to-cash-dashboard", show="h2:text-is('Causes')"),
    Picture("lead_times", "admin", "lead-times"),
    Picture("lead_times_graph", "admin", "lead-times?view_type=graph"),
    Picture("tamper_check", "admin", "tamper-check"),
    Picture("audit_pack", "admin", "action-o2c_addon.audit_pack_action"),
    Picture("export", "admin", "action-o2c_addon.history_export_action"),
    Picture("duties", "admin", "who-did-everything"),
    Picture("exceptions", "admin", "exceptions-released"),
    # the same where nothing has happened yet
    Picture("board_empty", NEWCOMER, "order-to-cash"),
    Picture("waiting_empty", NEWCOMER, "waiting-for-me"),
    Picture("queue_empty", NEWCOMER, "invoicing-queue"),
    Picture("dashboard_empty", NEWCOMER, "order-to-cash-dashboard"),
    Picture("lead_times_empty", NEWCOMER, "lead-times"),
    Picture(
        "causes_empty", NEWCOMER, "order-to-cash-dashboard", show="h2:text-is('Causes')"
    ),
    Picture(
        "timeline_empty",
        "admin",
        "order-to-cash/{}",
        ORDER,
        (("client_order_ref", "=", JUST_BEGUN),),
        press=TIMELINE,
    ),
    Picture("duties_empty", NEWCOMER, "who-did-everything"),
    Picture("exceptions_empty", NEWCOMER, "exceptions-released"),
]


def main(url, *names):
    chosen = [each for each in PICTURES if not names or each.name in names]
    DOCS.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        play(browser, url)
        for login in dict.fromkeys(picture.login for picture in chosen):
            mine = [picture for picture in chosen if picture.login == login]
            for size in SIZES:
                for scheme in SCHEMES:
                    take_all(browser, url, mine, size, scheme)
        browser.close()


def take_all(browser, url, pictures, size, scheme):
    """``pictures`` of one person, who logs in once."""
    if scheme == "dark" and all(picture.is_portal for picture in pictures):
        return
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )
    context.set_default_timeout(120_000)  # the first page is compiled
    context.add_cookies([{"name": "color_scheme", "value": scheme, "url": url}])
    page = log_in(context.new_page(), url, pictures[0].login)
    for picture in pictures:
        if scheme == "light" or not picture.is_portal:
            take(page, url, picture, size, scheme)
    context.close()


def log_in(page, url, login):
    page.goto(f"{url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar, .o_portal")
    return page


def take(page, url, picture, size, scheme):
    path = picture.path if picture.is_portal else f"/odoo/{picture.path}"
    if "{}" in path:
        path = path.format(find(page, url, picture))
    page.goto(f"{url}{path}")
    page.wait_for_selector("#wrapwrap, .o_action_manager > *, .modal-body")
    settle(page)
    if picture.press:
        page.click(picture.press, timeout=60_000)
        settle(page)
        page.mouse.move(0, 0)
    if picture.show or picture.press == TIMELINE:
        shown = picture.show or ".o2c_timeline"
        page.locator(shown).first.evaluate("it => it.scrollIntoView()")
        settle(page)
    # the host greets whoever logs in first, on a phone all over the page
    page.add_style_tag(content=".o-mail-ChatHub { display: none; }")
    image = Image.open(io.BytesIO(page.screenshot()))
    image = image.convert("RGB").quantize(128)  # a third of the size, looks the same
    suffix = "" if scheme == "light" else "_dark"
    image.save(DOCS / f"{picture.name}_{size}{suffix}.png", optimize=True)
    if (size, scheme) == ("wide", "light") and picture.name in ON_THE_APPS_PAGE:
        image.save(APPS / f"{picture.name}.png", optimize=True)
    print(f"{picture.name} ({size}, {scheme})", flush=True)


def settle(page):
    """Until nothing is asked any more: the board asks again only after 30 seconds."""
    page.wait_for_timeout(600)
    page.wait_for_function("!document.querySelector('.o_loading_indicator')")
    page.wait_for_timeout(600)
    board = page.locator(".o2c_board .o_kanban_record:not(.o_kanban_ghost)")
    if board.count() and not page.locator(".o_view_sample_data").count():
        page.locator(".o2c_board .o2c_status:not(:empty)").first.wait_for()


def find(page, url, picture):
    """The id of the newest such record this person may read."""
    ids = call(
        page,
        url,
        picture.model,
        "search",
        [list(condition) for condition in picture.domain],
        limit=1,
        order="id desc",
    )
    if not ids:
        sys.exit(f"{picture.name}: the demo data has no such record")
    return ids[0]


def call(page, url, model, method, *args, **kwargs):
    answer = page.request.post(
        f"{url}/web/dataset/call_kw",
        data={
            "jsonrpc": "2.0",
            "params": {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": kwargs,
            },
        },
    ).json()
    if "error" in answer:
        sys.exit(f"{model}.{method}: {answer['error']['data']['message']}")
    return answer["result"]


def play(browser, url):
    """What the demo data has not: a company in which nothing has happened yet, somebody
    who released what he wrote, and a tamper check."""
    context = browser.new_context()
    page = log_in(context.new_page(), url, "admin")

    def ask(*args, **kwargs):
        return call(page, url, *args, **kwargs)

    if ask("res.users", "search", [["login", "=", NEWCOMER]]):
        return
    company = ask("res.company", "create", {"name": "Newcomer Ltd"})
    [admin] = ask("res.users", "search_read", [["login", "=", "admin"]], ["group_ids"])
    ask(
        "res.users",
        "create",
        {
            "name": "Nina Newcomer",
            "login": NEWCOMER,
            "password": NEWCOMER,
            "company_id": company,
            "company_ids": [[6, 0, [company]]],
            "group_ids": [[6, 0, admin["group_ids"]]],
        },
    )
    [customer] = ask("res.partner", "search", [["name", "=", "Harbor Logistics"]])
    [product] = ask("product.product", "search", [["name", "=", "Monitor"]])
    [reason] = ask("o2c.hold.reason", "search", [["gate", "=", "deliver"]], limit=1)
    line = {"product_id": product, "product_uom_qty": 3}
    order = ask(
        "sale.order",
        "create",
        {"partner_id": customer, "order_line": [[0, 0, line]]},
    )
    ask("sale.order", "action_o2c_hold", [order], reason)
    holds = ask(
        "o2c.hold", "search", [["order_id", "=", order], ["state", "=", "open"]]
    )
    ask("o2c.hold", "action_release", holds, "They called: it may leave today")
    ask("o2c.tamper.check", "action_check", [])
    ask(
        "sale.order",
        "create",
        {"partner_id": customer, "client_order_ref": JUST_BEGUN},
    )
    context.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
