import { ByteQueue } from './bytes.js';

/** Raw samples, cut between frames: a sample is never split. */
export class PcmDemuxer {
  /** @type {import('./demux.js').Track} */
  track;
  #bytes = new ByteQueue();
  #frameBytes;

  /**
   * @param {number} sampleRate Hz
   * @param {number} channels
   * @param {'pcm-s16' | 'pcm-f32'} codec little endian
   */
  constructor(sampleRate, channels = 1, codec = 'pcm-s16') {
    this.track = { codec, sampleRate, channels, skip: 0 };
    this.#frameBytes = channels * (codec === 'pcm-s16' ? 2 : 4);
  }

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    const whole = this.#bytes.length - (this.#bytes.length % this.#frameBytes);
    return whole ? [{ data: this.#bytes.take(whole) }] : [];
  }

  /** Half a sample at the end is nothing. */
  flush() {
    return [];
  }
}

/**
 * Raw samples as one channel of floats.
 * @param {Uint8Array} data whole frames
 * @param {import('./demux.js').Track} track
 */
export function samplesOf(data, { codec, channels }) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = codec === 'pcm-s16' ? 2 : 4;
  const sample = width === 2 ? (at) => view.getInt16(at, true) / 32768 : (at) => view.getFloat32(at, true);
  const mono = new Float32Array(data.byteLength / width / channels);
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += sample((frame * channels + channel) * width);
    mono[frame] = sum / channels;
  }
  return mono;
}
