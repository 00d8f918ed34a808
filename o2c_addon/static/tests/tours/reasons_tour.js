import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";

// Each delivery of the demo that waits: as who may not clear it, and as who may.

const tour = (name, ...steps) =>
    registry.category("web_tour.tours").add(name, { steps: () => steps.flat(Infinity) });

const open = (customer, words) => ({
    trigger: `.o_kanban_record:contains(${customer}):contains(${words})`,
    run: "click",
});
const reason = (words) => `.o2c_obstacle:contains(${words})`;
const back = [{ trigger: ".o_back_button", run: "click" }, { trigger: ".o_kanban_view" }];
const press = (name) => ({ trigger: `button[name=${name}]:visible`, run: "click" });
const leaves = [
    { trigger: ".o_form_view:not(:has(.o2c_obstacle))" },
    press("button_validate"),
    { trigger: "button.o_arrow_button_current:contains(Done)" },
    back,
].flat();

const NOT_IN_STOCK = ["Brightwater School", "not in stock: 5 Units of Server rack"];
const NOT_WHOLE = ["Brightwater School", "not leave as a whole, without 1 Units of Server rack"];
const CHECKLIST = ["Harbor Logistics", "is not finished: The screen has no dead pixel"];
const LOT = ["Harbor Logistics", "no lot or serial number of Backup battery"];
const TRACKING = ["Lighthouse Studio", "has no tracking reference"];
const DOCUMENT = ["County Hospital", "No file called “certificate”"];
const ADDRESS = ["Hilltop Farm", "lacks street and ZIP"];
const ALASKA = ["Juneau Outfitters", "Nothing to Alaska"];
const HELD = ["Harbor Logistics", "is on hold: The customer wants to wait"];
// what is owed is told to finance alone
const OWED = [
    ["Corner Bakery", "waits for: Half is paid first", "still to be paid before it leaves"],
    ["Northgate Builders", "waits for: Within the credit limit", "above the credit limit"],
    ["Elm Street Clinic", "waits for: Nothing overdue", "days overdue"],
];

const isNotReleased = ([customer, words]) => [
    open(customer, words),
    { trigger: `${reason(words)}:not(:has(button:contains(Release)))` },
];
const isStopped = ([customer, words]) => [
    ...isNotReleased([customer, words]),
    press("button_validate"),
    { trigger: `.modal:contains(Not ready to leave) [name=reasons]:contains(${words})` },
    { trigger: ".modal:not(:has(button[name=action_release]:visible))" },
    { trigger: ".modal footer button:contains(Close)", run: "click" },
    { trigger: "body:not(:has(.modal))" },
    ...back,
];
const isReleased = ([customer, words]) => [
    open(customer, words),
    { trigger: `${reason(words)} button:contains(Release)`, run: "click" },
    { trigger: ".modal [name=note] input", run: "edit They are good for it" },
    { trigger: ".modal button[name=action_release]:enabled", run: "click" },
    { trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.o2c_obstacle))" },
    ...back,
];
const isReady = (customer) => [open(customer, "is ready to leave"), ...leaves];

tour(
    "o2c_reasons_wim_alone",
    isNotReleased(NOT_IN_STOCK), // the host asks for a quantity before anything else
    back,
    [NOT_WHOLE, ADDRESS, ALASKA, CHECKLIST, LOT, TRACKING, DOCUMENT, ...OWED].map(isStopped)
);

tour(
    "o2c_reasons_sam",
    [ALASKA, TRACKING, ...OWED].map((words) => [isNotReleased(words), back]),
    isReleased(HELD)
);

tour("o2c_reasons_fin", [ALASKA, ...OWED.map(([who, , words]) => [who, words])].map(isReleased));

tour(
    "o2c_reasons_wim",
    ["Corner Bakery", "Northgate Builders", "Elm Street Clinic"].map(isReady),
    ["Juneau Outfitters", "Hilltop Farm"].map(isReady),

    open(...TRACKING),
    { trigger: ".nav-link:contains(Additional Info)", run: "click" },
    { trigger: "[name=o2c_tracking_ref] input", run: "edit 1Z 42" },
    { trigger: ".o_form_button_save:visible", run: "click" },
    leaves,

    open(...DOCUMENT),
    {
        trigger: ".o-mail-Chatter",
        run: () =>
            inputFiles(".o-mail-Chatter .o_input_file", [
                new File(["%PDF"], "Certificate 12.pdf", { type: "application/pdf" }),
            ]),
    },
    leaves,

    open(...CHECKLIST),
    { trigger: ".o2c_obstacle button:contains(Open checklist)", run: "click" },
    { trigger: ".o_data_row:contains(no dead pixel) button[name=action_pass]", run: "click" },
    { trigger: ".o_data_row:contains(no dead pixel):contains(Passed)" },
    { trigger: ".o_data_row:contains(power cord) button[name=action_pass]", run: "click" },
    { trigger: ".o_data_row:contains(power cord):contains(Passed)" },
    { trigger: ".o_back_button", run: "click" },
    leaves,

    open(...LOT),
    { trigger: ".o_data_row:contains(Backup battery) button:contains(Details)", run: "click" },
    { trigger: ".modal button:contains(Generate Serials/Lots)", run: "click" },
    { trigger: ".modal:contains(Generate Lot numbers) input:first", run: "edit B-1" },
    { trigger: ".modal footer button:contains(Generate)", run: "click" },
    { trigger: ".modal .o_data_row:contains(B-1)" },
    { trigger: ".modal footer button:contains(Save)", run: "click" },
    { trigger: ".o_form_button_save:visible", run: "click" },
    { trigger: `.o_form_view:not(:has(${reason("no lot")})) ${reason("Voltage")}` },
    { trigger: ".o2c_obstacle button:contains(Open checklist)", run: "click" },
    { trigger: ".o_data_row:contains(Voltage) button[name=action_open_measure]", run: "click" },
    { trigger: ".modal [name=value] input", run: "edit 13" },
    { trigger: ".modal footer button.btn-primary", run: "click" },
    { trigger: "body:not(:has(.modal)) .o_data_row:contains(Voltage):contains(Passed)" },
    { trigger: ".o_back_button", run: "click" },
    leaves,

    // the racks have come
    [NOT_IN_STOCK, NOT_WHOLE].map((words) => [open(...words), press("action_assign"), leaves])
);
