import { address, posting } from './api.js';
import { Conversation, heardOf, probablyHeard } from './conversation.js';
import { Dialogue } from './dialogue.js';
import { byId } from './elements.js';
import { showFigures } from './figures.js';
import { SpeechPlayer } from './player/player.js';
import { Reading } from './reading.js';
import { TalkButton } from './talking.js';
import { Answerers } from './voices.js';

/** How the samples in the events are written. */
const FORMAT = 'pcm16';
const PCM = { mediaType: 'audio/pcm' };

/** The Converse tab. @param {HTMLElement} panel */
export function mount(panel) {
  const tab = new Converse(panel);
  return { shown: () => tab.shown(), hidden: () => tab.hidden(), keyChanged: () => tab.fill() };
}

/**
 * @typedef {object} Turn a question and its answer
 * @property {string | object[]} content of the message that is sent
 * @property {string} shown what the log says of it
 * @property {Text} [line] the question in the log
 * @property {boolean} timed whether word times are told
 * @property {boolean} stopped nobody listens any more
 * @property {object[]} words that began to sound
 * @property {string} transcript
 * @property {number} asked
 * @property {number | null} firstText ms until the first words were there
 */

class Converse {
  #form = byId('converse');
  #fields = byId('converse').elements;
  #dialogue = new Dialogue(byId('converse-log'));
  #reading = new Reading(byId('answering'));
  #answerers = new Answerers();
  #conversation = new Conversation();
  /** @type {Promise<SpeechPlayer> | null} */
  #player = null;
  /** @type {Turn | null} */
  #turn = null;
  /** Until the turn before has been written down. */
  #settled = Promise.resolve();
  /** @type {Turn | null} a question that was not answered */
  #failed = null;
  #talk;

  constructor(panel) {
    this.#talk = new TalkButton(byId('talk'), this.#fields.clicks, {
      started: () => this.#startedTalking(),
      listening: () => this.#say('Listening.'),
      level: (level) => (byId('converse-level').value = level),
      recorded: (recording) => this.#recorded(recording),
      failed: (failure) => {
        this.#complain(failure);
        this.#showStop();
      },
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#typed();
    });
    this.#fields.message.addEventListener('keydown', (event) => {
      // Enter also ends a word that is still being composed.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !panel.hidden) this.#escape();
    });
    byId('converse-new').addEventListener('click', () => this.#new());
    byId('converse-stop').addEventListener('click', () => this.#escape());
    byId('converse-again').addEventListener('click', () => this.#again());
  }

  async shown() {
    if (!this.#fields.model.value) await this.fill();
  }

  /** Nobody is recorded behind their back, and no voice sounds over another tab's. */
  hidden() {
    this.#escape();
  }

  /** Models and voices, from the server. */
  async fill() {
    try {
      await this.#answerers.refresh();
      this.#fields.model.replaceChildren(...this.#answerers.modelOptions());
      this.#fields.voice.replaceChildren(...this.#answerers.voiceOptions());
      byId('converse-problem').textContent = this.#answerers.problem;
    } catch (failure) {
      this.#complain(failure);
    }
  }

  #typed() {
    const text = this.#fields.message.value.trim();
    if (!text) return;
    this.#fields.message.value = '';
    this.#send(text, text);
  }

  #startedTalking() {
    this.#clearProblem();
    this.#player ??= this.#made(); // while the press still counts
    this.#player.catch(() => {}); // told when there is something to play
    this.#interrupt();
    this.#say('Opening the microphone.');
    this.#showStop();
  }

  #recorded(recording) {
    this.#showStop();
    if (recording.problem) this.#say(recording.problem);
    else this.#send([recording.part()], `(spoken, ${recording.seconds.toFixed(1)} s)`);
  }

  #escape() {
    if (!this.#talk.talking) return this.#interrupt();
    this.#talk.finish({ send: false });
    this.#say('Not sent.');
    this.#showStop();
  }

  /** Silent at once; what was heard is written down. */
  #interrupt() {
    if (!this.#turn || this.#turn.stopped) return;
    this.#turn.stopped = true;
    this.#player?.then((player) => player.stop(), () => {});
  }

  async #new() {
    this.#talk.finish({ send: false });
    this.#interrupt();
    await this.#settled;
    this.#conversation = new Conversation();
    this.#dialogue.clear();
    this.#clearProblem();
    this.#say('A new conversation.');
    this.#fields.message.focus();
  }

  #again() {
    const { content, shown } = this.#failed;
    this.#send(content, shown);
  }

  /** One turn after the other: what is asked next knows how the one before ended. */
  #send(content, shown) {
    this.#clearProblem();
    this.#player ??= this.#made(); // while the click still counts
    this.#interrupt();
    const timed = this.#answerers.timed(this.#fields.voice.value);
    const asked = performance.now();
    const turn = { content, shown, timed, stopped: false, words: [], transcript: '', asked, firstText: null };
    this.#turn = turn;
    this.#showStop();
    this.#settled = this.#settled.then(() => this.#take(turn));
  }

  /** @param {Turn} turn */
  async #take(turn) {
    this.#conversation.ask(turn.content);
    turn.line = this.#write('You', turn.shown);
    try {
      const figures = await this.#answer(turn);
      if (turn.stopped) this.#heard(turn, figures);
      else this.#whole(turn, figures.answer);
    } catch (failure) {
      this.#broken(turn, failure);
    }
    if (this.#turn !== turn) return; // the next one waits already
    this.#turn = null;
    this.#reading.hide();
    this.#showStop();
  }

  async #answer(turn) {
    const player = await this.#player;
    if (turn.stopped) return { heardMs: 0 };
    this.#say('Asking.');
    this.#reading.begin('');
    byId('answering').scrollIntoView({ block: 'nearest' });
    showFigures(turn, { firstSoundMs: null, bufferedMs: 0, underruns: 0 });
    const play = () => player.play(address('v1/chat/completions'), posting(this.#body(turn)), PCM);
    return play().catch((failure) => {
      if (failure.code !== 'audio_not_found') throw failure;
      this.#conversation.spellOut();
      return play();
    });
  }

  #body({ timed }) {
    const { model, voice, instructions } = this.#fields;
    const body = {
      model: model.value || 'gpt-audio',
      messages: this.#conversation.messages(instructions.value),
      modalities: ['text', 'audio'],
      audio: { voice: voice.value || 'alloy', format: FORMAT },
      stream: true,
    };
    return { ...body, model_extensions: { transcripts: true, ...(timed ? { timings: 'word' } : {}) } };
  }

  #whole(turn, answer) {
    this.#conversation.answered(answer);
    if (answer.transcript) this.#write('Answer', answer.transcript);
    const cut = answer.finishReason === 'length' ? ' The answer was cut off at the longest the model may write.' : '';
    this.#say(answer.transcript ? `Done.${cut}` : 'The model answered nothing.');
  }

  /** An answer that was interrupted counts as far as it was heard. */
  #heard({ transcript, words, timed }, { heardMs }) {
    const heard = timed ? heardOf(transcript, words, heardMs) : probablyHeard(transcript, heardMs);
    this.#conversation.broken(heard);
    if (transcript) this.#write('Answer', heard, [...transcript].slice([...heard].length).join(''));
    this.#say('Interrupted.');
  }

  #broken(turn, failure) {
    if (turn.transcript) {
      this.#conversation.broken(turn.transcript);
      this.#write('Answer', turn.transcript);
    } else {
      this.#conversation.takeBack();
      this.#failed = turn;
      byId('converse-again').hidden = false;
    }
    this.#complain(failure);
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
    player.addEventListener('heard', ({ detail }) => this.#understood(detail.at(-1).text));
    player.addEventListener('text', ({ detail }) => {
      const turn = this.#turn;
      if (!turn) return;
      turn.firstText ??= performance.now() - turn.asked;
      turn.transcript += detail;
      this.#reading.add(detail);
    });
    player.addEventListener('start', () => this.#say('Speaking.'));
    player.addEventListener('word', ({ detail }) => {
      this.#turn?.words.push(detail);
      this.#reading.mark(detail);
    });
    for (const kind of ['start', 'progress', 'end']) {
      player.addEventListener(kind, ({ detail }) => showFigures(this.#turn, detail));
    }
    return player;
  }

  /** What was said is shown, and sent with the next questions instead of the recording. */
  #understood(text) {
    if (typeof this.#turn?.content === 'string') return;
    this.#conversation.said(text);
    this.#turn.line.data = text;
  }

  /** Into the log, in place of what was being written. */
  #write(...paragraph) {
    this.#reading.hide();
    return this.#dialogue.add(...paragraph);
  }

  /** The button is there while there is something to stop. */
  #showStop() {
    const stop = byId('converse-stop');
    const idle = !this.#turn && !this.#talk.talking;
    if (idle && document.activeElement === stop) this.#fields.message.focus(); // a disabled button would lose it
    stop.disabled = idle;
  }

  #say(text) {
    byId('converse-said').textContent = text;
  }

  #clearProblem() {
    byId('converse-problem').textContent = '';
    byId('converse-again').hidden = true;
  }

  #complain(failure) {
    this.#say('');
    byId('converse-problem').textContent = failure.message;
  }
}
