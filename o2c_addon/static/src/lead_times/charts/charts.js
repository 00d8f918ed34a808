import { registry } from "@web/core/registry";
import { GraphController } from "@web/views/graph/graph_controller";
import { graphView } from "@web/views/graph/graph_view";
import { PivotController } from "@web/views/pivot/pivot_controller";
import { pivotView } from "@web/views/pivot/pivot_view";
import { underOneDayLess } from "../lead_times";

registry.category("views").add("o2c_lead_times_graph", {
    ...graphView,
    Controller: underOneDayLess(GraphController, "o2c_addon.LeadTimesGraph"),
});
registry.category("views").add("o2c_lead_times_pivot", {
    ...pivotView,
    Controller: underOneDayLess(PivotController, "o2c_addon.LeadTimesPivot"),
});
