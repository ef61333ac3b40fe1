import { ByteQueue, UnplayableAudio, begins } from './bytes.js';
import { opusTrack, packetFrames } from './opus.js';

const HEADER = 27;
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

/** Packets out of Ogg pages; checksums are left to TCP. Source: RFC 3533 section 6, RFC 7845. */
export class OggDemuxer {
  /** @type {import('./demux.js').Track | null} */
  track = null;
  #bytes = new ByteQueue();
  #partial = [];
  #headers = 0;
  /** Frames of the streams before this one, and so far: some servers send a stream for each sentence. */
  #before = 0;
  #frames = 0;

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    const packets = [];
    for (let page = this.#page(); page; page = this.#page()) packets.push(...this.#packetsOf(page));
    return packets;
  }

  /** Nothing is held back: a page is complete or of no use. */
  flush() {
    return [];
  }

  #page() {
    const head = this.#bytes.peek(HEADER + 255);
    if (head.length < HEADER) return null;
    if (!begins(head, 'OggS')) throw new UnplayableAudio('An Ogg page does not begin where it should.');
    const lacing = head.slice(HEADER, HEADER + head[26]);
    if (lacing.length < head[26]) return null;
    const size = lacing.reduce((sum, length) => sum + length, 0);
    if (this.#bytes.length < HEADER + lacing.length + size) return null;
    const header = this.#bytes.take(HEADER + lacing.length);
    const granule = new DataView(header.buffer).getBigInt64(6, true);
    return { flags: header[5], granule: Number(granule), lacing, body: this.#bytes.take(size) };
  }

  #packetsOf({ flags, granule, lacing, body }) {
    if (!(flags & CONTINUED)) this.#partial = [];
    if (flags & FIRST) {
      this.#headers = 0;
      this.#before = this.#frames;
    }
    const whole = [];
    let at = 0;
    for (const length of lacing) {
      this.#partial.push(body.subarray(at, (at += length)));
      if (length === 255) continue; // it goes on in the next segment
      whole.push(joined(this.#partial));
      this.#partial = [];
    }
    const packets = whole.filter((packet) => !this.#isHeader(packet)).map((data) => ({ data }));
    for (const { data } of packets) this.#frames += packetFrames(data);
    // The last page's position says how much of the last packet is padding.
    if (flags & LAST && packets.length) packets.at(-1).total = this.#before + granule - this.track.skip;
    return packets;
  }

  #isHeader(packet) {
    if (this.#headers === 2) return false;
    if (++this.#headers === 1) {
      if (!begins(packet, 'OpusHead')) throw new UnplayableAudio('Of Ogg, only Opus can be played.');
      this.track ??= opusTrack(packet);
    }
    return true;
  }
}

function joined(parts) {
  if (parts.length === 1) return parts[0].slice();
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
