import { ask } from './api.js';
import { byId, make } from './elements.js';
import { figures } from './metrics.js';

const AGAIN_MS = 3000;

/** The Status tab. @param {HTMLElement} panel */
export function mount(panel) {
  const refresh = () => show(panel);
  byId('refresh').addEventListener('click', refresh);
  // While something is still on its way, the tab looks again by itself.
  setInterval(() => {
    if (!panel.hidden && !document.hidden && panel.dataset.moving) refresh();
  }, AGAIN_MS);
  return { shown: refresh, keyChanged: () => panel.hidden || refresh() };
}

async function show(panel) {
  try {
    const [models, voices] = await Promise.all(
      ['v1/models', 'v1/audio/voices'].map((path) => ask(path).then((answer) => answer.json())),
    );
    showModels(models.data, panel);
    showVoices(voices);
    byId('status-problem').textContent = '';
    const ready = models.data.filter((model) => !model.alias_of && model.state === 'ready').length;
    say(`${ready} models are ready.`);
    await showMetrics();
  } catch (failure) {
    say('');
    byId('status-problem').textContent = failure.message;
  }
}

/** Said once, not at every look, or a screen reader would never be silent. */
function say(text) {
  if (byId('status-said').textContent !== text) byId('status-said').textContent = text;
}

function showModels(models, panel) {
  const rows = models
    .filter((model) => !model.alias_of)
    .map((model) => row(model.id, model.task, state(model), others(models, model.id)));
  byId('models').replaceChildren(...rows);
  const moving = models.some(({ state: now }) => now === 'loading' || now === 'fetching');
  panel.dataset.moving = moving ? 'yes' : '';
}

function showVoices({ voices, note }) {
  const rows = voices
    .filter((voice) => !voice.alias_of)
    .map(({ id, model, language }) => row(id, model, language, others(voices.filter(by(model)), id)));
  byId('voices').replaceChildren(...rows);
  byId('voices-note').textContent = note ?? '';
}

async function showMetrics() {
  const answer = await ask('metrics').catch((failure) => failure);
  if (answer instanceof Error) {
    // A short-lived token may not ask for them.
    byId('metrics').replaceChildren(make('div', {}, make('dt', {}, 'Not told'), make('dd', {}, answer.message)));
    return;
  }
  const shown = figures(await answer.text()).map(([name, value]) =>
    make('div', {}, make('dt', {}, name), make('dd', {}, value)),
  );
  byId('metrics').replaceChildren(...shown);
}

function state({ state: name, progress, remedy }) {
  const told = progress === null ? name : `${name}, ${Math.round(progress * 100)} %`;
  return remedy ? `${told}: ${remedy}` : told;
}

const by = (model) => (voice) => voice.model === model;

function others(all, id) {
  return all
    .filter((other) => other.alias_of === id)
    .map((other) => other.id)
    .join(', ');
}

function row(name, ...cells) {
  return make('tr', {}, make('th', { scope: 'row' }, name), ...cells.map((cell) => make('td', {}, cell)));
}
