// refused.mjs ADDRESS WHAT: starts listening where there is no microphone to be had, and reads what the page says.
// WHAT is denied, insecure, missing, busy, or unreachable (the server's socket is).

import { drive } from './drive.mjs';
import { until } from './waiting.mjs';

const [address, what] = process.argv.slice(2);
const FAKE = '--use-fake-device-for-media-stream';
const ALLOWED = '--use-fake-ui-for-media-stream'; // who answers yes to every question
const FLAGS = {
  denied: [FAKE], // nobody answers, which is a no
  insecure: ['--host-resolver-rules=MAP firstword.test 127.0.0.1'],
  unreachable: [FAKE, ALLOWED],
};
/** What browsers throw on machines that these tests have not. */
const THROWN = { missing: 'NotFoundError', busy: 'NotReadableError' };

await drive(
  `${address}/#listen`,
  async (page) => {
    const gone = { code: 1011, reason: 'gone' };
    if (what === 'unreachable') await page.routeWebSocket(/realtime/, (socket) => socket.close(gone));
    await until(page, () => document.querySelector('#listen [name=model]').value);
    await page.evaluate((name) => {
      if (name) navigator.mediaDevices.getUserMedia = async () => Promise.reject(new DOMException('', name));
    }, THROWN[what]);
    await page.getByRole('button', { name: 'Start listening' }).click();
    await until(page, () => document.getElementById('listen-problem').textContent);
    return page.evaluate(() => ({
      secure: isSecureContext,
      problem: document.getElementById('listen-problem').textContent,
      said: document.getElementById('listen-said').textContent,
      button: document.getElementById('listen-start').textContent,
    }));
  },
  FLAGS[what],
);
