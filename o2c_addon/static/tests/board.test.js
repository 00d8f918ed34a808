import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
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
});

test("sales and accounting open the order", async () => {
    onRpc("o2c.cycle.report", "headline", () => "");

    await mountOrders("kanban", ["account.group_account_invoice"]);
    await contains(".o_kanban_record").click();

    expect.verifySteps(["order 1"]);
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

        expect.verifySteps(["deliveries of 1", "open stock.picking"]);
    });
}
