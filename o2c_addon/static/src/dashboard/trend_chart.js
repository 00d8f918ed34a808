import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor } from "@web/core/colors/colors";
import { formatHours } from "../hours/hours";

/** The average of each step, one bar for each month in which orders were paid. */
export class TrendChart extends Component {
    static template = "o2c_addon.TrendChart";
    static props = { months: Array, steps: Array, open: Function };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = new Chart(this.canvas.el, this.config);
                return () => chart.destroy();
            },
            () => [this.props.months]
        );
    }

    get config() {
        const { months, steps, open } = this.props;
        const scheme = cookie.get("color_scheme");
        // as the words around it, in light and dark
        const { color } = getComputedStyle(this.canvas.el);
        const root = getComputedStyle(document.documentElement);
        const grid = { color: root.getPropertyValue("--border-color") || color };
        return {
            type: "bar",
            data: {
                labels: months.map((month) => month.label),
                datasets: steps.map(({ step, label }, index) => ({
                    label,
                    data: months.map((month) => (month.hours[step] ?? 0) / 24),
                    backgroundColor: getColor(index, scheme, steps.length),
                    maxBarThickness: 48,
                })),
            },
            options: {
                maintainAspectRatio: false,
                animation: false,
                interaction: { mode: "index", intersect: false },
                scales: {
                    x: { stacked: true, grid: { display: false }, ticks: { color } },
                    y: {
                        stacked: true,
                        grid,
                        ticks: { color, callback: (days) => formatHours(days * 24) },
                    },
                },
                plugins: {
                    legend: { position: "bottom", labels: { color } },
                    tooltip: {
                        callbacks: {
                            label: ({ dataset, raw }) =>
                                `${dataset.label}: ${formatHours(raw * 24)}`,
                        },
                    },
                },
                onClick: (_ev, [element]) => element && open(months[element.index]),
            },
        };
    }
}
