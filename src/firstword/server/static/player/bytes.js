/** Bytes that have come and are not used up yet, in one piece. */
export class ByteQueue {
  #buffer = new Uint8Array(4096);
  #from = 0;
  #to = 0;

  /** How many there are. */
  get length() {
    return this.#to - this.#from;
  }

  /** @param {Uint8Array} chunk */
  push(chunk) {
    if (this.#to + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** The first `count`, or all of them: a look, valid until the next push. @param {number} [count] */
  peek(count = this.length) {
    return this.#buffer.subarray(this.#from, this.#from + Math.min(count, this.length));
  }

  /** Forgets the first `count`. @param {number} count */
  drop(count) {
    this.#from += Math.min(count, this.length);
  }

  /** The first `count` as a copy of their own, and forgets them here. @param {number} count */
  take(count) {
    const taken = this.peek(count).slice();
    this.drop(taken.length);
    return taken;
  }

  #makeRoom(more) {
    const kept = this.peek();
    const size = Math.max(this.#buffer.length, 2 * (kept.length + more));
    const larger = size > this.#buffer.length ? new Uint8Array(size) : this.#buffer;
    larger.set(kept, 0); // `set` copies overlapping ranges rightly
    this.#buffer = larger;
    this.#to = kept.length;
    this.#from = 0;
  }
}

/** Big-endian number of any width up to 6 bytes. @param {Uint8Array} bytes */
export function bigEndian(bytes) {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Whether `bytes` begin with these characters. @param {Uint8Array} bytes @param {string} text */
export function begins(bytes, text) {
  return bytes.length >= text.length && [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
}

/** The audio cannot be played: it is broken, or of a kind that nobody here reads. */
export class UnplayableAudio extends Error {
  name = 'UnplayableAudio';
}
