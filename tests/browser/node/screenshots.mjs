// node tests/browser/node/screenshots.mjs ADDRESS: takes the pictures of docs/images, from a server with a voice,
// ears and a chat model. FOLDER after it: puts them there.

import { fileURLToPath } from 'node:url';

import { drive } from './drive.mjs';
import { scenes } from './scenes.mjs';
import { until } from './waiting.mjs';

const root = new URL('../../../', import.meta.url);
const [address, folder = fileURLToPath(new URL('docs/images', root))] = process.argv.slice(2);
const DESK = { width: 960, height: 720 };
const TELEPHONE = { width: 390, height: 780 };
const QUESTIONS = ['What is the capital of France?', 'And what is a good thing to see there?'];
const given = {
  text:
    'The first word is heard while the rest is still being made. So nobody waits for the end of a sentence ' +
    'before its beginning, and each word is marked while it is spoken.',
  recording: fileURLToPath(new URL('tests/data/speech/jfk.flac', root)),
  question: QUESTIONS[1],
};

await drive(
  address,
  async (page) => {
    const take = async (name, size, colorScheme = 'light') => {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}.png` });
    };
    for (const [name, scene] of Object.entries(scenes(given))) {
      await page.setViewportSize(DESK);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.click(`#tab-${name}`);
      if (name === 'converse') {
        await scenes({ ...given, question: QUESTIONS[0] }).converse(page);
        await until(page, () => document.getElementById('converse-said').textContent.startsWith('Done'));
      }
      await scene(page);
      await take(name, DESK);
      if (name === 'speak') await take('dark', TELEPHONE, 'dark');
      if (name === 'converse') await take('telephone', TELEPHONE);
      await page.keyboard.press('Escape');
    }
    return {};
  },
  ['--autoplay-policy=no-user-gesture-required', '--hide-scrollbars'],
);
