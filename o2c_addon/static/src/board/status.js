import { Component, toRaw, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const drawn = () => new Promise((resolve) => browser.setTimeout(resolve, 0));

/** Asks at once for all the cards that were drawn in the same breath. */
class Together {
    constructor(orm, resModel) {
        Object.assign(this, { orm, resModel, next: null });
    }

    async status(resId) {
        this.next ??= { ids: new Set(), answer: drawn().then(() => this.ask()) };
        this.next.ids.add(resId);
        return (await this.next.answer)[resId];
    }

    async ask() {
        const ids = [...this.next.ids];
        this.next = null;
        const rows = await this.orm.silent.read(this.resModel, ids, ["o2c_status"]);
        return Object.fromEntries(rows.map(({ id, o2c_status }) => [id, o2c_status]));
    }
}

const askers = new WeakMap();

/**
 * What a card waits for. The cards do not wait for it: judging deliveries and customers
 * takes longer than reading orders. Asked again whenever the card is loaded.
 */
export class Status extends Component {
    static template = "o2c_addon.Status";
    static props = standardWidgetProps;

    setup() {
        const model = toRaw(this.props.record.model); // each card has a proxy of its own
        if (!askers.has(model)) {
            // not a card's own service, which falls silent with that card
            const { orm } = this.env.services;
            askers.set(model, new Together(orm, this.props.record.resModel));
        }
        this.asker = askers.get(model);
        this.newest = new KeepLast();
        this.state = useState({ text: "" });
        useRecordObserver((record) => {
            this.load(record); // not returned: the card does not wait
        });
    }

    /**
     * `record.data` is another object after each load: that is what we observe. The
     * examples in an empty list are not on the server.
     */
    async load({ resId, data, model }) {
        if (data && resId && !model.useSampleModel) {
            this.state.text = await this.newest.add(this.asker.status(resId));
        }
    }
}

registry.category("view_widgets").add("o2c_status", { component: Status });
