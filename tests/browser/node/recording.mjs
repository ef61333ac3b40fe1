// recording.mjs ADDRESS FILE BROKEN: chooses FILE, saves what was heard, plays it from its third word on, drops the
// same file, then one that is BROKEN.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { drive } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, file, broken] = process.argv.slice(2);
const SAVED = { srt: 'Save as SRT', vtt: 'Save as WebVTT', txt: 'Save as text' };

const done = (page) => until(page, () => /^Done/.test(document.getElementById('listen-said').textContent));
const written = (page) => page.$$eval('#heard p', (all) => all.map((one) => one.textContent));

/** Lets go of a file over the panel, as a hand with a mouse would. */
async function drop(page, path) {
  const bytes = [...(await readFile(path))];
  await page.evaluate(
    ({ bytes, name }) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
      for (const type of ['dragover', 'drop']) {
        const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
        document.getElementById('listen-drop').dispatchEvent(event);
        if (!event.defaultPrevented) throw new Error(`The browser itself takes the ${type}.`);
      }
      if (document.getElementById('listen-working').hidden) throw new Error('Nothing says that it is being heard.');
    },
    { bytes, name: basename(path) },
  );
}

/** Clicks on a word, and gives back those that are marked until it is stopped, some words later. */
async function replayed(page, number) {
  const marked = [];
  await page.exposeFunction('marked', (word) => marked.push(word));
  await page.evaluate(() => {
    const look = () => window.marked(document.querySelector('#heard .now')?.textContent ?? '');
    new MutationObserver(look).observe(document.getElementById('heard'), { subtree: true, attributeFilter: ['class'] });
  });
  await page.locator('#heard span[data-start]').nth(number - 1).click();
  await until(page, () => document.getElementById('listen-replay').textContent === 'Stop playing');
  while (new Set(marked).size < 5) await new Promise((resolve) => setTimeout(resolve, 20));
  await page.keyboard.press('Escape');
  await until(page, () => !document.querySelector('#heard .now'));
  return { marked, button: await page.locator('#listen-replay').textContent() };
}

await drive(`${address}/#listen`, async (page) => {
  await until(page, () => document.querySelector('#listen [name=model]').value);
  await page.getByLabel('Or a recording').setInputFiles(file);
  await done(page);
  const chosen = await written(page);
  const live = await page.locator('#heard').getAttribute('aria-live');
  const saved = {};
  for (const [kind, label] of Object.entries(SAVED)) {
    const click = page.getByRole('button', { name: label }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), click]);
    saved[kind] = [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
  }
  const played = await replayed(page, 3);
  await drop(page, file);
  await done(page);
  const dropped = await written(page);
  const heard = await page.locator('#listen-heard').textContent();
  await drop(page, broken);
  await until(page, () => document.getElementById('listen-problem').textContent);
  const problem = await page.locator('#listen-problem').textContent();
  const start = await page.locator('#listen-start').textContent();
  return { chosen, live, saved, played, dropped, heard, problem, start };
});
