import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const NOTHING = { obstacles: [], status: "" };

/**
 * Why this document waits, what to do next, and the buttons of who may answer.
 *
 * Asked again whenever the document is loaded or saved: also after Confirm, which
 * changes nothing on a document that has to wait.
 */
export class Obstacles extends Component {
    static template = "o2c_addon.Obstacles";
    static props = { ...standardWidgetProps, status: { type: Boolean, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.newest = new KeepLast();
        this.state = useState({ obstacles: [], status: "" });
        useRecordObserver((record) => this.load(record));
    }

    /** `record.data` is another object after each load and save: that is what we observe. */
    async load({ resModel, resId, data }) {
        const asked = data && resId ? this.ask(resModel, resId) : Promise.resolve(NOTHING);
        Object.assign(this.state, await this.newest.add(asked));
    }

    /** What is in the way; where nothing is, what is awaited, if the document knows. */
    async ask(resModel, resId) {
        const obstacles = await this.orm.call(resModel, "o2c_explain", [[resId]]);
        if (obstacles.length || !this.props.status) {
            return { obstacles, status: "" };
        }
        const [{ o2c_status }] = await this.orm.read(resModel, [resId], ["o2c_status"]);
        return { obstacles, status: o2c_status };
    }

    /** Like a button of the form: saves first, works once, then loads it all again. */
    press({ name, model, id }) {
        return this.env.onClickViewButton({
            clickParams: { name, type: "object" },
            getResParams: () => ({ resModel: model, resId: id, resIds: [id], context: {} }),
        });
    }
}

registry.category("view_widgets").add("o2c_obstacles", {
    component: Obstacles,
    extractProps: ({ options }) => ({ status: Boolean(options.status) }),
});
