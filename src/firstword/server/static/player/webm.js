import { ByteQueue, UnplayableAudio, bigEndian } from './bytes.js';
import { OPUS_CLOCK, opusTrack, packetFrames } from './opus.js';

const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const CODEC_ID = 0x86;
const CODEC_PRIVATE = 0x63a2;
const CLUSTER = 0x1f43b675;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const DISCARD_PADDING = 0x75a2;
/** Only their beginnings matter, so it is no matter either whether their sizes are known. */
const ENTERED = new Set([SEGMENT, TRACKS, CLUSTER]);
const MOST_BYTES = 4 << 20;

/** Opus packets out of a WebM of one track. Source: RFC 8794, RFC 9559. */
export class WebmDemuxer {
  /** @type {import('./demux.js').Track | null} */
  track = null;
  #bytes = new ByteQueue();
  #frames = 0;

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    const packets = [];
    for (;;) {
      const head = elementHead(this.#bytes.peek(12), 0);
      if (!head) return packets;
      if (ENTERED.has(head.id)) {
        this.#bytes.drop(head.begin);
        continue;
      }
      if (!(head.size <= MOST_BYTES)) throw new UnplayableAudio('A WebM element is too large to be true.');
      if (this.#bytes.length < head.begin + head.size) return packets;
      this.#bytes.drop(head.begin);
      packets.push(...this.#leaf(head.id, this.#bytes.take(head.size)));
    }
  }

  /** Nothing is held back. */
  flush() {
    return [];
  }

  #leaf(id, body) {
    if (id === TRACK_ENTRY) this.#describe(children(body));
    if (id === SIMPLE_BLOCK) return [this.#packet(body)];
    if (id !== BLOCK_GROUP) return [];
    const parts = children(body);
    const block = parts.get(BLOCK);
    if (!block) return [];
    const packet = this.#packet(block);
    const padding = parts.get(DISCARD_PADDING); // nanoseconds
    if (padding) {
      const left = Math.round((bigEndian(padding) * OPUS_CLOCK) / 1e9);
      packet.total = this.#frames - left - (this.track?.skip ?? 0);
    }
    return [packet];
  }

  #packet(block) {
    const data = block.slice(4); // one byte of track, two of time, one of flags
    this.#frames += packetFrames(data);
    return { data };
  }

  #describe(entry) {
    const codec = String.fromCharCode(...(entry.get(CODEC_ID) ?? []));
    const head = entry.get(CODEC_PRIVATE);
    if (codec !== 'A_OPUS' || !head) throw new UnplayableAudio('Of WebM, only Opus can be played.');
    this.track = opusTrack(head);
  }
}

/** The element that begins at `at`: its id, its size (NaN: unknown) and where its body begins. */
function elementHead(bytes, at) {
  const id = vint(bytes, at, 4, false);
  const size = id && vint(bytes, at + id.width, 8, true);
  return size ? { id: id.value, size: size.value, begin: id.width + size.width } : null;
}

/** A number of variable width; an id keeps the bit that tells its width. */
function vint(bytes, at, most, bare) {
  if (at >= bytes.length) return null;
  const width = Math.clz32(bytes[at]) - 23;
  if (width > most) throw new UnplayableAudio('A WebM element is broken.');
  if (at + width > bytes.length) return null;
  const digits = bytes.slice(at, at + width);
  if (!bare) return { width, value: bigEndian(digits) };
  digits[0] &= 0xff >> width;
  const unknown = digits[0] === 0xff >> width && digits.subarray(1).every((byte) => byte === 0xff);
  // Bytes beyond 2^53 are never asked for: whatever is that large is refused.
  return { width, value: unknown ? NaN : digits.reduce((sum, byte) => sum * 256 + byte, 0) };
}

/** The elements in a body, by their ids. */
function children(body) {
  const found = new Map();
  for (let at = 0; at < body.length; ) {
    const head = elementHead(body, at);
    if (!head) break;
    found.set(head.id, body.subarray(at + head.begin, at + head.begin + head.size));
    at += head.begin + head.size;
  }
  return found;
}
