import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Why this document waits, who can clear it, and the buttons of who may answer. */
export class Obstacles extends Component {
    static template = "o2c_addon.Obstacles";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ obstacles: [] });
        useRecordObserver((record) => this.load(record.resModel, record.resId));
    }

    async load(model, id) {
        this.state.obstacles = id ? await this.orm.call(model, "o2c_explain", [[id]]) : [];
    }

    async approve({ source: [model, id] }) {
        const action = await this.orm.call(model, "action_approve", [[id]]);
        if (action instanceof Object) {
            await this.action.doAction(action);
        }
        await this.reload();
    }

    async refuse({ source: [model, id] }) {
        const action = await this.orm.call(model, "action_open_answer", [[id]]);
        await this.action.doAction(action, { onClose: () => this.reload() });
    }

    async reload() {
        const { record } = this.props;
        await record.load();
        await this.load(record.resModel, record.resId);
    }
}

registry.category("view_widgets").add("o2c_obstacles", { component: Obstacles });
