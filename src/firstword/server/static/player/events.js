// Server-sent events: whole ones, out of pieces of text cut anywhere, and what they mean.

/** Source: HTML standard, section 9.2.6, as far as speech needs it: only `data`. */
export class EventReader {
  #text = '';
  #decoder = new TextDecoder();

  /** @param {Uint8Array} chunk @returns {object[]} what the complete events carry; `[DONE]` is `{done: true}` */
  feed(chunk) {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    const blocks = this.#text.split(/\r?\n\r?\n/);
    this.#text = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:'));
      return data.length ? [parsed(data.map((line) => line.slice(5).trimStart()).join('\n'))] : [];
    });
  }
}

/** Whether a body that begins with these bytes is of events, whatever it is called. @param {Uint8Array} bytes */
export function areEvents(bytes) {
  // A colon alone, of a comment, must be followed by text: a sample may begin with that byte, too.
  return /^(\uFEFF)?\s*((data|event|id|retry):|:[\n\r\x20-\x7e]*$)/.test(new TextDecoder().decode(bytes));
}

const parsed = (data) => (data === '[DONE]' ? { done: true } : JSON.parse(data));

/**
 * @typedef {object} Answer what a chat tells besides its audio
 * @property {string} transcript what has been written so far
 * @property {string | null} id of its audio, by which a later request can refer to it
 * @property {number | null} expiresAt Unix seconds until which the id is good
 * @property {string | null} finishReason
 * @property {object | null} usage
 * @property {boolean} done whether it was told to its end
 */

/**
 * What events mean to a player, in one shape for both APIs: speech (`speech.audio.delta`) and chat
 * completions (`choices[0].delta`).
 */
export class Meaning {
  /** @type {Answer | null} of a chat; null where it is only speech */
  answer = null;

  /** Whether more had to come: a chat ends with `[DONE]`. */
  get brokenOff() {
    return this.answer !== null && !this.answer.done;
  }

  /**
   * @param {object} event
   * @returns {{ error?: object, audio?: string, text?: string, words?: object[], heard?: object[] }} audio in base64;
   *   heard is what was said in the recordings of the request
   */
  of(event) {
    if (event.error) return { error: event.error };
    if (event.type === 'speech.audio.words') return { words: event.words };
    if (event.type === 'speech.audio.delta') return { audio: event.audio };
    if (event.choices) return this.#chunk(event);
    if (event.done && this.answer) this.answer.done = true;
    return {};
  }

  #chunk({ choices: [choice], usage, audio_words: words, input_transcripts: heard }) {
    this.answer ??= { transcript: '', id: null, expiresAt: null, finishReason: null, usage: null, done: false };
    const { audio, content } = choice?.delta ?? {};
    const text = audio?.transcript ?? content ?? '';
    this.answer.transcript += text;
    this.answer.id ??= audio?.id ?? null;
    this.answer.expiresAt ??= audio?.expires_at ?? null;
    this.answer.finishReason ??= choice?.finish_reason ?? null;
    this.answer.usage ??= usage ?? null;
    return { audio: audio?.data, text, words, heard };
  }
}

/** @param {string} text base64 @returns {Uint8Array} */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
