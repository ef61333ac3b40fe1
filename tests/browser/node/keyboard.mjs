// keyboard.mjs ADDRESS TEXT: speaks TEXT with nothing but the keyboard, and looks at the status.

import { drive } from './drive.mjs';

const [address, text] = process.argv.slice(2);
const MOST_TABS = 30;

await drive(address, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.name || document.activeElement.textContent.trim());
  const go = async (name) => {
    for (let presses = 0; presses < MOST_TABS; presses++) {
      if ((await focused()) === name) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`The keyboard does not reach ${name}.`);
  };
  await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
  await go('input');
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
  await go('Play');
  await page.keyboard.press('Enter');
  const marks = new Set();
  await page.exposeFunction('marked', (word) => marks.add(word));
  await page.evaluate(() => {
    const look = () => window.marked(document.querySelector('mark')?.textContent ?? '');
    new MutationObserver(look).observe(document.getElementById('reading'), {
      subtree: true, childList: true, characterData: true,
    });
  });
  await page.waitForFunction(() => /^Done/.test(document.getElementById('speak-said').textContent));
  const figures = await page.$$eval('#figures dd', (all) => all.map((one) => one.textContent));
  await page.evaluate(() => document.body.focus());
  await page.locator('#tab-speak').focus();
  await page.keyboard.press('End'); // the last of the tabs
  await page.waitForFunction(() => document.querySelectorAll('#models tr').length && document.querySelectorAll('#metrics dd').length > 2);
  const models = await page.$$eval('#models th', (all) => all.map((one) => one.textContent));
  const metrics = await page.$$eval('#metrics dd', (all) => all.map((one) => one.textContent));
  const unnamed = await page.$$eval('button, input, select, textarea', (all) =>
    all.filter((one) => !(one.labels?.length || one.textContent.trim())).map((one) => one.outerHTML),
  );
  return { figures, marks: [...marks].filter(Boolean), models, metrics, unnamed };
});
