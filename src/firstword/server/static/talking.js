// The button that is held to talk, by pointer, with the space key, or by a click at either end.

import { openMicrophone } from './microphone.js';
import { Recording } from './recording.js';

/** A recording is sent at the latest when it is this long. */
const LONGEST_S = 120;

/**
 * @typedef {object} Heard what a TalkButton tells
 * @property {() => void} started somebody wants to talk; the microphone is not open yet
 * @property {() => void} listening the microphone is open
 * @property {(level: number) => void} level 0 to 1
 * @property {(recording: Recording) => void} recorded to be sent, where there is something in it
 * @property {(failure: Error) => void} failed there is no microphone, or it is gone
 */

/** Records between press and release. */
export class TalkButton {
  #button;
  #byClicks;
  #tell;
  /** @type {{ recording: Recording, microphone: Promise<{stop: () => Promise<void>} | null> } | null} */
  #session = null;

  /**
   * @param {HTMLButtonElement} button
   * @param {HTMLInputElement} byClicks ticked by who does not want to hold it
   * @param {Heard} tell
   */
  constructor(button, byClicks, tell) {
    this.#button = button;
    this.#byClicks = byClicks;
    this.#tell = tell;
    this.#listen();
    this.#show();
  }

  get talking() {
    return this.#session !== null;
  }

  #listen() {
    const on = (name, act) => this.#button.addEventListener(name, act);
    const held = (act) => () => this.#byClicks.checked || act();
    on('pointerdown', (event) => {
      if (event.button !== 0 || this.#byClicks.checked) return;
      this.#button.setPointerCapture(event.pointerId); // a finger may slide off it
      this.#start();
    });
    on('pointerup', held(() => this.finish()));
    on('pointercancel', held(() => this.finish()));
    on('blur', held(() => this.finish())); // or the key's release would never be seen
    on('contextmenu', (event) => event.preventDefault()); // of a long touch
    on('keydown', (event) => this.#key(event, () => this.#start()));
    on('keyup', (event) => this.#key(event, () => this.finish()));
    on('click', ({ detail }) => {
      // A click without a pointer comes from the Enter key, or from what somebody uses instead of hands.
      if (this.#byClicks.checked || detail === 0) this.#turn();
    });
    this.#byClicks.addEventListener('change', () => this.#show());
  }

  #key(event, act) {
    if (event.key === 'Enter' && event.repeat) event.preventDefault();
    if (event.key !== ' ' || this.#byClicks.checked) return;
    event.preventDefault(); // no click, no scrolling
    if (!event.repeat) act();
  }

  #turn() {
    if (this.#session) this.finish();
    else this.#start();
  }

  async #start() {
    if (this.#session) return;
    const recording = new Recording();
    const session = { recording, microphone: null };
    this.#session = session;
    this.#tell.started();
    session.microphone = openMicrophone({
      onAudio: (samples) => {
        recording.add(samples);
        if (recording.seconds >= LONGEST_S && this.#session === session) this.finish();
      },
      onLevel: this.#tell.level,
      onLost: async (failure) => {
        if (this.#session === session) await this.finish(); // what was said until then counts
        this.#tell.failed(failure);
      },
    }).catch((failure) => {
      if (this.#session === session) this.#session = null;
      this.#show();
      this.#tell.failed(failure);
      return null;
    });
    this.#show();
    if ((await session.microphone) && this.#session === session) this.#tell.listening();
  }

  /** Ends what is being said. @param {{ send?: boolean }} [how] */
  async finish({ send = true } = {}) {
    const session = this.#session;
    if (!session) return;
    this.#session = null;
    this.#show();
    const microphone = await session.microphone;
    await microphone?.stop(); // what is still on its way comes now
    this.#tell.level(0);
    if (microphone && send) this.#tell.recorded(session.recording);
  }

  #show() {
    const [idle, talking] = this.#byClicks.checked
      ? ['Click to talk', 'Click to send']
      : ['Hold to talk', 'Release to send'];
    this.#button.textContent = this.talking ? talking : idle;
    this.#button.dataset.talking = this.talking ? 'yes' : '';
  }
}
