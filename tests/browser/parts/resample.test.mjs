import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resampler } from './static/player/resample.js';

const tone = (rate, hz, seconds) =>
  Float32Array.from({ length: rate * seconds }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate));

function converted(samples, from, to, piece) {
  const resampler = new Resampler(from, to);
  const out = [];
  for (let at = 0; at < samples.length; at += piece) out.push(...resampler.feed(samples.slice(at, at + piece)));
  return Float32Array.from([...out, ...resampler.flush()]);
}

for (const [from, to] of [[48000, 24000], [22050, 24000], [16000, 24000], [24000, 44100]]) {
  test(`a tone stays itself, in place and in length, from ${from} to ${to} Hz`, () => {
    const out = converted(tone(from, 440, 0.5), from, to, 977);
    const wanted = tone(to, 440, 0.5);
    assert.ok(Math.abs(out.length - wanted.length) <= 1);
    for (let i = 200; i < wanted.length - 200; i++) {
      assert.ok(Math.abs(out[i] - wanted[i]) < 0.004, `${i}: ${out[i]} is not ${wanted[i]}`);
    }
  });

  test(`any cutting gives the same samples, from ${from} to ${to} Hz`, () => {
    const samples = tone(from, 997, 0.1);
    const whole = converted(samples, from, to, samples.length);
    for (const piece of [1, 7, 480]) assert.deepEqual(converted(samples, from, to, piece), whole);
  });
}

test('what the lower rate cannot carry is taken out, not folded', () => {
  const out = converted(tone(48000, 17000, 0.2), 48000, 24000, 960);
  assert.ok(out.slice(300, -300).every((sample) => Math.abs(sample) < 0.005));
});

test('the same rate is left alone', () => {
  const samples = tone(24000, 440, 0.1);
  assert.deepEqual(converted(samples, 24000, 24000, 100), samples);
});
