import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatMonetary } from "@web/views/fields/formatters";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * An order beside its invoices, line by line; differences in red.
 *
 * Asked for when its tab is opened, and again whenever the order is loaded or saved.
 */
export class Comparison extends Component {
    static template = "o2c_addon.Comparison";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.newest = new KeepLast();
        this.state = useState({ figures: [], lines: [], currencyId: false, isLoaded: false });
        useRecordObserver((record) => this.load(record));
    }

    /** `record.data` is another object after each load and save: that is what we observe. */
    async load({ resId, data }) {
        if (!data || !resId) {
            return;
        }
        const asked = this.orm.call("o2c.difference.report", "compare", [resId]);
        const { figures, lines, currency_id } = await this.newest.add(asked);
        Object.assign(this.state, { figures, lines, currencyId: currency_id, isLoaded: true });
    }

    get hasDifference() {
        return this.state.lines.some((line) => line.sentence);
    }

    get noTaxes() {
        return _t("None");
    }

    money(amount) {
        return amount === false
            ? ""
            : formatMonetary(amount, { currencyId: this.state.currencyId });
    }

    /** Nothing where there is nothing, so that what there is stands out. */
    quantity(value) {
        return value ? formatFloat(value, { trailingZeros: false }) : "";
    }

    openInvoice({ id }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "account.move",
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("view_widgets").add("o2c_comparison", { component: Comparison });
