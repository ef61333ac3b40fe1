// Plays speech while it is still being made. This folder depends on nothing outside itself.
//
//     const player = await SpeechPlayer.create();          // inside a click, once
//     player.addEventListener('start', (event) => console.log(event.detail.firstSoundMs));
//     await player.play('/v1/audio/speech', { method: 'POST', headers, body });

import { UnplayableAudio } from './bytes.js';
import { Decoding, decodes } from './decoding.js';
import { Demuxer } from './demux.js';
import { EventReader, fromBase64 } from './events.js';
import { ScheduledOutput, WorkletOutput } from './outputs.js';

/** Samples go on to the output while it has less than this in hand. */
const IN_HAND_S = 20;
const PIECE_S = 1;

/**
 * @typedef {object} Figures how it goes; the detail of `progress`, `start` and `end`
 * @property {number | null} firstSoundMs from the call of `play` to the first sample heard
 * @property {number} bufferedMs audio in hand
 * @property {number} playedMs audio that was heard
 * @property {number} underruns how often it ran dry
 * @property {number} heldMs silence added to pauses because audio came too slowly
 * @property {number} bytes received
 * @property {boolean} complete whether the answer is all there
 * @property {string} way how it is played
 */

/** A server's refusal; `code`, `param` and `status` are the error object's. */
export class SpeechError extends Error {
  name = 'SpeechError';

  /** @param {{message?: string, code?: string, param?: string}} told @param {number} [status] */
  constructor(told, status) {
    super(told.message ?? 'The server failed.');
    this.code = told.code;
    this.param = told.param;
    this.status = status;
  }
}

/**
 * Events: `start`, `progress` and `end` with Figures, `word` with a timed word as it is heard,
 * `error` with the Error that `play` throws too.
 */
export class SpeechPlayer extends EventTarget {
  #context;
  #output;
  /** @type {Playing | null} */
  #playing = null;

  /**
   * To be called inside a click or a key press, or the browser stays silent. Make one and keep it.
   * @param {object} [options]
   * @param {number} [options.sampleRate] Hz of the device's stream: that of what is mostly played
   * @param {(samples: Float32Array) => void} [options.tap] gets what is played, as it is played
   */
  static async create({ sampleRate = 24000, tap } = {}) {
    const context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
    // Before anything is awaited: the click counts no longer then. It is not waited for itself, because a
    // browser that does not allow it says so by never answering.
    context.resume();
    const output = context.audioWorklet
      ? await WorkletOutput.create(context, tap ?? null)
      : new ScheduledOutput(context, tap ?? null);
    return new SpeechPlayer(context, output);
  }

  /** Whether a `response_format` can be played here; pcm and wav always can. @param {string} format */
  static decodes(format) {
    return decodes(format);
  }

  /** Use `create`. */
  constructor(context, output) {
    super();
    this.#context = context;
    this.#output = output;
  }

  /**
   * Fetches and plays, until the last sample has been heard or `stop` is called. Whatever played before
   * is stopped. Understands audio of every response format, and speech events that carry it.
   * @param {string | URL} url
   * @param {RequestInit} [init]
   * @param {{mediaType?: string}} [options] what events carry, which only raw samples (audio/pcm) need to tell
   * @returns {Promise<Figures>}
   * @throws {SpeechError} the server refused, or failed, or the answer broke off (`broken_off`)
   * @throws {UnplayableAudio} it is no audio that can be played here
   */
  async play(url, init = {}, { mediaType } = {}) {
    this.stop();
    this.#context.resume();
    const playing = new Playing(this.#context, this.#output, (kind, detail) => {
      this.dispatchEvent(new CustomEvent(kind, { detail }));
    });
    this.#playing = playing;
    try {
      await playing.run(url, init, mediaType);
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

/** One answer, from its request to its last sample. */
class Playing {
  stopped = false;
  /** @type {Figures} */
  figures = {
    firstSoundMs: null,
    bufferedMs: 0,
    playedMs: 0,
    underruns: 0,
    heldMs: 0,
    bytes: 0,
    complete: false,
    way: '',
  };
  #context;
  #output;
  #tell;
  #asked = performance.now();
  #abort = new AbortController();
  #demuxer = null;
  #decoding = null;
  #delay = 0;
  #words = [];
  #waiting = [];
  #given = 0;
  #inHand = 0;
  #ending = false;
  #ended = false;
  #wake = () => {};
  #heardAll;
  #finish;

  constructor(context, output, tell) {
    this.#context = context;
    this.#output = output;
    this.#tell = tell;
    this.#heardAll = new Promise((resolve) => (this.#finish = resolve));
  }

  async run(url, init, mediaType) {
    this.#output.begin((progress) => this.#progress(progress));
    try {
      const response = await fetch(url, { ...init, signal: this.#abort.signal });
      if (!response.ok) throw await refusal(response);
      await this.#read(response, mediaType);
    } finally {
      // What came before a failure is still spoken.
      this.#end();
      if (this.#given) await this.#heardAll;
      else if (!this.stopped) this.#output.stop(); // it may be another's by now
      this.#decoding?.close();
    }
    if (!this.stopped) this.#tell('end', this.figures);
  }

  stop() {
    if (this.stopped) return;
    this.stopped = true;
    this.#abort.abort();
    this.#output.stop();
    this.#waiting = [];
    this.#wake();
    this.#finish();
  }

  async #read(response, mediaType) {
    const told = response.headers.get('Content-Type') ?? '';
    const rate = Number(response.headers.get('X-Sample-Rate')) || undefined;
    this.#delay = Number(response.headers.get('X-Audio-Encoder-Delay')) || 0;
    const events = told.startsWith('text/event-stream') ? new EventReader() : null;
    this.#demuxer = new Demuxer(events ? mediaType : told, rate);
    for await (const value of pieces(response.body)) {
      this.figures.bytes += value.length;
      if (events) for (const event of events.feed(value)) this.#event(event);
      else this.#decode(this.#demuxer.feed(value));
      // Read on only when the output has taken what there is: so the server waits for the listener.
      while (this.#waiting.length && !this.stopped) await new Promise((wake) => (this.#wake = wake));
      await Promise.race([this.#decoding?.ready(), this.#heardAll]);
    }
    this.#decode(this.#demuxer.flush());
    await this.#decoding?.flush();
    if (!this.#decoding) throw new UnplayableAudio('There was no audio in the answer.');
    this.figures.complete = true;
  }

  #event(event) {
    if (event.error) throw new SpeechError(event.error);
    if (event.type === 'speech.audio.words') this.#words.push(...event.words);
    if (event.type === 'speech.audio.delta') this.#decode(this.#demuxer.feed(fromBase64(event.audio)));
  }

  #decode(packets) {
    if (!packets.length || this.stopped) return;
    this.#decoding ??= this.#begin(this.#demuxer.track);
    for (const packet of packets) this.#decoding.decode(packet);
  }

  #begin(track) {
    const wanted = { sampleRate: this.#context.sampleRate, delay: this.#delay };
    const decoding = new Decoding(track, wanted, (samples) => this.#give(samples));
    this.figures.way = `${track.codec}, ${decoding.way}, ${this.#output.way}`;
    return decoding;
  }

  #give(samples) {
    const piece = PIECE_S * this.#context.sampleRate;
    for (let at = 0; at < samples.length; at += piece) this.#waiting.push(samples.slice(at, at + piece));
    this.#pump();
  }

  #pump() {
    while (this.#waiting.length && this.#inHand < IN_HAND_S * this.#context.sampleRate && !this.stopped) {
      const samples = this.#waiting.shift();
      this.#given += samples.length;
      this.#inHand += samples.length;
      this.#output.push(samples);
    }
    if (this.#waiting.length) return;
    this.#wake();
    if (!this.#ending || this.#ended || this.stopped) return;
    this.#ended = true;
    this.#output.end();
  }

  #end() {
    this.#ending = true;
    this.#pump();
  }

  #progress({ played, buffered, underruns, held, done }) {
    if (this.stopped) return;
    const { sampleRate } = this.#context;
    this.#inHand = this.#given - played;
    Object.assign(this.figures, {
      bufferedMs: (buffered / sampleRate) * 1000,
      playedMs: (played / sampleRate) * 1000,
      underruns,
      heldMs: held * 1000,
    });
    const latency = (this.#context.outputLatency || this.#context.baseLatency || 0) * 1000;
    if (played && this.figures.firstSoundMs === null) {
      this.figures.firstSoundMs = performance.now() - this.#asked + latency;
      this.#tell('start', this.figures);
    }
    const heardMs = done ? Infinity : this.figures.playedMs - latency;
    while (this.#words.length && this.#words[0].start_ms <= heardMs) this.#tell('word', this.#words.shift());
    this.#tell('progress', this.figures);
    this.#pump();
    if (done) this.#finish();
  }
}

/** What a body brings, as it comes. @param {ReadableStream<Uint8Array>} body */
async function* pieces(body) {
  const reader = body.getReader();
  for (;;) {
    // Where a body breaks off, the browser may throw away what it had not handed over yet: an error event, too.
    const { done, value } = await reader.read().catch(({ message }) => {
      throw new SpeechError({ message: `The answer broke off before its end (${message}).`, code: 'broken_off' });
    });
    if (done) return;
    yield value;
  }
}

/** The error that a refusal's body tells. @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const told = body?.error ?? { message: `The server answered ${response.status}.` };
  return new SpeechError(told, response.status);
}

export { UnplayableAudio };
