import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Demuxer } from './static/player/demux.js';
import { areEvents } from './static/player/events.js';
import { remuxed } from './static/player/remux.js';

const load = (name) => new Uint8Array(readFileSync(`${name}.bin`));
const text = (string) => new TextEncoder().encode(string);

function demuxed(bytes, mediaType = '', size = Infinity) {
  const demuxer = new Demuxer(mediaType);
  const packets = [];
  for (let at = 0; at < bytes.length; at += size) packets.push(...demuxer.feed(bytes.slice(at, at + size)));
  return { packets: [...packets, ...demuxer.flush()], track: demuxer.track };
}

/** A stream for a media element, fed so many packets at a time. */
function again({ packets, track }, count) {
  const media = remuxed(track);
  const parts = [];
  for (let at = 0; at < packets.length; at += count) parts.push(media.feed(packets.slice(at, at + count)));
  return { type: media.type, bytes: new Uint8Array(Buffer.concat(parts)) };
}

for (const name of ['ogg', 'webm', 'ogg-large']) {
  test(`${name} becomes a WebM of the same packets, however they were fed`, () => {
    const before = demuxed(load(name));
    const one = again(before, 1);
    assert.equal(one.type, 'audio/webm; codecs="opus"');
    assert.deepEqual(again(before, 50).bytes, one.bytes);
    const after = demuxed(one.bytes);
    assert.deepEqual(after.packets.map(({ data }) => data), before.packets.map(({ data }) => data));
    assert.deepEqual(after.track, before.track);
  });
}

for (const [name, type] of [['mp3', 'audio/mpeg'], ['aac', 'audio/aac'], ['flac', 'audio/flac']]) {
  test(`${name} stays as it is, frame by frame`, () => {
    const whole = demuxed(load(name));
    const made = again(whole, 3);
    assert.equal(made.type, type);
    assert.deepEqual(demuxed(made.bytes).packets, whole.packets);
  });
}

test('raw samples have no other stream', () => {
  assert.equal(remuxed({ codec: 'pcm-s16', sampleRate: 24000, channels: 1, skip: 0 }), null);
});

const box = (name, ...bodies) => {
  const body = Buffer.concat(bodies);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(8 + body.length);
  return Buffer.concat([size, text(name), body]);
};

test('an mp4 is told by its description and passed on as it is', () => {
  const bytes = new Uint8Array(Buffer.concat([box('ftyp', text('iso6')), box('moov', box('fLaC')), box('moof'), box('mdat', text('sound'))]));
  for (const size of [1, 7, Infinity]) {
    const { packets, track } = demuxed(bytes, '', size);
    assert.equal(remuxed(track).type, 'audio/mp4; codecs="flac"');
    assert.deepEqual(again({ packets, track }, 2).bytes, bytes);
  }
});

test('what is announced as raw samples is looked at all the same', () => {
  for (const [name, codec] of [['mp3', 'mp3'], ['aac', 'mp4a.40.2'], ['ogg', 'opus'], ['flac', 'flac'], ['wav', 'pcm-s16']]) {
    for (const size of [1, 100, Infinity]) assert.equal(demuxed(load(name), 'audio/pcm', size).track.codec, codec, name);
  }
});

test('quiet samples that look like a frame are samples', () => {
  for (const begin of [[0xff, 0xff], [0xff, 0xfb, 0x90, 0x00], [0xff, 0xf1, 0x4c, 0x40, 0x10, 0, 0]]) {
    const bytes = Uint8Array.from({ length: 4000 }, (_, i) => begin[i] ?? (i * 7) % 100);
    for (const size of [1, 100, Infinity]) {
      const { packets, track } = demuxed(bytes, 'audio/pcm', size);
      assert.equal(track.codec, 'pcm-s16');
      assert.deepEqual(new Uint8Array(Buffer.concat(packets.map(({ data }) => data))), bytes);
    }
  }
});

test('what is refused says what it was', () => {
  assert.throws(() => new Demuxer().feed(text('<!doctype html><title>Bad gateway')), /Bad gateway/);
  assert.throws(() => new Demuxer().feed(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)), /played here\.$/);
});

test('events are known by how they begin', () => {
  for (const begin of ['data: {', 'event: x', ': ping\n', '\ndata:{', 'id:1\nda']) assert.ok(areEvents(text(begin)), begin);
  for (const begin of ['{"data":', 'RIFF....', '<html>', 'OggS\0\0']) assert.ok(!areEvents(text(begin)), begin);
});
