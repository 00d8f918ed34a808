import { registry } from "@web/core/registry";
import { assertInSight } from "./in_sight";

const openApp = [
    { trigger: ".o_navbar_apps_menu button", run: "click" },
    { trigger: ".o_app:contains(Order to Cash)", run: "click" },
];
const openCard = { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" };
const waiting = ".o2c_obstacle:contains(Waiting for Ada or Ben: $ 12,000.00 is $ 2,000.00 above)";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });

tour("o2c_sam_asks", [
    { content: "a quotation begins on the board", trigger: ".o-kanban-button-new", run: "click" },
    { trigger: ".o_field_widget[name=partner_id] input", run: "edit Pier Nine Freight" },
    { trigger: "ul.ui-autocomplete a:contains(Pier Nine Freight)", run: "click" },
    { trigger: "a:contains(Add a product)", run: "click" },
    { trigger: "div[name=product_template_id] input", run: "edit Harbor crane" },
    { trigger: "ul.ui-autocomplete a:contains(Harbor crane)", run: "click" },
    { trigger: ".o_selected_row div[name=price_unit] input:value(1,000.00)" },
    { trigger: ".o_selected_row div[name=product_uom_qty] input", run: "edit 12 && click body" },
    { trigger: ".o_data_row td[name=price_subtotal]:contains(12,000.00)" },
    { trigger: "button[name=action_confirm]:enabled", run: "click" },
    { content: "the banner says what it waits for", trigger: waiting },
    { content: "and that nothing is left to do", trigger: ".o2c_obstacle:contains(by itself)" },
    { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Quotation)" },
    {
        content: "who asks does not answer",
        trigger: ".o2c_obstacle:not(:has(button:contains(Approve)))",
    },
]);

tour("o2c_ada_approves", [
    { content: "the menu counts what waits", trigger: ".o2c_waiting .badge:contains(1)" },
    ...openApp,
    {
        content: "what waits for her comes first",
        trigger: ".o_last_breadcrumb_item:contains(Waiting for me)",
    },
    { trigger: ".o_data_row:contains(Pier Nine Freight) td[name=res_name]", run: "click" },
    { content: "she sees what is sold", trigger: "[name=content]:contains(12 Units Harbor crane)" },
    { trigger: "button[name=action_approve]", run: "click" },
    { trigger: "button.o_arrow_button_current:contains(Approved)" },
    { trigger: ".o_form_view:not(:has(button[name=action_approve]))" },
    { trigger: ".o_back_button:contains(Waiting for me)", run: "click" },
    { trigger: ".o_view_nocontent:contains(Nothing waits for you)" },
]);

tour("o2c_ada_approves_on_the_order", [
    openCard,
    { trigger: ".o2c_obstacle button:contains(Approve)", run: "click" },
    { trigger: "button.o_arrow_button_current:contains(Sales Order)" },
    { trigger: ".o_form_view:not(:has(.o2c_obstacle)):contains(To deliver)" },
]);

tour("o2c_ada_answers_on_the_phone", [
    {
        content: "the whole card is in sight: the amount, why, and both answers",
        trigger: ".o_kanban_record:contains(Pier Nine Freight):contains($ 2,000.00 above)",
        run: () =>
            assertInSight(
                ".o_kanban_record:not(.o_kanban_ghost)",
                ".o_kanban_record [name=amount]",
                ".o_kanban_record button[name=action_approve]",
                ".o_kanban_record button[name=action_open_answer]"
            ),
    },
    { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" },
    {
        trigger: ".o_form_view [name=reason]:contains($ 2,000.00 above)",
        run: () =>
            assertInSight(
                ".o_form_view [name=amount]",
                ".o_form_view [name=reason]",
                "button[name=action_approve]",
                "button[name=action_open_answer]"
            ),
    },
    { trigger: "button[name=action_approve]:visible", run: "click" },
    { trigger: ".o_form_view:not(:has(button[name=action_approve]:visible))" },
]);

tour("o2c_ada_refuses_on_the_phone", [
    { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" },
    { trigger: ".o_form_view button[name=action_open_answer]:visible", run: "click" },
    {
        trigger: ".modal [name=reason] input",
        run: () => assertInSight(".modal [name=reason] input", ".modal button[name=action_refuse]"),
    },
    { content: "not without a reason", trigger: ".modal button[name=action_refuse]", run: "click" },
    { trigger: ".modal .o_field_invalid[name=reason] input", run: "edit They owe us two invoices" },
    { trigger: ".modal button[name=action_refuse]:enabled", run: "click" },
    {
        trigger:
            "body:not(:has(.modal)) .o_form_view:not(:has(button[name=action_open_answer]:visible))",
    },
]);

tour("o2c_sam_asks_again_on_the_phone", [
    openCard,
    {
        trigger: ".o2c_obstacle.alert-danger:contains(They owe us two invoices)",
        run: () => assertInSight(".o2c_obstacle_words", ".o2c_obstacle button"),
    },
    { trigger: ".o2c_obstacle button:contains(Ask again)", run: "click" },
    { trigger: ".modal [name=reason] input", run: "edit They paid this morning" },
    { trigger: ".modal button[name=action_ask_again]", run: "click" },
    { trigger: `body:not(:has(.modal)) ${waiting}` },
]);

tour("o2c_ada_reads_what_she_refused_before", [
    { trigger: ".o_kanban_record:contains(They paid this morning)", run: "click" },
    {
        trigger: "[name=refused_before]:contains(Ada: “They owe us two invoices”)",
        run: () => assertInSight("[name=refused_before]", "[name=argument]", "[name=amount]"),
    },
    { trigger: "button[name=action_approve]:visible", run: "click" },
    { trigger: ".o_form_view:not(:has(button[name=action_approve]:visible))" },
]);

tour("o2c_ada_names_her_deputy", [
    { trigger: ".o_list_button_add", run: "click" },
    { trigger: ".o_field_widget[name=deputy_id] input", run: "edit Benedict" },
    { trigger: "ul.ui-autocomplete a:contains(Benedict)", run: "click" },
    { trigger: ".o_form_button_save", run: "click" },
    { trigger: ".o_widget_web_ribbon .ribbon:contains(Now)" },
]);

tour("o2c_benedict_is_asked_for_ada", [
    { trigger: ".o_data_row:contains(Pier Nine Freight) td[name=res_name]", run: "click" },
    { trigger: ".alert:contains(You answer for):contains(Ada):contains(who is away)" },
    { trigger: "button[name=action_approve]:enabled" },
]);

tour("o2c_ada_is_back", [
    { trigger: ".o_data_row:contains(Benedict) td[name=period]", run: "click" },
    { trigger: "button[name=action_end]:contains(I am back)", run: "click" },
    { trigger: ".o_widget_web_ribbon .ribbon:contains(Ended)" },
]);

tour("o2c_sam_reads_who_is_asked_as_well", [
    {
        trigger:
            ".o2c_obstacle:contains(Waiting for Ada, or, because nobody answered in time, Mia)",
    },
    { trigger: ".o-mail-Message:contains(Not answered in time, so Mia may answer as well)" },
]);

tour("o2c_mia_answers_what_ada_did_not", [
    { trigger: ".o_data_row:contains(Pier Nine Freight) td[name=res_name]", run: "click" },
    {
        trigger:
            ".alert:contains(Overdue):contains(Waiting for Ada, or, because nobody answered in time, Mia)",
    },
    { trigger: "button[name=action_approve]", run: "click" },
    { trigger: "button.o_arrow_button_current:contains(Approved)" },
]);

tour("o2c_kim_corrects_the_price", [
    {
        content: "she reads which line is meant",
        trigger: ".o2c_obstacle:contains(Laptop: price $ 950.00, ordered at $ 1,000.00)",
    },
    { trigger: ".o_data_row td[name=price_unit]", run: "click" },
    { trigger: ".o_selected_row div[name=price_unit] input", run: "edit 1000 && click body" },
    { trigger: ".o_data_row td[name=price_subtotal]:contains(10,000.00)" },
    { trigger: "button[name=action_post]:enabled", run: "click" },
    { trigger: "button.o_arrow_button_current:contains(Posted)" },
    { trigger: ".o_form_view:not(:has(.o2c_obstacle))" },
]);

tour("o2c_ben_answers_for_ada_on_the_phone", [
    { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" },
    { trigger: ".alert:contains(You answer for):contains(Ada)" },
    { trigger: ".alert:contains(Overdue)" },
    {
        trigger: ".o_form_view [name=reason]:contains($ 100.00 above $ 500.00)",
        run: () => assertInSight(".o_form_view [name=reason]", "button[name=action_approve]"),
    },
    { trigger: "button[name=action_approve]:visible", run: "click" },
    {
        content: "his is one of two",
        trigger: ".alert:contains(Rae, or, because nobody answered in time, Mia)",
    },
    { trigger: "[name=decision_ids]:contains(Ben)" },
]);
