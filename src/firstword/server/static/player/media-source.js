import { AdaptiveStart } from './adaptive.js';
import { MediaElement } from './media-element.js';

/** Where there is no MediaSource (on iPhones), ManagedMediaSource may be; not run by our tests. */
const Source = globalThis.MediaSource ?? globalThis.ManagedMediaSource;
/** No more than this is in hand, and no more than this is kept of what was heard. */
const AHEAD_S = 20;
const BEHIND_S = 10;
const HAVE_FUTURE_DATA = 3;

/** Whether an element can be given such a stream piece by piece. @param {string} type */
export function takes(type) {
  return Boolean(Source?.isTypeSupported(type));
}

/** A media element that is given the stream while it comes, and waits as the ring does. */
export class MediaSourceWay {
  name = 'MediaSource, <audio>';
  #media;
  #element;
  #source = new Source();
  #buffer = null;
  #policy = new AdaptiveStart();
  #queue = [];
  #bought = 0;
  #goes = false;
  #ending = false;
  #wakes = [];

  /**
   * @param {import('./remux.js').Media} media
   * @param {(progress: import('./ways.js').WayProgress) => void} told
   */
  constructor(media, told) {
    this.#media = media;
    this.#element = new MediaElement(told, () => this.#tick());
    const { audio } = this.#element;
    audio.disableRemotePlayback = true; // or a ManagedMediaSource never opens
    audio.addEventListener('waiting', () => this.#ranDry());
    this.#source.addEventListener('sourceopen', () => this.#open(), { once: true });
    this.#element.open(this.#source);
    this.heard = this.#element.heard;
    const wake = () => this.#wakeAll();
    this.heard.then(wake, wake);
  }

  feed(packets) {
    if (packets.length) this.#queue.push(this.#media.feed(packets));
    this.#append();
  }

  async ready() {
    await this.#until(() => !this.#queue.length);
  }

  async flush() {
    await this.#until(() => !this.#queue.length && !this.#buffer?.updating);
  }

  end() {
    this.#ending = true;
    this.#append();
  }

  stop() {
    this.#element.stop();
  }

  #open() {
    this.#buffer = this.#source.addSourceBuffer(this.#media.type);
    this.#buffer.addEventListener('updateend', () => this.#appended());
    this.#append();
  }

  #appended() {
    const { buffered } = this.#element.audio;
    const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
    if (end > this.#bought) this.#policy.arrived(end - this.#bought, performance.now() / 1000);
    this.#bought = Math.max(end, this.#bought);
    this.#tick();
    this.#wakeAll();
  }

  /** One thing at a time: a source buffer does no two. */
  #append() {
    if (!this.#buffer || this.#buffer.updating || this.#source.readyState !== 'open') return;
    const { audio, ahead } = this.#element;
    const old = audio.buffered.length ? audio.currentTime - audio.buffered.start(0) : 0;
    if (old > 2 * BEHIND_S) this.#buffer.remove(0, audio.currentTime - BEHIND_S);
    else if (this.#queue.length && ahead < AHEAD_S) this.#buffer.appendBuffer(this.#queue.shift());
    else if (this.#ending && !this.#queue.length) this.#source.endOfStream();
  }

  #tick() {
    this.#append();
    const { audio, ahead } = this.#element;
    if (this.#goes) return;
    const whole = this.#source.readyState === 'ended'; // there is no future then, at the very end
    if (!whole && audio.readyState < HAVE_FUTURE_DATA) return;
    if (!this.#ending && ahead < this.#policy.startAt(ahead)) return;
    this.#goes = true;
    this.#element.play();
  }

  #ranDry() {
    if (!this.#goes || this.#source.readyState !== 'open') return;
    this.#goes = false;
    this.#element.underruns++;
    this.#element.audio.pause();
    this.#policy.stalled();
  }

  async #until(condition) {
    while (!this.#element.over && !condition()) await new Promise((wake) => this.#wakes.push(wake));
    if (this.#element.over) await this.heard; // which may be broken
  }

  #wakeAll() {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
