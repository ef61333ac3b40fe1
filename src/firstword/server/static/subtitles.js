// Text, SRT and WebVTT from transcripts, as the server itself makes them: cues of a length one can read, in
// order, none over another. Source of the sizes: the usual style guides; of WebVTT: W3C, chapter 4.

import { pieces, two } from './transcripts.js';

const LINE_COLUMNS = 42;
const LINES = 2;
const MAX_MS = 7000;
const PAUSE_MS = 1000; // from which on the words after it get a cue of their own
const SENTENCE_END = /[.!?…。！？]\s*$/u;
/** Letters that take two columns. Source: Unicode, annex 11, wide and fullwidth. */
const WIDE = new RegExp(
  '[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19' +
    '\uFE30-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\\p{Emoji_Presentation}',
  'u',
);

/** @typedef {import('./transcripts.js').Transcript} Transcript */

/** A line for each transcript. @param {Transcript[]} transcripts */
export function txt(transcripts) {
  return transcripts.map(({ text }) => `${text.trim()}\n`).join('');
}

/** SubRip: comma before the milliseconds, cues numbered from 1. @param {Transcript[]} transcripts */
export function srt(transcripts) {
  return cues(transcripts)
    .map(({ start, end, lines }, index) => {
      const text = lines.map((line) => line.replaceAll('-->', '->')).join('\n');
      return `${index + 1}\n${stamp(start, ',')} --> ${stamp(end, ',')}\n${text}\n\n`;
    })
    .join('');
}

/** WebVTT, with its markup characters escaped. @param {Transcript[]} transcripts */
export function vtt(transcripts) {
  const shown = cues(transcripts).map(({ start, end, lines }) => {
    const text = lines.map(escaped).join('\n');
    return `${stamp(start, '.')} --> ${stamp(end, '.')}\n${text}\n\n`;
  });
  return `WEBVTT\n\n${shown.join('')}`;
}

/** Cues whose times only grow: each begins where the one before ended, or later, and lasts. */
function cues(transcripts) {
  const found = [];
  let free = 0;
  for (const { start, end, text } of transcripts.flatMap(readable)) {
    const lines = wrapped(text);
    if (!lines.length) continue;
    const from = Math.max(free, Math.round(start));
    free = Math.max(from + 1, Math.round(end));
    found.push({ start: from, end: free, lines });
  }
  return found;
}

/** A transcript's text in parts that fit, each with its times. */
function readable(transcript) {
  const parts = [];
  for (const piece of pieces(transcript)) {
    const held = parts.at(-1);
    if (!held || full(held, piece)) parts.push({ ...piece });
    else Object.assign(held, { text: held.text + piece.text, end: piece.end });
  }
  return parts;
}

/** Whether a word needs a new cue. */
function full(held, word) {
  return (
    wrapped(held.text + word.text).length > LINES ||
    word.end - held.start > MAX_MS ||
    word.start - held.end >= PAUSE_MS ||
    (SENTENCE_END.test(held.text) && columns(held.text) > LINE_COLUMNS / 2)
  );
}

/** Text in lines of a readable length; wide letters count twice. @returns {string[]} */
function wrapped(text) {
  const clean = text.replace(/[\s\x1c-\x1f\x85]+/gu, ' ').replace(/\p{Cc}/gu, '').trim();
  const letters = [...clean].length;
  const most = columns(clean) - letters > letters / 2 ? Math.floor(LINE_COLUMNS / 2) : LINE_COLUMNS;
  const lines = [[]];
  for (const word of clean.split(' ').map((part) => [...part])) {
    const line = lines.at(-1);
    const room = most - line.length - (line.length ? 1 : 0);
    // What is longer than a line begins where there is room; other words where all of them has.
    const now = word.length > most ? Math.max(0, room) : word.length <= room ? word.length : 0;
    if (now) line.push(...(line.length ? [' '] : []), ...word.splice(0, now));
    while (word.length) lines.push(word.splice(0, most));
  }
  return lines.filter((line) => line.length).map((line) => line.join(''));
}

function columns(text) {
  return [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
}

function escaped(line) {
  return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `HH:MM:SS` and milliseconds. */
function stamp(time, point) {
  const minutes = Math.floor(time / 60_000);
  const seconds = Math.floor(time / 1000) % 60;
  const rest = String(time % 1000).padStart(3, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds)}${point}${rest}`;
}
