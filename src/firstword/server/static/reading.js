import { make } from './elements.js';

/**
 * Shows a text and marks the word that is being spoken. The server counts characters, JavaScript
 * UTF-16 units: so the text is taken apart into characters first.
 */
export class Reading {
  #place;
  #characters = [];
  #before = new Text();
  #word = make('mark');
  #after = new Text();

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
  }

  /** @param {string} text */
  begin(text) {
    this.#characters = [...text];
    this.#show(0, 0);
    this.#place.replaceChildren(this.#before, this.#word, this.#after);
    this.#place.hidden = false;
  }

  /** More of the text. @param {string} text */
  add(text) {
    this.#characters.push(...text);
    this.#after.data += text;
  }

  /** @param {{start_char: number, end_char: number}} word */
  mark({ start_char: start, end_char: end }) {
    this.#show(start, end);
    this.#word.scrollIntoView({ block: 'nearest' });
  }

  hide() {
    this.#place.hidden = true;
  }

  #show(start, end) {
    this.#before.data = this.#characters.slice(0, start).join('');
    this.#word.textContent = this.#characters.slice(start, end).join('');
    this.#after.data = this.#characters.slice(end).join('');
  }
}
