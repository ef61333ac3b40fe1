// The socket that listens, from a page: audio goes in as it is spoken, transcripts come back.

import { address, ask, key, posting } from './api.js';
import { SpeechError } from './player/player.js';

/** Audio that may wait for its way to the server: half a minute of 16 kHz, 16 bits. */
const MOST_BYTES = 30 * 32_000;
const TOKEN_S = 60;
const MADE_TOKEN = 'ek_';
const UNTOLD = 1006; // nobody said goodbye

/**
 * @typedef {object} Heard a transcript as the socket tells it; times in ms since the session began
 * @property {string} text
 * @property {number} audio_start
 * @property {number} audio_end
 * @property {{ text: string, start: number, end: number }[]} words empty where the model knows no times
 * @property {number} stable_words how many of its words, from the first, will not change any more
 * @property {number} lag_ms
 */

/** One session. It may be given audio before it is open; that goes first. */
export class RealtimeSession {
  /** When all has been told, or `close` was called. Rejects with what ended the session before. */
  ended;
  #settle;
  #told;
  #socket = null;
  #waiting = [];
  #waitingBytes = 0;
  #failure = null;
  #complete = false;
  #closed = false;

  /** @param {{ onPartial: (heard: Heard) => void, onFinal: (heard: Heard) => void }} told */
  constructor(told) {
    this.#told = told;
    this.ended = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.ended.catch(() => {}); // whoever waits for it hears of it; nobody may yet
  }

  /**
   * @param {string} model
   * @param {object} start the first message, as the API has it
   * @throws {SpeechError} the server gives out no token for the key
   */
  async open(model, start) {
    const protocols = await subprotocols();
    if (this.#closed) return;
    const url = new URL(address('v1/audio/transcriptions-realtime'));
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('model', model);
    const socket = new WebSocket(url, protocols);
    this.#socket = socket;
    socket.onopen = () => {
      for (const message of [JSON.stringify(start), ...this.#waiting.splice(0)]) socket.send(message);
      this.#waitingBytes = 0; // from here on the socket counts them
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = (event) => this.#end(event);
  }

  /** @param {Int16Array} samples at the rate of the first message */
  send(samples) {
    this.#put(samples, samples.byteLength);
  }

  /** There is no more audio: the last transcripts come, then the end. */
  finish() {
    this.#put(JSON.stringify({ done: true }), 0);
  }

  /** Leaves at once; what is not written yet will not be. */
  close() {
    this.#closed = true;
    this.#socket?.close(1000);
    this.#settle.resolve();
  }

  #put(message, bytes) {
    if (this.#closed || this.#failure) return;
    const state = this.#socket?.readyState ?? WebSocket.CONNECTING;
    if (this.#waitingBytes + (this.#socket?.bufferedAmount ?? 0) + bytes > MOST_BYTES) {
      this.#fail('The connection to the server is too slow for speech: half a minute is waiting to be sent.');
    } else if (state === WebSocket.OPEN) {
      this.#socket.send(message);
    } else if (state === WebSocket.CONNECTING) {
      this.#waiting.push(message);
      this.#waitingBytes += bytes;
    }
  }

  #hear(message) {
    if (this.#closed) return;
    const kinds = {
      PartialTranscript: () => this.#told.onPartial(message),
      FinalTranscript: () => this.#told.onFinal(message),
      SessionTerminated: () => (this.#complete = true),
      Error: () => (this.#failure = new SpeechError(message.error)),
    };
    kinds[message.message_type]?.();
  }

  #fail(message) {
    this.#failure = new SpeechError({ message, code: 'too_slow' });
    this.#socket?.close(1000);
    this.#settle.reject(this.#failure);
  }

  #end({ code, reason }) {
    if (this.#complete) this.#settle.resolve();
    else this.#settle.reject(this.#failure ?? broken(code, reason));
  }
}

/** Whom the server lets in: a browser cannot set a socket's headers, and a key is better not in them all over. */
async function subprotocols() {
  if (!key.value) return ['firstword'];
  return ['firstword', `openai-insecure-api-key.${await token()}`];
}

async function token() {
  if (key.value.startsWith(MADE_TOKEN)) return key.value; // it makes no other
  const asked = { expires_after: { anchor: 'created_at', seconds: TOKEN_S }, scope: ['transcription'] };
  const answer = await ask('v1/realtime/client_secrets', posting(asked));
  return (await answer.json()).value;
}

function broken(code, reason) {
  const why = reason ? `${code}, ${reason}` : code;
  const lost =
    'The connection to the server broke off, or was never made: is it running, and do proxies on the way pass ' +
    'sockets on?';
  const ended = `The server ended the session before all was written (${why}): start again.`;
  const message = code === UNTOLD ? lost : ended;
  return new SpeechError({ message, code: 'broken_off' });
}
