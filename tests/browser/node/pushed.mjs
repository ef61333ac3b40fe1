// pushed.mjs ADDRESS CLIP: holds the button of the Converse tab down while a recording is spoken, and hears the answer.

import { drive, spoken } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, clip] = process.argv.slice(2);
const said = (page, start) =>
  until(page, (start) => document.getElementById('converse-said').textContent.startsWith(start), start);

await drive(
  `${address}/#converse`,
  async (page) => {
    await until(page, () => document.querySelector('#converse [name=voice]').value);
    await page.focus('#talk');
    await page.keyboard.down(' ');
    await said(page, 'Listening');
    await spoken(clip);
    await page.keyboard.up(' ');
    await said(page, 'Speaking');
    await said(page, 'Done');
    return page.evaluate(() => ({
      log: [...document.querySelectorAll('#converse-log p')].map((turn) => turn.textContent),
      figures: ['words', 'sound'].map((name) => document.getElementById(`converse-${name}`).textContent),
    }));
  },
  ['--use-fake-ui-for-media-stream'], // who answers yes to every question
);
