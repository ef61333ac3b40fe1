import { UnplayableAudio } from './bytes.js';

const TICK_MS = 40;
const MOST_BYTES = 64 << 20;
const HAVE_METADATA = 1;

/** What an `<audio>` element plays, and how it goes there. */
export class MediaElement {
  /** @type {HTMLAudioElement} */
  audio = new Audio();
  underruns = 0;
  over = false;
  /** @type {Promise<void>} */
  heard;
  #told;
  #tick;
  #timer;
  #url = '';
  #soundedAt = null;
  #kept;
  #broken;

  /**
   * @param {(progress: import('./ways.js').WayProgress) => void} told
   * @param {() => void} [tick] called a few times a second
   */
  constructor(told, tick = () => {}) {
    this.#told = told;
    this.#tick = tick;
    this.heard = new Promise((kept, broken) => ([this.#kept, this.#broken] = [kept, broken]));
    this.heard.catch(() => {}); // whoever awaits it is told
    this.audio.addEventListener('ended', () => this.#finish());
    this.audio.addEventListener('error', () => this.fail(this.audio.error?.message || 'it cannot be decoded'));
    this.audio.addEventListener('playing', () => this.#look());
    this.#timer = setInterval(() => this.#look(), TICK_MS);
  }

  /** Audio in hand, in seconds. */
  get ahead() {
    const { buffered, currentTime } = this.audio;
    return buffered.length ? Math.max(0, buffered.end(buffered.length - 1) - currentTime) : 0;
  }

  /** @param {string | URL | Blob | MediaSource} source */
  open(source) {
    const ours = typeof source === 'object' && !(source instanceof URL);
    if (ours) this.#url = URL.createObjectURL(source);
    this.audio.src = this.#url || source;
  }

  play() {
    this.audio.play().catch(({ message, name }) => name === 'AbortError' || this.fail(message));
  }

  /** @param {string} why */
  fail(why) {
    if (this.over) return;
    this.#close();
    this.#broken(new UnplayableAudio(`It could not be played: ${why}`));
  }

  stop() {
    if (this.over) return;
    this.#close();
    this.#kept();
  }

  #finish() {
    if (this.over) return;
    this.#report(true);
    this.stop();
  }

  #close() {
    this.over = true;
    clearInterval(this.#timer);
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load(); // lets go of what it has
    if (this.#url) URL.revokeObjectURL(this.#url);
  }

  #look() {
    if (this.over) return;
    this.#tick();
    if (this.audio.readyState >= HAVE_METADATA) this.#report(false);
  }

  #report(done) {
    const playedMs = this.audio.currentTime * 1000;
    if (playedMs > 0) this.#soundedAt ??= performance.now() - playedMs;
    this.#told({
      playedMs,
      heardMs: playedMs,
      bufferedMs: this.ahead * 1000,
      underruns: this.underruns,
      heldMs: 0,
      soundedAt: this.#soundedAt,
      done,
    });
  }
}

/**
 * The last fall-back: the element asks for the address itself, and begins when the browser thinks fit; what has
 * no address, as the answer to a POST, is played when it is all there.
 */
export class ElementWay {
  name;
  asksItself;
  #media;
  #element;
  #parts = [];
  #bytes = 0;
  #ended = false;

  /**
   * @param {import('./remux.js').Media} media
   * @param {string | URL | null} address
   * @param {(progress: import('./ways.js').WayProgress) => void} told
   */
  constructor(media, address, told) {
    this.#media = media;
    this.#element = new MediaElement(told);
    this.asksItself = address !== null;
    this.name = this.asksItself ? '<audio src>' : '<audio>, whole';
    if (!this.asksItself) return;
    this.#element.open(address);
    this.#element.play();
  }

  get heard() {
    return this.#element.heard;
  }

  feed(packets) {
    if (this.asksItself) return;
    const part = this.#media.feed(packets);
    this.#bytes += part.length;
    if (this.#bytes > MOST_BYTES) throw new UnplayableAudio('It is too long to be played here as a whole.');
    this.#parts.push(part);
  }

  async ready() {}

  async flush() {}

  end() {
    if (this.#ended || this.asksItself) return;
    this.#ended = true;
    this.#element.open(new Blob(this.#parts, { type: this.#media.type }));
    this.#parts = [];
    this.#element.play();
  }

  stop() {
    this.#element.stop();
  }
}
