import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, press, queryAll, queryOne, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    defineModels,
    fields,
    getService,
    models,
    mountView,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { TrendChart } from "@o2c_addon/dashboard/trend_chart";

class Order extends models.Model {
    name = fields.Char();

    _records = [{ id: 1, name: "S00001" }];
}

defineMailModels();
defineModels([Order]);

const card = {
    key: "approvals",
    name: "Approvals",
    icon: "fa-check",
    state: "off",
    label: "Off",
    text: "Orders above a limit wait.",
    button: "Make the first rule",
    action: "first_rule",
};
const preset = { key: "reseller", name: "Reseller", rules: ["Large"], checks: [], is_on: false };

beforeEach(() => onRpc("o2c.waiting", "search_count", () => 0));

/** Press Tab from the top until `selector` has the focus, as one without a mouse does. */
const tabTo = async (selector) => {
    document.activeElement?.blur();
    for (let presses = 0; presses < 60; presses++) {
        await press("Tab");
        if (document.activeElement?.matches(selector)) {
            return;
        }
    }
    throw new Error(`Tab never comes to ${selector}`);
};

test("what First steps offers is reached by Tab and pressed by Enter", async () => {
    onRpc("o2c.first.steps", "*", ({ method, args }) => {
        expect.step([method, ...args].join(" "));
        return { capabilities: [card], presets: [preset] };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "o2c_first_steps" });
    expect.verifySteps(["cards"]);

    await tabTo(".o2c_capability button");
    expect(document.activeElement).toHaveText("Make the first rule");
    await tabTo(".o2c_preset button");
    await press("Enter");
    await animationFrame();

    expect.verifySteps(["switch_on reseller"]);
});

test("an answer above a document is given without a mouse", async () => {
    const action = { model: "o2c.hold", id: 7, name: "action_open_release", label: "Release" };
    onRpc("order", "o2c_explain", () => [
        { kind: "hold", reason: "On hold", remedy: "", blocking: true, actions: [action] },
    ]);
    onRpc("o2c.hold", "action_open_release", ({ args }) => {
        expect.step(`release ${args[0]}`);
        return false;
    });
    await mountView({
        type: "form",
        resModel: "order",
        resId: 1,
        arch: `<form><widget name="o2c_obstacles"/><field name="name"/></form>`,
    });
    await animationFrame();

    queryOne(".o2c_obstacle button").focus();
    expect(document.activeElement).toHaveText("Release");
    await press("Enter");
    await animationFrame();

    expect.verifySteps(["release 7"]);
});

test("the orders of a month of the chart are opened without a mouse", async () => {
    const months = [
        { label: "October", hours: { confirm: 24 } },
        { label: "November", hours: { confirm: 48 } },
    ];
    await mountWithCleanup(TrendChart, {
        props: {
            months,
            steps: [{ step: "confirm", label: "To confirm" }],
            open: (month) => expect.step(month.label),
        },
    });
    expect(queryAll(".o2c_chart_months button")).toHaveLength(2);

    await tabTo(".o2c_chart_months button:last-child");
    await press("Enter");

    expect.verifySteps(["November"]);
});
