import { ByteQueue, UnplayableAudio, begins, bigEndian } from './bytes.js';

/** What the sample descriptions are called, and how `isTypeSupported` wants it. Source: the MP4 registration authority. */
const CODECS = { mp4a: 'mp4a.40.2', Opus: 'opus', fLaC: 'flac' };
const MOST_BYTES = 4 << 20;

/** An MP4, of which only the kind is read: the stream is for a media element as it is. Source: ISO 14496-12 4.2. */
export class Mp4Demuxer {
  /** @type {import('./demux.js').Track | null} */
  track = null;
  #bytes = new ByteQueue();

  /** @param {Uint8Array} chunk @returns {import('./demux.js').Packet[]} */
  feed(chunk) {
    this.#bytes.push(chunk);
    this.track ??= this.#describe();
    if (!this.track || !this.#bytes.length) return [];
    return [{ data: this.#bytes.take(this.#bytes.length) }];
  }

  /** Nothing is held back once it is known what it is. */
  flush() {
    return [];
  }

  #describe() {
    const bytes = this.#bytes.peek();
    for (let at = 0; at + 8 <= bytes.length; ) {
      const size = bigEndian(bytes.subarray(at, at + 4));
      const box = bytes.subarray(at, at + size);
      if (size < 8 || size > MOST_BYTES) throw new UnplayableAudio('The MP4 cannot be played while it comes.');
      if (box.length < size) return null;
      if (begins(box.subarray(4), 'moov')) return described(box);
      at += size;
    }
    return null;
  }
}

function described(moov) {
  const text = String.fromCharCode(...moov.subarray(0, 16384));
  const found = Object.keys(CODECS).find((name) => text.includes(name));
  const type = `audio/mp4; codecs="${CODECS[found] ?? CODECS.mp4a}"`;
  return { codec: 'mp4', type, sampleRate: 0, channels: 0, skip: 0 };
}
