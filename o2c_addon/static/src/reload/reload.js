import { Component, onWillUnmount, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

export const EVERY = 2000;

/**
 * Loads the form again every two seconds while the server works on it: as long as its
 * state is one of the option `while`, and nobody is editing it.
 */
export class Reload extends Component {
    static template = xml`<span />`;
    static props = { ...standardWidgetProps, states: { type: Array } };

    setup() {
        useRecordObserver((record) => this.plan(record));
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    plan(record) {
        browser.clearTimeout(this.timer);
        if (record.resId && this.props.states.includes(record.data.state)) {
            this.timer = browser.setTimeout(() => this.reload(record), EVERY);
        }
    }

    async reload(record) {
        if (await record.isDirty()) {
            this.plan(record);
        } else {
            await record.load();
        }
    }
}

registry.category("view_widgets").add("o2c_reload", {
    component: Reload,
    extractProps: ({ options }) => ({ states: options.while }),
});
