// dictated.mjs ADDRESS CLIP: speaks a recording into the microphone of the Listen tab, and reads what is written.

import { drive, spoken } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, clip] = process.argv.slice(2);

await drive(
  `${address}/#listen`,
  async (page) => {
    const partials = new Set();
    await page.exposeFunction('guessed', (text) => void partials.add(text));
    await page.evaluate(() => {
      const hearing = document.getElementById('hearing');
      const guess = () => hearing.textContent && window.guessed(hearing.textContent);
      new MutationObserver(guess).observe(hearing, { subtree: true, childList: true, characterData: true });
    });
    await until(page, () => document.querySelector('#listen [name=model]').value);
    await page.locator('#listen-start').click();
    await until(page, () => document.getElementById('listen-said').textContent === 'Listening.');
    await spoken(clip);
    await page.locator('#listen-start').click();
    await until(page, () => /^Done/.test(document.getElementById('listen-said').textContent));
    const written = await page.evaluate(() => document.getElementById('heard').textContent);
    return { written, partials: [...partials] };
  },
  ['--use-fake-ui-for-media-stream'], // who answers yes to every question
);
