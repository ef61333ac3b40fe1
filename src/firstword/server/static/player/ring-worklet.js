// Runs on the audio thread: a playout, fed by messages, that tells how it goes.

import { Playout } from './playout.js';

const TELLS_S = 0.05;

class RingProcessor extends AudioWorkletProcessor {
  #playout = null;
  #run = 0;
  #toldAt = 0;
  #begun = false;
  #tap;

  constructor({ processorOptions }) {
    super();
    this.#tap = processorOptions.tap;
    this.port.onmessage = ({ data }) => this.#hear(data);
  }

  #hear({ run, kind, samples }) {
    if (kind === 'begin') {
      this.#run = run;
      this.#playout = new Playout(sampleRate);
      this.#begun = false;
    } else if (run !== this.#run || !this.#playout) {
      return; // left over from what was stopped
    } else if (kind === 'samples') {
      this.#playout.push(samples, currentTime);
    } else if (kind === 'end') {
      this.#playout.end();
    } else {
      this.#playout = null;
    }
  }

  process(_inputs, [[out]]) {
    const playout = this.#playout;
    if (!playout) return true;
    const spoken = playout.render(out, currentTime);
    if (spoken && this.#tap) this.port.postMessage({ run: this.#run, tap: out.slice(0, spoken) });
    const first = spoken > 0 && !this.#begun;
    this.#begun ||= first;
    if (first || playout.done || currentTime - this.#toldAt >= TELLS_S) this.#tell(playout);
    return true;
  }

  #tell(playout) {
    this.#toldAt = currentTime;
    const { played, buffered, underruns, held, done } = playout;
    this.port.postMessage({ run: this.#run, played, buffered, underruns, held, done });
    if (done) this.#playout = null;
  }
}

registerProcessor('firstword-ring', RingProcessor);
