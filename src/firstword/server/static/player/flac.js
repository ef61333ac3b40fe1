import { ByteQueue, UnplayableAudio, begins, bigEndian } from './bytes.js';

const CRC8 = table(8, 0x07);
const CRC16 = table(16, 0x8005);
const LONGEST_HEADER = 16;
const MOST_BYTES = 4 << 20;

/**
 * FLAC frames. They do not tell their lengths: a frame ends where its checksum comes out and the next
 * one's header follows, so that each waits for the first bytes of the next. Source: RFC 9639 section 9.
 */
export class FlacDemuxer {
  /** @type {import('./demux.js').Track | null} */
  track = null;
  #bytes = new ByteQueue();
  #headers = [];
  #marked = false;
  #described = false;
  #at = 0;
  #crc = 0;

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    return this.#readHeaders() ? this.#frames(LONGEST_HEADER) : [];
  }

  /** The last frame, for which there is no next one. */
  flush() {
    if (!this.#described || !this.#bytes.length) return [];
    const packets = this.#frames(1); // a last frame of silence is shorter than a header can be
    const rest = this.#bytes.take(this.#bytes.length);
    return crc16(rest) === 0 ? [...packets, { data: rest }] : packets;
  }

  /** The metadata in front: STREAMINFO, and whatever else there is, passed over. */
  #readHeaders() {
    if (!this.#marked) {
      if (this.#bytes.length < 4) return false;
      if (!begins(this.#bytes.peek(4), 'fLaC')) throw new UnplayableAudio('This is no FLAC.');
      this.#bytes.drop(4);
      this.#marked = true;
    }
    while (!this.#described) {
      const head = this.#bytes.peek(4);
      const size = bigEndian(head.slice(1));
      if (head.length < 4 || this.#bytes.length < 4 + size) return false;
      const block = this.#bytes.take(4 + size);
      if ((block[0] & 127) === 0) this.#describe(block);
      this.#described = block[0] >= 128;
    }
    if (!this.track) throw new UnplayableAudio('The FLAC says nothing about itself.');
    return true;
  }

  #describe(block) {
    const info = block.slice();
    info[0] |= 128; // the only block that the decoder is given, so it is the last
    const description = new Uint8Array([0x66, 0x4c, 0x61, 0x43, ...info]);
    const sampleRate = bigEndian(info.slice(14, 17)) >> 4;
    this.track = { codec: 'flac', sampleRate, channels: ((info[16] >> 1) & 7) + 1, description, skip: 0 };
  }

  /** @param {number} follow bytes that must be there behind a frame to tell that it is one */
  #frames(follow) {
    const packets = [];
    let bytes = this.#bytes.peek();
    // A header, seen whole, must follow: so the same frames are found however the bytes were cut.
    while (this.#at + follow <= bytes.length) {
      const byte = bytes[this.#at++];
      this.#crc = ((this.#crc << 8) & 0xffff) ^ CRC16[(this.#crc >> 8) ^ byte];
      if (this.#crc !== 0 || this.#at < 6) continue;
      if (!isHeader(bytes.subarray(this.#at, this.#at + LONGEST_HEADER))) continue;
      packets.push({ data: this.#bytes.take(this.#at) });
      bytes = this.#bytes.peek();
      this.#at = 0;
    }
    if (bytes.length > MOST_BYTES) throw new UnplayableAudio('A FLAC frame is too large to be true.');
    return packets;
  }
}

/** Whether a frame's header begins here, by its marks and its checksum. @param {Uint8Array} bytes */
function isHeader(bytes) {
  if (bytes[0] !== 0xff || (bytes[1] & 0xfe) !== 0xf8 || bytes[3] & 1) return false;
  const blockSize = bytes[2] >> 4;
  const rate = bytes[2] & 15;
  if (blockSize === 0 || rate === 15) return false;
  const ones = Math.clz32(~(bytes[4] << 24)); // the number is written as UTF-8 writes characters
  let length = 4 + Math.max(1, ones);
  length += blockSize === 6 ? 1 : blockSize === 7 ? 2 : 0;
  length += rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0;
  const crc = bytes.subarray(0, length).reduce((sum, byte) => CRC8[sum ^ byte], 0);
  return crc === bytes[length];
}

/** The checksum of a whole frame, its own included, is 0. @param {Uint8Array} bytes */
function crc16(bytes) {
  return bytes.reduce((sum, byte) => ((sum << 8) & 0xffff) ^ CRC16[(sum >> 8) ^ byte], 0);
}

function table(width, polynomial) {
  const top = 1 << (width - 1);
  return Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) rest = (rest & top ? (rest << 1) ^ polynomial : rest << 1) & (2 * top - 1);
    return rest;
  });
}
