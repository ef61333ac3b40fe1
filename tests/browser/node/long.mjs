// long.mjs ADDRESS BODY: thinks better of it twice, listens to the beginning of something long, and gives up.

import { drive } from './drive.mjs';

const [address, body] = process.argv.slice(2);
const LISTENED_MS = 2500;

await drive(
  address,
  (page) =>
    page.evaluate(
      async ({ body, listened }) => {
        const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
        const player = await SpeechPlayer.create();
        let most = 0;
        let figures = null;
        player.addEventListener('progress', ({ detail }) => {
          figures = { ...detail };
          most = Math.max(most, detail.bufferedMs);
          if (detail.playedMs > listened) player.stop();
        });
        const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
        const earlier = [player.play('/v1/audio/speech', init)];
        await new Promise((resolve) => setTimeout(resolve, 700));
        earlier.push(player.play('/v1/audio/speech', init));
        const replaced = Promise.all(earlier);
        await player.play('/v1/audio/speech', init);
        await player.close();
        return { ...figures, most, replaced: (await replaced).map(({ complete }) => complete) };
      },
      { body, listened: LISTENED_MS },
    ),
  ['--autoplay-policy=no-user-gesture-required'],
);
