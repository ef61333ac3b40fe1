// Two ways from samples to the loudspeaker: a worklet, and where a page may have none, scheduled buffers.

import { Playout } from './playout.js';

/**
 * @typedef {object} Progress
 * @property {number} played samples that went out
 * @property {number} buffered samples in hand
 * @property {number} underruns how often it ran dry
 * @property {number} held seconds added to pauses
 * @property {boolean} done
 */

/**
 * The best output that this page may have.
 * @param {AudioContext} context
 * @param {((samples: Float32Array) => void) | null} tap
 * @param {string | URL} [worklet]
 */
export async function opened(context, tap, worklet = new URL('./ring-worklet.js', import.meta.url)) {
  try {
    await context.audioWorklet.addModule(String(worklet));
    return new WorkletOutput(context, tap);
  } catch {
    return new ScheduledOutput(context, tap); // an insecure origin, a policy, a bundler that tore it apart
  }
}

/** An AudioWorklet with a ring of its own. */
export class WorkletOutput {
  way = 'AudioWorklet';
  #node;
  #run = 0;
  #told = () => {};

  /** @param {AudioContext} context that has the worklet @param {((samples: Float32Array) => void) | null} tap */
  constructor(context, tap) {
    this.#node = new AudioWorkletNode(context, 'firstword-ring', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { tap: Boolean(tap) },
    });
    this.#node.connect(context.destination);
    this.#node.port.onmessage = ({ data }) => {
      if (data.run !== this.#run) return;
      if (data.tap) tap(data.tap);
      else this.#told(data);
    };
  }

  /** Whatever played is over; a new run begins. @param {(progress: Progress) => void} told */
  begin(told) {
    this.#told = told;
    this.#run++;
    this.#send({ kind: 'begin' });
  }

  /** @param {Float32Array} samples */
  push(samples) {
    this.#send({ kind: 'samples', samples });
  }

  end() {
    this.#send({ kind: 'end' });
  }

  stop() {
    this.#send({ kind: 'stop' });
    this.#run++;
  }

  #send(message) {
    this.#node.port.postMessage({ run: this.#run, ...message });
  }
}

const PIECE_S = 0.04;
const LEAD_S = 0.16;
const TICK_MS = 20;
const URGENT_S = 0.03;

/** The same playout, from which a timer schedules short buffers on a running cursor, a little ahead. */
export class ScheduledOutput {
  way = 'scheduled buffers';
  #context;
  #tap;
  #playout = null;
  #timer = null;
  #ending = false;
  #cursor = 0;
  #told = () => {};
  #sources = new Set();

  /** @param {AudioContext} context @param {((samples: Float32Array) => void) | null} tap */
  constructor(context, tap) {
    this.#context = context;
    this.#tap = tap;
  }

  /** @param {(progress: Progress) => void} told */
  begin(told) {
    this.stop();
    this.#told = told;
    this.#playout = new Playout(this.#context.sampleRate);
    this.#cursor = 0;
    this.#ending = false;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @param {Float32Array} samples */
  push(samples) {
    this.#playout?.push(samples, this.#context.currentTime);
    this.#tick();
  }

  end() {
    this.#ending = true;
    this.#playout?.end();
  }

  stop() {
    clearInterval(this.#timer);
    this.#playout = null;
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
  }

  #tick() {
    const { currentTime, sampleRate } = this.#context;
    const size = Math.round(PIECE_S * sampleRate);
    while (this.#playout && this.#cursor < currentTime + LEAD_S) {
      // Less than a piece is taken only when it is due: more may come until then.
      const short = this.#playout.buffered < size;
      if (short && this.#cursor > currentTime + URGENT_S && !this.#ending) break;
      const piece = new Float32Array(size);
      const spoken = this.#playout.render(piece, Math.max(this.#cursor, currentTime));
      if (!spoken) break;
      this.#schedule(piece.subarray(0, spoken), currentTime);
    }
    this.#tell(currentTime);
  }

  #schedule(piece, currentTime) {
    if (this.#tap) this.#tap(piece.slice());
    const { sampleRate, destination } = this.#context;
    const buffer = this.#context.createBuffer(1, piece.length, sampleRate);
    buffer.copyToChannel(piece, 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(destination);
    source.onended = () => this.#sources.delete(source);
    this.#sources.add(source);
    if (this.#cursor < currentTime + 0.005) this.#cursor = currentTime + 0.02;
    source.start(this.#cursor);
    this.#cursor += piece.length / sampleRate;
  }

  #tell(currentTime) {
    if (!this.#playout) return;
    const { played, buffered, underruns, held, done: empty } = this.#playout;
    const ahead = Math.max(0, this.#cursor - currentTime) * this.#context.sampleRate;
    const done = empty && ahead === 0;
    this.#told({ played: Math.max(0, played - ahead), buffered: buffered + ahead, underruns, held, done });
    if (done) this.stop();
  }
}
