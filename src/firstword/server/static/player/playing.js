import { ByteQueue, UnplayableAudio } from './bytes.js';
import { Demuxer, SNIFFED, isRaw, sniff } from './demux.js';
import { SpeechError, brokenOff, refusal, unreachable } from './errors.js';
import { EventReader, Meaning, areEvents, fromBase64 } from './events.js';
import { chosen } from './ways.js';

/**
 * @typedef {object} Figures how it goes; the detail of `progress`, `start` and `end`
 * @property {number | null} firstSoundMs from the call of `play` to the first sample heard
 * @property {number} bufferedMs audio in hand
 * @property {number} playedMs audio that was played
 * @property {number} heardMs audio that has left the loudspeaker: `playedMs`, less what is on its way there
 * @property {number} underruns how often it ran dry
 * @property {number} heldMs silence added to pauses because audio came too slowly
 * @property {number} bytes received
 * @property {boolean} complete whether the answer is all there
 * @property {string} way how it is played
 * @property {import('./events.js').Answer | null} answer what a chat tells besides its audio
 */

/** One answer, from its request to its last sample. */
export class Playing {
  stopped = false;
  /** @type {Figures} */
  figures = {
    firstSoundMs: null,
    bufferedMs: 0,
    playedMs: 0,
    heardMs: 0,
    underruns: 0,
    heldMs: 0,
    bytes: 0,
    complete: false,
    way: '',
    answer: null,
  };
  #device;
  #tell;
  #asked = performance.now();
  #abort = new AbortController();
  #head = new ByteQueue();
  #told = '';
  #begun = false;
  /** @type {EventReader | null} */
  #events = null;
  #meaning = new Meaning();
  #demuxer = null;
  #delay = 0;
  #address = null;
  #packets = [];
  #words = [];
  /** @type {import('./ways.js').Way | null} */
  #way = null;

  /**
   * @param {import('./ways.js').Device} device
   * @param {(kind: string, detail: unknown) => void} tell
   */
  constructor(device, tell) {
    this.#device = device;
    this.#tell = tell;
  }

  /** As `SpeechPlayer.play`. */
  async run(source, init, mediaType) {
    try {
      await this.#read(await this.#answer(source, init), mediaType);
    } finally {
      // What came before a failure is still spoken.
      this.#way?.end();
      await this.#way?.heard;
    }
    if (!this.stopped) this.#tell('end', this.figures);
  }

  stop() {
    if (this.stopped) return;
    this.stopped = true;
    this.#abort.abort();
    this.#way?.stop();
  }

  async #answer(source, init) {
    if ('getReader' in Object(source)) return { body: source, headers: new Headers() };
    const given = 'ok' in Object(source);
    // An address and nothing else: a media element could ask for it by itself.
    if (!given && !Object.keys(init).length && !(source instanceof Request)) this.#address = source;
    const response = given ? source : await this.#fetched(source, init);
    if (!response.ok) throw await refusal(response);
    return response;
  }

  async #fetched(source, init) {
    const request = new Request(source, { ...init, signal: this.#abort.signal }); // a wrong one is not the network's
    return fetch(request).catch((cause) => {
      throw cause.name === 'AbortError' ? cause : Object.assign(unreachable(), { cause });
    });
  }

  async #read({ body, headers }, mediaType = '') {
    this.#told = headers.get('Content-Type') ?? '';
    const rate = Number(headers.get('X-Sample-Rate')) || undefined;
    this.#delay = Number(headers.get('X-Audio-Encoder-Delay')) || 0;
    this.#demuxer = new Demuxer(isRaw(this.#told) ? this.#told : mediaType, rate);
    for await (const value of pieces(body, this.#abort.signal)) {
      this.figures.bytes += value.length;
      try {
        this.#take(value);
      } finally {
        await this.#hand(); // an error may have come with the last of the audio
      }
      if (this.#way?.asksItself || this.stopped) break;
    }
    await this.#complete();
  }

  async #complete() {
    if (!this.#begun) this.#begin();
    this.#packets.push(...this.#demuxer.flush());
    await this.#hand();
    await this.#way?.flush();
    if (this.stopped) return;
    if (this.#meaning.brokenOff) throw brokenOff('it did not tell that it was done');
    if (!this.#way && !this.figures.answer) throw new UnplayableAudio('There was no audio in the answer.');
    this.figures.complete = true;
  }

  #take(value) {
    if (this.#begun) return this.#feed(value);
    this.#head.push(value);
    if (this.#head.length >= SNIFFED) this.#begin();
  }

  /** What it is, is told by its first bytes: what the server calls it may be wrong. */
  #begin() {
    this.#begun = true;
    const bytes = this.#head.take(this.#head.length);
    const announced = this.#told.startsWith('text/event-stream') && !sniff(bytes);
    if (announced || areEvents(bytes)) this.#events = new EventReader();
    this.#feed(bytes);
  }

  #feed(value) {
    if (this.#events) for (const event of this.#events.feed(value)) this.#event(event);
    else this.#packets.push(...this.#demuxer.feed(value));
  }

  #event(event) {
    const { error, audio, text, heard, words = [] } = this.#meaning.of(event);
    if (error) throw new SpeechError(error);
    this.figures.answer = this.#meaning.answer;
    this.#words.push(...words);
    if (heard && !this.stopped) this.#tell('heard', heard);
    if (text && !this.stopped) this.#tell('text', text);
    if (audio) this.#packets.push(...this.#demuxer.feed(fromBase64(audio)));
  }

  /** Hands on the packets there are, and waits until more may come: so the server waits for the listener. */
  async #hand() {
    const packets = this.#packets;
    this.#packets = [];
    if (packets.length && !this.#way) await this.#choose();
    if (this.stopped || !this.#way) return;
    this.#way.feed(packets);
    await this.#way.ready();
  }

  async #choose() {
    const { track } = this.#demuxer;
    const wanted = { delay: this.#delay, address: this.#address, stopped: () => this.stopped };
    this.#way = await chosen(track, this.#device, wanted, (progress) => this.#progress(progress));
    this.figures.way = `${track.codec}, ${this.#way?.name}`;
  }

  #progress({ soundedAt, done, ...figures }) {
    if (this.stopped) return;
    Object.assign(this.figures, figures);
    if (soundedAt !== null && this.figures.firstSoundMs === null) {
      this.figures.firstSoundMs = soundedAt - this.#asked;
      this.#tell('start', this.figures);
    }
    const heardMs = done ? Infinity : this.figures.heardMs;
    while (this.#words.length && this.#words[0].start_ms <= heardMs) this.#tell('word', this.#words.shift());
    this.#tell('progress', this.figures);
  }
}

/** What a body brings, as it comes. @param {ReadableStream<Uint8Array> | null} body @param {AbortSignal} signal */
async function* pieces(body, signal) {
  if (!body) return;
  const reader = body.getReader();
  const leave = () => reader.cancel().catch(() => {}); // it is gone already
  signal.addEventListener('abort', leave);
  try {
    for (;;) {
      // Where a body breaks off, the browser may throw away what it had not handed over yet: an error event, too.
      const { done, value } = await reader.read().catch(({ message }) => {
        throw brokenOff(message);
      });
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}
