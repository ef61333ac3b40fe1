// What has been said so far, and what of it is sent with the next question. It knows no page and no network.

/** Speech without word times is taken to be this fast. */
const CHARACTERS_PER_S = 14;
/** Samples are counted, times are told in whole or broken milliseconds. */
const ROUNDING_MS = 0.5;
/** What belongs to the word before it: neither a space, nor a word, nor a mark that opens. */
const MARKS = /^[^\s\p{L}\p{N}\p{Ps}\p{Pi}]*/u;
/** An id that is forgotten so soon is not referred to any more. */
const MARGIN_S = 60;

/** Who said what, in order. */
export class Conversation {
  #turns = [];

  /** @param {string | object[]} content of the user's message: text, or its parts */
  ask(content) {
    this.#turns.push({ role: 'user', content });
  }

  /** The last question was spoken, and these are its words: they are sent from now on. @param {string} text */
  said(text) {
    this.#turns[this.#turns.findLastIndex(({ role }) => role === 'user')].content = text;
  }

  /** The last question was not taken: it is left out, so that what follows is not refused for it. */
  takeBack() {
    if (this.#turns.at(-1)?.role === 'user') this.#turns.pop();
  }

  /**
   * An answer that was heard to its end: the server knows it by the id of its audio, for a while.
   * @param {import('./player/events.js').Answer} answer
   */
  answered({ transcript, id, expiresAt }) {
    if (transcript) this.#turns.push({ role: 'assistant', content: transcript, id, expiresAt });
  }

  /** An answer as far as it counts, in words. @param {string} content */
  broken(content) {
    if (content) this.#turns.push({ role: 'assistant', content });
  }

  /** The server has forgotten its answers: from now on they are sent in words. */
  spellOut() {
    for (const turn of this.#turns) delete turn.id;
  }

  /**
   * The messages of a request.
   * @param {string} instructions for the model; empty for none
   * @param {number} [now] Unix seconds
   */
  messages(instructions, now = Date.now() / 1000) {
    const system = instructions.trim() ? [{ role: 'system', content: instructions.trim() }] : [];
    return [...system, ...this.#turns.map((turn) => message(turn, now))];
  }
}

function message({ role, content, id, expiresAt }, now) {
  if (id && expiresAt && now + MARGIN_S < expiresAt) return { role, audio: { id } };
  return { role, content };
}

/**
 * The part of an answer that was heard: to the last word that was heard to its end, and the marks behind it.
 * @param {string} transcript
 * @param {{start_ms: number, end_ms: number, end_char: number}[]} words in order, places counted in characters
 * @param {number} heardMs audio that was heard
 */
export function heardOf(transcript, words, heardMs) {
  const last = words.findLast((word) => word.end_ms <= heardMs + ROUNDING_MS);
  if (!last) return '';
  const characters = [...transcript];
  const [marks] = MARKS.exec(characters.slice(last.end_char).join(''));
  return characters.slice(0, last.end_char).join('') + marks;
}

/**
 * The same, where nobody tells when which word sounds: by a usual pace, in whole words.
 * @param {string} transcript
 * @param {number} heardMs
 */
export function probablyHeard(transcript, heardMs) {
  const characters = [...transcript];
  const most = Math.floor((heardMs / 1000) * CHARACTERS_PER_S);
  if (most >= characters.length) return transcript;
  const shown = characters.slice(0, most + 1).join('');
  return shown.slice(0, Math.max(0, shown.search(/\s\S*$/)));
}
