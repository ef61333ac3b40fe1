import { make } from './elements.js';
import { clock, pieces, settled } from './transcripts.js';

/**
 * Shows what was heard. Finals stand in a log that a screen reader reads as it grows; what is still being
 * said stands outside of it, or it would be read again with every word.
 */
export class Written {
  /** @type {import('./transcripts.js').Transcript[]} */
  transcripts = [];
  #finals;
  #partial;
  #stable = make('span', { className: 'stable' });
  /** @type {{ start: number, end: number, word: HTMLElement }[]} those that can be played */
  #words = [];
  #marked = null;
  #aloud = false;
  #open = make('span', { className: 'open' });

  /** @param {HTMLElement} finals @param {HTMLElement} partial */
  constructor(finals, partial) {
    this.#finals = finals;
    this.#partial = partial;
    partial.append(this.#stable, this.#open);
  }

  /** A new page. @param {{ aloud: boolean }} how whether it is read aloud as it grows */
  begin({ aloud }) {
    this.transcripts = [];
    this.#words = [];
    this.#marked = null;
    this.#finals.replaceChildren();
    this.#aloud = aloud;
    this.#finals.setAttribute('aria-live', aloud ? 'polite' : 'off');
    this.#finals.tabIndex = -1; // there is nothing to scroll yet
    this.partial(null);
  }

  /**
   * What is being said; it takes the place of what was shown before.
   * @param {import('./realtime.js').Heard | null} heard
   */
  partial(heard) {
    [this.#stable.textContent, this.#open.textContent] = heard ? settled(heard) : ['', ''];
    this.#partial.hidden = !heard;
  }

  /**
   * @param {import('./transcripts.js').Transcript} transcript final
   * @param {{ played?: boolean }} [how] whether its words can be played: then each tells when it was said
   */
  add(transcript, { played = false } = {}) {
    this.partial(null);
    this.transcripts.push(transcript);
    this.#finals.tabIndex = 0;
    this.#finals.append(make('p', {}, ...(played ? this.#playable(transcript) : plain(transcript))));
    if (this.#aloud) this.#finals.scrollTop = this.#finals.scrollHeight; // somebody is speaking
  }

  /** Marks the word that is spoken at a moment, if one is. @param {number | null} ms */
  mark(ms) {
    const spoken = ms === null ? null : this.#words.findLast(({ start }) => start <= ms);
    const word = spoken && ms < spoken.end ? spoken.word : null;
    if (word === this.#marked) return;
    this.#marked?.classList.remove('now');
    word?.classList.add('now');
    word?.scrollIntoView({ block: 'nearest' });
    this.#marked = word;
  }

  /** A button for its beginning, and words that a mouse can point at. */
  #playable(transcript) {
    const time = clock(transcript.start);
    const from = make('button', { type: 'button', className: 'when', ariaLabel: `Play from ${time}` }, time);
    from.dataset.start = String(transcript.start);
    const words = pieces(transcript).map(({ text, start, end }) => {
      const word = make('span', { title: `${(start / 1000).toFixed(2)} s` }, text.trim());
      word.dataset.start = String(start);
      this.#words.push({ start, end, word });
      return [word, text.slice(text.trimEnd().length)];
    });
    return [from, ' ', ...words.flat()];
  }
}

function plain({ start, text }) {
  return [make('span', { className: 'when' }, clock(start)), ' ', text];
}
