// listen.mjs ADDRESS CLIP WORD: listens to CLIP, which ends in silence, by keyboard alone; stops when WORD, which
// is in its second sentence, has been shown.

import { drive } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, clip, word] = process.argv.slice(2);

await drive(
  `${address}/#listen`,
  async (page) => {
    await until(page, () => document.querySelector('#listen [name=language]').options.length);
    await page.evaluate(() => {
      // What a reader sees, as it changes.
      window.seen = { partials: [], loudest: 0, lags: [], aloud: [] };
      const text = (id) => document.getElementById(id).textContent;
      const watch = (id, note) =>
        new MutationObserver(note).observe(document.getElementById(id), {
          subtree: true, childList: true, characterData: true, attributes: true,
        });
      watch('hearing', () => {
        const parts = [...document.querySelectorAll('#hearing > *')].map((part) => part.textContent);
        if (parts.join('')) window.seen.partials.push(parts);
      });
      watch('listen-level', () => {
        window.seen.loudest = Math.max(window.seen.loudest, document.getElementById('listen-level').value);
      });
      watch('listen-lag', () => window.seen.lags.push(text('listen-lag')));
      watch('listen-said', () => window.seen.aloud.push(text('listen-said')));
      document.getElementById('listen-start').focus();
    });
    await page.keyboard.press('Enter');
    await until(page, () => document.getElementById('listen-said').textContent === 'Listening.');
    const button = await page.evaluate(() => document.activeElement.textContent);
    await until(page, () => document.querySelectorAll('#heard p').length);
    const shown = (word) => document.getElementById('panel-listen').textContent.toLowerCase().includes(word);
    await until(page, shown, word);
    await page.keyboard.press('Escape');
    await until(page, () => /^Done/.test(document.getElementById('listen-said').textContent));
    return page.evaluate((button) => ({
      ...window.seen,
      button,
      after: document.activeElement.textContent,
      finals: [...document.querySelectorAll('#heard p')].map((one) => one.textContent),
      live: document.getElementById('heard').getAttribute('aria-live'),
      partialLive: Boolean(document.getElementById('hearing').closest('[aria-live], [role=log], [role=status]')),
      heard: document.getElementById('listen-heard').textContent,
    }), button);
  },
  [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-audio-capture=${clip}%noloop`,
  ],
);
