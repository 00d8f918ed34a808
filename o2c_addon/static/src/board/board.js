import { onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";
import { useNews } from "./news";

/**
 * Opens the order a card or row is about. The form of an order shows invoices, which the
 * warehouse may not read: it gets the deliveries of the order instead.
 */
const openingOrders = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            this.orm = useService("orm");
            useNews(this);
            onWillStart(async () => {
                const groups = ["sales_team.group_sale_salesman", "account.group_account_invoice"];
                const member = await Promise.all(groups.map((group) => user.hasGroup(group)));
                this.readsOrders = member.includes(true);
            });
        }

        async openRecord(record, options) {
            if (this.readsOrders) {
                return super.openRecord(record, options);
            }
            const orders = [[record.resId]];
            const action = await this.orm.call(
                record.resModel,
                "action_o2c_open_deliveries",
                orders
            );
            return this.actionService.doAction(action, { newWindow: options?.newWindow });
        }
    };

/** The orders by what they wait for, under one sentence on the last 90 days. */
export class BoardController extends openingOrders(KanbanController) {
    static template = "o2c_addon.Board";

    setup() {
        super.setup();
        this.headline = useState({ text: "" });
        onWillStart(() => {
            this.loadHeadline(); // the orders do not wait for it: its room is kept
        });
    }

    async loadHeadline() {
        this.headline.text = await this.orm.call("o2c.cycle.report", "headline", []);
    }
}

export class OrderListController extends openingOrders(ListController) {}

registry.category("views").add("o2c_board", { ...kanbanView, Controller: BoardController });
registry.category("views").add("o2c_orders", { ...listView, Controller: OrderListController });
