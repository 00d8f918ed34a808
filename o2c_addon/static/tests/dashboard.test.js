import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeMockEnv,
    mockService,
    models,
    mountWithCleanup,
    onRpc,
    preloadBundle,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import { registry } from "@web/core/registry";
import { getDefaultConfig } from "@web/views/view";
import { Dashboard } from "@o2c_addon/dashboard/dashboard";
import { formatHours } from "@o2c_addon/hours/hours";

const SEARCH = `
    <search>
        <filter name="held" string="On hold" domain="[('is_held', '=', True)]"/>
        <filter name="by_partner" string="Customer" context="{'group_by': 'partner_id'}"/>
        <filter name="by_team" string="Sales Team" context="{'group_by': 'team_id'}"/>
    </search>`;

class CycleReport extends models.Model {
    _name = "o2c.cycle.report";

    is_held = fields.Boolean();
    partner_id = fields.Many2one({ relation: "res.partner" });
    team_id = fields.Many2one({ relation: "res.partner" });

    _views = { search: SEARCH };
}

defineMailModels();
defineModels([CycleReport]);
preloadBundle("web.chartjs_lib");

const figure = (label, kind, values = {}) => ({
    label,
    kind,
    hint: "",
    none: "Nothing yet.",
    count: 0,
    value: null,
    high: null,
    previous: null,
    domain: [["behind", "=", label]],
    ...values,
});

const ANSWER = {
    currency_id: 1,
    is_empty: false,
    sentence: {
        text: "Most money waits in “To invoice”: $ 214,000 in 9 orders, oldest 12 days.",
        label: "To invoice",
        domain: [["stage", "=", "invoicing"]],
    },
    figures: {
        total: figure("Order to cash", "hours", {
            count: 11,
            value: 684,
            high: 1084,
            previous: 900,
        }),
        payment: figure("Customers pay after", "hours"),
        on_time: figure("Delivered on time", "share", {
            count: 4,
            value: 0.75,
            previous: 0.8,
            bad: { label: "late", count: 1, domain: [["on_time", "=", "no"]] },
        }),
        right: figure("Right first time", "share"),
        by_itself: figure("Ran by itself", "share"),
        approve: figure("Approvals answered after", "hours"),
    },
    steps: ["confirm", "deliver", "invoice", "pay"].map((step) => ({
        step,
        one_day_less: 0,
        ...figure(step, "hours"),
    })),
    one_day_less: {
        text: "Delivered a day sooner: $ 4,200 more in the bank.",
        hint: "For good.",
        label: "Deliver",
        domain: [["delivered_on", "!=", false]],
    },
    waits: [
        {
            stage: "invoicing",
            label: "To invoice",
            count: 9,
            amount: 214000,
            oldest: 12,
            average: 4,
            weight: 856000,
            domain: [["stage", "=", "invoicing"]],
        },
    ],
    money: [
        { key: "unbilled", label: "Delivered, not invoiced", count: 0, amount: 0, none: "None." },
        { key: "held", label: "On hold", count: 2, amount: 1550, domain: [["is_held", "=", true]] },
    ],
    trend: [
        {
            label: "Nov 2026",
            count: 3,
            hours: { confirm: 24, deliver: 48, invoice: null, pay: 240 },
            domain: [],
        },
    ],
    rules: [],
    causes: [
        {
            kind: "Credit note",
            label: "Broken",
            count: 3,
            model: "account.move",
            domain: [["ref", "=", "x"]],
        },
    ],
    groups: { by: "partner_id", label: "Customer", rows: [] },
};

/** The dashboard that is told ``answer``; what it asks and opens become steps. */
const open = async (answer = ANSWER) => {
    onRpc("o2c.cycle.report", "dashboard", ({ kwargs: { domain, months, by } }) => {
        expect.step(`${JSON.stringify(domain)} ${months} ${by}`);
        return answer;
    });
    const env = await makeMockEnv({ config: getDefaultConfig() });
    await mountWithCleanup(Dashboard, { env, props: { action: {}, actionId: 1 } });
    expect.verifySteps(["[] 12 partner_id"]);
};

const watchOpened = () =>
    mockService("action", {
        doAction: ({ res_model, domain }) => expect.step(`${res_model} ${JSON.stringify(domain)}`),
    });

test("the sentence, the figures and the causes open what is behind them", async () => {
    watchOpened();
    await open();
    expect(".o2c_sentence").toHaveText(/214,000 in 9 orders/);

    await contains(".o2c_sentence").click();
    await contains("[data-figure=total] .o2c_number").click();
    await contains("[data-figure=on_time] .o2c_bad").click();
    await contains("[data-figure=held] .o2c_number").click();
    await contains("[data-stage=invoicing] button").click();
    await contains(".o2c_cause button").click();

    expect.verifySteps([
        'o2c.cycle.report [["stage","=","invoicing"]]',
        'o2c.cycle.report [["behind","=","Order to cash"]]',
        'o2c.cycle.report [["on_time","=","no"]]',
        'o2c.cycle.report [["is_held","=",true]]',
        'o2c.cycle.report [["stage","=","invoicing"]]',
        'account.move [["ref","=","x"]]',
    ]);
});

test("quicker is better, less on time is worse, nothing is nothing", async () => {
    await open();

    expect("[data-figure=total]").toHaveText(/29 days/);
    expect("[data-figure=total] .text-success").toHaveText("was 38 days");
    expect("[data-figure=on_time] .text-danger").toHaveText(/was 80/);
    expect("[data-figure=right]").toHaveText("Right first time\n–\nNothing yet.");
    expect("[data-figure=right] button").toHaveCount(0);
    expect("[data-figure=unbilled]").toHaveText(/None\./);
    expect(".o2c_chart canvas").toHaveCount(1);
});

test("what one day less brings, for each step and as a sentence", async () => {
    watchOpened();
    const steps = ANSWER.steps.map((step) =>
        step.step === "deliver" ? { ...step, count: 3, one_day_less: 4200.4 } : step
    );
    await open({ ...ANSWER, steps });

    expect("[data-step=deliver] .o2c_brings").toHaveText("$ 4,200");
    expect("[data-step=pay] .o2c_brings").toHaveText("–");
    await contains(".o2c_one_day_less").click();

    expect.verifySteps(['o2c.cycle.report [["delivered_on","!=",false]]']);
});

test("another time is asked for", async () => {
    await open();

    await contains("[aria-label='Time looked at'] button:contains(3 months)").click();

    expect.verifySteps(["[] 3 partner_id"]);
    expect("[aria-label='Time looked at'] .active").toHaveText("3 months");
});

test("filters and groups of the search bar are asked for", async () => {
    await open();

    await toggleSearchBarMenu();
    await toggleMenuItem("On hold");
    expect.verifySteps(['[["is_held","=",true]] 12 partner_id']);
    await toggleMenuItem("Sales Team");

    expect.verifySteps(['[["is_held","=",true]] 12 team_id']);
});

test("compare by something else", async () => {
    await open();

    await contains("select[aria-label='Compare by']").select("team_id");

    expect.verifySteps(["[] 12 team_id"]);
});

test("without orders it says what will be here", async () => {
    await open({ ...ANSWER, is_empty: true });

    expect(".o_view_nocontent").toHaveText(/No order to look at yet/);
    expect(".o2c_tile").toHaveCount(0);
});

test("where nothing waits the sentence leads nowhere", async () => {
    const sentence = { text: "No confirmed order waits for anything.", label: "", domain: null };
    const nothing = { text: "", hint: "", label: "", domain: null };
    await open({
        ...ANSWER,
        sentence,
        waits: [],
        trend: [],
        causes: [],
        one_day_less: nothing,
    });
    await animationFrame();

    expect("button.o2c_sentence").toHaveCount(0);
    expect(".o2c_sentence").toHaveText("No confirmed order waits for anything.");
    expect(".o2c_chart").toHaveCount(0);
    expect(".o2c_one_day_less").toHaveCount(0);
});

test("hours as one says them", async () => {
    await makeMockEnv();
    const said = [false, null, 0, 0.5, 5, 30, 49, 684].map((hours) => String(formatHours(hours)));

    expect(said).toEqual(["", "", "0 min", "30 min", "5 h", "30 h", "2 days", "29 days"]);
    expect(registry.category("formatters").get("o2c_hours")).toBe(formatHours);
});
