// first_sound.mjs ADDRESS ORDER: milliseconds from asking to the first audible sample, in the order of ORDER, a JSON
// list of "player" and "element". Both are heard by a worklet on their way to the device.

import { drive } from './drive.mjs';

const [address, order] = process.argv.slice(2);
const AUDIBLE = 200 / 32768;

function measured({ order, audible }) {
  const heard = (samples) => samples.some((sample) => Math.abs(sample) > audible);

  async function byElement(context, source) {
    const audio = new Audio();
    const node = context.createMediaElementSource(audio);
    const recorder = new AudioWorkletNode(context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
    node.connect(recorder).connect(context.destination);
    const over = new Promise((resolve) => audio.addEventListener('ended', resolve, { once: true }));
    const asked = performance.now();
    const first = new Promise((resolve) => {
      recorder.port.onmessage = ({ data }) => heard(data.samples) && resolve(performance.now() - asked);
    });
    audio.src = source;
    await audio.play();
    const ms = await first;
    await over;
    recorder.disconnect();
    return ms;
  }

  async function byPlayer(player, tapped, source) {
    const asked = performance.now();
    const first = new Promise((resolve) => {
      tapped.next = (samples) => heard(samples) && resolve(performance.now() - asked);
    });
    const { underruns } = await player.play(source);
    return underruns ? NaN : await first;
  }

  return (async () => {
    const { SpeechPlayer } = await import(new URL('player/index.js', location.href).href);
    const context = new AudioContext({ sampleRate: 24000, latencyHint: 'interactive' });
    await context.audioWorklet.addModule(new URL('recorder.js', location.href).href);
    const tapped = {};
    const player = await SpeechPlayer.create({ tap: (samples) => tapped.next?.(samples) });
    const found = [];
    for (const [round, way] of order.entries()) {
      const source = new URL(`stream?${round}`, location.href);
      found.push([way, await (way === 'player' ? byPlayer(player, tapped, source) : byElement(context, source.href))]);
    }
    return { found };
  })();
}

await drive(address, (page) => page.evaluate(measured, { order: JSON.parse(order), audible: AUDIBLE }), [
  '--autoplay-policy=no-user-gesture-required',
]);
