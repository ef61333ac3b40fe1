import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, fromSocket, fromVerbose, pieces, settled } from './static/transcripts.js';

const word = (text, start = 0, end = start + 100) => ({ text, start, end });

test('a text is cut before its words, and nothing of it is lost', () => {
  const text = '“Well,” she said. Well!';
  const words = [word('Well', 10), word('she', 20), word(' said', 30), word('Well', 40)];
  const cut = pieces({ text, start: 0, end: 500, words });
  assert.deepEqual(cut.map((piece) => piece.text), ['“Well,” ', 'she ', 'said. ', 'Well!']);
  assert.deepEqual(cut.map((piece) => piece.start), [10, 20, 30, 40]);
});

test('where a word is not in the text, or none is known, it stays whole', () => {
  const whole = { text: 'one two', start: 5, end: 9 };
  for (const words of [[], [word('two'), word('one')]]) assert.deepEqual(pieces({ ...whole, words }), [whole]);
});

const CUTS = [
  [0, ['', 'so it is, he said']],
  [2, ['so it ', 'is, he said']],
  [5, ['so it is, he said', '']],
  [9, ['so it is, he said', '']],
];
for (const [stable, cut] of CUTS) {
  test(`${stable} stable words are told from the open ones, with their times and without`, () => {
    const text = cut.join('');
    const words = ['so', 'it', 'is', 'he', 'said'].map((one) => word(one));
    assert.deepEqual(settled({ text, words, stable_words: stable }), cut);
    assert.deepEqual(settled({ text, words: [], stable_words: stable }), cut);
  });
}

test('what the socket tells and what a file gives have one shape', () => {
  const words = [word('one', 20, 400), word('two', 400, 900)];
  const wanted = { text: 'one two', start: 20, end: 900, words };
  assert.deepEqual(fromSocket({ text: 'one two', audio_start: 20, audio_end: 900, words, lag_ms: 7 }), wanted);
  const segments = [{ id: 0, text: 'one two', start: 0.02, end: 0.9 }, { id: 1, text: 'three', start: 0.9, end: 1.2 }];
  const timed = [['one', 0.02, 0.4], ['two', 0.4, 0.9], ['three', 0.9, 1.2]];
  const body = { segments, words: timed.map(([text, start, end]) => ({ word: text, start, end })) };
  const next = { text: 'three', start: 900, end: 1200, words: [word('three', 900, 1200)] };
  assert.deepEqual(fromVerbose(body), [wanted, next]);
  assert.deepEqual(fromVerbose({ segments }).map((transcript) => transcript.words), [[], []]);
});

test('a clock has hours only when there are some', () => {
  assert.deepEqual([0, 7_999, 65_000, 3_723_000].map(clock), ['0:00', '0:07', '1:05', '1:02:03']);
});
