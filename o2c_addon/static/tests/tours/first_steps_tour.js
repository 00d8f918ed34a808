import { registry } from "@web/core/registry";
import { assertInSight } from "./in_sight";

const tour = (name, steps) => registry.category("web_tour.tours").add(name, { steps: () => steps });
const approvals = ".o2c_capability[data-key=approvals]";

/** What a person would do with the mouse and type, as the page itself sees it. */
const effort = { clicks: 0, typed: new Set() };
const countEffort = () => {
    document.addEventListener("click", () => effort.clicks++, true);
    document.addEventListener("input", ({ target }) => effort.typed.add(target), true);
};
const assertEffort = (clicks, typed) => {
    if (effort.clicks > clicks || effort.typed.size > typed) {
        throw new Error(`${effort.clicks} clicks and ${effort.typed.size} typed values`);
    }
    if (!effort.clicks || !effort.typed.size) {
        throw new Error("Nothing was counted");
    }
};

tour("o2c_first_rule", [
    { trigger: `${approvals} .badge:contains(Off)`, run: countEffort },
    { trigger: `${approvals} button:contains(Make the first rule)`, run: "click" },
    { trigger: ".modal [name=limit] input", run: "edit 10000" },
    { trigger: ".modal [name=user_ids] input", run: "edit Adelheid" },
    { trigger: ".o-autocomplete--dropdown-item a:contains(Adelheid)", run: "click" },
    {
        content: "what it would have stopped is said before it is made",
        trigger: ".modal [name=trial]:contains(orders of the last 3 months)",
    },
    { trigger: ".modal button[name=action_create_rule]", run: "click" },
    { trigger: ".o_notification:contains(wait for Adelheid from now on)" },
    {
        trigger: `${approvals}:contains(1 switched on: 1 stop) .badge:contains(On)`,
        run: () => assertEffort(5, 2),
    },
]);

tour("o2c_preset", [
    {
        trigger: ".o2c_preset[data-key=reseller] button:contains(Switch on)",
        run: "click",
    },
    { trigger: `${approvals} .badge:contains(Watching)` },
    { trigger: ".o2c_preset[data-key=reseller]:not(:has(button:contains(Switch on)))" },
    {
        trigger: ".o2c_preset[data-key=reseller] button:contains(Approval rules)",
        run: "click",
    },
    {
        trigger: ".o_data_row:contains(Orders above 25,000):contains(Watch only) [name=name]",
        run: "click",
    },
    { trigger: ".o2c_trial:contains(of the last 3 months)" },
    { content: "one click", trigger: ".o_statusbar_status button:contains(Warn)", run: "click" },
    { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Warn)" },
    { trigger: ".o_form_view:not(:has(.o_form_button_save:visible))" },
]);

tour("o2c_first_steps_on_the_phone", [
    {
        trigger: `${approvals} button`,
        run: () => assertInSight(`${approvals} .badge`, `${approvals} button`),
    },
    { trigger: `${approvals} button:contains(Make the first rule)`, run: "click" },
    {
        trigger: ".modal [name=limit] input",
        run: () => assertInSight(".modal [name=limit] input", ".modal [name=user_ids] input"),
    },
    { trigger: ".modal [name=limit] input", run: "edit 10000" },
    { trigger: ".modal button[name=action_create_rule]" },
]);
