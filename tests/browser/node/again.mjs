// again.mjs ADDRESS: a server that does not answer, audio that is broken, audio that is long on its way to the ear,
// a closed player, tabs by their addresses, of which one speaks, a model that gets ready late, a recording that is
// chosen by keyboard.

import { drive } from './drive.mjs';

const [address] = process.argv.slice(2);

await drive(
  address,
  async (page) => {
    const tab = () => page.evaluate(() => document.querySelector('[role=tab][aria-selected=true]').id);
    const go = async (name) => {
      await page.evaluate((name) => (location.hash = name), name);
      await page.waitForFunction((name) => !document.getElementById(`panel-${name}`).hidden, name);
      return tab();
    };
    const listed = () => page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
    await listed();

    await page.route('**/v1/audio/speech', (route) => route.abort());
    await page.getByRole('button', { name: 'Play' }).click();
    const unreachable = await page.locator('#speak-problem').filter({ hasText: /./ }).textContent();
    await page.unroute('**/v1/audio/speech');

    const undecodable = await page.evaluate(async () => {
      const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
      const asked = { model: 'tone', voice: 'sine', input: 'one two three', response_format: 'aac' };
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(asked) };
      const bytes = new Uint8Array(await (await fetch('/v1/audio/speech', init)).arrayBuffer());
      // Whole frames, but nonsense in those of the second half.
      for (let at = 0; at + 7 < bytes.length; ) {
        const length = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
        if (at > bytes.length / 2) bytes.fill(0x5a, at + 7, at + length);
        at += length;
      }
      const player = await SpeechPlayer.create();
      return player.play(new Response(bytes)).then(({ way }) => way, String);
    });

    const lateMs = await page.evaluate(async () => {
      const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
      Object.defineProperty(AudioContext.prototype, 'outputLatency', { get: () => 0.3 }); // as of wireless headphones
      let last = 0;
      const player = new SpeechPlayer({ tap: () => (last = performance.now()) });
      await player.play(new Response(new Uint8Array(4800), { headers: { 'Content-Type': 'audio/pcm' } }));
      return performance.now() - last;
    });

    const closed = await page.evaluate(async () => {
      const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
      const player = await SpeechPlayer.create();
      await player.close();
      return player.play(new Response('')).then(() => '', ({ message }) => message);
    });

    await page.getByLabel('Text').fill('one two three four five six seven eight nine ten. '.repeat(20));
    await page.getByRole('button', { name: 'Play' }).click();
    await page.locator('#speak-said').filter({ hasText: 'Speaking' }).waitFor();
    const tabs = [await go('status'), await go('speak')];
    const left = await page.locator('#speak-said').filter({ hasText: /^(?!Speaking)/ }).textContent();

    let state = 'loading';
    await page.route(/v1\/models/, async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      for (const model of json.data) model.state = state;
      await route.fulfill({ json });
    });
    const disabled = [];
    for (const now of ['loading', 'ready']) {
      state = now;
      if (now === 'loading') await page.reload();
      await go('status');
      await go('speak');
      await page.waitForResponse(/v1\/models\?task=speech/, { timeout: 2000 }).catch(() => {});
      await listed();
      disabled.push(await page.evaluate(() => document.querySelector('#speak [name=model]').selectedOptions[0]?.disabled ?? true));
    }

    await page.route(/v1\/models/, (route) => {
      const model = { id: 'ear', state: 'ready', languages: ['en'], capabilities: [] };
      return route.fulfill({ json: { data: [model] } });
    });
    await page.route('**/v1/audio/transcriptions', () => {}); // never answered
    await go('listen');
    await page.waitForFunction(() => document.querySelector('#listen [name=model]').value);
    const file = page.locator('#listen [name=file]');
    await file.focus();
    await file.setInputFiles({ name: 'one.wav', mimeType: 'audio/wav', buffer: Buffer.alloc(64) });
    await page.waitForFunction(() => document.getElementById('listen-start').textContent === 'Stop');
    const focused = await page.evaluate(() => document.activeElement.textContent);
    return { unreachable, undecodable, lateMs, closed, tabs, left, disabled, focused };
  },
  ['--autoplay-policy=no-user-gesture-required'], // nobody clicks before the audio
);
