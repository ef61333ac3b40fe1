// accessible.mjs ADDRESS TEXT RECORDING QUESTION: has axe-core look at every tab, empty, in use and interrupted,
// light and dark, wide and narrow.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { drive } from './drive.mjs';
import { scenes } from './scenes.mjs';

const [address, text, recording, question] = process.argv.slice(2);
const SIZES = [{ width: 1280, height: 800 }, { width: 360, height: 740 }];
const SCHEMES = ['light', 'dark'];
const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What is wrong with the page as it is, by axe's rules: those of WCAG, and good practice. */
function violations(page) {
  return page.evaluate(async () => {
    const { violations } = await axe.run();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? [...found, `${wide} px too wide`] : found;
  });
}

await drive(
  address,
  async (page) => {
    await page.evaluate(axe); // by the debugger; the page's policy forbids it to everybody else
    const found = {};
    const look = async (what) => {
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        for (const size of SIZES) {
          await page.setViewportSize(size);
          found[`${what}, ${colorScheme}, ${size.width} px`] = await violations(page);
        }
      }
    };
    const uses = scenes({ text, recording, question });
    for (const tab of await page.getByRole('tab').all()) {
      const name = (await tab.getAttribute('id')).replace('tab-', '');
      await tab.click();
      await page.waitForLoadState('networkidle');
      await look(name);
      await uses[name]?.(page);
      await look(`${name} in use`);
      await page.keyboard.press('Escape');
      await page.evaluate((name) => (document.getElementById(`${name}-problem`).textContent = 'It went wrong.'), name);
      await look(`${name} interrupted`);
    }
    return { found };
  },
  ['--autoplay-policy=no-user-gesture-required'],
);
