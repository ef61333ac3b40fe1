// firstword-player: speech from any OpenAI-compatible server, heard while it comes.
//
//     import { play } from 'firstword-player';
//     button.onclick = () => play('/speech?text=Hello');

import { SpeechPlayer } from './player.js';

/** @type {SpeechPlayer | null} */
let shared = null;

/**
 * The player of the page: one device, unlocked once, and one voice at a time. To be called for the first time
 * inside a click or a key press, or it stays silent until the next one.
 * @param {ConstructorParameters<typeof SpeechPlayer>[0]} [options] for the first call
 */
export function player(options) {
  shared ??= new SpeechPlayer(options);
  return shared;
}

/**
 * Plays with the page's player; see `SpeechPlayer.play`.
 * @param {Parameters<SpeechPlayer['play']>[0]} source
 * @param {RequestInit} [init]
 * @param {{mediaType?: string}} [options]
 */
export function play(source, init, options) {
  return player().play(source, init, options);
}

/** Silences the page's player. */
export function stop() {
  shared?.stop();
}

export { SpeechError, SpeechPlayer, UnplayableAudio } from './player.js';
