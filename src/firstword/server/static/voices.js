// Who can answer, and in which voice: lists from the server for a form's fields.

import { ask } from './api.js';
import { make } from './elements.js';

const listed = (path) => ask(path).then((answer) => answer.json());

/** The chat models and the voices of a server. */
export class Answerers {
  #models = [];
  #voices = [];
  #spoken = [];
  #usual = { model: null, speech: null, voice: null };

  /** Asks the server. */
  async refresh() {
    const [chat, speech, { voices }] = await Promise.all([
      listed('v1/models?task=chat'),
      listed('v1/models?task=speech'),
      listed('v1/audio/voices'),
    ]);
    const meant = ({ data }, name) => data.find((model) => model.id === name)?.alias_of ?? null;
    const own = (all) => all.filter((one) => !one.alias_of);
    this.#models = own(chat.data);
    this.#spoken = own(speech.data);
    this.#voices = own(voices);
    const usual = meant(speech, 'tts-1');
    const alloy = voices.find((voice) => voice.id === 'alloy' && voice.model === usual);
    this.#usual = { model: meant(chat, 'gpt-audio'), speech: usual, voice: alloy?.alias_of };
  }

  /** Why nobody can answer; empty where somebody can. */
  get problem() {
    if (this.#models.some((model) => model.state === 'ready')) return '';
    if (!this.#models.length) return 'No chat model is installed on this server: nobody can answer.';
    const told = this.#models.map(({ id, state, remedy }) => `${id} is ${state}${remedy ? `: ${remedy}` : ''}`);
    return `No chat model is ready yet. ${told.join('; ')}`;
  }

  /** @returns {HTMLOptionElement[]} */
  modelOptions() {
    return this.#models.map(({ id, state }) => option(id, id, state, id === this.#usual.model));
  }

  /** Each voice once, with the model that speaks it. @returns {HTMLOptionElement[]} */
  voiceOptions() {
    const options = [...new Set(this.#voices.map((voice) => voice.id))].map((id) => {
      const { name, language } = this.#voices.find((voice) => voice.id === id);
      const text = `${name} (${language === 'mul' ? 'any language' : language})`;
      return option(id, text, this.#speaker(id)?.state, id === this.#usual.voice);
    });
    return options.length ? options : [make('option', {}, 'alloy')]; // OpenAI's names are always taken
  }

  /** Whether it is told when each word of a voice sounds. @param {string} voice */
  timed(voice) {
    return this.#speaker(voice)?.capabilities.includes('word_timings') ?? false;
  }

  /** As the server chooses: the usual model where it has the voice. */
  #speaker(voice) {
    const owners = this.#voices.filter(({ id }) => id === voice).map(({ model }) => model);
    const owner = owners.includes(this.#usual.speech) ? this.#usual.speech : owners[0];
    return this.#spoken.find((model) => model.id === owner);
  }
}

function option(value, text, state, selected) {
  const ready = state === 'ready';
  return make('option', { value, disabled: !ready, selected: selected && ready }, ready ? text : `${text} (${state})`);
}
