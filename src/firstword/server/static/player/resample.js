const WINGS = 16;
const PHASES = 256;

/**
 * From one sample rate to another, by a windowed sinc; the same rate passes through untouched.
 * Any way of cutting the input gives the same output.
 */
export class Resampler {
  #step;
  #cutoff;
  #wings;
  #table;
  #input = new Float32Array(0);
  #position;
  #fed = 0;
  #given = 0;
  #ratio;

  /**
   * @param {number} from Hz
   * @param {number} to Hz
   * @param {{ wings?: number, edge?: number }} [shape] zero crossings of the sinc on either side: more of them
   *   make a steeper filter; and where it is at half, as a part of the highest frequency both rates carry
   */
  constructor(from, to, { wings = WINGS, edge = 1 } = {}) {
    const lower = Math.min(1, to / from);
    this.#ratio = to / from;
    this.#step = from / to;
    this.#cutoff = edge * lower;
    this.#wings = Math.ceil(wings / lower);
    this.#table = kernel(this.#cutoff, this.#wings);
    // Silence in front, so that the first sample stands in the middle of the window.
    this.#input = new Float32Array(this.#wings);
    this.#position = this.#wings;
  }

  /** @param {Float32Array} samples @returns {Float32Array} */
  feed(samples) {
    if (this.#step === 1) return samples;
    this.#fed += samples.length;
    return this.#convert(samples, Infinity);
  }

  /** What the last samples still had to give. @returns {Float32Array} */
  flush() {
    if (this.#step === 1 || !this.#fed) return new Float32Array(0);
    return this.#convert(new Float32Array(2 * this.#wings + 2), Math.round(this.#fed * this.#ratio));
  }

  #convert(samples, most) {
    const input = new Float32Array(this.#input.length + samples.length);
    input.set(this.#input);
    input.set(samples, this.#input.length);
    const out = [];
    while (this.#position + this.#wings + 1 < input.length && this.#given < most) {
      out.push(this.#at(input, this.#position));
      this.#position += this.#step;
      this.#given++;
    }
    const used = Math.max(0, Math.min(input.length, Math.floor(this.#position) - this.#wings));
    this.#input = input.slice(used);
    this.#position -= used;
    return Float32Array.from(out);
  }

  #at(input, position) {
    const whole = Math.floor(position);
    const phase = Math.round((position - whole) * PHASES);
    const width = 2 * this.#wings;
    const base = phase * width;
    let sum = 0;
    for (let tap = 0; tap < width; tap++) {
      sum += input[whole - this.#wings + 1 + tap] * this.#table[base + tap];
    }
    return sum;
  }
}

/** For each phase, the weights of the samples around it (Hann window), which add up to one. */
function kernel(cutoff, wings) {
  const width = 2 * wings;
  const table = new Float32Array((PHASES + 1) * width);
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = table.subarray(phase * width, (phase + 1) * width);
    for (let tap = 0; tap < width; tap++) {
      const x = tap - wings + 1 - phase / PHASES;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
      row[tap] = Math.abs(x) < wings ? sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / wings)) : 0;
    }
    const sum = row.reduce((total, weight) => total + weight, 0);
    for (let tap = 0; tap < width; tap++) row[tap] /= sum;
  }
  return table;
}
