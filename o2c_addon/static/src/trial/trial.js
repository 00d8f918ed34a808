import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** What this policy would have stopped so far; asked again whenever it is saved. */
export class Trial extends Component {
    static template = "o2c_addon.Trial";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.newest = new KeepLast();
        this.state = useState({ lines: [] });
        useRecordObserver((record) => this.load(record));
    }

    /** `record.data` is another object after each load and save: that is what we observe. */
    async load({ resModel, resId, data }) {
        const asked = data && resId ? this.orm.call(resModel, "try_out", [[resId]]) : [];
        this.state.lines = await this.newest.add(Promise.resolve(asked));
    }

    open({ text, domain, model }) {
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            name: text,
            res_model: model,
            domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            context: { create: false },
        });
    }
}

registry.category("view_widgets").add("o2c_trial", { component: Trial });
