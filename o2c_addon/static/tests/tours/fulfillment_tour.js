import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const openCard = (words) => ({
    trigger: `.o_kanban_record:contains(Pier Nine Freight):contains(${words})`,
    run: "click",
});

tour("o2c_sam_cannot_release", [
    openCard("waits for: Check credit"),
    {
        content: "no debt is told to sales, and no button offered",
        trigger:
            ".o2c_obstacle:contains(waits for: Check credit)" +
            ":not(:contains(1,000)):not(:has(button:contains(Release)))",
    },
]);

tour("o2c_rae_releases", [
    openCard("above the credit limit"),
    {
        trigger:
            ".o2c_obstacle:contains($ 1,000.00 above the credit limit) button:contains(Release)",
        run: "click",
    },
    { trigger: ".modal [name=reasons]:contains(above the credit limit)" },
    {
        content: "not without a reason",
        trigger: ".modal button[name=action_release]",
        run: "click",
    },
    { trigger: ".modal .o_field_invalid[name=note] input", run: "edit They paid this morning" },
    { trigger: ".modal button[name=action_release]:enabled", run: "click" },
    { trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.o2c_obstacle))" },
]);

tour("o2c_wim_finishes_the_checklist", [
    openCard("is not finished: Screen is clean"),
    { trigger: ".o_form_view button[name=button_validate]:visible", run: "click" },
    {
        content: "the page says what is missing",
        trigger: ".modal:contains(Not ready to leave) [name=reasons]:contains(Screen is clean)",
    },
    { trigger: ".modal footer button:contains(Close)", run: "click" },
    { trigger: ".o2c_obstacle button:contains(Open checklist)", run: "click" },
    { trigger: ".o_data_row:contains(Screen is clean) button[name=action_pass]", run: "click" },
    { trigger: ".o_data_row:contains(Screen is clean):contains(Passed)" },
    { trigger: ".o_back_button", run: "click" },
    {
        trigger: ".o_form_view:not(:has(.o2c_obstacle)) button[name=button_validate]:visible",
        run: "click",
    },
    { trigger: "button.o_arrow_button_current:contains(Done)" },
]);

tour("o2c_sam_puts_on_hold", [
    openCard("is ready to leave"),
    { trigger: "button[name=action_o2c_open_hold]", run: "click" },
    { trigger: ".modal [name=reason_id] input", run: "edit Papers" },
    { trigger: "ul.ui-autocomplete a:contains(Papers missing)", run: "click" },
    { trigger: ".modal [name=note] input", run: "edit Export licence" },
    { trigger: ".modal button[name=action_hold]", run: "click" },
    { trigger: "body:not(:has(.modal)) .o2c_obstacle:contains(Papers missing (Export licence))" },
    { trigger: ".o_back_button", run: "click" },
    { trigger: ".o_kanban_record:contains(Pier Nine Freight):contains(On hold)" },
]);
