/** Throws where the page scrolls sideways or ``selectors`` need scrolling to be seen. */
export function assertInSight(...selectors) {
    const { clientWidth, clientHeight, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is ${scrollWidth - clientWidth} pixels too wide`);
    }
    for (const selector of selectors) {
        const shown = [...document.querySelectorAll(selector)].some((element) => {
            const { top, bottom, left, right, height } = element.getBoundingClientRect();
            return (
                height > 0 &&
                top >= 0 &&
                left >= 0 &&
                bottom <= clientHeight &&
                right <= clientWidth
            );
        });
        if (!shown) {
            throw new Error(`Not in sight: ${selector}`);
        }
    }
}
