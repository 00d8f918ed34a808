import { registry } from "@web/core/registry";

const back = { trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item a", run: "click" };

registry.category("web_tour.tours").add("o2c_dashboard", {
    steps: () => [
        { trigger: ".o2c_sentence:contains(/Most money waits in “To deliver”/)", run: "click" },
        { trigger: ".o_data_row:contains(Pier Nine Freight)" },
        back,
        { trigger: "[data-figure=right] .o2c_number", run: "click" },
        {
            content: "the row opens the order",
            trigger: ".o_data_row:contains(Pier Nine Freight) [name=partner_id]",
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name=partner_id]:contains(Pier Nine Freight)" },
    ],
});
