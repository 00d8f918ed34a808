#!/usr/bin/env python3
"""Takes the pictures of docs/walkthrough.md and of the Apps page again.

    scripts/run --fresh --port 8069          # in one terminal
    scripts/screenshots.py http://localhost:8069 [NAME...]

All of them, or those named, as the people of the demo data, at 1,400 and at 390 pixels.
Needs playwright and Pillow (scripts/requirements-test.txt) and a Chromium.
"""

import io
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

REPO = Path(__file__).parent.parent
DOCS = REPO / "docs" / "images"
APPS = REPO / "o2c_addon" / "static" / "description"
SIZES = {"wide": (1400, 860), "phone": (390, 844)}
ON_THE_APPS_PAGE = {
    "board",
    "order_waits",
    "first_steps",
    "dashboard",
    "delivery_stays",
}


class Picture(NamedTuple):
    """A page as somebody of the demo data sees it.

    ``model`` and ``domain`` choose a record whose form is opened below ``path``.
    """

    name: str
    login: str
    path: str
    model: str = ""
    domain: tuple = ()


PICTURES = [
    # the administrator
    Picture("first_steps", "admin", "order-to-cash-first-steps"),
    Picture("rules", "admin", "approval-rules"),
    Picture("rule", "admin", "approval-rules", "o2c.approval.rule"),
    Picture("settings", "admin", "order-to-cash-settings"),
    # the salesperson
    Picture("board", "sam", "order-to-cash"),
    Picture(
        "order_waits",
        "sam",
        "order-to-cash",
        "sale.order",
        (("o2c_approval_state", "=", "pending"), ("state", "=", "draft")),
    ),
    Picture(
        "order_refused",
        "sam",
        "order-to-cash",
        "sale.order",
        (("o2c_approval_state", "=", "refused"),),
    ),
    Picture("differences", "sam", "order-vs-invoice"),
    Picture("dashboard", "sam", "order-to-cash-dashboard"),
    # the approver
    Picture("waiting", "ada", "waiting-for-me"),
    Picture(
        "request",
        "ada",
        "approval-requests",
        "o2c.approval.request",
        (("state", "=", "pending"),),
    ),
    Picture("answered", "ada", "approvals"),
    # the warehouse
    Picture("deliveries", "wim", "order-to-cash"),
    Picture(
        "delivery_stays",
        "wim",
        "deliveries",
        "stock.picking",
        (("o2c_is_held", "=", True), ("picking_type_code", "=", "outgoing")),
    ),
    Picture("delivery_plan", "wim", "delivery-plan"),
    Picture("shortages", "wim", "shortages"),
    # finance and accounting
    Picture("to_release", "fin", "waiting-for-me"),
    Picture("queue", "kim", "invoicing-queue"),
    Picture("tonight", "kim", "invoicing-tonight"),
    Picture("overdue", "kim", "payments-to-chase"),
    Picture("accountant", "kim", "order-to-cash"),
    Picture("reminders", "admin", "payment-reminders"),
]


def main(url, *names):
    chosen = [each for each in PICTURES if not names or each.name in names]
    DOCS.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        for size, (width, height) in SIZES.items():
            for login in dict.fromkeys(picture.login for picture in chosen):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    has_touch=size == "phone",
                    is_mobile=size == "phone",
                )
                context.set_default_timeout(120_000)  # the first page is compiled
                page = log_in(context.new_page(), url, login)
                for picture in chosen:
                    if picture.login == login:
                        take(page, url, picture, size)
                context.close()
        browser.close()


def log_in(page, url, login):
    page.goto(f"{url}/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_main_navbar")
    return page


def take(page, url, picture, size):
    path = f"{url}/odoo/{picture.path}"
    if picture.model:
        record_id = find(page, url, picture)
        if not record_id:
            sys.exit(f"{picture.name}: the demo data has no such record")
        path = f"{url}/odoo/{picture.model}/{record_id}"
    page.goto(path)
    page.wait_for_selector(".o_action_manager > *")
    settle(page)
    image = Image.open(io.BytesIO(page.screenshot()))
    image = image.convert("RGB").quantize(128)  # a third of the size, looks the same
    image.save(DOCS / f"{picture.name}_{size}.png", optimize=True)
    if size == "wide" and picture.name in ON_THE_APPS_PAGE:
        image.save(APPS / f"{picture.name}.png", optimize=True)
    print(f"{picture.name} ({size})", flush=True)


def settle(page):
    """Until nothing is asked any more: the board asks again only after 30 seconds."""
    page.wait_for_timeout(1500)
    page.wait_for_function("!document.querySelector('.o_loading_indicator')")
    page.wait_for_timeout(1500)


def find(page, url, picture):
    """The id of the newest such record this person may read."""
    answer = page.request.post(
        f"{url}/web/dataset/call_kw",
        data={
            "jsonrpc": "2.0",
            "params": {
                "model": picture.model,
                "method": "search",
                "args": [[list(condition) for condition in picture.domain]],
                "kwargs": {"limit": 1, "order": "id desc"},
            },
        },
    )
    ids = answer.json().get("result") or []
    return ids[0] if ids else None


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1].rstrip("/"), *sys.argv[2:])
