import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Demuxer } from './static/player/demux.js';
import { areEvents } from './static/player/events.js';
import { samplesOf } from './static/player/pcm.js';

const expected = JSON.parse(readFileSync('packets.json', 'utf8'));
const load = (name) => new Uint8Array(readFileSync(`${name}.bin`));
const TYPES = { pcm: 'audio/pcm; rate=24000; channels=1' };

/** A fixed sequence of sizes that looks like none. */
function* sizes(kind) {
  let seed = 11;
  for (;;) yield kind === 'odd' ? ((seed = (seed * 48271) % 2147483647) % 1500) + 1 : kind;
}

function demuxed(name, bytes, kind) {
  const demuxer = new Demuxer(TYPES[name]);
  const packets = [];
  let at = 0;
  for (const size of sizes(kind)) {
    if (at >= bytes.length) break;
    packets.push(...demuxer.feed(bytes.slice(at, (at += size))));
  }
  packets.push(...demuxer.flush());
  return { packets, track: demuxer.track };
}

const base64 = ({ data }) => Buffer.from(data).toString('base64');

for (const name of ['ogg', 'webm', 'flac', 'mp3', 'aac', 'mp3-padded', 'ogg-large']) {
  for (const kind of [1, 7, 'odd', 4096, Infinity]) {
    test(`${name} in pieces of ${kind} gives the packets that FFmpeg finds`, () => {
      const { packets } = demuxed(name, load(name), kind);
      assert.deepEqual(packets.map(base64), expected[name]);
    });
  }
}

for (const name of ['pcm', 'wav']) {
  for (const kind of [1, 7, 'odd', Infinity]) {
    test(`${name} in pieces of ${kind} loses no sample and splits none`, () => {
      const bytes = load(name);
      const { packets, track } = demuxed(name, bytes, kind);
      const samples = packets.flatMap(({ data }) => [...samplesOf(data, track)]);
      const body = new Int16Array(bytes.slice(name === 'wav' ? 44 : 0).buffer);
      assert.deepEqual(Int16Array.from(samples, (sample) => sample * 32768), body);
    });
  }
}

for (const name of ['ogg', 'webm']) {
  test(`the last packet of ${name} tells the exact length`, () => {
    const { packets, track } = demuxed(name, load(name), 'odd');
    assert.equal(packets.at(-1).total, expected.frames * 2);
    assert.ok(packets.slice(0, -1).every(({ total }) => total === undefined));
    assert.deepEqual([track.codec, track.sampleRate, track.channels], ['opus', 48000, 1]);
    assert.ok(track.skip > 0);
  });
}

test('each track says what a decoder must know', () => {
  const track = (name) => demuxed(name, load(name), 'odd').track;
  assert.deepEqual({ ...track('mp3') }, { codec: 'mp3', sampleRate: 24000, channels: 1, skip: 0 });
  assert.deepEqual({ ...track('aac') }, { codec: 'mp4a.40.2', sampleRate: 48000, channels: 1, skip: 0 });
  const { description, ...flac } = track('flac');
  assert.deepEqual(flac, { codec: 'flac', sampleRate: 24000, channels: 1, skip: 0 });
  assert.equal(Buffer.from(description.slice(0, 8)).toString('latin1'), 'fLaC\x80\0\0\x22');
});

test('a packet is given as soon as it is there, not when the next piece comes', () => {
  for (const name of ['ogg', 'webm', 'aac', 'mp3']) {
    const bytes = load(name);
    const demuxer = new Demuxer();
    const given = demuxer.feed(bytes.slice(0, bytes.length / 2)).length;
    const rest = demuxer.feed(bytes.slice(bytes.length / 2)).length;
    assert.equal(given + rest, expected[name].length, name);
  }
});

test('a tag in front of an mp3, and junk in it, are passed over', () => {
  const tag = [0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 20, ...new Array(20).fill(0xff)];
  const mp3 = load('mp3');
  const { packets } = demuxed('mp3', Uint8Array.from([...tag, ...mp3]), 'odd');
  assert.deepEqual(packets.map(base64), expected.mp3);
});

test('what is no audio is refused, not played as noise', () => {
  for (const text of ['<!doctype html>', '{"error": {}}']) {
    assert.throws(() => new Demuxer('audio/mpeg').feed(Buffer.from(text)), { name: 'UnplayableAudio' });
  }
  const broken = load('ogg');
  broken[broken.indexOf(0x4f, 30)] = 0;
  assert.throws(() => new Demuxer().feed(broken), { name: 'UnplayableAudio' });
});

test('audio that breaks off gives the packets that were whole', () => {
  for (const name of ['ogg', 'webm', 'mp3', 'aac', 'flac']) {
    const bytes = load(name);
    const { packets } = demuxed(name, bytes.slice(0, Math.floor(bytes.length * 0.6)), 'odd');
    assert.deepEqual(packets.map(base64), expected[name].slice(0, packets.length));
    assert.ok(packets.length > expected[name].length / 2, name);
  }
});

test('Ogg streams one behind the other are one', () => {
  const one = load('ogg');
  for (const kind of [7, 'odd', Infinity]) {
    const { packets, track } = demuxed('ogg', Uint8Array.from([...one, ...one]), kind);
    const { length } = expected.ogg;
    assert.deepEqual(packets.map(base64), [...expected.ogg, ...expected.ogg]);
    const frames = length * 960; // each packet is 20 ms
    assert.equal(packets[length - 1].total, expected.frames * 2);
    assert.equal(packets.at(-1).total, frames + expected.frames * 2, track.skip);
  }
});

test('events are told by their names or a comment, and raw samples are none', () => {
  for (const text of ['data: {}', 'event: s', ': hello ', ':\n\ndata:', '\r\n: a\r\n', 'id: 1\nda']) {
    assert.ok(areEvents(Buffer.from(text)), text);
  }
  assert.ok(!areEvents(Uint8Array.of(0x3a, 0, 0x51, 0, 0x30, 1, 0xfe, 0xff)));
  assert.ok(!areEvents(Uint8Array.of(0x20, 0x3a, 0x3a, 0x20, 0x0b, 0x61, 0x80, 0x61)));
});
