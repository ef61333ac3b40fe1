import { AdaptiveStart } from './adaptive.js';
import { Ring } from './ring.js';

const CAPACITY_S = 24;
const PAUSE_S = 0.08;
/** -38 dBFS. */
const QUIET = 0.0126;
/** The most that is added to one pause. */
const HOLD_S = 0.6;

/**
 * What comes in pieces goes out without gaps. No clock and no audio device of its own: it runs in the
 * worklet, before a timer where there is none, and in tests.
 */
export class Playout {
  #rate;
  #ring;
  #policy = new AdaptiveStart();
  #ended = false;
  #playing = false;
  #heldSince = null;
  #pauseSpent = false;
  /** Samples that have gone out. */
  played = 0;
  underruns = 0;
  /** Seconds of silence that were added to pauses. */
  held = 0;

  /** @param {number} rate Hz, of what comes and what goes */
  constructor(rate) {
    this.#rate = rate;
    this.#ring = new Ring(Math.ceil(rate * CAPACITY_S));
  }

  /** Samples that may be pushed now. */
  get room() {
    return this.#ring.room;
  }

  /** Samples in hand. */
  get buffered() {
    return this.#ring.length;
  }

  /** All has gone out. */
  get done() {
    return this.#ended && this.#ring.length === 0;
  }

  /** @param {Float32Array} samples no more than there is room for @param {number} now seconds */
  push(samples, now) {
    this.#policy.arrived(samples.length / this.#rate, now);
    this.#ring.write(samples);
  }

  /** Nothing more will come. */
  end() {
    this.#ended = true;
  }

  /**
   * Fills `out`, with silence where there is nothing to say.
   * @param {Float32Array} out
   * @param {number} now seconds
   * @returns {number} how many samples of it are speech
   */
  render(out, now) {
    out.fill(0);
    if (!this.#goes(now)) return 0;
    const count = this.#ring.read(out);
    this.played += count;
    if (count < out.length) this.#playing = false;
    if (count < out.length && !this.#ended) {
      this.underruns++;
      this.#policy.stalled();
    }
    return count;
  }

  #goes(now) {
    const buffered = this.#ring.length / this.#rate;
    if (!this.#playing) {
      const enough = this.#ended || buffered >= this.#policy.startAt(buffered);
      this.#playing = buffered > 0 && enough;
      return this.#playing;
    }
    if (this.#heldSince !== null) return this.#released(buffered, now);
    if (this.#ended || buffered >= this.#policy.holdBelow || buffered < PAUSE_S) return true;
    // A look ahead, so that the silence inside a consonant is not taken for a pause.
    const pause = this.#ring.quiet(Math.ceil(PAUSE_S * this.#rate), QUIET);
    if (!pause) this.#pauseSpent = false;
    if (!pause || this.#pauseSpent) return true;
    this.#heldSince = now;
    return false;
  }

  #released(buffered, now) {
    const waited = now - this.#heldSince;
    if (!this.#ended && buffered < this.#policy.holdBelow && waited < HOLD_S) return false;
    this.held += waited;
    this.#heldSince = null;
    this.#pauseSpent = true;
    return true;
  }
}
