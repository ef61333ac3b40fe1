const PATIENCE_MS = 60_000;
const LOOKS_MS = 50;

/**
 * Waits until something is so in the page, in either browser's way of asking.
 * @param {{ evaluate: Function }} page
 * @param {(argument: any) => unknown} condition evaluated in the page
 * @param {unknown} [argument]
 */
export async function until(page, condition, argument) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await page.evaluate(condition, argument))) {
    if (Date.now() > end) {
      const shown = await page.evaluate(() => document.querySelector('main').innerText);
      throw new Error(`It never came: ${condition}\n${shown}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
  }
}
