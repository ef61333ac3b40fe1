// converse.mjs ADDRESS SCENE ARGUMENT...: somebody talks with the server in the page's tab for it.

import { writeFileSync } from 'node:fs';
import { drive } from './drive.mjs';

const [address, scene, ...given] = process.argv.slice(2);
const PATIENCE_MS = 30_000;
const LOOKS_MS = 15;
/** Half of the gap between two tones, at 24 kHz. */
const GAP_SAMPLES = 480;

/** What to do in the page. No browser is told apart here: everything is done with keys, a pointer and eyes. */
class Somebody {
  constructor(page) {
    this.page = page;
  }

  /** What an element says. */
  see(id) {
    return this.page.evaluate((id) => document.getElementById(id).textContent.trim(), id);
  }

  /** Waits until an element says something, and gives back what. */
  async until(id, pattern) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.see(id);
      if (pattern.test(seen)) return seen;
      if (Date.now() > end) throw new Error(`${id} never said ${pattern}, but: ${seen}`);
      await pause(LOOKS_MS);
    }
  }

  said(pattern) {
    return this.until('converse-said', pattern);
  }

  /** The paragraphs of the log. */
  log() {
    return this.page.evaluate(() => [...document.querySelectorAll('#converse-log p')].map((one) => one.textContent));
  }

  async type(text) {
    await this.page.focus('#converse [name=message]');
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** The word that is marked. */
  marked() {
    return this.page.evaluate(() => document.querySelector('#answering mark')?.textContent ?? '');
  }

  /** Listens to an answer until the device was given so many of its words. */
  async hear(count) {
    const end = Date.now() + PATIENCE_MS;
    while ((await this.heard()) < count) {
      if (Date.now() > end) throw new Error(`There were never ${count} words.`);
      await pause(LOOKS_MS);
    }
  }

  /** How many words (tones, with gaps of 40 ms) of the last answer the device was given. */
  heard() {
    return this.page.evaluate((gap) => {
      let [words, quiet] = [0, gap];
      for (const sample of window.given.flatMap((piece) => [...piece])) {
        if (sample && quiet >= gap) words++;
        quiet = sample ? 0 : quiet + 1;
      }
      return words;
    }, GAP_SAMPLES);
  }

  /** How loud the page is at this moment, 0 to 1. */
  loudness() {
    return this.page.evaluate(() => {
      const samples = new Float32Array(window.ear.fftSize);
      window.ear.getFloatTimeDomainData(samples);
      return Math.max(...samples.map(Math.abs));
    });
  }

  /** Moves the pointer onto the button. */
  async point() {
    const at = await this.page.evaluate(() => {
      const { x, y, width, height } = document.getElementById('talk').getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    });
    await this.page.mouse.move(...at);
  }

  async hold() {
    await this.page.focus('#talk');
    await this.page.keyboard.down(' ');
    await this.said(/^Listening/);
  }

  async holdFor(ms) {
    await this.hold();
    await pause(ms);
    await this.page.keyboard.up(' ');
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const figures = ['converse-words', 'converse-sound', 'converse-underruns'];

const SCENES = {
  /** Types; the end of the answer is only written (GATE exists) once its beginning is heard. */
  async typed(one, question, gate) {
    await one.type(question);
    await one.said(/^Speaking/);
    const early = await one.see('answering');
    const loud = await one.loudness();
    writeFileSync(gate, 'open');
    const marks = new Set();
    while (!/^Done/.test(await one.see('converse-said'))) {
      marks.add(await one.marked());
      await pause(LOOKS_MS);
    }
    const told = [];
    for (const id of figures) told.push(await one.see(id));
    await one.type('And then?');
    await one.said(/^Asking|^Speaking/);
    await one.said(/^Done/);
    return { early, loud, marks: [...marks].filter(Boolean), figures: told, log: await one.log() };
  },

  /** Interrupts after some words with a key, then asks something else. */
  async interrupted(one, question, count, next) {
    await one.type(question);
    await one.said(/^Speaking/);
    await one.hear(Number(count));
    const loud = await one.loudness();
    await one.page.keyboard.press('Escape');
    await one.said(/^Interrupted/);
    await pause(200);
    const quiet = await one.loudness();
    const heard = await one.heard();
    const log = await one.log();
    await one.type(next);
    await one.said(/^Speaking/);
    await one.said(/^Done/);
    return { loud, quiet, heard, log };
  },

  /** Speaks twice: the second time into the answer to the first, after some words. */
  async spoken(one, ms, count) {
    await one.holdFor(Number(ms));
    await one.hear(Number(count));
    await one.hold();
    const heard = await one.heard();
    await pause(Number(ms));
    await one.page.keyboard.up(' ');
    await one.said(/^Asking|^Speaking/);
    await one.said(/^Done/);
    return { heard, log: await one.log() };
  },

  /** Says nothing, taps, thinks better of it; then clicks instead of holding, and goes to another tab. */
  async silent(one, ms) {
    await one.point();
    await one.page.mouse.down();
    await one.said(/^Listening/);
    await pause(Number(ms));
    await one.page.mouse.up();
    const silence = await one.said(/silence/);
    await one.page.keyboard.press('Space');
    const tapped = await one.said(/too short/);
    await one.hold();
    await one.page.keyboard.press('Escape');
    const escaped = await one.said(/^Not sent/);
    await one.page.keyboard.up(' ');
    await one.page.locator('#converse [name=clicks]').click();
    await one.page.locator('#talk').click();
    await one.said(/^Listening/);
    const label = await one.see('talk');
    await pause(Number(ms));
    await one.page.locator('#talk').click();
    await one.said(/silence/);
    await one.page.locator('#talk').click();
    await one.said(/^Listening/);
    await one.page.locator('#tab-status').click();
    await one.page.locator('#tab-converse').click();
    await one.said(/^Not sent/);
    const left = await one.see('talk');
    return { silence, tapped, escaped, label, left, log: await one.log() };
  },

  /** Asks twice; an answer's id is refused, as if the server had been started anew meanwhile. */
  async forgotten(one, question) {
    let refused = 0;
    await one.page.route('**/v1/chat/completions', (route) => {
      if (!route.request().postData().includes('"audio":{"id"')) return route.continue();
      refused++;
      return route.fulfill({ status: 404, json: { error: { message: 'Gone.', code: 'audio_not_found' } } });
    });
    for (const end of [2, 4]) {
      await one.type(question);
      while ((await one.log()).length < end) await pause(LOOKS_MS);
    }
    return { refused, log: await one.log() };
  },

  /** Asks what fails, in the middle and at once; asks the latter again. */
  async failing(one, gate, ...questions) {
    const failures = [];
    for (const question of questions) {
      await one.type(question);
      // What breaks off before a browser has handed on the text may take the text with it.
      if (!failures.length) await one.until('answering', /eight/);
      writeFileSync(gate, 'open');
      failures.push(await one.until('converse-problem', /./));
    }
    const before = (await one.log()).length;
    await one.page.locator('#converse-again').click();
    while ((await one.log()).length === before) await pause(LOOKS_MS);
    failures.push(await one.until('converse-problem', /./));
    await one.page.locator('#converse-new').click(); // and nothing is left of it
    await one.said(/^A new/);
    return { failures, left: await one.see('converse-problem'), log: await one.log() };
  },
};

/** Plays bodies of events, each of them in one piece, with the page's player. */
async function playedEvents(page, bodies) {
  const told = [];
  for (const body of bodies) {
    told.push(
      await page.evaluate(async (body) => {
        const { SpeechPlayer } = await import(new URL('static/player/player.js', location.href).href);
        const player = await SpeechPlayer.create();
        const texts = [];
        let last = null;
        player.addEventListener('text', ({ detail }) => texts.push(detail));
        player.addEventListener('progress', ({ detail }) => (last = { ...detail }));
        const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
        const failed = await player.play(response, {}, { mediaType: 'audio/pcm' }).then(
          () => null,
          ({ name, code, message }) => ({ name, code, message }),
        );
        await player.close();
        return { texts, failed, playedMs: last?.playedMs, answer: last?.answer };
      }, body),
    );
  }
  return told;
}

const [sound] = scene === 'spoken' || scene === 'silent' ? given.splice(0, 1) : [];
const microphone = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${sound}%noloop`,
];

await drive(
  address,
  async (page) => {
    await page.evaluate(() => {
      window.given = [];
      window.AudioWorkletNode = class extends AudioWorkletNode {
        constructor(context, name, options) {
          const plays = name === 'firstword-ring';
          if (plays) options.processorOptions.tap = true;
          super(context, name, options);
          if (plays) this.port.addEventListener('message', (event) => this.watch(event));
        }

        /** What the device is given, by the page's own means for it; the page does not ask for it. */
        watch(event) {
          if (event.data.run !== this.run) window.given = [];
          this.run = event.data.run;
          if (!event.data.tap) return;
          window.given.push(event.data.tap);
          event.stopImmediatePropagation();
        }
      };
      const { connect } = AudioNode.prototype;
      AudioNode.prototype.connect = function (to, ...more) {
        if (to instanceof AudioDestinationNode) {
          window.ear = this.context.createAnalyser();
          connect.call(this, window.ear);
        }
        return connect.call(this, to, ...more);
      };
    });
    await page.locator('#tab-converse').click();
    const end = Date.now() + PATIENCE_MS;
    const ready = () => page.evaluate(() => Boolean(document.querySelector('#converse [name=voice]').value));
    while (!(await ready()) && Date.now() < end) await pause(LOOKS_MS);
    if (scene === 'events') return { told: await playedEvents(page, given) };
    return SCENES[scene](new Somebody(page), ...given);
  },
  sound ? microphone : ['--autoplay-policy=no-user-gesture-required'], // nobody clicks before the events
);
