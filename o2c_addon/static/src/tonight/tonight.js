import { onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

/** What is invoiced within a day, under one sentence on all of it. */
export class TonightController extends ListController {
    static template = "o2c_addon.Tonight";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.headline = useState({ text: "" });
        onWillStart(async () => {
            this.headline.text = await this.orm.call("o2c.billing.task", "tonight", []);
        });
    }
}

registry.category("views").add("o2c_tonight", { ...listView, Controller: TonightController });
