// held.mjs RELAY BODY...: plays each of the speech requests, all at once, and tells the relay when one is heard.

import { drive, played } from './drive.mjs';

const [relay, ...bodies] = process.argv.slice(2);
await drive(
  relay,
  async (page) => {
    await page.exposeFunction('sounds', async (body) => void (await fetch(`${relay}/heard`, { method: 'POST', body })));
    return { runs: await Promise.all(bodies.map((body) => played(page, JSON.parse(body)))) };
  },
  ['--autoplay-policy=no-user-gesture-required'], // nobody clicks here
);
