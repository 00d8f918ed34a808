import { onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";

/** The orders by what they wait for, under one sentence on the last 90 days. */
export class BoardController extends KanbanController {
    static template = "o2c_addon.Board";

    setup() {
        super.setup();
        const orm = useService("orm");
        this.headline = useState({ text: "" });
        onWillStart(async () => {
            this.headline.text = await orm.call("o2c.cycle.report", "headline", []);
        });
    }
}

registry.category("views").add("o2c_board", { ...kanbanView, Controller: BoardController });
