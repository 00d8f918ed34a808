import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class CycleReport extends models.Model {
    _name = "o2c.cycle.report";

    is_held = fields.Boolean();
    hours_total = fields.Float();

    _records = [{ id: 1, is_held: true, hours_total: 48 }];
}

defineMailModels();
defineModels([CycleReport]);

const SEARCH = `
    <search>
        <filter name="held" string="On hold" domain="[('is_held', '=', True)]"/>
    </search>`;

const ARCHS = {
    list: '<list js_class="o2c_lead_times_list"><field name="hours_total"/></list>',
    graph: '<graph js_class="o2c_lead_times_graph"><field name="hours_total" type="measure"/></graph>',
    pivot: '<pivot js_class="o2c_lead_times_pivot"><field name="hours_total" type="measure"/></pivot>',
};

for (const [type, arch] of Object.entries(ARCHS)) {
    test(`${type} of lead times stands under what a day less brings`, async () => {
        onRpc("o2c.cycle.report", "one_day_less", ({ args: [domain] }) => {
            expect.step(JSON.stringify(domain));
            const text = domain.length ? "" : "Delivered a day sooner: $ 4,200.";
            return { text, hint: "For good.", label: "Deliver", domain: [] };
        });

        await mountView({ type, resModel: "o2c.cycle.report", arch, searchViewArch: SEARCH });
        await animationFrame();
        expect.verifySteps(["[]"]);
        expect(".o2c_one_day_less").toHaveText(/Delivered a day sooner: \$ 4,200\.\s*For good\./);

        await toggleSearchBarMenu();
        await toggleMenuItem("On hold");
        await animationFrame();

        expect.verifySteps(['[["is_held","=",true]]']);
        expect(".o2c_one_day_less").toHaveCount(0);
    });
}
