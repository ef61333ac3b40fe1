// When to begin, and when to wait in a pause rather than run dry in a word: decided by how the audio has
// been arriving, for neither its rate nor its length is known. All times are seconds.

const WINDOW_S = 2;
const FORGETS_S = 4;
/** Pieces that come closer together than this are one arrival. */
const TOGETHER_S = 0.008;

/** Decides from what has arrived. It has no clock: every call tells the time. */
export class AdaptiveStart {
  #arrivals = [];
  #gap = 0;
  #count = 0;
  #stalled = false;

  /** Audio has come. @param {number} audio how much @param {number} now */
  arrived(audio, now) {
    const last = this.#arrivals.at(-1);
    if (last && now - last.at < TOGETHER_S) {
      last.audio += audio;
      return;
    }
    if (last) {
      const waited = now - last.at;
      this.#gap = Math.max(waited, this.#gap * Math.exp(-waited / FORGETS_S));
    }
    this.#arrivals.push({ at: now, audio });
    this.#count++;
    while (this.#arrivals.length > 2 && now - this.#arrivals[0].at > WINDOW_S) this.#arrivals.shift();
  }

  /** It ran dry: the next beginning needs more. */
  stalled() {
    this.#stalled = true;
  }

  /** Audio for each second that passed, lately; without two arrivals nothing is known, and it is Infinity. */
  get rate() {
    const [first] = this.#arrivals;
    const last = this.#arrivals.at(-1);
    if (!first || last === first) return Infinity;
    // What an interval brought is what came at its end.
    const audio = this.#arrivals.slice(1).reduce((sum, arrival) => sum + arrival.audio, 0);
    return audio / (last.at - first.at);
  }

  /** What must be in hand to begin. @param {number} buffered what is */
  startAt(buffered) {
    if (this.#count < 3 && buffered < 0.5) return this.#stalled ? 0.25 : 0.12;
    let needed = Math.max(0.06, 1.25 * this.#gap);
    if (this.rate < 1.1) needed += Math.max(0, 1 - this.rate) * 2 + 1.25 * this.#gap;
    return Math.min(5, this.#stalled ? Math.max(needed, 0.25) : needed);
  }

  /** Below what, of what is in hand, a pause of the speech is made longer; 0: never. */
  get holdBelow() {
    if (!(this.rate < 1.02)) return 0;
    return Math.min(5, Math.max(0.2, 1.5 * this.#gap) + Math.max(0, 1 - this.rate) * 1.5);
  }
}
