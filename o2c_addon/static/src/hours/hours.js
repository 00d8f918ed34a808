import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const number = (value, decimals) =>
    formatFloat(value, { digits: [false, decimals], trailingZeros: false });

/**
 * Hours as one says them: minutes, hours or days. What did not happen says nothing.
 *
 * @param {number|false|null|undefined} hours
 * @returns {string}
 */
export function formatHours(hours) {
    if (typeof hours !== "number") {
        return "";
    }
    if (hours < 1) {
        return _t("%s min", number(hours * 60, 0));
    }
    if (hours < 48) {
        return _t("%s h", number(hours, hours < 10 ? 1 : 0));
    }
    const days = hours / 24;
    return _t("%s days", number(days, days < 10 ? 1 : 0));
}

export class HoursField extends Component {
    static template = "o2c_addon.Hours";
    static props = { ...standardFieldProps };

    get text() {
        return formatHours(this.props.record.data[this.props.name]);
    }
}

registry.category("formatters").add("o2c_hours", formatHours);
registry.category("fields").add("o2c_hours", {
    component: HoursField,
    supportedTypes: ["float"],
});
