import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation, heardOf, probablyHeard } from './static/conversation.js';
import { EventReader, Meaning, fromBase64 } from './static/player/events.js';
import { Recording, toBase64 } from './static/recording.js';

const NOW = 1000;
const HEARD = { transcript: 'One two.', id: 'audio_1', expiresAt: NOW + 100 };

test('an answer that was heard to its end is referred to by its audio, while that is known', () => {
  const talk = new Conversation();
  talk.ask('Well?');
  talk.answered(HEARD);
  assert.deepEqual(talk.messages(' Be brief. ', NOW), [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Well?' },
    { role: 'assistant', audio: { id: 'audio_1' } },
  ]);
  const spelt = { role: 'assistant', content: 'One two.' };
  assert.deepEqual(talk.messages('', NOW + 50).at(-1), spelt);
  talk.spellOut();
  assert.deepEqual(talk.messages('', NOW).at(-1), spelt);
});

test('of an answer that was broken off there is what was heard, and nothing where nothing was', () => {
  const talk = new Conversation();
  talk.ask('Well?');
  talk.broken('One');
  talk.ask('And?');
  talk.broken('');
  assert.deepEqual(talk.messages('').map(({ content }) => content), ['Well?', 'One', 'And?']);
});

test('a question that was refused is not asked again with the next one', () => {
  const talk = new Conversation();
  talk.ask('Well?');
  talk.answered(HEARD);
  talk.takeBack();
  assert.equal(talk.messages('').length, 2, 'an answer was taken back');
  talk.ask('And?');
  talk.takeBack();
  assert.equal(talk.messages('').length, 2);
});

const TEXT = '🎈 one, two.” (Three';
const WORDS = [
  { start_ms: 0, end_ms: 100, end_char: 5 },
  { start_ms: 200, end_ms: 300, end_char: 10 },
];

test('a word was heard when its end was; places are counted in characters', () => {
  const all = [0, 98, 99.5, 199, 298, 300, 999].map((ms) => heardOf(TEXT, WORDS, ms));
  assert.deepEqual(all, ['', '', '🎈 one,', '🎈 one,', '🎈 one,', '🎈 one, two.”', '🎈 one, two.”']);
  assert.equal(heardOf(TEXT, [], 999), '');
});

test('without word times as much was heard as a usual speaker says, in whole words', () => {
  const text = 'And so, my fellow Americans';
  assert.equal(probablyHeard(text, 0), '');
  assert.equal(probablyHeard(text, 100), '');
  assert.equal(probablyHeard(text, 1000), 'And so, my');
  assert.equal(probablyHeard(text, 60_000), text);
  for (let ms = 0; ms < 3000; ms += 10) assert.ok(text.startsWith(probablyHeard(text, ms)));
});

test('a recording is a wav of what the microphone gave', () => {
  const recording = new Recording();
  recording.add(Int16Array.of(1, -2, 300));
  recording.add(new Int16Array(16_000).fill(-32_768));
  const file = Buffer.from(recording.wav());
  assert.equal(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16), 'RIFFWAVEfmt ');
  assert.deepEqual([file.readUInt32LE(4), file.readUInt32LE(40)], [file.length - 8, file.length - 44]);
  assert.deepEqual([file.readUInt16LE(22), file.readUInt32LE(24), file.readUInt16LE(34)], [1, 16_000, 16]);
  assert.deepEqual([file.readInt16LE(44), file.readInt16LE(46), file.readInt16LE(48), file.readInt16LE(50)], [1, -2, 300, -32_768]);
  const { type, input_audio: audio } = recording.part();
  assert.deepEqual([type, audio.format], ['input_audio', 'wav']);
  assert.deepEqual(Buffer.from(audio.data, 'base64'), file);
});

test('base64 of any length is what everybody else makes of it', () => {
  for (const length of [0, 1, 2, 3, 12_287, 12_288, 12_289, 40_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) % 256);
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
});

test('a recording with nothing in it says so', () => {
  const of = (...pieces) => {
    const recording = new Recording();
    for (const piece of pieces) recording.add(piece);
    return recording.problem;
  };
  assert.match(of(), /too short/);
  assert.match(of(new Int16Array(1600).fill(9000)), /too short/);
  assert.match(of(new Int16Array(16_000).fill(60)), /silence/);
  assert.equal(of(new Int16Array(16_000).fill(60), Int16Array.of(-3000)), '');
});

test('the end of a chat is told, and speech has none', () => {
  const meaning = new Meaning();
  const reader = new EventReader();
  const events = (text) => reader.feed(new TextEncoder().encode(text)).map((event) => meaning.of(event));
  assert.deepEqual(events('data: {"type":"speech.audio.delta","audio":"AAA="}\n\n'), [{ audio: 'AAA=' }]);
  assert.equal(meaning.brokenOff, false);
  events('data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n');
  assert.equal(meaning.brokenOff, true);
  events('data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\ndata: {"choices":[],"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\n');
  assert.equal(meaning.brokenOff, false);
  assert.deepEqual([meaning.answer.finishReason, meaning.answer.usage], ['length', { total_tokens: 3 }]);
});
