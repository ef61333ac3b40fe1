// Packets back into a stream that a media element understands.

import { OPUS_CLOCK, packetFrames } from './opus.js';

/**
 * @typedef {object} Media
 * @property {string} type as `isTypeSupported` and a Blob want it
 * @property {(packets: import('./demux.js').Packet[]) => Uint8Array} feed
 */

/** @param {import('./demux.js').Track} track @returns {Media | null} null where there is no such stream */
export function remuxed(track) {
  if (track.codec === 'opus') return new WebmOpus(track);
  if (track.codec === 'mp3') return { type: 'audio/mpeg', feed: bare() };
  if (track.codec.startsWith('mp4a')) return { type: 'audio/aac', feed: bare() };
  if (track.codec === 'flac') return { type: 'audio/flac', feed: bare(track.description) };
  if (track.codec === 'mp4') return { type: track.type, feed: bare() };
  return null;
}

/** Frames that follow each other need nothing but perhaps a beginning. */
function bare(head = new Uint8Array(0)) {
  let first = head;
  return (packets) => {
    const all = joined([first, ...packets.map(({ data }) => data)]);
    first = new Uint8Array(0);
    return all;
  };
}

const CLUSTER_MS = 1000;
const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const SEEK_PREROLL_NS = 80_000_000; // RFC 7845 section 4.6

/** A live WebM of one Opus track. Source: RFC 8794, RFC 9559, and the WebM guidelines for Opus. */
class WebmOpus {
  type = 'audio/webm; codecs="opus"';
  #track;
  #frames = 0;
  #clusterMs = -Infinity;
  #begun = false;

  constructor(track) {
    this.#track = track;
  }

  feed(packets) {
    const parts = this.#begun ? [] : [head(this.#track)];
    this.#begun = true;
    for (const { data } of packets) parts.push(...this.#block(data));
    return joined(parts);
  }

  #block(data) {
    const now = Math.round((this.#frames * 1000) / OPUS_CLOCK);
    this.#frames += packetFrames(data);
    const parts = [];
    if (now - this.#clusterMs >= CLUSTER_MS) {
      this.#clusterMs = now;
      parts.push(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN), element([0xe7], number(now)));
    }
    const since = now - this.#clusterMs;
    parts.push(element([0xa3], [0x81, since >> 8, since & 255, 0x80], data));
    return parts;
  }
}

function head({ channels, skip }) {
  const opusHead = [...ascii('OpusHead'), 1, channels, skip & 255, skip >> 8, 0x80, 0xbb, 0, 0, 0, 0, 0];
  const audio = [...element([0xb5], [0x47, 0x3b, 0x80, 0]), ...element([0x9f], [channels])]; // 48000 as a float
  const entry = joined([
    element([0xd7], [1]),
    element([0x73, 0xc5], [1]),
    element([0x83], [2]), // audio
    element([0x86], ascii('A_OPUS')),
    element([0x56, 0xaa], number(Math.round((skip * 1e9) / OPUS_CLOCK))),
    element([0x56, 0xbb], number(SEEK_PREROLL_NS)),
    element([0x63, 0xa2], opusHead),
    element([0xe1], audio),
  ]);
  const names = [...element([0x4d, 0x80], ascii('firstword')), ...element([0x57, 0x41], ascii('firstword'))];
  return joined([
    element([0x1a, 0x45, 0xdf, 0xa3], [...element([0x42, 0x82], ascii('webm')), ...element([0x42, 0x87], [4]), ...element([0x42, 0x85], [2])]),
    Uint8Array.of(0x18, 0x53, 0x80, 0x67, ...UNKNOWN),
    element([0x15, 0x49, 0xa9, 0x66], [...element([0x2a, 0xd7, 0xb1], number(1_000_000)), ...names]),
    element([0x16, 0x54, 0xae, 0x6b], element([0xae], entry)),
  ]);
}

/** @param {number[]} id @param {...ArrayLike<number>} bodies */
function element(id, ...bodies) {
  const size = bodies.reduce((sum, body) => sum + body.length, 0);
  return joined([id, [0x40 | (size >> 8), size & 255], ...bodies]); // two bytes tell sizes up to 16 382
}

function number(value) {
  return Uint8Array.of(value / 2 ** 24, value / 2 ** 16, value / 2 ** 8, value);
}

function ascii(text) {
  return [...text].map((character) => character.charCodeAt(0));
}

/** @param {ArrayLike<number>[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
