import { registry } from "@web/core/registry";
import { assertInSight } from "./in_sight";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const ROW = ".o_data_row:contains(Pier Nine Freight):contains(990001 Test sales is archived)";

tour("o2c_mends_and_retries", [
    {
        content: "what is wrong stands in the row, with the way to mend it",
        trigger: `${ROW} button[name=action_open_fault]`,
        run: () => assertInSight(".o_data_row button[name=action_open_fault]"),
    },
    { trigger: `${ROW} button[name=action_open_fault]`, run: "click" },
    { trigger: ".o_form_view .o_field_widget[name=name]" },
    { trigger: ".o_cp_action_menus .dropdown-toggle", run: "click" },
    { trigger: ".o-dropdown-item:contains(Unarchive)", run: "click" },
    { trigger: ".o_form_view:not(:has(.o_widget_web_ribbon:contains(Archived)))" },
    { trigger: ".o_back_button", run: "click" },
    { trigger: `${ROW} button[name=action_retry]`, run: "click" },
    { trigger: `.o_list_view:not(:has(${ROW}))` },
]);

tour("o2c_skips_with_a_reason", [
    { trigger: `${ROW} td[name=why]`, run: "click" },
    { trigger: ".o_form_view .alert:contains(990001 Test sales is archived)" },
    { trigger: ".o_form_view button[name=action_open_skip]", run: "click" },
    {
        content: "not without a reason",
        trigger: ".modal button[name=action_skip]",
        run: "click",
    },
    {
        trigger: ".modal .o_field_invalid[name=reason] :is(input, textarea)",
        run: "edit Invoiced by hand",
    },
    { trigger: ".modal button[name=action_skip]:enabled", run: "click" },
    { trigger: "button.o_arrow_button_current:contains(Skipped)" },
]);
