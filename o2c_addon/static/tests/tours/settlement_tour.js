import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });

/** Throws where the page is wider than the screen. */
function assertNoSidewaysScroll() {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth - clientWidth} pixels too wide`);
    }
}

tour("o2c_order_vs_invoice", [
    { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" },
    { content: "what is to be paid stands on the order", trigger: ".o_stat_info:contains(To pay)" },
    { trigger: "a[name=o2c_comparison]", run: "click" },
    { trigger: ".o2c_figure:contains(Invoiced):contains(590.00)" },
    {
        content: "what differs is said, in red",
        trigger:
            ".o2c_compared:contains(Licence) .o2c_differs.text-danger" +
            ":contains(invoiced at $ 110.00 instead of $ 100.00)",
    },
    { trigger: ".o2c_compared:contains(Express) .o2c_differs:contains(not on the order)" },
    {
        content: "the invoice is named",
        trigger: ".o2c_compared:contains(Licence):contains(INV/)",
    },
]);

tour("o2c_all_differences", [
    { trigger: ".o_list_view .o_searchview_facet:contains(With a difference)" },
    {
        trigger:
            ".o_data_row:contains(Pier Nine Freight) td[name=sentence]:contains(not on the order)",
        run: "click",
    },
    { content: "a row opens its order", trigger: ".o_form_view [name=order_line]" },
]);

tour("o2c_accountant_opens_the_invoice", [
    { trigger: "a[name=o2c_comparison]", run: "click" },
    { trigger: ".o2c_compared:contains(Licence) a:contains(INV/)", run: "click" },
    { trigger: ".o_last_breadcrumb_item:contains(INV/)" },
]);

tour("o2c_accountant_settles", [
    { trigger: ".alert button:contains(Settle with them)", run: "click" },
    { trigger: ".o_form_view:not(:has(.alert button:contains(Settle with them)))" },
    { trigger: ".o_form_view .oe_subtotal_footer:contains(200.00)" },
]);

tour("o2c_customer_follows", [
    { trigger: ".o2c_step_done:contains(Confirmed)", run: assertNoSidewaysScroll },
    { trigger: ".o2c_step_now:contains(Paid)" },
    { content: "one button moves it on", trigger: ".o2c_next:contains(Please pay $ 500.00 by)" },
    {
        trigger: ".o2c_next a.btn-primary:contains(Pay now)",
        run: "click",
        expectUnloadPage: true,
    },
    { trigger: ".o_portal_invoice_sidebar" },
]);

tour("o2c_customer_questions", [
    { trigger: "a.o2c_ask:contains(Question this invoice)", run: "click" },
    { trigger: ".modal.show textarea[name=question]", run: "edit We got four, not five" },
    {
        trigger: ".modal.show button:contains(Send)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: ".o2c_in_question:contains(We are looking into your question of)",
        run: assertNoSidewaysScroll,
    },
    { trigger: "body:not(:has(.o2c_ask))" },
]);

tour("o2c_customer_pays_all", [
    { trigger: ".o2c_batch td:contains(Credit note)", run: assertNoSidewaysScroll },
    { trigger: ".o2c_total:contains(200.00)" },
    { trigger: "a.o2c_pay_all", run: "click", expectUnloadPage: true },
    { trigger: "[name=o_payment_summary_amount], #wrap:contains(200.00)" },
]);
