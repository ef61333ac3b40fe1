import { ask } from './api.js';
import { byId, make } from './elements.js';
import { Live } from './live.js';
import { MOST_MS, Replay } from './replay.js';
import { offer } from './saving.js';
import { srt, txt, vtt } from './subtitles.js';
import { clock, fromSocket } from './transcripts.js';
import { Upload } from './upload.js';
import { Written } from './written.js';

const FILES = { txt, srt, vtt };
const MEDIA_TYPES = { txt: 'text/plain', srt: 'application/x-subrip', vtt: 'text/vtt' };
const LANGUAGES = new Intl.DisplayNames(['en'], { type: 'language' });

/** The Listen tab. @param {HTMLElement} panel */
export function mount(panel) {
  const tab = new Listen(panel);
  return { shown: () => tab.shown(), hidden: () => tab.hidden(), keyChanged: () => tab.fill() };
}

class Listen {
  #form = byId('listen');
  #fields = byId('listen').elements;
  #button = byId('listen-start');
  #written = new Written(byId('heard'), byId('hearing'));
  #models = [];
  #name = 'speech';
  /** What is under way. @type {Live | Upload | null} */
  #run = null;
  /** The recording that was heard, where it can be heard again. @type {Replay | null} */
  #replay = null;

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#run) this.stop();
      else this.#listen();
    });
    this.#fields.model.addEventListener('change', () => this.#listLanguages());
    this.#fields.file.addEventListener('change', ({ target }) => target.files.length && this.#read(target.files[0]));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !panel.hidden) this.stop();
    });
    byId('heard').addEventListener('click', ({ target }) => this.#play(target.closest('[data-start]')));
    byId('listen-replay').addEventListener('click', ({ target }) => {
      if (this.#replay.playing) this.#replay.stop();
      else this.#play(target);
    });
    for (const button of panel.querySelectorAll('[data-save]')) {
      button.addEventListener('click', () => this.#save(button.dataset.save));
    }
    addEventListener('pagehide', () => this.#run?.leave());
    takeDrops(panel, (file) => this.#read(file));
  }

  async shown() {
    if (!this.#model) await this.fill();
  }

  /** Nothing is recorded or played behind somebody's back; a recording goes on being heard. */
  hidden() {
    this.#replay?.stop();
    if (this.#run instanceof Live) this.stop();
  }

  /** Ends what is under way; the second time, without waiting for the last words. */
  stop() {
    this.#replay?.stop();
    this.#run?.stop();
  }

  /** The models that listen, from the server. */
  async fill() {
    try {
      const { data } = await ask('v1/models?task=transcription').then((answer) => answer.json());
      this.#models = data.filter((model) => !model.alias_of);
      const usual = data.find((model) => model.id === 'whisper-1')?.alias_of;
      const options = this.#models.map(({ id, state }) => {
        const ready = state === 'ready';
        const text = ready ? id : `${id} (${state})`;
        return make('option', { value: id, disabled: !ready, selected: ready && id === usual }, text);
      });
      this.#fields.model.replaceChildren(...options);
      this.#listLanguages();
      byId('listen-problem').textContent = '';
    } catch (failure) {
      this.#complain(failure);
    }
  }

  get #model() {
    return this.#models.find((model) => model.id === this.#fields.model.value && model.state === 'ready');
  }

  #listLanguages() {
    const known = this.#model?.languages ?? [];
    const options = known.map((code) => make('option', { value: code }, LANGUAGES.of(code)));
    if (known.length !== 1) options.unshift(make('option', { value: '' }, 'found out'));
    this.#fields.language.replaceChildren(...options);
  }

  #listen() {
    const live = new Live({
      onBegin: () => this.#say('Listening.'),
      onFinish: () => this.#say('Writing the last words.'),
      onLevel: (level) => {
        byId('listen-level').value = level;
        figure('heard', clock(live.heardMs));
      },
      onPartial: (heard) => {
        this.#written.partial(heard);
        figure('lag', `${heard.lag_ms} ms`);
      },
      onFinal: (heard) => {
        this.#written.add(fromSocket(heard));
        figure('lag', `${heard.lag_ms} ms`);
      },
    });
    this.#name = 'speech';
    this.#say('Asking for the microphone.');
    this.#during(live, { aloud: true });
  }

  #read(file) {
    if (this.#run) {
      byId('listen-problem').textContent = 'Stop what is being heard first.';
      return;
    }
    const upload = new Upload(file, {
      onDone: (transcripts, ms) => {
        const played = ms <= MOST_MS;
        if (played) this.#replay = this.#replaying(file);
        for (const transcript of transcripts) this.#written.add(transcript, { played });
        figure('heard', clock(ms));
      },
    });
    this.#name = file.name.replace(/\.\w+$/, '') || 'speech';
    this.#say(`Hearing ${file.name}.`);
    this.#during(upload, { aloud: false });
  }

  /** From its beginning to its end, however that comes. @param {Live | Upload} run */
  async #during(run, { aloud }) {
    const model = this.#model;
    if (!model) return this.#complain(new Error('No model that listens is ready yet: see Status.'));
    this.#run = run;
    this.#replay?.close();
    this.#replay = null;
    this.#written.begin({ aloud });
    this.#underWay(run instanceof Live);
    try {
      await run.run({ model: model.id, language: this.#fields.language.value, timed: isTimed(model) });
      this.#say(this.#written.transcripts.length ? 'Done.' : 'Done: no speech was heard.');
    } catch (failure) {
      this.#complain(failure);
    }
    this.#run = null;
    this.#written.partial(null);
    this.#underWay(false);
  }

  #underWay(live) {
    const running = Boolean(this.#run);
    if (running && this.#form.contains(document.activeElement)) this.#button.focus(); // a disabled field would lose it
    this.#button.textContent = running ? 'Stop' : 'Start listening';
    byId('listen-level').hidden = !live;
    byId('listen-working').hidden = !running || live;
    for (const field of ['model', 'language', 'file']) this.#fields[field].disabled = running;
    for (const name of ['heard', 'lag']) if (running) figure(name, '–');
    byId('listen-save').hidden = running || !this.#written.transcripts.length;
    byId('listen-replay').hidden = !this.#replay;
    if (!running) this.#fields.file.value = ''; // the same file may be asked for again
  }

  #replaying(file) {
    return new Replay(file, {
      onTime: (ms) => {
        byId('listen-replay').textContent = 'Stop playing';
        this.#written.mark(ms);
      },
      onEnd: () => {
        byId('listen-replay').textContent = 'Play the recording';
        this.#written.mark(null);
      },
    });
  }

  /** From where an element says. @param {HTMLElement | null} place */
  async #play(place) {
    if (!place) return;
    try {
      await this.#replay.play(Number(place.dataset.start));
    } catch (failure) {
      this.#complain(failure);
    }
  }

  #save(kind) {
    const text = FILES[kind](this.#written.transcripts);
    offer(new Blob([text], { type: `${MEDIA_TYPES[kind]};charset=utf-8` }), `${this.#name}.${kind}`);
    this.#say(`Saved as ${this.#name}.${kind}.`);
  }

  #say(text) {
    byId('listen-said').textContent = text;
    byId('listen-problem').textContent = '';
  }

  #complain({ message }) {
    this.#say('');
    byId('listen-problem').textContent = message;
  }
}

const isTimed = (model) => model.capabilities.includes('word_timings');

function figure(name, text) {
  const place = byId(`listen-${name}`);
  if (place.textContent !== text) place.textContent = text;
}

/** Files that are dropped anywhere in the panel; the browser would open them instead of the page. */
function takeDrops(panel, take) {
  const mark = (over) => byId('listen-drop').classList.toggle('over', over);
  panel.addEventListener('dragover', (event) => {
    event.preventDefault();
    mark(true);
  });
  panel.addEventListener('dragleave', () => mark(false));
  panel.addEventListener('drop', (event) => {
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
