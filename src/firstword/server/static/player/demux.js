// What the bytes are, and the packets in them.

import { AdtsDemuxer, adtsHeader } from './adts.js';
import { ByteQueue, UnplayableAudio, begins } from './bytes.js';
import { FlacDemuxer } from './flac.js';
import { Mp3Demuxer, mp3Header } from './mp3.js';
import { Mp4Demuxer } from './mp4.js';
import { OggDemuxer } from './ogg.js';
import { PcmDemuxer } from './pcm.js';
import { WavDemuxer } from './wav.js';
import { WebmDemuxer } from './webm.js';

/**
 * @typedef {object} Track what a decoder must know
 * @property {string} codec as WebCodecs names it, or `pcm-s16`, `pcm-f32`; `mp4` where nobody here looks inside
 * @property {number} sampleRate Hz
 * @property {number} channels
 * @property {number} skip frames in front that are no sound
 * @property {Uint8Array} [description]
 * @property {string} [type] of a stream that only a media element reads
 */

/**
 * @typedef {object} Packet
 * @property {Uint8Array} data
 * @property {number} [total] frames until its end: what a decoder gives beyond them is padding, if no other follows
 */

const MAKERS = {
  ogg: () => new OggDemuxer(),
  webm: () => new WebmDemuxer(),
  flac: () => new FlacDemuxer(),
  wav: () => new WavDemuxer(),
  adts: () => new AdtsDemuxer(),
  mp3: () => new Mp3Demuxer(),
  mp4: () => new Mp4Demuxer(),
};
/** Frames that raw samples may look like. */
const HEADERS = { adts: [7, adtsHeader], mp3: [4, mp3Header] };
/** Bytes that tell what it is. */
export const SNIFFED = 8;

/** Whether a media type announces raw samples. @param {string} mediaType */
export function isRaw(mediaType) {
  return /^audio\/(pcm|l16|x-raw)\b/i.test(mediaType);
}

/** The name of what begins with these eight bytes, or null. @param {Uint8Array} bytes */
export function sniff(bytes) {
  if (begins(bytes, 'OggS')) return 'ogg';
  if (begins(bytes, '\x1a\x45\xdf\xa3')) return 'webm';
  if (begins(bytes, 'fLaC')) return 'flac';
  if (begins(bytes, 'RIFF')) return 'wav';
  if (begins(bytes, 'ID3')) return 'mp3';
  if (begins(bytes.subarray(4), 'ftyp')) return 'mp4';
  if (bytes[0] !== 0xff) return null;
  if ((bytes[1] & 0xf6) === 0xf0) return 'adts';
  return bytes[1] >= 0xe0 ? 'mp3' : null;
}

/** Packets out of whatever comes: told by its first bytes. Only raw samples, which tell nothing, need to be announced. */
export class Demuxer {
  #inner = null;
  #bytes = new ByteQueue();
  #raw = null;

  /**
   * @param {string} mediaType as the answer's Content-Type tells it
   * @param {number} [sampleRate] Hz of raw samples whose type does not tell
   */
  constructor(mediaType = '', sampleRate = 24000) {
    if (!isRaw(mediaType)) return;
    const told = (name) => Number(new RegExp(`\\b${name}=(\\d+)`, 'i').exec(mediaType)?.[1]);
    this.#raw = () => new PcmDemuxer(told('rate') || sampleRate, told('channels') || 1);
  }

  /** @returns {Track | null} */
  get track() {
    return this.#inner?.track ?? null;
  }

  /** @param {Uint8Array} chunk @returns {Packet[]} */
  feed(chunk) {
    if (this.#inner) return this.#inner.feed(chunk);
    this.#bytes.push(chunk);
    return this.#begin(false);
  }

  /** @returns {Packet[]} */
  flush() {
    const last = this.#inner ? [] : this.#begin(true);
    return [...last, ...(this.#inner?.flush() ?? [])];
  }

  #begin(ending) {
    if (!this.#bytes.length || (this.#bytes.length < SNIFFED && !ending)) return [];
    const head = this.#bytes.peek();
    let name = sniff(head);
    if (this.#raw && name in HEADERS) {
      const frames = framesBegin(head, ...HEADERS[name]);
      if (frames === null && !ending) return [];
      if (!frames) name = null;
    }
    const make = MAKERS[name] ?? this.#raw;
    if (!make) throw new UnplayableAudio(`The answer is no audio that can be played here${excerpt(head)}.`);
    this.#inner = make();
    return this.#inner.feed(this.#bytes.take(this.#bytes.length));
  }
}

/** Whether a frame begins here and another where it ends; null while that cannot be told. */
function framesBegin(bytes, headerBytes, parse) {
  const frame = parse(bytes);
  if (!frame) return false;
  return bytes.length < frame.length + headerBytes ? null : parse(bytes.subarray(frame.length)) !== null;
}

/** The beginning of a text that came instead. */
function excerpt(bytes) {
  const text = new TextDecoder().decode(bytes.subarray(0, 200));
  return /^[^\uFFFD\p{Cc}]{8}/u.test(text) ? `: ${text}` : '';
}
