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

tour("o2c_customer_promises_and_questions", [
    { trigger: "a.o2c_pay_later:contains(Say when you will pay)", run: "click" },
    {
        content: "what is open is proposed",
        trigger: ".modal.show input[name=amount][value='500.00']",
    },
    {
        trigger: ".modal.show input[name=date]",
        run() {
            this.anchor.value = this.anchor.max;
        },
    },
    {
        trigger: ".modal.show button:contains(Promise)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        trigger: ".o2c_promised:contains(You promised to pay $ 500.00 by)",
        run: assertNoSidewaysScroll,
    },
    { content: "once", trigger: "body:not(:has(.o2c_pay_later))" },
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

tour("o2c_accountant_answers", [
    { trigger: ".o_content:contains(We got four, not five) button:contains(Answer)", run: "click" },
    {
        content: "the question is on the page where it is answered",
        trigger: ".modal [name=question]:contains(We got four, not five)",
    },
    {
        trigger: ".modal .o_radio_item:contains(The invoice stands) input",
        run: "click",
    },
    { trigger: ".modal [name=answer] textarea", run: "edit Five were signed for" },
    { trigger: ".modal .btn-primary:contains(Note it):visible", run: "click" },
    { trigger: "body:not(:has(.modal)):not(:contains(We got four, not five))" },
]);

tour("o2c_customer_reads_the_answer", [
    {
        trigger: ".o2c_answered:contains(the invoice is correct):contains(Five were signed for)",
        run: assertNoSidewaysScroll,
    },
    { content: "and may ask again", trigger: "a.o2c_ask" },
]);

const PIER_NINE = ".o_data_row:contains(Pier Nine Freight) ";

tour("o2c_accountant_chases", [
    {
        content: "what to do next is said",
        trigger: PIER_NINE + "td:contains(Call: no reminder is switched on)",
        run: assertNoSidewaysScroll,
    },
    { trigger: PIER_NINE + "button[name=action_call]", run: "click" },
    { trigger: ".o_notification:contains(On your list for today: call Pier Nine Freight)" },
    { trigger: PIER_NINE + "button[name=action_mail]", run: "click" },
    {
        content: "the text of the reminder, to be changed",
        trigger: ".modal .note-editable:contains(it may have slipped your attention)",
    },
    { trigger: ".modal .o_mail_send", run: "click" },
    { trigger: "body:not(:has(.modal))" },
    { trigger: PIER_NINE + "button[name=action_hold]", run: "click" },
    { trigger: ".modal [name=note] :is(input, textarea)", run: "edit Not before they pay" },
    { trigger: ".modal footer .btn-primary:visible", run: "click" },
    {
        content: "once is enough",
        trigger: `body:not(:has(.modal)):not(:has(${PIER_NINE} button[name=action_hold]))`,
    },
    { trigger: PIER_NINE + "button[name=action_open_words]", run: "click" },
    { trigger: ".modal [name=date] input", run: "edit 12/31/2099 && press Enter" },
    { trigger: ".modal .btn-primary:contains(Note it)", run: "click" },
    {
        content: "then there is nothing to do but to wait",
        trigger: PIER_NINE + "td:contains(Payment is promised by 12/31/2099)",
    },
]);

tour("o2c_administrator_switches_reminders_on", [
    {
        trigger: ".o_data_row:contains(Firm) [name=active] input",
        run: "click",
    },
    {
        trigger: ".o_data_row:contains(Firm) [name=active] input:checked",
        run: assertNoSidewaysScroll,
    },
]);

tour("o2c_accountant_looks_after_messages", [
    {
        content: "what is uncertain says what to do",
        trigger: PIER_NINE + "td[name=why]:contains(whether it arrived)",
        run: "click",
    },
    { trigger: ".o_form_view .alert:contains(whether it arrived)" },
    { trigger: ".o_form_view button[name=action_send_again]" },
    { trigger: "button[name=action_arrived]", run: "click" },
    { trigger: ".o_form_view:not(:has(button[name=action_send_again]))" },
]);

tour("o2c_customer_pays_all", [
    { trigger: ".o2c_batch td:contains(Credit note)", run: assertNoSidewaysScroll },
    { trigger: ".o2c_total:contains(200.00)" },
    { trigger: "a.o2c_pay_all", run: "click", expectUnloadPage: true },
    { trigger: "[name=o_payment_summary_amount], #wrap:contains(200.00)" },
]);
