// This server, from its own page: addresses beside the page's, so that a path in front of it does no harm.

import { SpeechError } from './player/player.js';

const KEPT_AS = 'firstword.key';

/** The key for this server, kept while the tab lives. */
export const key = {
  get value() {
    return sessionStorage.getItem(KEPT_AS) ?? '';
  },
  set value(text) {
    if (text) sessionStorage.setItem(KEPT_AS, text);
    else sessionStorage.removeItem(KEPT_AS);
  },
};

/** Where something of this server is. @param {string} path without a slash in front @returns {string} */
export function address(path) {
  return new URL(path, document.baseURI).href;
}

/** @returns {Record<string, string>} */
export function headers() {
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
    const message = 'The server does not answer, or the connection broke off: is it running, and in reach?';
    throw new SpeechError({ message, code: 'unreachable' });
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new SpeechError(body?.error ?? { message: `The server answered ${response.status}.` }, response.status);
}
