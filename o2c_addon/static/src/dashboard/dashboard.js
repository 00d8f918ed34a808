import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatCurrency } from "@web/core/currency";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { useSearchBarToggler } from "@web/search/search_bar/search_bar_toggler";
import { WithSearch } from "@web/search/with_search/with_search";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { formatHours } from "../hours/hours";
import { TrendChart } from "./trend_chart";

const MODEL = "o2c.cycle.report";
const DIMENSIONS = ["partner_id", "team_id", "warehouse_id", "categ_id", "company_id", "user_id"];
const FIGURES = ["total", "payment", "on_time", "right", "by_itself", "approve"];

/** What is asked, shown and opened; the filters come from the search bar around it. */
export class DashboardContent extends Component {
    static template = "o2c_addon.DashboardContent";
    static components = { Layout, SearchBar, TrendChart };
    static props = {
        domain: Array,
        groupBy: Array,
        display: { type: Object, optional: true },
        state: { type: Object, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.actionService = useService("action");
        this.searchBarToggler = useSearchBarToggler();
        this.keepLast = new KeepLast();
        this.state = useState({
            months: this.props.state?.months || 12,
            by: this.props.state?.by || DIMENSIONS[0],
            data: null,
        });
        this.figures = FIGURES;
        this.dimensions = this.env.searchModel.getSearchItems(
            (item) => item.type === "groupBy" && DIMENSIONS.includes(item.fieldName)
        );
        this.periods = [
            { months: 1, label: _t("1 month") },
            { months: 3, label: _t("3 months") },
            { months: 12, label: _t("12 months") },
        ];
        useSetupAction({
            getLocalState: () => ({ months: this.state.months, by: this.state.by }),
        });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((props) => this.load(props));
    }

    async load({ domain, groupBy }) {
        const { months } = this.state;
        const by = groupBy.find((name) => DIMENSIONS.includes(name)) || this.state.by;
        this.state.data = await this.keepLast.add(
            this.orm.call(MODEL, "dashboard", [], { domain, months, by })
        );
    }

    choose(values) {
        Object.assign(this.state, values);
        return this.load(this.props);
    }

    /** The records behind a number: those the server counted. */
    open({ domain, label, model = MODEL }) {
        const types = model === MODEL ? ["list", "pivot", "graph"] : ["list", "form"];
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            name: label,
            res_model: model,
            domain,
            views: types.map((type) => [false, type]),
            context: { create: false },
        });
    }

    describe(key) {
        const figure = this.state.data.figures[key];
        const { kind, count, high, previous, bad } = figure;
        const orders = this.orders(count);
        return {
            ...figure,
            ...this.change(figure),
            was: _t("was %s", this.format(kind, previous)),
            summary:
                kind === "hours"
                    ? _t("9 of 10 within %(time)s, %(orders)s", {
                          time: this.format(kind, high),
                          orders,
                      })
                    : orders,
            badSummary: bad ? `${bad.count} ${bad.label}` : "",
        };
    }

    summary({ count, average, oldest }) {
        return _t("%(orders)s, on average %(average)s, oldest %(oldest)s", {
            orders: this.orders(count),
            average: formatHours(average * 24),
            oldest: formatHours(oldest * 24),
        });
    }

    /** Against the time before: which way it went, and whether that is good. */
    change({ kind, value, previous }) {
        if (typeof value !== "number" || typeof previous !== "number") {
            return { direction: "", isBetter: null };
        }
        const [now, then] = [value, previous].map((each) => this.format(kind, each));
        if (now === then) {
            return { direction: "same", isBetter: null };
        }
        const isMore = value > previous;
        const isBetter = isMore === (kind === "share");
        const verdict = isBetter ? _t("Better") : _t("Worse");
        return { direction: isMore ? "up" : "down", isBetter, verdict };
    }

    format(kind, value) {
        if (typeof value !== "number") {
            return "–";
        }
        return kind === "share" ? `${Math.round(value * 100)}\u00a0%` : formatHours(value);
    }

    money(amount) {
        return formatCurrency(Math.round(amount), this.state.data.currency_id, {
            digits: [false, 0],
        });
    }

    orders(count) {
        return count === 1 ? _t("1 order") : _t("%s orders", count);
    }

    /** How long a bar is beside the longest of its kind, in percent. */
    share(value, rows, key) {
        return Math.max((100 * value) / Math.max(...rows.map((row) => row[key]), 1), 1);
    }

    get hasPrevious() {
        return this.state.data.rules.some((rule) => typeof rule.previous === "number");
    }
}

/** Where time and money wait; see ``dashboard`` of the model on the server. */
export class Dashboard extends Component {
    static template = "o2c_addon.Dashboard";
    static components = { WithSearch, DashboardContent };
    static props = { ...standardActionServiceProps };

    get searchProps() {
        return {
            resModel: MODEL,
            searchViewId: false,
            loadIrFilters: true,
            searchMenuTypes: ["filter", "groupBy", "favorite"],
            context: this.props.action.context || {},
            domain: [],
            display: { controlPanel: {} },
            ...(this.props.globalState ? { globalState: this.props.globalState } : {}),
        };
    }
}

registry.category("actions").add("o2c_dashboard", Dashboard);
