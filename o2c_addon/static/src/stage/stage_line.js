import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** How far the order is, as one slim line: behind it, where it stands, before it. */
export class StageLine extends Component {
    static template = "o2c_addon.StageLine";
    static props = standardFieldProps;

    get stage() {
        return this.props.record.data[this.props.name];
    }

    get isLate() {
        return Boolean(this.props.record.data.o2c_is_late);
    }

    /** All stages of the way; that of approvals only where the order is in it. */
    get steps() {
        const { selection } = this.props.record.fields[this.props.name];
        const way = selection.filter(
            ([stage]) => stage !== "cancelled" && (stage !== "approval" || stage === this.stage)
        );
        const now = way.findIndex(([stage]) => stage === this.stage);
        return way.map(([stage, label], index) => ({
            stage,
            label,
            isNow: index === now,
            isBehind: index < now || (index === now && stage === "done"),
        }));
    }
}

registry.category("fields").add("o2c_stage_line", {
    component: StageLine,
    displayName: _t("Stage line"),
    supportedTypes: ["selection"],
    fieldDependencies: [{ name: "o2c_is_late", type: "boolean", readonly: true }],
});
