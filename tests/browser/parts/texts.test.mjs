import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { figures, sums } from './static/metrics.js';
import { EventReader, fromBase64 } from './static/player/events.js';
import { completed } from './static/saving.js';
import { snippet } from './static/snippets.js';

test('events are the same however their bytes were cut', () => {
  const text = 'data: {"type":"a","text":"Größe 🎈"}\n\n: still here\n\nevent: x\r\ndata: {"type":\r\ndata: "b"}\r\n\r\ndata: {"cut';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 5, 1000]) {
    const reader = new EventReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...reader.feed(bytes.slice(at, at + size)));
    assert.deepEqual(found, [{ type: 'a', text: 'Größe 🎈' }, { type: 'b' }]);
  }
});

test('base64 becomes its bytes', () => {
  assert.deepEqual(fromBase64('AP+A'), Uint8Array.of(0, 255, 128));
});

test('a saved wav tells its true sizes', () => {
  const file = completed(new Uint8Array(readFileSync('wav.bin')));
  const view = new DataView(file.buffer);
  assert.equal(view.getUint32(4, true), file.length - 8);
  assert.equal(view.getUint32(40, true), file.length - 44);
});

test('other files are saved as they came', () => {
  for (const name of ['ogg', 'mp3', 'flac']) {
    const bytes = new Uint8Array(readFileSync(`${name}.bin`));
    assert.deepEqual(completed(bytes.slice()), bytes);
  }
});

test('metrics are summed over their labels', () => {
  const text = '# HELP x y\nfirstword_a{model="m \\"} 1",outcome="done"} 2.0\nfirstword_a{model="n"} 3.0\nfirstword_b 1e-3\n';
  assert.deepEqual([...sums(text)], [['firstword_a', 5], ['firstword_b', 0.001]]);
});

test('a server that did nothing yet has figures without nonsense', () => {
  const shown = figures('');
  assert.ok(shown.length > 5);
  for (const [name, value] of shown) assert.doesNotMatch(`${name} ${value}`, /NaN|undefined|Infinity/);
});

const BODY = { model: 'tts-1', voice: 'alloy', input: `It's "so" \\ and\n$HOME 🎈`, response_format: 'opus' };

test('a text is quoted so that the shell, Python and JavaScript read it as it is', () => {
  const shell = snippet('curl', 'http://h/v1', BODY);
  assert.ok(shell.includes(`'${JSON.stringify(BODY).replaceAll("'", `'\\''`)}'`));
  assert.ok(shell.includes('-o speech.ogg'));
  for (const language of ['python', 'javascript']) {
    assert.ok(snippet(language, 'http://h/v1', BODY).includes(JSON.stringify(BODY.input)));
  }
});
