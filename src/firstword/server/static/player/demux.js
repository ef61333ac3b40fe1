// What the bytes are, and the packets in them.

import { AdtsDemuxer } from './adts.js';
import { ByteQueue, UnplayableAudio, begins } from './bytes.js';
import { FlacDemuxer } from './flac.js';
import { Mp3Demuxer } from './mp3.js';
import { OggDemuxer } from './ogg.js';
import { PcmDemuxer } from './pcm.js';
import { WavDemuxer } from './wav.js';
import { WebmDemuxer } from './webm.js';

/**
 * @typedef {object} Track what a decoder must know
 * @property {string} codec as WebCodecs names it, or `pcm-s16`, `pcm-f32`
 * @property {number} sampleRate Hz
 * @property {number} channels
 * @property {number} skip frames in front that are no sound
 * @property {Uint8Array} [description]
 */

/**
 * @typedef {object} Packet
 * @property {Uint8Array} data
 * @property {number} [total] frames of the whole stream: what a decoder gives beyond them is padding
 */

const MAKERS = {
  ogg: () => new OggDemuxer(),
  webm: () => new WebmDemuxer(),
  flac: () => new FlacDemuxer(),
  wav: () => new WavDemuxer(),
  adts: () => new AdtsDemuxer(),
  mp3: () => new Mp3Demuxer(),
};
const SNIFFED = 4;

/** The name of what begins with these four bytes, or null. @param {Uint8Array} bytes */
export function sniff(bytes) {
  if (begins(bytes, 'OggS')) return 'ogg';
  if (begins(bytes, '\x1a\x45\xdf\xa3')) return 'webm';
  if (begins(bytes, 'fLaC')) return 'flac';
  if (begins(bytes, 'RIFF')) return 'wav';
  if (begins(bytes, 'ID3')) return 'mp3';
  if (bytes[0] !== 0xff) return null;
  if ((bytes[1] & 0xf6) === 0xf0) return 'adts';
  return bytes[1] >= 0xe0 ? 'mp3' : null;
}

/** Packets out of whatever comes: told by its first bytes; only raw samples need to be announced. */
export class Demuxer {
  #inner = null;
  #bytes = new ByteQueue();

  /**
   * @param {string} mediaType as the answer's Content-Type tells it
   * @param {number} [sampleRate] Hz of raw samples whose type does not tell
   */
  constructor(mediaType = '', sampleRate = 24000) {
    if (!/^audio\/(pcm|l16|x-raw)\b/i.test(mediaType)) return;
    const told = (name) => Number(new RegExp(`\\b${name}=(\\d+)`, 'i').exec(mediaType)?.[1]);
    this.#inner = new PcmDemuxer(told('rate') || sampleRate, told('channels') || 1);
  }

  /** @returns {Track | null} */
  get track() {
    return this.#inner?.track ?? null;
  }

  /** @param {Uint8Array} chunk @returns {Packet[]} */
  feed(chunk) {
    if (this.#inner) return this.#inner.feed(chunk);
    this.#bytes.push(chunk);
    if (this.#bytes.length < SNIFFED) return [];
    const name = sniff(this.#bytes.peek(SNIFFED));
    if (!name) throw new UnplayableAudio('The answer is no audio that can be played here.');
    this.#inner = MAKERS[name]();
    return this.#inner.feed(this.#bytes.take(this.#bytes.length));
  }

  /** @returns {Packet[]} */
  flush() {
    return this.#inner?.flush() ?? [];
  }
}
