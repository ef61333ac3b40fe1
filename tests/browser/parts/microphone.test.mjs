import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Converter, SAMPLE_RATE, level } from './static/microphone.js';

const SECONDS = 0.5;
const EDGE = 400; // samples at either end that the tone's sudden beginning and end reach

const tone = (rate, hz) =>
  Float32Array.from({ length: rate * SECONDS }, (_, i) => 0.9 * Math.sin((2 * Math.PI * hz * i) / rate));

function converted(samples, from, piece = samples.length) {
  const converter = new Converter(from);
  const out = [];
  for (let at = 0; at < samples.length; at += piece) out.push(...converter.feed(samples.slice(at, at + piece)));
  return Int16Array.from([...out, ...converter.flush()]);
}

/** How much of a tone is left, in dB. */
function left(from, hz) {
  const inner = converted(tone(from, hz), from).slice(EDGE, -EDGE);
  const power = inner.reduce((sum, sample) => sum + (sample / 32767) ** 2, 0) / inner.length;
  return 10 * Math.log10(power / (0.9 ** 2 / 2));
}

for (const from of [44_100, 48_000, 96_000]) {
  test(`speech passes from ${from} Hz, and what 16 kHz cannot carry is taken out`, () => {
    for (const hz of [80, 440, 3000, 6000, 6900]) assert.ok(Math.abs(left(from, hz)) < 0.5, `${hz} Hz`);
    for (const hz of [8000, 8100, 9000, 11_000, 15_900, 16_000, 20_000]) {
      assert.ok(left(from, hz) < -60, `${hz} Hz: ${left(from, hz)} dB`);
    }
  });

  test(`a tone from ${from} Hz is the same tone at 16 kHz, in place and in length`, () => {
    const out = converted(tone(from, 440), from, 960);
    assert.ok(Math.abs(out.length - SAMPLE_RATE * SECONDS) <= 1);
    const wanted = tone(SAMPLE_RATE, 440);
    for (let i = EDGE; i < wanted.length - EDGE; i++) {
      assert.ok(Math.abs(out[i] / 32767 - wanted[i]) < 0.002, `${i}: ${out[i] / 32767} is not ${wanted[i]}`);
    }
  });

  test(`any cutting gives the same samples, from ${from} Hz`, () => {
    const samples = tone(from, 997).slice(0, 5000);
    const whole = converted(samples, from);
    for (const piece of [1, 7, 128, 960]) assert.deepEqual(converted(samples, from, piece), whole);
  });
}

test('what is at 16 kHz already is only rounded', () => {
  assert.deepEqual(converted(Float32Array.of(0, 0.5, -1, 1), 16_000), Int16Array.of(0, 16384, -32767, 32767));
});

test('what is too loud is clipped, not wrapped around', () => {
  assert.deepEqual(converted(Float32Array.of(1.5, -7), 16_000), Int16Array.of(32767, -32767));
});

test('the meter is empty in silence and full at full scale', () => {
  assert.equal(level(new Float32Array(100)), 0);
  assert.equal(level(new Float32Array(0)), 0);
  assert.equal(level(Float32Array.of(1, -1)), 1);
  assert.ok(Math.abs(level(Float32Array.of(0.0316, -0.0316)) - 0.5) < 0.01); // -30 dB
});

test('the audio thread sends every sample it was given, the last ones when it is asked to end', async () => {
  let Processor;
  globalThis.sampleRate = 44_100;
  globalThis.registerProcessor = (_name, processor) => (Processor = processor);
  globalThis.AudioWorkletProcessor = class {
    port = { sent: [], postMessage: (message) => this.port.sent.push(message) };
  };
  await import('./static/capture-worklet.js');
  const processor = new Processor();
  const given = Float32Array.from({ length: 128 * 31 }, (_, i) => i / 10_000);
  assert.ok(processor.process([[]]), 'it gave up before its source had begun');
  for (let at = 0; at < given.length; at += 128) assert.ok(processor.process([[given.slice(at, at + 128)]]));
  processor.port.onmessage({ data: 'end' });
  assert.ok(!processor.process([[given.slice(0, 128)]]), 'it goes on for nobody');

  const { sent } = processor.port;
  assert.deepEqual(sent.pop(), { ended: true });
  assert.deepEqual(Float32Array.from(sent.flatMap(({ samples }) => [...samples])), given);
  assert.deepEqual(sent.slice(0, -1).map(({ samples }) => samples.length), [882, 882, 882, 882]);
});
