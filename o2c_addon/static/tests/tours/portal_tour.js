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
