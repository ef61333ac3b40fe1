// example.mjs ADDRESS SCENE ARGUMENT...: the page of an example, used as a visitor does.

import { writeFileSync } from 'node:fs';
import { drive } from './drive.mjs';

const [address, scene, ...given] = process.argv.slice(2);
const PATIENCE_MS = 30_000;
const LOOKS_MS = 15;
const AUDIBLE = 0.05;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something that a look gives back is true, and gives it back. */
async function until(look, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`It never came: ${what}`);
    await pause(LOOKS_MS);
  }
}

/** How the page sounds, and what it says; nothing of it is known but its button and its output. */
class Visit {
  constructor(page) {
    this.page = page;
    this.button = page.getByRole('button');
  }

  /** Puts an ear before the loudspeaker, and gives what is fetched another name, if one is told. */
  prepare(called) {
    return this.page.evaluate((called) => {
      const { connect } = AudioNode.prototype;
      AudioNode.prototype.connect = function (to, ...more) {
        if (to instanceof AudioDestinationNode) {
          window.ear = this.context.createAnalyser();
          connect.call(this, window.ear);
        }
        return connect.call(this, to, ...more);
      };
      const { addModule } = AudioWorklet.prototype;
      AudioWorklet.prototype.addModule = function (url) {
        const added = addModule.call(this, url);
        added.then(() => (window.worklet = true));
        return added;
      };
      const { fetch } = window;
      window.fetch = async (...asked) => {
        const response = await fetch(...asked);
        window.called = response.headers.get('Content-Type');
        if (!called || !response.ok) return response;
        return new Response(response.body, { headers: { 'Content-Type': called } });
      };
    }, called);
  }

  said() {
    return this.page.locator('output').textContent();
  }

  /** How loud it is at this moment, 0 to 1. */
  loudness() {
    return this.page.evaluate(() => {
      if (!window.ear) return 0;
      const samples = new Float32Array(window.ear.fftSize);
      window.ear.getFloatTimeDomainData(samples);
      return Math.max(...samples.map(Math.abs));
    });
  }

  /** Waits until the page says what matches; gives back all that it says. */
  says(pattern) {
    return until(async () => pattern.exec(await this.said())?.input, pattern);
  }

  sound() {
    return until(async () => (await this.loudness()) > AUDIBLE, 'a sound');
  }

  silence() {
    return until(async () => (await this.loudness()) === 0, 'silence');
  }

  /** Holds the button down until it is let go of. */
  async hold() {
    const { x, y, width, height } = await this.button.boundingBox();
    await this.page.mouse.move(x + width / 2, y + height / 2);
    await this.page.mouse.down();
  }
}

const SCENES = {
  /** Has a text spoken; the answer goes on (GATE exists) only once its beginning is heard. */
  async spoken(visit, text, gate) {
    const field = visit.page.getByLabel('Text');
    await field.fill(text);
    const ended = visit.page.waitForEvent('requestfinished', (request) => request.method() === 'POST');
    await visit.button.click();
    await visit.says(/First sound/);
    await visit.sound();
    writeFileSync(gate, 'open');
    await ended;
    const { worklet, called } = await visit.page.evaluate(() => ({ worklet: window.worklet, called: window.called }));
    return { worklet, called };
  },

  /** Stops it while it speaks; then asks for nothing. */
  async stopped(visit, text) {
    const field = visit.page.getByLabel('Text');
    await field.fill(text);
    await visit.button.click();
    await visit.says(/First sound/);
    const speaking = await visit.button.textContent();
    await visit.button.click();
    await visit.silence();
    await visit.page.getByRole('button', { name: 'Speak' }).waitFor();
    await field.fill('');
    await visit.button.click();
    return { speaking, refused: await visit.says(/./) };
  },

  /**
   * Only taps, and is asked for the microphone; then says something, and again into the beginning of its answer;
   * that one (GATE exists) may go on.
   */
  async talked(visit, ms, first, whole, gate) {
    const saysAll = async (text) => until(async () => (await visit.said()) === text, text);
    await visit.page.evaluate(() => {
      const devices = navigator.mediaDevices;
      const get = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wanted) => {
        devices.getUserMedia = get;
        await new Promise((released) => addEventListener('pointerup', released, { once: true }));
        return get(wanted);
      };
    });
    await visit.hold();
    await visit.page.mouse.up();
    const refused = await visit.says(/./);
    for (const interrupts of [true, false]) {
      await visit.hold();
      await visit.silence();
      await pause(Number(ms));
      await visit.page.mouse.up();
      await saysAll(first);
      await visit.sound();
      if (!interrupts) writeFileSync(gate, 'open');
    }
    await saysAll(whole);
    return { refused };
  },
};

const [sound, called] = scene === 'talked' ? given.splice(0, 1) : [null, given.splice(0, 1)[0]];
await drive(
  address,
  async (page) => {
    const visit = new Visit(page);
    await visit.prepare(called);
    return SCENES[scene](visit, ...given);
  },
  sound
    ? [
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-audio-capture=${sound}%noloop`,
      ]
    : [],
);
