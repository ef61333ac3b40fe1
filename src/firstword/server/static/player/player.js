// Plays speech while it is still being made. This folder depends on nothing outside itself.
//
//     const player = new SpeechPlayer();                  // inside a click, once
//     player.addEventListener('start', (event) => console.log(event.detail.firstSoundMs));
//     await player.play('/v1/audio/speech', { method: 'POST', headers, body });

import { UnplayableAudio } from './bytes.js';
import { decodes } from './decoding.js';
import { SpeechError } from './errors.js';
import { opened } from './outputs.js';
import { Playing } from './playing.js';

/** @typedef {import('./playing.js').Figures} Figures */

/**
 * Events: `start`, `progress` and `end` with Figures, `word` with a timed word as it is heard, `text` with
 * more of what a chat writes, as it comes, `heard` with what was said in the recordings of a chat's request,
 * `error` with the Error that `play` throws too.
 */
export class SpeechPlayer extends EventTarget {
  #context;
  /** @type {Promise<import('./outputs.js').WorkletOutput | import('./outputs.js').ScheduledOutput>} */
  #output;
  /** @type {Playing | null} */
  #playing = null;

  /**
   * To be made inside a click or a key press, or the browser stays silent. Make one and keep it.
   * @param {object} [options]
   * @param {number} [options.sampleRate] Hz of the device's stream: that of what is mostly played
   * @param {(samples: Float32Array) => void} [options.tap] gets the samples that are played, as they are played;
   *   not what a media element plays
   * @param {string | URL} [options.worklet] where `ring-worklet.js` is, if not beside this module: for bundlers
   */
  constructor({ sampleRate = 24000, tap, worklet } = {}) {
    super();
    this.#context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
    // Before anything is awaited: the click counts no longer then. It is not waited for itself, because a
    // browser that does not allow it says so by never answering.
    this.#context.resume();
    this.#output = opened(this.#context, tap ?? null, worklet);
  }

  /** The same, kept when it is ready to sound. */
  static async create(options) {
    const player = new SpeechPlayer(options);
    await player.#output;
    return player;
  }

  /** Whether a `response_format` becomes samples here; pcm and wav always do. @param {string} format */
  static decodes(format) {
    return decodes(format);
  }

  /** Kept when the browser lets it sound: at once inside a click, else after the visitor's next one. */
  get allowed() {
    return this.#context.resume();
  }

  /**
   * Plays, until the last sample has been heard or `stop` is called. Whatever played before is stopped.
   * Understands audio of every response format, and the events of speech and of chats that carry it; what it is,
   * is told by its first bytes.
   * @param {string | URL | Request | Response | ReadableStream<Uint8Array>} source an address to be fetched, or what came
   * @param {RequestInit} [init] of the fetch; its signal stops the playing, too
   * @param {{mediaType?: string}} [options] what comes is, if its bytes tell nothing and nobody else does (audio/pcm)
   * @returns {Promise<Figures>}
   * @throws {SpeechError} the server refused, or failed, or the answer broke off (`broken_off`), or there was
   *   none (`unreachable`)
   * @throws {UnplayableAudio} it is no audio that can be played here
   */
  async play(source, init = {}, { mediaType } = {}) {
    if (this.#context.state === 'closed') throw new Error('This player has been closed: make another.');
    this.stop();
    this.#context.resume();
    const device = { context: this.#context, output: this.#output };
    const playing = new Playing(device, (kind, detail) => {
      this.dispatchEvent(new CustomEvent(kind, { detail }));
    });
    this.#playing = playing;
    const { signal, ...asked } = init;
    if (signal?.aborted) playing.stop();
    signal?.addEventListener('abort', () => playing.stop(), { once: true });
    try {
      await playing.run(source, asked, mediaType);
      return playing.figures;
    } catch (failure) {
      if (!playing.stopped) this.dispatchEvent(new CustomEvent('error', { detail: failure }));
      if (!playing.stopped) throw failure;
      return playing.figures;
    }
  }

  /** Silent at once; the request is given up, and with it the work behind it. */
  stop() {
    this.#playing?.stop();
    this.#playing = null;
  }

  /** Gives the device back; the player is of no use any more. */
  async close() {
    this.stop();
    await this.#context.close();
  }
}

export { SpeechError, UnplayableAudio };
