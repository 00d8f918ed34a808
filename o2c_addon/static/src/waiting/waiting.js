import { Component, onWillDestroy, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/**
 * How many approvals wait for the user, beside the other counters of the menu.
 *
 * Counted when the web client opens, and whenever the server says that the activities of
 * the user have changed: with each question that comes or goes.
 */
export class WaitingForMe extends Component {
    static template = "o2c_addon.WaitingForMe";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ count: 0 });
        const bus = useService("bus_service");
        const refresh = () => this.count();
        bus.subscribe("mail.activity/updated", refresh);
        onWillDestroy(() => bus.unsubscribe("mail.activity/updated", refresh));
        this.count();
    }

    async count() {
        this.state.count = await this.orm.silent.searchCount("o2c.approval.request", [
            ["state", "=", "pending"],
            ["approver_ids", "in", [user.userId]],
        ]);
    }

    open() {
        this.action.doAction("o2c_addon.approval_request_action", { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("o2c_addon.WaitingForMe", { Component: WaitingForMe }, { sequence: 22 });
