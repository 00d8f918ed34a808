import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });

/** Press Download: the file is fetched here and not saved by the browser. */
const download = ({ type, start }) => {
    const { open } = browser;
    let asked = null;
    return [
        {
            trigger: ".modal button[name=action_download]",
            run: ({ anchor }) => {
                browser.open = (url) => {
                    asked = fetch(url);
                    return window;
                };
                anchor.click();
            },
        },
        {
            content: "what is sent is such a file",
            trigger: "body",
            run: async () => {
                for (let tries = 0; !asked && tries < 100; tries++) {
                    await new Promise((resolve) => setTimeout(resolve, 100));
                }
                browser.open = open;
                const response = await asked;
                const file = await response.blob();
                const head = await file.slice(0, start.length).text();
                const sent = response.headers.get("Content-Type");
                if (!response.ok || !sent.startsWith(type) || head !== start) {
                    throw new Error(`Sent ${response.status} ${sent}, beginning with ${head}`);
                }
            },
        },
        { trigger: ".modal button:contains(Close)", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ];
};

tour("o2c_tamper_check", [
    { trigger: ".o_control_panel button:contains(Check now)", run: "click" },
    { trigger: ".o_form_view .alert-success:contains(The history is what it was)" },
    { trigger: ".o_form_view .o_field_widget[name=head]:contains(/[0-9a-f]{8}/)" },
    { trigger: ".o_form_view .o_field_widget[name=user_id]:contains(Aud)" },
    { trigger: "button[name=action_check]:contains(Check again)", run: "click" },
    { trigger: ".o_form_view .alert-success:contains(The history is what it was)" },
]);

tour("o2c_tampered", [
    { trigger: ".o_control_panel button:contains(Check now)", run: "click" },
    { trigger: ".o_form_view .alert-danger:contains(Somebody changed the history)" },
    { trigger: ".o_form_view .o_field_widget[name=findings]:contains(was altered)" },
]);

tour("o2c_audit_pack", [
    { trigger: ".modal .o_field_widget[name=orders] input", run: "edit PIER-0" },
    { trigger: ".modal button[name=action_download]", run: "click" },
    { trigger: ".modal:contains(Nothing is remembered of such orders) button", run: "click" },
    { trigger: "body:not(:has(.modal:contains(Nothing is remembered)))" },
    { trigger: ".modal .o_field_widget[name=orders] input", run: "edit PIER-9" },
    ...download({ type: "application/zip", start: "PK" }),
]);

tour("o2c_history_export", [
    { trigger: ".modal .o_field_widget[name=is_pseudonymous] input:checked" },
    ...download({ type: "application/json", start: '{"objectTypes"' }),
]);

tour("o2c_history_export_xes", [
    { trigger: ".modal .o_radio_item:contains(XES) input", run: "click" },
    ...download({ type: "application/xml", start: "<?xml" }),
]);
