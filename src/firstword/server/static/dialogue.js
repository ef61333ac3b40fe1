import { make } from './elements.js';

/** What was said, paragraph by paragraph. A screen reader reads each out once, when it is whole. */
export class Dialogue {
  #log;

  /** @param {HTMLElement} log */
  constructor(log) {
    this.#log = log;
  }

  /**
   * @param {string} who
   * @param {string} text
   * @param {string} [unheard] how the text goes on: it only stands there, struck out
   * @returns {Text} the text, which may become another
   */
  add(who, text, unheard = '') {
    const said = new Text(text);
    const written = make('p', { className: 'turn' }, make('b', {}, `${who}: `), said);
    if (unheard) {
      written.append(make('span', { className: 'unheard', ariaHidden: 'true' }, unheard), ' (interrupted)');
    }
    this.#log.append(written);
    written.scrollIntoView({ block: 'nearest' });
    return said;
  }

  clear() {
    this.#log.replaceChildren();
  }
}
