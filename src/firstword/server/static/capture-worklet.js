// Runs on the audio thread: what the microphone gives, in pieces of some 20 ms.

const PIECE_S = 0.02;

class CaptureProcessor extends AudioWorkletProcessor {
  #piece = new Float32Array(Math.round(PIECE_S * sampleRate));
  #held = 0;
  #ended = false;

  constructor() {
    super();
    this.port.onmessage = () => this.#end();
  }

  process([[samples]]) {
    if (samples && !this.#ended) this.#take(samples); // no samples: the source has not begun
    return !this.#ended;
  }

  #take(samples) {
    for (let taken = 0; taken < samples.length; ) {
      const part = samples.subarray(taken, taken + this.#piece.length - this.#held);
      this.#piece.set(part, this.#held);
      this.#held += part.length;
      taken += part.length;
      if (this.#held === this.#piece.length) this.#send();
    }
  }

  #send() {
    const samples = this.#piece.slice(0, this.#held);
    this.#held = 0;
    this.port.postMessage({ samples }, [samples.buffer]);
  }

  /** Asked to end: the rest, and the word that it was the rest. */
  #end() {
    this.#ended = true;
    if (this.#held) this.#send();
    this.port.postMessage({ ended: true });
  }
}

registerProcessor('firstword-capture', CaptureProcessor);
