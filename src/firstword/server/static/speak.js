import { address, ask, posting } from './api.js';
import { byId, make } from './elements.js';
import { SpeechPlayer } from './player/player.js';
import { Reading } from './reading.js';
import { completed, offer } from './saving.js';
import { snippet } from './snippets.js';

const MEDIA_TYPES = { pcm: 'audio/pcm' };
/** Where a page has no decoders, because others could change it on its way. */
const TLS = ' It can be where the page comes over TLS (firstword serve --tls-cert cert.pem --tls-key key.pem).';

/** The Speak tab. @param {HTMLElement} panel */
export function mount(panel) {
  const tab = new Speak(panel);
  return { shown: () => tab.shown(), hidden: () => tab.stop(), keyChanged: () => tab.fill() };
}

class Speak {
  #form = byId('speak');
  #fields = byId('speak').elements;
  #reading = new Reading(byId('reading'));
  #models = [];
  #voices = [];
  /** @type {Promise<SpeechPlayer> | null} */
  #player = null;
  #turn = 0;

  constructor(panel) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#play();
    });
    this.#form.addEventListener('input', () => this.#formChanged());
    this.#fields.model.addEventListener('change', () => this.#listVoices());
    byId('stop').addEventListener('click', () => this.stop());
    byId('download').addEventListener('click', () => this.#guarded(() => this.#download()));
    for (const button of panel.querySelectorAll('[data-copy]')) {
      button.addEventListener('click', () => this.#copy(button.dataset.copy));
    }
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.stop();
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
  }

  async shown() {
    if (this.#model(this.#fields.model.value)?.state === 'ready') return;
    if (!this.#models.length) {
      this.#fields.response_format.value = (await SpeechPlayer.decodes('opus')) ? 'opus' : 'pcm';
    }
    await this.fill();
  }

  /** Models and voices, from the server. */
  fill() {
    return this.#guarded(async () => {
      const [models, voices] = await Promise.all([
        ask('v1/models?task=speech').then((answer) => answer.json()),
        ask('v1/audio/voices').then((answer) => answer.json()),
      ]);
      this.#models = models.data.filter((model) => !model.alias_of);
      this.#voices = voices.voices.filter((voice) => !voice.alias_of);
      const usual = models.data.find((model) => model.id === 'tts-1')?.alias_of;
      const options = this.#models.map((model) => {
        const ready = model.state === 'ready';
        const text = ready ? model.id : `${model.id} (${model.state})`;
        return make('option', { value: model.id, disabled: !ready, selected: model.id === usual }, text);
      });
      this.#fields.model.replaceChildren(...options);
      this.#listVoices();
      byId('speak-problem').textContent = '';
    });
  }

  #listVoices() {
    const mine = this.#voices.filter((voice) => voice.model === this.#fields.model.value);
    const options = mine.map(({ id, name, language }) =>
      make('option', { value: id }, `${name} (${language === 'mul' ? 'any language' : language})`),
    );
    // A model may take OpenAI's names and list none.
    this.#fields.voice.replaceChildren(...(options.length ? options : [make('option', {}, 'alloy')]));
  }

  #formChanged() {
    byId('speed-told').value = this.#fields.speed.value;
    byId('code').textContent = '';
  }

  /** The request as the form stands. */
  #body() {
    const { model, voice, input, response_format, speed } = this.#fields;
    const body = {
      model: model.value,
      voice: voice.value,
      input: input.value,
      response_format: response_format.value,
    };
    return speed.value === '1' ? body : { ...body, speed: Number(speed.value) };
  }

  async #play() {
    // First of all, while the click still counts; afterwards it is always the same one.
    this.#player ??= this.#made();
    const turn = ++this.#turn;
    byId('stop').disabled = false;
    this.#say('Asking.');
    await this.#guarded(async () => {
      const player = await this.#player;
      const { body, note } = await this.#playable(this.#body());
      if (turn !== this.#turn) return;
      const timed = this.#model(body.model)?.capabilities.includes('word_timings');
      if (timed) this.#reading.begin(body.input);
      else this.#reading.hide();
      const asked = timed ? { ...body, stream_format: 'sse', model_extensions: { timings: 'word' } } : body;
      const options = { mediaType: MEDIA_TYPES[body.response_format] };
      await player.play(address('v1/audio/speech'), posting(asked), options);
      if (turn === this.#turn) this.#say(`Done.${note}`);
    });
    if (turn === this.#turn) byId('stop').disabled = true;
  }

  /** What the browser cannot decode is asked for as raw samples. */
  async #playable(body) {
    if (await SpeechPlayer.decodes(body.response_format)) return { body, note: '' };
    const why = isSecureContext ? '' : TLS;
    const note = ` ${body.response_format} cannot be decoded by this browser on this page: pcm was played.${why}`;
    return { body: { ...body, response_format: 'pcm' }, note };
  }

  #model(id) {
    return this.#models.find((model) => model.id === id);
  }

  async #made() {
    try {
      return this.#watched(await SpeechPlayer.create());
    } catch (failure) {
      this.#player = null; // the next click may have more luck
      throw failure;
    }
  }

  #watched(player) {
    player.addEventListener('start', () => this.#say('Speaking.'));
    player.addEventListener('word', ({ detail }) => this.#reading.mark(detail));
    for (const kind of ['start', 'progress', 'end']) {
      player.addEventListener(kind, ({ detail }) => showFigures(detail));
    }
    return player;
  }

  /** Silent at once; also where another tab is opened, whose voice would sound over this one. */
  async stop() {
    if (byId('stop').disabled) return;
    const hadFocus = document.activeElement === byId('stop');
    this.#turn++;
    byId('stop').disabled = true;
    if (hadFocus) this.#form.querySelector('[type=submit]').focus(); // a disabled button would lose it
    const player = await this.#player?.catch(() => null);
    player?.stop();
    this.#say('Stopped.');
  }

  async #download() {
    const body = this.#body();
    this.#say('Making the file.');
    const answer = await ask('v1/audio/speech', posting(body));
    const whole = completed(new Uint8Array(await answer.arrayBuffer()));
    const extension = body.response_format === 'opus' ? 'ogg' : body.response_format;
    offer(new Blob([whole], { type: answer.headers.get('Content-Type') ?? '' }), `speech.${extension}`);
    this.#say('Downloaded.');
  }

  async #copy(language) {
    const code = snippet(language, address('v1'), this.#body());
    byId('code').textContent = code;
    try {
      await navigator.clipboard.writeText(code); // there is none on insecure origins
      this.#say('Copied.');
    } catch {
      getSelection().selectAllChildren(byId('code'));
      this.#say('Selected; copy it with the keyboard.');
    }
  }

  #say(text) {
    byId('speak-said').textContent = text;
    byId('speak-problem').textContent = '';
  }

  async #guarded(work) {
    try {
      await work();
    } catch (failure) {
      this.#say('');
      byId('speak-problem').textContent = failure.message;
    }
  }
}

function showFigures({ firstSoundMs, bufferedMs, underruns, bytes, way }) {
  const shown = {
    first: firstSoundMs === null ? '–' : `${Math.round(firstSoundMs)} ms`,
    buffered: `${(bufferedMs / 1000).toFixed(1)} s`,
    underruns: String(underruns),
    bytes: `${(bytes / 1024).toFixed(1)} KiB`,
    way,
  };
  for (const [name, text] of Object.entries(shown)) {
    const place = document.querySelector(`[data-figure="${name}"]`);
    if (place.textContent !== text) place.textContent = text;
  }
}
