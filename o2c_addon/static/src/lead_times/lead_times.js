import { onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

/** A view under one sentence: what a day less in a step would bring forward in cash. */
export const underOneDayLess = (Controller, template) =>
    class extends Controller {
        static template = template;

        setup() {
            super.setup();
            const orm = useService("orm");
            const keepLast = new KeepLast();
            this.oneDayLess = useState({ text: "", hint: "" });
            const load = async ({ domain }) => {
                const asked = orm.call("o2c.cycle.report", "one_day_less", [domain]);
                Object.assign(this.oneDayLess, await keepLast.add(asked));
            };
            onWillStart(() => {
                load(this.props); // the rows do not wait for it
            });
            onWillUpdateProps((props) => {
                load(props);
            });
        }
    };

registry.category("views").add("o2c_lead_times_list", {
    ...listView,
    Controller: underOneDayLess(ListController, "o2c_addon.LeadTimesList"),
});
