import { ByteQueue, begins } from './bytes.js';

/**
 * Frames that follow each other and tell their own lengths, as in MP3 and ADTS.
 * The first one is believed when a second follows where it says; junk between frames is passed over.
 */
export class FrameDemuxer {
  /** @type {import('./demux.js').Track | null} */
  track = null;
  #bytes = new ByteQueue();
  #headerBytes;
  #parse;
  #locked = false;
  #tagged = true;

  /**
   * @param {number} headerBytes what `parse` needs to see
   * @param {(header: Uint8Array) => {length: number, track: import('./demux.js').Track} | null} parse
   */
  constructor(headerBytes, parse) {
    this.#headerBytes = headerBytes;
    this.#parse = parse;
  }

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    return this.#frames(false);
  }

  /** The frames that only waited to be believed. */
  flush() {
    return this.#frames(true);
  }

  #frames(ending) {
    const packets = [];
    if (!this.#passTag(ending)) return packets;
    while (this.#bytes.length >= this.#headerBytes) {
      const frame = this.#parse(this.#bytes.peek(this.#headerBytes));
      const doubted = frame && !this.#locked ? this.#doubts(frame.length, ending) : !frame;
      if (doubted === null) break;
      this.#locked = !doubted;
      if (doubted) {
        this.#bytes.drop(1);
        continue;
      }
      if (this.#bytes.length < frame.length) break;
      this.track ??= frame.track;
      packets.push({ data: this.#bytes.take(frame.length) });
    }
    return packets;
  }

  /** Whether something else than a frame follows; null while that cannot be told. */
  #doubts(length, ending) {
    if (this.#bytes.length < length + this.#headerBytes) {
      return ending ? this.#bytes.length < length : null;
    }
    return !this.#parse(this.#bytes.peek(length + this.#headerBytes).subarray(length));
  }

  /** Passes over an ID3 tag in front; false while it is not all there. Source: ID3v2.4 section 3.1. */
  #passTag(ending) {
    if (!this.#tagged) return true;
    const head = this.#bytes.peek(10);
    if (head.length < 10 && !ending) return false;
    const size = begins(head, 'ID3') && head.length === 10 ? 10 + synchsafe(head.subarray(6)) : 0;
    if (this.#bytes.length < size) return false;
    this.#bytes.drop(size);
    this.#tagged = false;
    return true;
  }
}

/** Four bytes of seven bits each. */
function synchsafe(bytes) {
  const [a, b, c, d] = bytes;
  return (a << 21) + (b << 14) + (c << 7) + d;
}
