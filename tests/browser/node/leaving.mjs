// leaving.mjs ADDRESS HOW KEY: listens (to Chromium's own beeps), and leaves by going to another tab of the page,
// or by leaving the page itself. Tells whether the microphone is still open.

import { drive } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, how, key] = process.argv.slice(2);

await drive(
  `${address}/#listen`,
  async (page) => {
    await page.getByLabel('API key').fill(key);
    await page.getByLabel('API key').press('Tab');
    await page.evaluate(() => {
      // The tracks that the page is given, and the sockets it opens.
      window.tracks = [];
      window.sockets = [];
      const devices = navigator.mediaDevices;
      const get = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wanted) => {
        const stream = await get(wanted);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
      window.WebSocket = class extends WebSocket {
        constructor(url, protocols) {
          super(url, protocols);
          window.sockets.push({ url: String(url), protocols, socket: this });
        }
      };
    });
    await until(page, () => document.querySelector('#listen [name=model]').value);
    await page.getByRole('button', { name: 'Start listening' }).click();
    await until(page, () => window.sockets[0]?.socket.readyState === WebSocket.OPEN && window.tracks.length);
    const [{ url, protocols }] = await page.evaluate(() => window.sockets);
    if (how === 'page') {
      await page.goto('about:blank');
      return { url, protocols };
    }
    await page.getByRole('tab', { name: 'Status' }).click();
    await until(page, () => window.sockets[0].socket.readyState === WebSocket.CLOSED);
    await until(page, () => /^Done/.test(document.getElementById('listen-said').textContent));
    const tracks = await page.evaluate(() => window.tracks.map((track) => track.readyState));
    return { url, protocols, tracks };
  },
  ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
);
