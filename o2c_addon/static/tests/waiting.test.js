import { WaitingForMe } from "@o2c_addon/waiting/waiting";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getMockEnv,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";

defineMailModels();

const waiting = (count) =>
    onRpc("o2c.waiting", "search_count", () => {
        expect.step("counted");
        return count;
    });

test("where nothing waits nothing is shown", async () => {
    waiting(0);
    await mountWithCleanup(WaitingForMe);
    await animationFrame();

    expect(".o2c_waiting").toHaveCount(0);
    expect.verifySteps(["counted"]);
});

test("what waits is counted, and a click leads there", async () => {
    waiting(3);
    mockService("action", { doAction: (action) => expect.step(action) });
    await mountWithCleanup(WaitingForMe);
    await animationFrame();

    expect(".o2c_waiting .badge").toHaveText("3");
    await contains(".o2c_waiting").click();
    expect.verifySteps(["counted", "o2c_addon.waiting_action"]);
});

test("it is counted again when a page is opened: what was answered is gone", async () => {
    waiting(1);
    await mountWithCleanup(WaitingForMe);
    await animationFrame();
    expect(".o2c_waiting .badge").toHaveText("1");

    waiting(0);
    getMockEnv().bus.trigger("ACTION_MANAGER:UI-UPDATED", "current");
    await animationFrame();

    expect(".o2c_waiting").toHaveCount(0);
    expect.verifySteps(["counted", "counted"]);
});

test("it is counted again when activities change", async () => {
    let listener;
    mockService("bus_service", {
        addChannel() {},
        addEventListener() {},
        removeEventListener() {},
        start() {},
        stop() {},
        subscribe(name, callback) {
            if (name === "mail.activity/updated") {
                listener = callback;
            }
        },
        unsubscribe() {},
    });
    waiting(1);
    await mountWithCleanup(WaitingForMe);
    listener();
    await animationFrame();

    expect.verifySteps(["counted", "counted"]);
});
