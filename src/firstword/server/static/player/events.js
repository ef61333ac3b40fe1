// Server-sent events: whole ones, out of pieces of text cut anywhere.

/** Source: HTML standard, section 9.2.6, as far as speech needs it: only `data`. */
export class EventReader {
  #text = '';
  #decoder = new TextDecoder();

  /** @param {Uint8Array} chunk @returns {object[]} what the complete events carry */
  feed(chunk) {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    const blocks = this.#text.split(/\r?\n\r?\n/);
    this.#text = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:'));
      return data.length ? [JSON.parse(data.map((line) => line.slice(5)).join('\n'))] : [];
    });
  }
}

/** @param {string} text base64 @returns {Uint8Array} */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
