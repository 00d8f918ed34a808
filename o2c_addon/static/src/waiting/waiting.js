import { Component, onWillDestroy, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";

/**
 * How much waits for the user, of whatever kind, beside the other counters of the menu.
 *
 * Counted when the web client opens, whenever the server says that the activities of the
 * user have changed, and with each page that is opened: what was answered is gone.
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
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", refresh);
        this.count();
    }

    async count() {
        this.state.count = await this.orm.silent.searchCount("o2c.waiting", []);
    }

    open() {
        this.action.doAction("o2c_addon.waiting_action", { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("o2c_addon.WaitingForMe", { Component: WaitingForMe }, { sequence: 22 });
