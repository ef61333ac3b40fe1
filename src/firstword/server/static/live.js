import { openMicrophone } from './microphone.js';
import { RealtimeSession } from './realtime.js';

/** From the microphone to the server's socket, until it is stopped. */
export class Live {
  #told;
  #session;
  #microphone = null;
  #stopped = false;
  #leave;
  /** Somebody who does not want to wait; the browser may still be asking about the microphone. */
  #left = new Promise((resolve) => (this.#leave = resolve));
  #lost = null;
  #samples = 0;

  /**
   * @param {object} told
   * @param {(heard: import('./realtime.js').Heard) => void} told.onPartial
   * @param {(heard: import('./realtime.js').Heard) => void} told.onFinal
   * @param {(level: number) => void} told.onLevel
   * @param {() => void} told.onBegin it is being recorded
   * @param {() => void} told.onFinish it is not any more; the last words come
   */
  constructor(told) {
    this.#told = told;
    this.#session = new RealtimeSession(told);
  }

  /** What has been recorded, in ms. */
  get heardMs() {
    return this.#samples / 16;
  }

  /**
   * Until all has been written, or it was left.
   * @param {{ model: string, language: string }} asked `language` may be empty
   * @throws {Error} in words that say what to do
   */
  async run({ model, language }) {
    const session = this.#session;
    const start = { sample_rate: 16_000, ...(language && { language }) };
    try {
      // What is said while the socket is being opened is sent first.
      const opening = openMicrophone({
        onAudio: (samples) => {
          this.#samples += samples.length;
          session.send(samples);
        },
        onLevel: this.#told.onLevel,
        onLost: (why) => this.#end(why),
      });
      await Promise.race([opening, this.#left]);
      if (this.#stopped) return void opening.then((late) => late.stop(), () => {});
      this.#microphone = await opening;
      this.#told.onBegin();
      await session.open(model, start);
      await session.ended;
    } finally {
      await this.#microphone?.stop();
      session.close();
    }
    if (this.#lost) throw this.#lost;
  }

  /** Ends the recording, and then waits for the last words; the second time it waits no more. */
  stop() {
    if (this.#stopped || !this.#microphone) this.leave();
    else this.#end();
  }

  /** At once. */
  leave() {
    this.#stopped = true;
    this.#leave();
    this.#session.close();
  }

  async #end(why = null) {
    this.#stopped = true;
    this.#lost = why;
    this.#told.onFinish();
    await this.#microphone?.stop();
    this.#session.finish();
  }
}
