import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const PLAN = ".o_field_widget[name=o2c_plan_ids] ";
const ROW = `${PLAN}.o_selected_row `;

/** The `number`th part: what it is called, its share, and when it comes. */
const write = (number, part, percentage, when) => [
    { trigger: `${PLAN}.o_field_x2many_list_row_add :is(a, button)`, run: "click" },
    {
        trigger: `${PLAN}.o_selected_row:nth-child(${number}) [name=name] input`,
        run: `edit ${part}`,
    },
    { trigger: `${ROW}[name=percentage] input`, run: `edit ${percentage}` },
    { trigger: `${ROW}[name=due] input`, run: "click" },
    { trigger: `.o_select_menu_item:contains(${when})`, run: "click" },
];

tour("o2c_sells_in_parts", [
    { trigger: "a[name=o2c_plan]", run: "click" },
    ...write(1, "Start", 30, "With the order"),
    ...write(2, "Concept", 50, "Service done"),
    { trigger: `${ROW}[name=line_id] input`, run: "click" },
    { trigger: ".o-autocomplete--dropdown-item:contains(Concept)", run: "click" },
    {
        content: "a service of this order, by its own name",
        trigger: `${ROW}[name=line_id] input:value(/^Concept$/)`,
    },
    {
        content: "what does not add up is said while it is written",
        trigger: ".alert:contains(adds up to $ 8,000.00, and the order to $ 10,000.00)",
    },
    ...write(3, "End", 20, "On a date"),
    { trigger: `${ROW}[name=due_on] input`, run: "edit 12/31/2099 && press Enter" },
    { trigger: ".o_form_button_save", run: "click" },
    { trigger: ".o_form_saved:not(:has(.alert:contains(adds up)))" },
    { trigger: "button[name=action_confirm]", run: "click" },
    { trigger: `${PLAN}.o_data_row:contains(Start) .badge:contains(Due)` },
    { trigger: `${PLAN}.o_data_row:contains(End) td:contains($ 2,000.00)` },
]);

tour("o2c_sells_for_amounts", [
    { trigger: "a[name=o2c_plan]", run: "click" },
    { trigger: `${PLAN}.o_optional_columns_dropdown button`, run: "click" },
    { trigger: ".o-dropdown-item:contains(Or Amount)", run: "click" },
    { trigger: `${PLAN}.o_field_x2many_list_row_add :is(a, button)`, run: "click" },
    { trigger: `${ROW}[name=name] input`, run: "edit Start" },
    { trigger: `${ROW}[name=amount] input`, run: "edit 2500" },
    { trigger: `${ROW}[name=due] input`, run: "click" },
    { trigger: ".o_select_menu_item:contains(With the order)", run: "click" },
    {
        content: "what is missing is said in money",
        trigger: ".alert:contains(adds up to $ 2,500.00, and the order to $ 10,000.00)",
    },
    ...write(2, "End", 75, "With the order"),
    { trigger: ".o_form_view:not(:has(.alert:contains(adds up)))" },
    { trigger: ".o_form_button_save", run: "click" },
    { trigger: `.o_form_saved ${PLAN}.o_data_row:contains(End) td:contains($ 7,500.00)` },
]);

tour("o2c_template_of_a_plan", [
    { trigger: "a[name=o2c_plan]", run: "click" },
    ...write(1, "Start", 30, "With the order"),
    ...write(2, "Later", 70, "On a date"),
    { trigger: `${ROW}[name=days] input`, run: "edit 20 && click body" },
    { trigger: `${PLAN}tfoot:contains(100.00)` },
    { trigger: ".o_form_button_save", run: "click" },
    { trigger: ".o_form_saved" },
]);

const invoiceNow = (part) => [
    {
        trigger: `${PLAN}.o_data_row:contains(${part}) button[name=action_invoice]`,
        run: "click",
    },
    {
        content: "not by a slip",
        trigger: ".modal:contains(It is invoiced now) .btn-primary",
        run: "click",
    },
];

tour("o2c_invoices_a_part", [
    { trigger: "a[name=o2c_plan]", run: "click" },
    ...invoiceNow("End"),
    {
        content: "what settles the rest comes last",
        trigger: ".modal:contains(settles the rest):contains(first) .btn-primary",
        run: "click",
    },
    ...invoiceNow("Start"),
    { content: "by hand, the draft is opened", trigger: "button[name=action_post]", run: "click" },
    { trigger: "[name=invoice_line_ids]:contains(Start (30)" },
    { trigger: ".o_arrow_button_current:contains(Posted)" },
]);

tour("o2c_enters_usage", [
    { trigger: "a[name=o2c_recurring]", run: "click" },
    { trigger: "button[name=action_o2c_open_usage]", run: "click" },
    { trigger: ".o_list_button_add", run: "click" },
    {
        content: "for which service is known",
        trigger:
            ".o_selected_row [name=line_id]:contains(Hours), .o_selected_row [name=line_id] input:value(Hours)",
    },
    { trigger: ".o_selected_row [name=quantity] input", run: "edit 2.5" },
    { trigger: ".o_selected_row [name=reference] input", run: "edit Ticket 7" },
    { trigger: ".o_list_button_save", run: "click" },
    { trigger: ".o_data_row:contains(Ticket 7):contains(2.50)" },
]);
