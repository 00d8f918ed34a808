import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const card = ".o_kanban_record:contains(Pier Nine Freight)";

tour("o2c_board_late", [
    { trigger: `${card}:has(.o2c_late:contains(12 days))` },
    { trigger: `${card}:has(.o2c_age:contains(today)):not(:has(.o2c_late))` },
    { trigger: ".o_searchview_dropdown_toggler", run: "click" },
    { trigger: ".o_filter_menu .o_menu_item:contains(/^Late$/)", run: "click" },
    { trigger: ".o_searchview_facet:contains(Late)" },
    {
        content: "only what is late",
        trigger: `body:not(:has(${card}:has(.o2c_age:contains(today))))`,
    },
    { trigger: `${card}:has(.o2c_late:contains(12 days))` },
]);

tour("o2c_timeline", [
    { trigger: `${card}:contains(Invoicing needs attention)`, run: "click" },
    { content: "the stage line", trigger: ".o2c_stage_line .o2c_now:contains(To invoice)" },
    { trigger: ".nav-link:contains(Timeline)", run: "click" },
    { trigger: ".o2c_past:contains(Sam confirmed S)" },
    { trigger: ".o2c_past:contains(Wim delivered WH/OUT/)" },
    { trigger: ".o2c_past.o2c_setback:contains(could not be invoiced):contains(No account)" },
    { trigger: ".o2c_future:contains(is tried again)" },
    { trigger: ".o2c_stopped:contains(No account) button:contains(Retry)", run: "click" },
    { trigger: ".o2c_timeline:not(:has(.o2c_stopped))" },
    { trigger: ".o2c_past:contains(was invoiced by itself)" },
    { trigger: ".o2c_present:contains(A draft invoice is to be confirmed)" },
]);

tour("o2c_waiting", [
    { content: "the menu counts all kinds", trigger: ".o2c_waiting .badge", run: "click" },
    {
        trigger:
            ".o_data_row:contains(To mend):contains(No account for Laptop) button:contains(Retry)",
    },
    {
        trigger: ".o_data_row:contains(Pier Nine Freight) button[name=action_open_release]",
        run: "click",
    },
    { trigger: ".modal [name=note] input", run: "edit Papers came" },
    { trigger: ".modal button[name=action_release]", run: "click" },
    {
        trigger:
            "body:not(:has(.modal)):not(:has(.o_data_row:contains(Pier Nine Freight) button[name=action_open_release]))",
    },
    {
        content: "a row opens what has to be mended",
        trigger: ".o_data_row:contains(No account for Laptop) td[name=res_name]",
        run: "click",
    },
    { trigger: ".o_form_view .o2c_stage_line" },
]);

tour("o2c_waiting_on_the_phone", [
    {
        trigger: `${card} button[name=action_open_release]`,
        run({ anchor }) {
            const { bottom, right } = anchor.getBoundingClientRect();
            if (bottom > window.innerHeight || right > window.innerWidth) {
                throw new Error("Release is out of sight");
            }
            if (document.documentElement.scrollWidth > window.innerWidth) {
                throw new Error("The page scrolls sideways");
            }
            anchor.click();
        },
    },
    { trigger: ".modal [name=note] input", run: "edit Papers came" },
    { trigger: ".modal button[name=action_release]", run: "click" },
    { trigger: `body:not(:has(.modal)):not(:has(${card}))` },
]);
