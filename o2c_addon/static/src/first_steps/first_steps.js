import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "o2c.first.steps";
const LISTS = {
    rules: { model: "o2c.approval.rule", name: _t("Approval Rules") },
    checks: { model: "o2c.fulfillment.check", name: _t("Delivery Checks") },
};

/** What there is, what is on, and one button each; see ``cards`` on the server. */
export class FirstSteps extends Component {
    static template = "o2c_addon.FirstSteps";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ capabilities: [], presets: [] });
        onWillStart(() => this.load());
    }

    async load(method = "cards", args = []) {
        Object.assign(this.state, await this.orm.call(MODEL, method, args));
    }

    /** A dialog leaves this page where it is: then it tells what has changed. */
    open({ action }) {
        return this.actionService.doAction(action, { onClose: () => this.load() });
    }

    switchOn({ key }) {
        return this.load("switch_on", [key]);
    }

    /** The company's own copies; before there are any, the examples they are made of. */
    look({ key, name, is_on }, which) {
        const list = LISTS[which];
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            name: `${name}: ${list.name}`,
            res_model: list.model,
            domain: [
                ["preset", "=", key],
                ["company_id", is_on ? "!=" : "=", false],
            ],
            context: { active_test: false, create: false },
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    color(state) {
        return { on: "text-bg-success", watching: "text-bg-info" }[state] || "text-bg-secondary";
    }
}

registry.category("actions").add("o2c_first_steps", FirstSteps);
