import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Playout } from './static/player/playout.js';
import { Ring } from './static/player/ring.js';

const RATE = 8000;
const QUANTUM = 40; // 5 ms

/** Words of 0.4 s, and pauses of 0.2 s: a tone, so that silence that was put in can be seen. */
function speech(seconds) {
  return Float32Array.from({ length: seconds * RATE }, (_, i) =>
    (i / RATE) % 0.6 < 0.4 ? 0.3 * (i % 2 ? 1 : -1) : 0,
  );
}

/**
 * Plays `samples` that arrive in pieces.
 * @param {Float32Array} samples
 * @param {(index: number) => number} arrives when a piece comes, in seconds
 * @param {number} piece samples in each
 */
function play(samples, arrives, piece) {
  const playout = new Playout(RATE);
  const out = [];
  const heard = [];
  let sent = 0;
  let first = null;
  for (let tick = 0; !playout.done && tick < 100 * RATE; tick++) {
    const now = (tick * QUANTUM) / RATE;
    while (sent * piece < samples.length && arrives(sent) <= now) {
      playout.push(samples.slice(sent * piece, ++sent * piece), now);
    }
    if (sent * piece >= samples.length) playout.end();
    const block = new Float32Array(QUANTUM);
    const spoken = playout.render(block, now);
    if (spoken) first ??= now;
    if (first !== null) out.push(...block);
    heard.push(...block.slice(0, spoken));
  }
  return { playout, first, out, heard: Float32Array.from(heard) };
}

/** Runs of silence inside words: where a zero follows a sample of a word that has not ended. */
function broken(out) {
  let breaks = 0;
  for (let at = 0; at < out.length; ) {
    if (out[at] === 0) {
      at++;
      continue;
    }
    let end = at;
    while (end < out.length && out[end] !== 0) end++;
    if (end < out.length && end - at < 0.4 * RATE - 1) breaks++;
    at = end;
  }
  return breaks;
}

test('what arrives faster than it is heard begins at once and is played as it was sent', () => {
  const samples = speech(6);
  const { playout, first, out, heard } = play(samples, (i) => i * 0.02, 800); // 5x
  assert.ok(first <= 0.1, `began at ${first}`);
  assert.equal(playout.underruns, 0);
  assert.equal(playout.held, 0);
  assert.deepEqual(heard, samples);
  assert.deepEqual(Float32Array.from(out.slice(0, samples.length)), samples);
});

test('a single large piece is begun in the moment it comes', () => {
  const { first } = play(speech(6), (i) => i * 0.5, RATE); // 2x, in pieces of a second
  assert.equal(first, 0);
});

test('what arrives too slowly is held in the pauses, not broken in the words', () => {
  const samples = speech(12);
  const { playout, out, heard } = play(samples, (i) => (i * 0.1) / 0.85, 800);
  assert.deepEqual(heard, samples);
  assert.ok(playout.held > 0.5, `held ${playout.held}`);
  assert.ok(broken(out) <= 1, `${broken(out)} words were broken`);
});

test('after it ran dry it does not begin again with a splinter', () => {
  const samples = speech(3).map((x) => x || 0.3); // no pauses
  const { playout, heard } = play(samples, (i) => (i < 4 ? 0 : 2 + i * 0.01), 800);
  assert.equal(playout.underruns, 1);
  assert.deepEqual(heard, samples);
});

test('audio shorter than what is waited for is heard when it is known to be all', () => {
  const samples = speech(0.03);
  const { playout, heard } = play(samples, () => 0, 240);
  assert.deepEqual(heard, samples);
  assert.equal(playout.underruns, 0);
});

test('nothing at all is done at once', () => {
  const playout = new Playout(RATE);
  playout.end();
  assert.equal(playout.render(new Float32Array(QUANTUM), 0), 0);
  assert.ok(playout.done);
});

test('the ring goes round and gives what it got', () => {
  const ring = new Ring(10);
  const got = [];
  let next = 0;
  for (let round = 0; round < 20; round++) {
    const count = Math.min(ring.room, (round % 7) + 1);
    ring.write(Float32Array.from({ length: count }, () => next++));
    const out = new Float32Array((round % 5) + 2);
    got.push(...out.slice(0, ring.read(out)).map((_, i) => out[i]));
  }
  assert.deepEqual(got, Array.from(got, (_, i) => i));
  assert.ok(got.length > 50);
});

test('the ring takes no more than it has room for', () => {
  const ring = new Ring(4);
  ring.write(new Float32Array(3));
  assert.throws(() => ring.write(new Float32Array(2)), RangeError);
});
