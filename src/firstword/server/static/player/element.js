// <firstword-player src="/speech?text=Hello">Read it to me</firstword-player>: a button that plays, and stops.

import { player } from './index.js';

const EVENTS = ['start', 'progress', 'word', 'text', 'heard', 'end', 'error'];
const STYLE = ':host { display: inline-flex; flex-wrap: wrap; gap: 0.5em; align-items: baseline } [hidden] { display: none }';

/** The one that speaks: there is one player. @type {FirstwordPlayer | null} */
let speaking = null;
/** @type {CSSStyleSheet | null} */
let sheet = null;

/** The page's player, whose events go to the element that speaks. */
function heard() {
  const found = player();
  for (const kind of EVENTS) found.addEventListener(kind, tellSpeaking); // the same one is added once
  return found;
}

function tellSpeaking({ type, detail }) {
  if (type === 'progress' && speaking) speaking.figures = detail;
  speaking?.dispatchEvent(new CustomEvent(type, { detail }));
}

/**
 * Attributes: `src`, `autoplay` (as soon as the browser allows sound), `media-type` (of what tells nothing by
 * itself: raw samples). What stands inside is the button's name. Parts: `button`, `error`. Events: those of
 * SpeechPlayer; they do not bubble.
 */
export class FirstwordPlayer extends (globalThis.HTMLElement ?? class {}) {
  static observedAttributes = ['src'];
  /** What is sent to `src`: method, headers, body, as `fetch` takes them. @type {RequestInit} */
  request = {};
  /** How it goes, or went. @type {import('./playing.js').Figures | null} */
  figures = null;
  #button;
  #action;
  #error;
  #turn = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    sheet ??= styled();
    root.adoptedStyleSheets = [sheet];
    this.#action = document.createElement('span');
    this.#button = document.createElement('button');
    this.#button.type = 'button';
    this.#button.part.add('button');
    this.#button.append(this.#action, ' ', document.createElement('slot'));
    this.#button.addEventListener('click', () => (this.playing ? this.stop() : this.play().catch(() => {})));
    this.#error = document.createElement('span');
    this.#error.part.add('error');
    this.#error.setAttribute('role', 'alert');
    root.append(this.#button, this.#error);
    this.#show('');
  }

  get src() {
    return this.getAttribute('src') ?? '';
  }

  set src(address) {
    this.setAttribute('src', address);
  }

  get autoplay() {
    return this.hasAttribute('autoplay');
  }

  set autoplay(on) {
    this.toggleAttribute('autoplay', on);
  }

  get mediaType() {
    return this.getAttribute('media-type') ?? '';
  }

  set mediaType(type) {
    this.setAttribute('media-type', type);
  }

  /** Whether it is asking, or speaking. */
  get playing() {
    return speaking === this;
  }

  /**
   * Plays `src` from its beginning, or what is given, until it has been heard or stopped.
   * @param {Parameters<import('./player.js').SpeechPlayer['play']>[0]} [source]
   * @returns {Promise<import('./playing.js').Figures>}
   */
  async play(source = this.src) {
    const turn = ++this.#turn;
    const mine = heard();
    if (speaking !== this) speaking?.stop();
    speaking = this;
    this.#show('');
    try {
      this.figures = await mine.play(source, this.request, { mediaType: this.mediaType });
      return this.figures;
    } catch (failure) {
      if (turn === this.#turn) this.#show(failure.message);
      throw failure;
    } finally {
      if (turn === this.#turn) this.#over();
    }
  }

  stop() {
    if (!this.playing) return;
    this.#turn++;
    heard().stop();
    this.#over();
  }

  connectedCallback() {
    if (this.autoplay) this.#start();
  }

  disconnectedCallback() {
    this.stop();
  }

  /** Another address is another speech. */
  attributeChangedCallback(_name, before, now) {
    if (before === now || before === null) return;
    this.stop();
    this.connectedCallback();
  }

  async #start() {
    const turn = ++this.#turn;
    await heard().allowed;
    if (turn === this.#turn && this.isConnected && this.src) await this.play().catch(() => {}); // it is shown
  }

  #over() {
    if (speaking === this) speaking = null;
    this.#show(this.#error.textContent);
  }

  #show(problem) {
    this.#action.textContent = this.playing ? 'Stop' : 'Play';
    this.#error.textContent = problem;
    this.#error.hidden = !problem;
    this.toggleAttribute('playing', this.playing);
  }
}

/** Not a `<style>`: a strict policy forbids these. */
function styled() {
  const made = new CSSStyleSheet();
  made.replaceSync(STYLE);
  return made;
}

/** Makes `<firstword-player>` known; a second call does nothing. @param {string} [name] */
export function defineElement(name = 'firstword-player') {
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, FirstwordPlayer);
}

defineElement();
