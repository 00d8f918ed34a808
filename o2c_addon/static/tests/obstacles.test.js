import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Order extends models.Model {
    name = fields.Char();

    _records = [
        { id: 1, name: "S00001" },
        { id: 2, name: "S00002" },
    ];
}

defineMailModels();
defineModels([Order]);

const needs = {
    kind: "approval",
    reason: "Needs the approval of Ada",
    remedy: "Press Confirm.",
    blocking: true,
    actions: [],
};
const asks = {
    ...needs,
    reason: "Waiting for Ada",
    actions: [
        { model: "o2c.approval.request", id: 7, name: "action_approve", label: "Approve" },
        { model: "o2c.approval.request", id: 7, name: "action_open_answer", label: "Refuse" },
    ],
};
const refused = { ...needs, kind: "refusal", reason: "Refused by Ada: “Too much”" };

let obstacles;
beforeEach(() => {
    obstacles = [];
    onRpc("order", "o2c_explain", () => obstacles);
});

const mountOrder = (resId, more = {}) =>
    mountView({
        type: "form",
        resModel: "order",
        resId,
        arch: `
            <form>
                <header><button name="action_confirm" type="object" string="Confirm"/></header>
                <widget name="o2c_obstacles"/>
                <field name="name"/>
            </form>`,
        ...more,
    });

test("nothing is shown where nothing is in the way", async () => {
    await mountOrder(1);

    expect(".o2c_obstacle").toHaveCount(0);
});

test("a warning is told apart from what stops", async () => {
    obstacles = [{ ...needs, blocking: false }];

    await mountOrder(1);

    expect(".o2c_obstacle.alert-info").toHaveCount(1);
});

test("where nothing is in the way it says what is awaited", async () => {
    onRpc("order", "read", () => [{ id: 1, o2c_status: "WH/OUT/00001 is ready to leave" }]);
    const arch = `<form><widget name="o2c_obstacles" options="{'status': true}"/></form>`;

    await mountOrder(1, { arch });

    expect(".o2c_waits_for").toHaveText("WH/OUT/00001 is ready to leave");
});

test("a document that is not saved yet is not asked", async () => {
    onRpc("order", "o2c_explain", () => expect.step("asked"));

    await mountOrder(false);

    expect.verifySteps([]);
});

test("each obstacle says why and what to do, a refusal in red", async () => {
    obstacles = [refused, needs];

    await mountOrder(1);

    expect(".o2c_obstacle").toHaveCount(2);
    expect(".alert-danger strong").toHaveText("Refused by Ada: “Too much”");
    expect(".alert-danger strong + div").toHaveText("Press Confirm.");
    expect(".alert-warning strong").toHaveText("Needs the approval of Ada");
    expect(".alert-warning strong + div").toHaveText("Press Confirm.");
    expect(".o2c_obstacle button").toHaveCount(0);
});

test("after Confirm it says what is waited for now", async () => {
    obstacles = [needs];
    onRpc("order", "action_confirm", () => {
        obstacles = [asks];
        return true;
    });
    await mountOrder(1);

    await contains("button[name=action_confirm]").click();
    await animationFrame();

    expect(".o2c_obstacle strong").toHaveText("Waiting for Ada");
});

test("after saving it is asked again", async () => {
    obstacles = [needs];
    await mountOrder(1);
    obstacles = [];

    await contains("[name=name] input").edit("Smaller order");
    await contains(".o_form_button_save").click();
    await animationFrame();

    expect(".o2c_obstacle").toHaveCount(0);
});

test("an answer saves first, goes to the question, and loads the document again", async () => {
    obstacles = [asks];
    onRpc("order", "web_save", () => expect.step("save"));
    onRpc("o2c.approval.request", "action_approve", ({ args }) => {
        expect.step(`approve ${args[0]}`);
        obstacles = [];
        return true;
    });
    onRpc("order", "web_read", () => expect.step("read"));
    await mountOrder(1);
    expect.verifySteps(["read"]);

    await contains("[name=name] input").edit("S00001 urgent");
    await contains(".o2c_obstacle .btn-primary:contains(Approve)").click();
    await animationFrame();

    expect.verifySteps(["save", "approve 7", "read"]);
    expect(".o2c_obstacle").toHaveCount(0);
});

test("the answer for a document that was left does not overwrite the next one's", async () => {
    const slow = new Deferred();
    onRpc("order", "action_confirm", () => true);
    await mountOrder(1, { resIds: [1, 2] });
    onRpc("order", "o2c_explain", ({ args }) => (args[0][0] === 1 ? slow : [refused]));

    await contains("button[name=action_confirm]").click();
    await contains(".o_pager_next").click();
    slow.resolve([needs]);
    await animationFrame();

    expect(".o2c_obstacle strong").toHaveText("Refused by Ada: “Too much”");
});
