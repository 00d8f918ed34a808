import { inWords, moment } from "@o2c_addon/timeline/timeline";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeMockEnv,
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

const step = (key, sentence, more = {}) => ({
    key,
    sentence,
    date: "2026-03-01 09:00:00",
    note: false,
    is_about: false,
    is_setback: false,
    waited: 0,
    ...more,
});

const NOTHING = { past: [], present: [], status: "", since: false, is_about: false, future: [] };

let way;
beforeEach(() => {
    mockDate("2026-03-04 09:00:00", 0);
    way = NOTHING;
    onRpc("order", "o2c_timeline", ({ args }) => {
        expect.step(`timeline of ${args[0]}`);
        return way;
    });
});

const mountOrder = () =>
    mountView({
        type: "form",
        resModel: "order",
        resId: 1,
        arch: `
            <form>
                <field name="name"/>
                <notebook>
                    <page string="Lines"/>
                    <page string="Timeline"><widget name="o2c_timeline"/></page>
                </notebook>
            </form>`,
    });

const openTimeline = async (what) => {
    way = { ...NOTHING, ...what };
    await mountOrder();
    await contains(".nav-link:contains(Timeline)").click();
    await animationFrame();
};

describe("words", () => {
    test("a wait is told in its biggest unit", () => {
        expect(inWords(59)).toBe("");
        expect(inWords(60)).toBe("1 minute");
        expect(inWords(7200)).toBe("2 hours");
        expect(inWords(3 * 86400 + 5)).toBe("3 days");
    });

    test("moments and days are told as far away as they are", async () => {
        await makeMockEnv();
        expect(moment("2026-03-01 09:00:00").relative).toBe("3 days ago");
        expect(moment("2026-03-05").relative).toBe("tomorrow");
        expect(moment("2026-03-05").exact).toMatch(/2026/);
        expect(moment(false)).toEqual({ relative: "", exact: "" });
    });
});

test("it is asked for when it is looked at, not before", async () => {
    await mountOrder();
    expect.verifySteps([]);

    await contains(".nav-link:contains(Timeline)").click();
    expect.verifySteps(["timeline of 1"]);
});

test("past, present and future stand in this order", async () => {
    await openTimeline({
        past: [
            step("a", "Sam created S00001"),
            step("b", "Ada approved S00001", {
                date: "2026-03-03 09:00:00",
                note: "They always pay",
                waited: 2 * 86400,
            }),
        ],
        status: "WH/OUT/1 is ready to leave",
        since: 86400,
        future: [{ sentence: "WH/OUT/1 leaves", date: "2026-03-06 10:00:00", is_late: false }],
    });

    expect(".o2c_timeline li").toHaveCount(4);
    expect(".o2c_timeline li:eq(0)").toHaveText(/Sam created S00001\s*3 days ago/);
    expect(".o2c_timeline li:eq(1) .o2c_waited").toHaveText("after 2 days");
    expect(".o2c_timeline li:eq(1) .o2c_note").toHaveText("They always pay");
    expect(".o2c_present").toHaveText(/WH.OUT.1 is ready to leave\s*in this step for 1 day/);
    expect(".o2c_future").toHaveText(/WH.OUT.1 leaves\s*in 2 days/);
    expect(".o2c_timeline li:eq(0) small").toHaveAttribute("title", /2026/);
    expect.verifySteps(["timeline of 1"]);
});

test("what is read from the host's own dates says so", async () => {
    await openTimeline({ past: [step("a", "S00001 was delivered", { is_about: true })] });

    expect(".o2c_past").toHaveText(/S00001 was delivered\s*about 3 days ago/);
    expect.verifySteps(["timeline of 1"]);
});

test("a step back is told apart", async () => {
    await openTimeline({ past: [step("a", "Ada refused S00001", { is_setback: true })] });

    expect(".o2c_past.o2c_setback").toHaveCount(1);
    expect.verifySteps(["timeline of 1"]);
});

test("a plan whose time has passed is late", async () => {
    await openTimeline({
        future: [{ sentence: "WH/OUT/1 leaves", date: "2026-03-02", is_late: true }],
    });

    expect(".o2c_future.o2c_overdue .text-danger").toHaveText("planned 2 days ago");
    expect.verifySteps(["timeline of 1"]);
});

test("who can help helps right there, and it is asked again", async () => {
    onRpc("o2c.billing.task", "action_retry", ({ args }) => {
        expect.step(`retry ${args[0]}`);
        way = { ...NOTHING, status: "To be paid" };
        return true;
    });
    const actions = [{ model: "o2c.billing.task", id: 7, name: "action_retry", label: "Retry" }];
    await openTimeline({
        present: [{ reason: "No account", remedy: "Ask Kim.", blocking: true, actions }],
    });
    expect(".o2c_stopped").toHaveText("No account\nAsk Kim.\nRetry");

    await contains(".o2c_stopped button:contains(Retry)").click();
    await animationFrame();

    expect(".o2c_stopped").toHaveCount(0);
    expect(".o2c_present").toHaveText("To be paid");
    expect.verifySteps(["timeline of 1", "retry 7", "timeline of 1"]);
});

test("a long way shows its end first", async () => {
    const past = [...Array(20).keys()].map((number) => step(`s${number}`, `Step ${number}`));
    await openTimeline({ past });
    expect(".o2c_past").toHaveCount(12);
    expect(".o2c_past:first .o2c_sentence").toHaveText("Step 8");

    await contains("button:contains(Show 8 earlier steps)").click();

    expect(".o2c_past").toHaveCount(20);
    expect.verifySteps(["timeline of 1"]);
});

test("words of people are words, never markup", async () => {
    await openTimeline({ past: [step("a", "<b>Sam</b>", { note: "<img src=x>" })] });

    expect(".o2c_timeline b, .o2c_timeline img").toHaveCount(0);
    expect(".o2c_note").toHaveText("<img src=x>");
    expect.verifySteps(["timeline of 1"]);
});
