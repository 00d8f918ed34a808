import { onMounted, onWillUnmount, status } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

const HALF_A_MINUTE = 30000;

/**
 * Shows what others change meanwhile: asks every half minute for a short text that is
 * another one when something changed, and loads what is shown only then.
 *
 * Nobody is disturbed: not while the tab is in the background, a dialog is open, a record
 * is dragged or edited, or some are selected. What is missed is caught up with after.
 */
export function useNews(controller) {
    const { model } = controller;
    let last = null;
    let asking = false;

    const isBusy = () =>
        document.hidden ||
        Boolean(model.root?.editedRecord || model.root?.selection?.length) ||
        Boolean(document.querySelector(".o_dialog, .o_dragged"));

    /** What the server says; nothing where it cannot be reached: the next time then. */
    const ask = () =>
        controller.orm.silent.call(controller.props.resModel, "o2c_news", []).catch(() => null);

    const look = async () => {
        if (asking || isBusy()) {
            return;
        }
        asking = true;
        const news = await ask();
        asking = false;
        if (news === null || news === last || isBusy() || status(controller) === "destroyed") {
            return;
        }
        const isFirst = last === null;
        last = news;
        if (!isFirst) {
            await model.load();
        }
    };

    let timer;
    onMounted(() => {
        look();
        timer = browser.setInterval(look, HALF_A_MINUTE);
        document.addEventListener("visibilitychange", look);
    });
    onWillUnmount(() => {
        browser.clearInterval(timer);
        document.removeEventListener("visibilitychange", look);
    });
}
