import { registry } from "@web/core/registry";

const COLUMNS = ["To confirm", "To approve", "To deliver", "To invoice", "To be paid", "Done"];

const card = (column, reason) => ({
    trigger:
        `.o_kanban_group:has(.o_column_title:contains(${column}))` +
        ` .o_kanban_record:contains(Pier Nine Freight):contains(${reason})`,
});

registry.category("web_tour.tours").add("o2c_board", {
    steps: () => [
        { trigger: ".o_navbar_apps_menu button", run: "click" },
        { trigger: ".o_app:contains(Order to Cash)", run: "click" },
        ...COLUMNS.map((column) => ({ trigger: `.o_column_title:contains(${column})` })),
        card("To confirm", "Not sent to the customer yet"),
        card("To approve", "Waiting for Ada or Ben: $ 12,000.00 is $ 2,000.00 above"),
        card("To deliver", "not in stock: 2 Units of Server"),
        card("To invoice", "To be invoiced"),
        { trigger: ".o2c_headline:contains(/delivered, not invoiced/)" },
    ],
});

registry.category("web_tour.tours").add("o2c_warehouse", {
    steps: () => [
        { trigger: ".o_kanban_record:contains(not in stock: 2 Units of Server)", run: "click" },
        { content: "a delivery, not the order", trigger: ".o_form_view [name=picking_type_id]" },
        { trigger: ".o2c_obstacle.alert-warning:contains(not in stock: 2 Units of Server)" },
    ],
});
