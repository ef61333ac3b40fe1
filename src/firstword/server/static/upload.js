import { ask, headers } from './api.js';
import { fromVerbose } from './transcripts.js';

/** A recording that the server hears whole. */
export class Upload {
  #file;
  #told;
  #leaving = new AbortController();

  /**
   * @param {File} file
   * @param {{ onDone: (heard: import('./transcripts.js').Transcript[], ms: number) => void }} told
   */
  constructor(file, told) {
    this.#file = file;
    this.#told = told;
  }

  /**
   * Until it has been heard, or was left.
   * @param {{ model: string, language: string, timed: boolean }} asked `timed`: the model knows words' times
   * @throws {Error} in words that say what to do
   */
  async run({ model, language, timed }) {
    const form = new FormData();
    form.append('model', model);
    if (language) form.append('language', language);
    form.append('response_format', 'verbose_json');
    for (const each of timed ? ['segment', 'word'] : ['segment']) form.append('timestamp_granularities[]', each);
    form.append('file', this.#file); // last, so that whatever is wrong before it is told at once
    try {
      const init = { method: 'POST', headers: headers(), body: form, signal: this.#leaving.signal };
      const body = await ask('v1/audio/transcriptions', init).then((answer) => answer.json());
      this.#told.onDone(fromVerbose(body), body.duration * 1000);
    } catch (failure) {
      if (failure.name === 'AbortError') throw new Error('Stopped before it was heard.');
      throw failure;
    }
  }

  stop() {
    this.#leaving.abort();
  }

  leave() {
    this.stop();
  }
}
