// element.mjs ADDRESS GOOD BAD: <firstword-player> by keyboard alone, one after another, and when there is nothing to play.

import { readFileSync } from 'node:fs';
import { drive } from './drive.mjs';

const [address, good, bad] = process.argv.slice(2);
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

await drive(address, async (page) => {
  await page.waitForFunction(() => customElements.get('firstword-player'));
  await page.evaluate((good) => {
    globalThis.seen = [];
    for (const element of document.querySelectorAll('firstword-player')) {
      element.src = good;
      for (const kind of ['start', 'end', 'error']) {
        element.addEventListener(kind, ({ detail }) => globalThis.seen.push([element.id, kind, detail.underruns ?? detail.message]));
      }
    }
  }, good);
  const until = (name) => page.getByRole('button', { name }).waitFor();
  const seen = (id, kind) =>
    page.waitForFunction(([id, kind]) => globalThis.seen.some((one) => one[0] === id && one[1] === kind), [id, kind]);

  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until('Stop the news');
  await seen('first', 'start');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space'); // the other one silences the first
  await until('Play the news');
  await until('Stop the weather');
  await seen('second', 'end');
  await until('Play the weather');

  await page.keyboard.press('Enter');
  await until('Stop the weather');
  await page.keyboard.press('Enter');
  await until('Play the weather');

  await page.evaluate((bad) => {
    const first = document.getElementById('first');
    first.request = { method: 'POST', body: 'x' };
    first.src = bad;
  }, bad);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await seen('first', 'error');
  const shown = await page.getByRole('alert').textContent();
  await page.evaluate((good) => {
    const third = document.createElement('firstword-player');
    Object.assign(third, { id: 'third', src: good, autoplay: true, textContent: 'the sports' });
    third.addEventListener('start', () => globalThis.seen.push([third.id, 'start', null]));
    document.querySelector('main').append(third);
  }, good);
  await seen('third', 'start');
  await page.evaluate(() => document.getElementById('third').remove());
  const quiet = await page.evaluate(() => !document.querySelector('[playing]'));
  await page.evaluate(axe); // as a debugger would: the page's policy forbids it to everybody else
  const faults = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id }) => id));
  const figures = await page.evaluate(() => document.getElementById('second').figures);
  return { seen: await page.evaluate(() => globalThis.seen), shown, faults, figures, quiet };
});
