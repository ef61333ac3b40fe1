import { Decoding } from './decoding.js';

/** Samples go on to the output while it has less than this in hand. */
const IN_HAND_S = 20;
const PIECE_S = 1;

/** Packets become samples, which go to an output as the listener hears them. */
export class SamplesWay {
  name;
  /** @type {Promise<void>} */
  heard;
  #context;
  #output;
  #decoding;
  #told;
  #finish;
  #waiting = [];
  #given = 0;
  #inHand = 0;
  #ending = false;
  #ended = false;
  #over = false;
  #wake = () => {};

  /**
   * @param {import('./demux.js').Track} track
   * @param {object} device
   * @param {AudioContext} device.context
   * @param {import('./outputs.js').WorkletOutput} device.output
   * @param {number} device.delay frames that the encoder put in front
   * @param {(progress: import('./ways.js').WayProgress) => void} told
   */
  constructor(track, { context, output, delay }, told) {
    this.#context = context;
    this.#output = output;
    this.#told = told;
    this.heard = new Promise((resolve) => (this.#finish = resolve));
    const wanted = { sampleRate: context.sampleRate, delay };
    this.#decoding = new Decoding(track, wanted, (samples) => this.#give(samples));
    this.name = `${this.#decoding.way}, ${output.way}`;
    output.begin((progress) => this.#progress(progress));
  }

  feed(packets) {
    for (const packet of packets) this.#decoding.decode(packet);
  }

  async ready() {
    while (this.#waiting.length && !this.#over) await new Promise((wake) => (this.#wake = wake));
    await this.#decoding.ready();
  }

  flush() {
    return this.#over ? Promise.resolve() : this.#decoding.flush();
  }

  end() {
    this.#ending = true;
    this.#pump();
    if (!this.#given) this.stop();
  }

  stop() {
    if (this.#over) return; // the output may be another's by now
    this.#output.stop();
    this.#close();
  }

  #close() {
    this.#over = true;
    this.#waiting = [];
    this.#decoding.close();
    this.#wake();
    this.#finish();
  }

  #give(samples) {
    const piece = PIECE_S * this.#context.sampleRate;
    for (let at = 0; at < samples.length; at += piece) this.#waiting.push(samples.slice(at, at + piece));
    this.#pump();
  }

  #pump() {
    while (this.#waiting.length && this.#inHand < IN_HAND_S * this.#context.sampleRate && !this.#over) {
      const samples = this.#waiting.shift();
      this.#given += samples.length;
      this.#inHand += samples.length;
      this.#output.push(samples);
    }
    if (this.#waiting.length) return;
    this.#wake();
    if (!this.#ending || this.#ended || this.#over) return;
    this.#ended = true;
    this.#output.end();
  }

  #progress({ played, buffered, underruns, held, done }) {
    if (this.#over) return;
    const { sampleRate, outputLatency, baseLatency } = this.#context;
    const ms = (samples) => (samples / sampleRate) * 1000;
    const latency = (outputLatency || baseLatency || 0) * 1000;
    this.#inHand = this.#given - played;
    this.#told({
      playedMs: ms(played),
      heardMs: done ? ms(played) : Math.max(0, ms(played) - latency),
      bufferedMs: ms(buffered),
      underruns,
      heldMs: held * 1000,
      soundedAt: played ? performance.now() + latency : null,
      done,
    });
    this.#pump();
    if (done) setTimeout(() => this.#over || this.#close(), latency); // what is on its way is heard, too
  }
}
