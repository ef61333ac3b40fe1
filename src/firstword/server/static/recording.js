// What a microphone gave, as a file that a message can carry.

export const SAMPLE_RATE = 16_000;
const HEADER_BYTES = 44;
/** A tap on the button, and no word. */
const SHORTEST_S = 0.3;
/** -50 dBFS: a microphone that is switched off gives less. */
const FAINTEST = 104;
const PIECE_BYTES = 3 * 4096;

/** Grows while somebody speaks: mono, 16 kHz, 16 bits. */
export class Recording {
  #pieces = [];
  #samples = 0;
  #loudest = 0;

  /** @param {Int16Array} samples kept as they are */
  add(samples) {
    this.#pieces.push(samples);
    this.#samples += samples.length;
    for (const sample of samples) this.#loudest = Math.max(this.#loudest, Math.abs(sample));
  }

  get seconds() {
    return this.#samples / SAMPLE_RATE;
  }

  /** Why there is nothing in it to be sent; empty where there is. */
  get problem() {
    if (this.seconds < SHORTEST_S) return 'That was too short: keep the button down while you speak.';
    if (this.#loudest < FAINTEST) return 'There was only silence: is the microphone switched on?';
    return '';
  }

  /** The whole file. Source: WAVE's canonical header, 44 bytes. @returns {Uint8Array} */
  wav() {
    const bytes = new Uint8Array(HEADER_BYTES + 2 * this.#samples);
    const view = new DataView(bytes.buffer);
    const name = (at, text) => bytes.set(new TextEncoder().encode(text), at);
    name(0, 'RIFF');
    view.setUint32(4, bytes.length - 8, true);
    name(8, 'WAVEfmt ');
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); // PCM
    view.setUint16(22, 1, true); // channels
    view.setUint32(24, SAMPLE_RATE, true);
    view.setUint32(28, SAMPLE_RATE * 2, true);
    view.setUint16(32, 2, true); // bytes of a frame
    view.setUint16(34, 16, true); // bits of a sample
    name(36, 'data');
    view.setUint32(40, 2 * this.#samples, true);
    let at = HEADER_BYTES;
    for (const piece of this.#pieces) {
      for (const sample of piece) {
        view.setInt16(at, sample, true);
        at += 2;
      }
    }
    return bytes;
  }

  /** A part of a message. @returns {object} */
  part() {
    return { type: 'input_audio', input_audio: { data: toBase64(this.wav()), format: 'wav' } };
  }
}

/** @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES)));
  }
  return text;
}
