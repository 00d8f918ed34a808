import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });

tour("o2c_customer_signs", [
    { trigger: "body[is-ready=true]" },
    { trigger: ".o_portal_sale_sidebar a:contains(Sign)", run: "click" },
    { trigger: ".modal .o_web_sign_name_and_signature input", run: "edit Harriet Harbor" },
    { trigger: ".modal canvas.o_web_sign_signature", run: "canvasNotEmpty" },
    {
        trigger: ".modal .o_portal_sign_submit:enabled",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the customer reads that we review, and nothing of ours",
        trigger:
            ".o2c_review:contains(Thank you, we have received your signature. We are reviewing" +
            " your order and will confirm it by e-mail.)",
    },
    { trigger: "body:not(:contains(Ada)):not(:contains(Large orders))" },
]);

/** Throws where something cannot be seen without scrolling. */
function assertInSight(selectors) {
    const { clientWidth, clientHeight, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth - clientWidth} pixels too wide`);
    }
    for (const selector of selectors) {
        const shown = [...document.querySelectorAll(selector)].some((element) => {
            const { top, bottom, left, right, height } = element.getBoundingClientRect();
            const inside = top >= 0 && bottom <= clientHeight && left >= 0 && right <= clientWidth;
            return height > 0 && inside;
        });
        if (!shown) {
            throw new Error(`Not in sight: ${selector}`);
        }
    }
}

tour("o2c_ada_answers_on_the_phone", [
    {
        trigger: ".o_kanban_record:contains(Pier Nine Freight)",
        run: () => assertInSight([".o_kanban_record:not(.o_kanban_ghost)"]),
    },
    { trigger: ".o_kanban_record:contains(Pier Nine Freight)", run: "click" },
    {
        trigger: ".o_form_view [name=reason]:contains($ 2,000.00 above)",
        run: () =>
            assertInSight([
                ".o_form_view [name=amount]",
                ".o_form_view [name=reason]",
                "button[name=action_approve]",
                "button[name=action_open_answer]",
            ]),
    },
    { trigger: "button[name=action_approve]:visible", run: "click" },
    { trigger: ".o_form_view:not(:has(button[name=action_approve]:visible))" },
]);
