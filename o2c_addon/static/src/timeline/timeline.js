import { Component, useState } from "@odoo/owl";
import {
    deserializeDate,
    deserializeDateTime,
    formatDate,
    formatDateTime,
} from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { Duration } = luxon;
const UNITS = { days: 86400, hours: 3600, minutes: 60 };
const SHOWN = 12; // steps, the latest; the others on demand

/** “3 days”: the biggest unit there is one of; nothing below a minute. */
export function inWords(seconds) {
    for (const [unit, length] of Object.entries(UNITS)) {
        if (seconds >= length) {
            return Duration.fromObject({ [unit]: Math.floor(seconds / length) }).toHuman();
        }
    }
    return "";
}

/** A moment, or a day where the server says only that: how far away, and exactly. */
export function moment(text) {
    if (!text) {
        return { relative: "", exact: "" };
    }
    if (text.length === 10) {
        const day = deserializeDate(text);
        return { relative: day.toRelativeCalendar(), exact: formatDate(day) };
    }
    const time = deserializeDateTime(text);
    return { relative: time.toRelative(), exact: formatDateTime(time) };
}

/**
 * The way of an order, delivery or invoice: what happened and how long that took, why it
 * stands where it stands, what comes next; with the buttons of who can help.
 *
 * Asked for when it is looked at, and again whenever the document is loaded or saved.
 */
export class Timeline extends Component {
    static template = "o2c_addon.Timeline";
    static props = standardWidgetProps;

    setup() {
        this.orm = useService("orm");
        this.newest = new KeepLast();
        this.state = useState({ way: null, showsAll: false });
        this.moment = moment;
        this.inWords = inWords;
        useRecordObserver((record) => this.load(record));
    }

    /** `record.data` is another object after each load and save: that is what we observe. */
    async load({ resModel, resId, data }) {
        if (data && resId) {
            const asked = this.orm.call(resModel, "o2c_timeline", [[resId]]);
            this.state.way = await this.newest.add(asked);
        }
    }

    get past() {
        const { past } = this.state.way;
        return this.state.showsAll ? past : past.slice(-SHOWN);
    }

    get hidden() {
        return this.state.way.past.length - this.past.length;
    }

    /** Like a button of the form: saves first, works once, then loads it all again. */
    press({ name, model, id }) {
        return this.env.onClickViewButton({
            clickParams: { name, type: "object" },
            getResParams: () => ({ resModel: model, resId: id, resIds: [id], context: {} }),
        });
    }
}

registry.category("view_widgets").add("o2c_timeline", { component: Timeline });
