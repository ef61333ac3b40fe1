import { ByteQueue, UnplayableAudio, begins } from './bytes.js';
import { PcmDemuxer } from './pcm.js';

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Sizes from here on mean that nobody knew how long it would be. */
const UNKNOWN = 0x7fffff00;

/** Samples out of a RIFF file, whose sizes may be unknown. */
export class WavDemuxer {
  #bytes = new ByteQueue();
  #seen = false;
  #format = null;
  /** @type {PcmDemuxer | null} */
  #samples = null;
  #left = 0;

  /** @returns {import('./demux.js').Track | null} */
  get track() {
    return this.#samples?.track ?? null;
  }

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    while (!this.#samples) if (!this.#readChunk()) return [];
    const data = this.#bytes.take(Math.min(this.#left, this.#bytes.length));
    this.#bytes.drop(this.#bytes.length); // what follows the samples is no sound
    this.#left -= data.length;
    return this.#samples.feed(data);
  }

  /** Nothing is held back. */
  flush() {
    return [];
  }

  /** Goes over one chunk before the samples; false while it is not all there. */
  #readChunk() {
    if (!this.#seen) {
      if (this.#bytes.length < 12) return false;
      if (!begins(this.#bytes.peek(4), 'RIFF')) throw new UnplayableAudio('This is no WAV.');
      this.#bytes.drop(12);
      this.#seen = true;
    }
    const head = this.#bytes.peek(8).slice();
    if (head.length < 8) return false;
    const size = new DataView(head.buffer).getUint32(4, true);
    if (begins(head, 'data')) {
      this.#bytes.drop(8);
      this.#begin(size);
      return true;
    }
    const padded = 8 + size + (size & 1);
    if (this.#bytes.length < padded) return false;
    const chunk = this.#bytes.take(padded);
    if (begins(head, 'fmt ')) this.#format = new DataView(chunk.buffer, 8);
    return true;
  }

  #begin(size) {
    if (!this.#format) throw new UnplayableAudio('The WAV says nothing about its samples.');
    const told = this.#format.getUint16(0, true);
    const kind = told === EXTENSIBLE ? this.#format.getUint16(24, true) : told;
    const bits = this.#format.getUint16(14, true);
    const codec = kind === PCM && bits === 16 ? 'pcm-s16' : kind === FLOAT && bits === 32 ? 'pcm-f32' : null;
    if (!codec) throw new UnplayableAudio(`WAV of kind ${kind} with ${bits} bits cannot be played.`);
    this.#left = size === 0 || size >= UNKNOWN ? Infinity : size;
    this.#samples = new PcmDemuxer(this.#format.getUint32(4, true), this.#format.getUint16(2, true), codec);
  }
}
