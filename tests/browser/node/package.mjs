// package.mjs ADDRESS MISSING CASES: what the packed player makes of addresses, in a browser without some of its parts.
// MISSING: names of globals, with commas. CASES: [[address, init, options], ...].

import { drive } from './drive.mjs';

const [address, missing, cases] = process.argv.slice(2);

/** Takes parts of the browser away, and records what media elements play. */
function prepare(names) {
  const Real = globalThis.Audio;
  const context = new AudioContext({ sampleRate: 24000 });
  const { AudioWorkletNode: Node } = globalThis;
  const ready = context.audioWorklet?.addModule(new URL('recorder.js', location.href).href);
  globalThis.Audio = function () {
    const audio = new Real();
    const record = async () => {
      if (!context.audioWorklet || /^https?:/.test(audio.src)) return; // of another origin: it may be heard, not read
      const source = context.createMediaElementSource(audio);
      await ready;
      const recorder = new Node(context, 'recorder', { channelCount: 1, channelCountMode: 'explicit' });
      recorder.port.onmessage = ({ data }) => globalThis.recorded.push(data.samples);
      source.connect(recorder).connect(context.destination);
      audio.addEventListener('emptied', () => source.disconnect(), { once: true });
    };
    audio.addEventListener('loadstart', record, { once: true });
    audio.addEventListener('timeupdate', () => {
      audio.playbackRate = globalThis.rate; // the hours of the impatient
      const { buffered } = audio;
      if (buffered.length) globalThis.kept = Math.max(globalThis.kept, buffered.end(buffered.length - 1) - buffered.start(0));
    });
    return audio;
  };
  for (const name of names) delete globalThis[name];
}

function run([source, init, options]) {
  return (async () => {
    const { SpeechPlayer } = await import(new URL('node_modules/firstword-player/player/index.js', location.href).href);
    globalThis.recorded = [];
    Object.assign(globalThis, { kept: 0, rate: options?.rate ?? 1 });
    const player = new SpeechPlayer({ tap: (samples) => globalThis.recorded.push(samples) });
    let early = null;
    const words = [];
    player.addEventListener('start', ({ detail }) => (early = !detail.complete));
    player.addEventListener('word', ({ detail }) => words.push(detail.text));
    const given = { response: () => fetch(source, init), stream: async () => (await fetch(source, init)).body };
    const from = given[options?.as] ? await given[options.as]() : source;
    const figures = await player.play(from, init, options).catch((failure) => ({ failure: `${failure.name}: ${failure.message}` }));
    await player.close();
    await new Promise((resolve) => setTimeout(resolve, 200)); // the recorder is some milliseconds behind
    const samples = globalThis.recorded.flatMap((piece) => [...piece]);
    const raw = new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32768)).buffer);
    let text = '';
    for (const byte of raw) text += String.fromCharCode(byte);
    return { ...figures, early, words, kept: globalThis.kept, samples: btoa(text) };
  })();
}

await drive(
  address,
  async (page) => {
    await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, prepare, missing.split(',').filter(Boolean));
    await page.goto(address);
    const runs = [];
    for (const one of JSON.parse(cases)) runs.push(await page.evaluate(run, one));
    return { runs };
  },
  ['--autoplay-policy=no-user-gesture-required', '--host-resolver-rules=MAP firstword.test 127.0.0.1'],
);
