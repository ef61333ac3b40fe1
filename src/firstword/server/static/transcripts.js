// What was heard, in one shape wherever it came from; all times in ms.

/**
 * @typedef {object} Timed
 * @property {string} text
 * @property {number} start
 * @property {number} end
 */
/** @typedef {Timed & { words: Timed[] }} Transcript; no words where the model does not know their times */

/** @param {import('./realtime.js').Heard} heard @returns {Transcript} */
export function fromSocket({ text, audio_start: start, audio_end: end, words }) {
  return { text, start, end, words };
}

/** @param {object} body `verbose_json` with segments, and with words where there are @returns {Transcript[]} */
export function fromVerbose({ segments, words = [] }) {
  const timed = words.map(({ word, start, end }) => ({ text: word, start: ms(start), end: ms(end) }));
  return segments.map(({ text, start, end }, index) => {
    const next = segments[index + 1];
    const until = timed.findIndex((word) => next && word.start >= ms(next.start));
    const own = timed.splice(0, until < 0 ? timed.length : until);
    return { text, start: ms(start), end: ms(end), words: own };
  });
}

const ms = (seconds) => Math.round(seconds * 1000);

/**
 * A transcript's text, cut before each word that has a time; joined, they are the text.
 * One piece where no words are known, or one of them is not in the text.
 * @param {Transcript} transcript
 * @returns {Timed[]}
 */
export function pieces({ text, start, end, words }) {
  const places = placesOf(text, words);
  if (!places.length) return [{ text, start, end }];
  return words.map((word, index) => ({
    text: text.slice(index ? places[index] : 0, places[index + 1]),
    start: word.start,
    end: word.end,
  }));
}

/** Where each word stands in the text; none where one of them does not. */
function placesOf(text, words) {
  const places = [];
  let at = 0;
  for (const word of words) {
    const found = text.indexOf(word.text.trim(), at);
    if (found < 0) return [];
    places.push(found);
    at = found + word.text.trim().length;
  }
  return places;
}

/**
 * What of a partial transcript will not change any more, and what may.
 * @param {import('./realtime.js').Heard} heard
 * @returns {[string, string]}
 */
export function settled({ text, words, stable_words: stable }) {
  const places = placesOf(text, words.length ? words : text.split(/\s+/).map((word) => ({ text: word })));
  const cut = stable ? (places[stable] ?? text.length) : 0;
  return [text.slice(0, cut), text.slice(cut)];
}

/** A time as people read it: 0:07, 1:02:03. @param {number} time in ms */
export function clock(time) {
  const seconds = Math.floor(time / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const shown = hours ? [hours, two(minutes)] : [minutes];
  return [...shown, two(seconds % 60)].join(':');
}

export const two = (number) => String(number).padStart(2, '0');
