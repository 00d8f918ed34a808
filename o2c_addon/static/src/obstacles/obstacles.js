import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Why this document waits, what to do next, and the buttons of who may answer.
 *
 * Asked again whenever the document is loaded or saved: also after Confirm, which
 * changes nothing on a document that has to wait.
 */
export class Obstacles extends Component {
    static template = "o2c_addon.Obstacles";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.newest = new KeepLast();
        this.state = useState({ obstacles: [] });
        useRecordObserver((record) => this.load(record));
    }

    /** `record.data` is another object after each load and save: that is what we observe. */
    async load({ resModel, resId, data }) {
        const explain = () => this.orm.call(resModel, "o2c_explain", [[resId]]);
        this.state.obstacles = await this.newest.add(
            data && resId ? explain() : Promise.resolve([])
        );
    }

    /** Like a button of the form: saves first, works once, then loads it all again. */
    press({ name, model, id }) {
        return this.env.onClickViewButton({
            clickParams: { name, type: "object" },
            getResParams: () => ({ resModel: model, resId: id, resIds: [id], context: {} }),
        });
    }
}

registry.category("view_widgets").add("o2c_obstacles", { component: Obstacles });
