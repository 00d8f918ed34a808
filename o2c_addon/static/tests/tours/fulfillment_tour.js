import { registry } from "@web/core/registry";
import { assertInSight } from "./in_sight";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const openCard = (words) => ({
    trigger: `.o_kanban_record:contains(Pier Nine Freight):contains(${words})`,
    run: "click",
});

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

const card = (words) => ({ trigger: `.o_kanban_record:contains(${words})`, run: "click" });
const point = (words) => `.o_kanban_record:contains(${words})`;

tour("o2c_phone_checklist", [
    card("The screen has no dead pixel"),
    {
        trigger: ".o2c_obstacle:contains(is not finished: The screen has no dead pixel)",
        run: () =>
            assertInSight(
                ".o2c_obstacle_words",
                ".o2c_obstacle button",
                "button[name=button_validate]"
            ),
    },
    { trigger: ".o2c_obstacle button:contains(Open checklist)", run: "click" },
    {
        trigger: point("no dead pixel"),
        run: () => assertInSight("button[name=action_pass]", "button[name=action_fail]"),
    },
    { trigger: `${point("no dead pixel")} button[name=action_pass]`, run: "click" },
    { trigger: `${point("no dead pixel")} .badge:contains(Passed)` },
    { trigger: `${point("power cord")} button[name=action_fail]`, run: "click" },
    { trigger: `${point("power cord")} .badge:contains(Failed)` },
    {
        content: "one may think again",
        trigger: `${point("power cord")} button[name=action_pass]`,
        run: "click",
    },
    { trigger: `${point("power cord")} .badge:contains(Passed)` },
    { trigger: ".o_back_button", run: "click" },
    {
        trigger: ".o_form_view:not(:has(.o2c_obstacle)) button[name=button_validate]:visible",
        run: "click",
    },
    { trigger: ".o_form_view:not(:has(button[name=button_validate]:visible))" },
]);

tour("o2c_phone_release", [
    card("above the credit limit"),
    {
        trigger: ".o2c_obstacle:contains(above the credit limit)",
        run: () => assertInSight(".o2c_obstacle_words", ".o2c_obstacle button"),
    },
    { trigger: ".o2c_obstacle button:contains(Release)", run: "click" },
    {
        trigger: ".modal [name=reasons]:contains(above the credit limit)",
        run: () =>
            assertInSight(
                ".modal [name=reasons]",
                ".modal [name=note] input",
                ".modal button[name=action_release]"
            ),
    },
    {
        content: "not without a reason",
        trigger: ".modal button[name=action_release]",
        run: "click",
    },
    { trigger: ".modal .o_field_invalid[name=note] input", run: "edit They pay on Friday" },
    { trigger: ".modal button[name=action_release]:enabled", run: "click" },
    { trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.o2c_obstacle))" },
]);

tour("o2c_phone_address", [
    card("The address of Hilltop Farm lacks street and ZIP"),
    {
        trigger: ".o2c_obstacle:contains(lacks street and ZIP)",
        run: () => assertInSight(".o2c_obstacle_words"),
    },
    { trigger: ".o_field_widget[name=partner_id] a:contains(Hilltop Farm)", run: "click" },
    { trigger: ".o_form_view [name=street] input", run: "edit Hill Road 1" },
    { trigger: ".o_form_view [name=zip] input", run: "edit 1000 && click body" },
    { trigger: ".o_form_button_save:visible", run: "click" },
    { trigger: ".o_form_saved, .o_form_readonly, .o_form_view:not(:has(.o_form_dirty))" },
    { trigger: ".o_back_button", run: "click" },
    { trigger: ".o_form_view:contains(To deliver):not(:has(.o2c_obstacle))" },
]);
