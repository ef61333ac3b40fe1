/** Samples between the one who brings them and the one who plays them; of fixed size. */
export class Ring {
  #samples;
  #from = 0;
  length = 0;

  /** @param {number} capacity in samples */
  constructor(capacity) {
    this.#samples = new Float32Array(capacity);
  }

  get room() {
    return this.#samples.length - this.length;
  }

  /** Takes all or, beyond its room, refuses. @param {Float32Array} samples */
  write(samples) {
    if (samples.length > this.room) throw new RangeError('the ring is full');
    const at = (this.#from + this.length) % this.#samples.length;
    const first = samples.subarray(0, this.#samples.length - at);
    this.#samples.set(first, at);
    this.#samples.set(samples.subarray(first.length), 0);
    this.length += samples.length;
  }

  /** Moves samples to `out`, as many as there are. @param {Float32Array} out @returns {number} how many */
  read(out) {
    const count = Math.min(out.length, this.length);
    const first = this.#samples.subarray(this.#from, this.#from + count);
    out.set(first, 0);
    out.set(this.#samples.subarray(0, count - first.length), first.length);
    this.#from = (this.#from + count) % this.#samples.length;
    this.length -= count;
    return count;
  }

  /** Whether the next `count` samples are all within +-`level`. */
  quiet(count, level) {
    for (let i = 0; i < Math.min(count, this.length); i++) {
      if (Math.abs(this.#samples[(this.#from + i) % this.#samples.length]) > level) return false;
    }
    return true;
  }

  clear() {
    this.#from = this.length = 0;
  }
}
