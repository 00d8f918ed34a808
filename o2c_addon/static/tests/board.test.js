import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { after, beforeEach, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Order extends models.Model {
    name = fields.Char();

    _records = [{ id: 1, name: "S00001" }];
}

defineMailModels();
defineModels([Order]);

let news;
beforeEach(() => {
    news = "1-100";
    onRpc("order", "o2c_news", () => {
        expect.step("any news?");
        return news;
    });
});

const card = `<templates><t t-name="card"><field name="name"/></t></templates>`;
const ARCHS = {
    kanban: `<kanban js_class="o2c_board">${card}</kanban>`,
    list: `<list js_class="o2c_orders"><field name="name"/></list>`,
};

/** The board or the list of somebody who is in these groups. */
const mountOrders = (type, groups) => {
    onRpc("has_group", ({ args }) => groups.includes(args[1]));
    return mountView({
        type,
        resModel: "order",
        arch: ARCHS[type],
        selectRecord: (resId) => expect.step(`order ${resId}`),
    });
};

test("the sentence stands above the orders, which do not wait for it", async () => {
    const headline = new Deferred();
    onRpc("o2c.cycle.report", "headline", () => headline);

    await mountOrders("kanban", []);
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveCount(1);
    expect(".o2c_headline").toHaveText("");

    headline.resolve("Order to payment 31 days: 2 to confirm.");
    await animationFrame();
    expect(".o2c_headline").toHaveText("Order to payment 31 days: 2 to confirm.");
    expect.verifySteps(["any news?"]);
});

test("sales and accounting open the order", async () => {
    onRpc("o2c.cycle.report", "headline", () => "");

    await mountOrders("kanban", ["account.group_account_invoice"]);
    await contains(".o_kanban_record").click();

    expect.verifySteps(["any news?", "order 1"]);
});

for (const [type, row] of [
    ["kanban", ".o_kanban_record"],
    ["list", ".o_data_cell"],
]) {
    test(`the warehouse opens the deliveries: ${type}`, async () => {
        onRpc("o2c.cycle.report", "headline", () => "");
        onRpc("order", "action_o2c_open_deliveries", ({ args }) => {
            expect.step(`deliveries of ${args[0]}`);
            return { type: "ir.actions.act_window", res_model: "stock.picking" };
        });
        mockService("action", {
            doAction: ({ res_model }) => expect.step(`open ${res_model}`),
        });

        await mountOrders(type, ["stock.group_stock_user"]);
        await contains(row).click();

        expect.verifySteps(["any news?", "deliveries of 1", "open stock.picking"]);
    });
}

const mockHidden = (hidden) =>
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
after(() => delete document.hidden);

/** Half a minute later, all that follows from it done. */
const halfAMinute = async () => {
    await advanceTime(30000);
    await animationFrame();
};

for (const [type, read] of [
    ["kanban", "web_search_read"],
    ["list", "web_search_read"],
]) {
    test(`what is shown is loaded again only when there is news: ${type}`, async () => {
        onRpc("o2c.cycle.report", "headline", () => "");
        onRpc("order", read, () => expect.step("loaded"));
        await mountOrders(type, []);
        expect.verifySteps(["loaded", "any news?"]);

        await halfAMinute();
        expect.verifySteps(["any news?"]);

        news = "2-200";
        await halfAMinute();
        expect.verifySteps(["any news?", "loaded"]);

        await halfAMinute();
        expect.verifySteps(["any news?"]);
    });
}

test("nobody is disturbed: in the background nothing is asked", async () => {
    onRpc("o2c.cycle.report", "headline", () => "");
    await mountOrders("kanban", []);
    expect.verifySteps(["any news?"]);

    mockHidden(true);
    await halfAMinute();
    expect.verifySteps([]);

    mockHidden(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await animationFrame();
    expect.verifySteps(["any news?"]);
});

test("an edited row stays as it is, and is caught up with after", async () => {
    ARCHS.editable = `<list js_class="o2c_orders" editable="top"><field name="name"/></list>`;
    onRpc("order", "web_search_read", () => expect.step("loaded"));
    await mountView({ type: "list", resModel: "order", arch: ARCHS.editable });
    expect.verifySteps(["loaded", "any news?"]);

    await contains(".o_data_cell").click();
    news = "2-200";
    await halfAMinute();
    expect.verifySteps([]);

    await contains(".o_list_button_discard").click();
    await halfAMinute();
    expect.verifySteps(["any news?", "loaded"]);
});

test("a server that cannot be reached is asked again", async () => {
    onRpc("o2c.cycle.report", "headline", () => "");
    await mountOrders("kanban", []);
    onRpc("order", "o2c_news", () => {
        expect.step("no answer");
        throw new Error("unreachable");
    });

    await halfAMinute();
    await halfAMinute();

    expect.verifySteps(["any news?", "no answer", "no answer"]);
});

test("the cards do not wait for their reasons, which are asked for together", async () => {
    Order._records = [
        { id: 1, name: "S00001" },
        { id: 2, name: "S00002" },
    ];
    const reasons = new Deferred();
    onRpc("o2c.cycle.report", "headline", () => "");
    onRpc("order", "read", async ({ args: [ids, fields] }) => {
        expect.step(`${fields} of ${ids}`);
        await reasons;
        return ids.map((id) => ({ id, o2c_status: `Reason ${id}` }));
    });
    const field = `<field name="name"/>`;
    ARCHS.reasons = ARCHS.kanban.replace(field, `${field}<widget name="o2c_status"/>`);

    await mountView({ type: "kanban", resModel: "order", arch: ARCHS.reasons });
    await animationFrame();
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveCount(2);
    await advanceTime(1);
    expect.verifySteps(["any news?", "o2c_status of 1,2"]);

    reasons.resolve();
    await animationFrame();
    expect(".o2c_status:first").toHaveText("Reason 1");

    news = "2-200";
    await halfAMinute();
    await advanceTime(1);
    expect.verifySteps(["any news?", "o2c_status of 1,2"]);
});
