import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const field = (name, text) => `.o_form_view .o_field_widget[name=${name}]:contains(${text})`;

tour("o2c_worth", [
    {
        content: "what the rule cost, and the better limit with its evidence",
        trigger:
            ".o_data_row:contains(Large orders) [name=suggestion]:contains(4 of 5 would not have waited; the one refused)",
    },
    {
        trigger: ".o_data_row:contains(Large orders) button[name=action_try_suggestion]",
        run: "click",
    },
    { trigger: ".o_form_view [name=change_ids] .o_data_row:contains(15,000)" },
    { trigger: "button[name=action_start]", run: "click" },
    {
        trigger:
            ".o_form_view .o_statusbar_status button.o_arrow_button_current:contains(Starts soon)",
    },
]);

tour("o2c_tried_out", [
    { trigger: ".o_data_row [name=name]:contains(15,000)", run: "click" },
    { trigger: field("fewer", "1") },
    { trigger: field("more", "0") },
    { trigger: field("amount_fewer", "12,400") },
    { trigger: "button[name=action_open_documents]", run: "click" },
    { trigger: ".o_group_header:contains(Would not wait any more (1))" },
    { trigger: ".o_data_row:contains(Brightwater School District):contains(Large orders)" },
]);

tour("o2c_check_my_rules", [
    {
        trigger:
            ".o_data_row:contains(Discounts):contains(Choose a lower limit) [name=wrong]:contains(is never asked)",
        run: "click",
    },
    { trigger: field("findings", "is never asked") },
    { trigger: ".o_form_view .o_field_widget[name=name] input:value(Discounts)" },
]);

tour("o2c_self_check", [
    { trigger: ".o_control_panel button:contains(Check now)", run: "click" },
    { trigger: ".o_notification:contains(ways around are closed)", timeout: 60000 },
    { trigger: ".o_data_row [name=state]:contains(Closed)" },
    { trigger: ".o_list_view:not(:has(.text-bg-danger))" },
]);

tour("o2c_advice", [
    { trigger: "body:contains(Needs the approval of Ada Approver)" },
    { trigger: "body:contains(With 3 % less discount it needs no approval)" },
    { trigger: "button:contains(Give 3 % less)", run: "click" },
    { trigger: "body:not(:contains(less discount it needs no approval))" },
    { trigger: "button[name=action_confirm]", run: "click" },
    { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Sales Order)" },
]);
