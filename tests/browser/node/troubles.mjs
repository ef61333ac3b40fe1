// troubles.mjs ADDRESS TEXT BREAKS: a browser that decodes nothing plays TEXT; an answer that fails speaks what came.

import { drive } from './drive.mjs';

const [address, text, breaks] = process.argv.slice(2);

await drive(
  address,
  async (page) => {
    const said = (pattern) =>
      page.waitForFunction((source) => new RegExp(source).test(document.querySelector('main').innerText), pattern);
    const speak = async (input) => {
      await page.getByLabel('Text').fill(input);
      await page.getByLabel('Format').selectOption('opus');
      await page.getByRole('button', { name: 'Play' }).click();
    };
    const way = () => page.locator('[data-figure=way]').textContent();
    await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);

    await speak(breaks);
    await said('fails here|broke off');
    const failed = { way: await way(), stop: await page.getByRole('button', { name: 'Stop' }).isDisabled() };
    const cut = { model: 'tone', voice: 'sine', input: breaks, response_format: 'wav' };
    const heard = await page.evaluate(async (body) => {
      const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
      const player = await SpeechPlayer.create();
      let last = null;
      player.addEventListener('progress', ({ detail }) => (last = { ...detail }));
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
      const error = await player.play('/v1/audio/speech', init).then(() => null, (failure) => failure.code);
      return { ...last, error };
    }, cut);

    await page.evaluate(() => delete globalThis.AudioDecoder);
    const usual = await page.getByLabel('Format').inputValue();
    await speak(text);
    await said('pcm was played');
    return { failed, heard, usual, way: await way() };
  },
  ['--autoplay-policy=no-user-gesture-required'],
);
