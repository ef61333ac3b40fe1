// This server, from its own page: addresses beside the page's, so that a path in front of it does no harm.

import { unreachable } from './player/errors.js';
import { SpeechError } from './player/player.js';

const KEPT_AS = 'firstword.key';

/** Where a browser keeps nothing for pages, even to ask for it is an error; then the page itself keeps it. */
const kept = (() => {
  try {
    return sessionStorage;
  } catch {
    const values = new Map();
    return {
      getItem: (name) => values.get(name) ?? null,
      setItem: (name, value) => values.set(name, value),
      removeItem: (name) => values.delete(name),
    };
  }
})();

/** The key for this server, kept while the tab lives. */
export const key = {
  get value() {
    return kept.getItem(KEPT_AS) ?? '';
  },
  set value(text) {
    if (text) kept.setItem(KEPT_AS, text);
    else kept.removeItem(KEPT_AS);
  },
};

/** Where something of this server is. @param {string} path without a slash in front @returns {string} */
export function address(path) {
  return new URL(path, document.baseURI).href;
}

/** @returns {Record<string, string>} @throws {SpeechError} no header can have such a key */
export function headers() {
  if (/[^\x20-\x7e]/.test(key.value)) {
    throw new SpeechError({ message: 'The API key has a letter that no key has: copy it once more.', code: 'bad_key' });
  }
  return key.value ? { Authorization: `Bearer ${key.value}` } : {};
}

/** A request with a JSON body. @param {object} body @returns {RequestInit} */
export function posting(body) {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers() },
    body: JSON.stringify(body),
  };
}

/**
 * A successful answer.
 * @param {string} path
 * @param {RequestInit} [init]
 * @throws {SpeechError} any other answer, or none
 */
export async function ask(path, init = { headers: headers() }) {
  const response = await fetch(address(path), init).catch((failure) => {
    if (failure.name === 'AbortError') throw failure;
    throw unreachable();
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new SpeechError(body?.error ?? { message: `The server answered ${response.status}.` }, response.status);
}
