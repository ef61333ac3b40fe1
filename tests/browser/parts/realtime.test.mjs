import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

// What a browser gives a module, as far as this one needs it.
const kept = new Map();
globalThis.document = { baseURI: 'https://there.test/below/' };
globalThis.sessionStorage = { getItem: (name) => kept.get(name) ?? null };

/** A socket whose other end is the test. */
class Wire {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 3;
  static made = [];
  readyState = Wire.CONNECTING;
  bufferedAmount = 0;
  sent = [];

  constructor(url, protocols) {
    Object.assign(this, { url: String(url), protocols });
    Wire.made.push(this);
  }

  send(message) {
    assert.equal(this.readyState, Wire.OPEN);
    this.sent.push(message);
  }

  close(code) {
    this.closed = code;
    this.readyState = Wire.CLOSED;
  }

  opens() {
    this.readyState = Wire.OPEN;
    this.onopen();
  }

  says(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  ends(code, reason = '') {
    this.readyState = Wire.CLOSED;
    this.onclose({ code, reason });
  }
}
globalThis.WebSocket = Wire;

const { RealtimeSession } = await import('./static/realtime.js');
const START = { sample_rate: 16_000 };
const PIECE = Int16Array.of(1, 2, 3);
const DONE = '{"done":true}';

async function opened(told = {}) {
  const session = new RealtimeSession({ onPartial: () => {}, onFinal: () => {}, ...told });
  await session.open('whisper-1', START);
  return [session, Wire.made.at(-1)];
}

beforeEach(() => {
  kept.clear();
  Wire.made.length = 0;
});

test('the address is beside the page, and names the model', async () => {
  const [, wire] = await opened();
  assert.equal(wire.url, 'wss://there.test/below/v1/audio/transcriptions-realtime?model=whisper-1');
  assert.deepEqual(wire.protocols, ['firstword']);
});

test('what is recorded and said before it is open is sent then, in order, after the first message', async () => {
  const session = new RealtimeSession({});
  session.send(PIECE);
  await session.open('whisper-1', START);
  const [wire] = Wire.made;
  session.send(PIECE);
  session.finish();
  wire.opens();
  assert.deepEqual(wire.sent, [JSON.stringify(START), PIECE, PIECE, DONE]);
});

test('it ends well when the server has said that all is told', async () => {
  const seen = [];
  const [session, wire] = await opened({
    onPartial: ({ text }) => seen.push(text),
    onFinal: ({ text }) => seen.push(`${text}.`),
  });
  wire.opens();
  wire.says({ message_type: 'SessionBegins', text: '' });
  wire.says({ message_type: 'PartialTranscript', text: 'a' });
  wire.says({ message_type: 'FinalTranscript', text: 'a b' });
  wire.says({ message_type: 'SomethingNew', text: '' });
  wire.says({ message_type: 'SessionTerminated', text: '' });
  wire.ends(1000);
  await session.ended;
  assert.deepEqual(seen, ['a', 'a b.']);
});

test('the server says why it ends a session', async () => {
  const [session, wire] = await opened();
  wire.opens();
  const error = { message: 'Too long; open a new one.', code: 'session_too_long' };
  wire.says({ message_type: 'Error', text: '', error });
  wire.ends(4413);
  await assert.rejects(session.ended, error);
});

for (const [code, words] of [[1006, /is it running/], [1000, /start again/], [1009, /1009, large.*start again/]]) {
  test(`a session that ends by ${code} before all was told has failed`, async () => {
    const [session, wire] = await opened();
    wire.opens();
    wire.ends(code, code === 1009 ? 'large' : '');
    await assert.rejects(session.ended, words);
  });
}

test('a connection that is too slow is told of, and no more than half a minute is kept', async () => {
  const [session, wire] = await opened();
  wire.opens();
  wire.bufferedAmount = 30 * 32_000 - PIECE.byteLength;
  session.send(PIECE);
  assert.equal(wire.sent.length, 2);
  wire.bufferedAmount += PIECE.byteLength;
  session.send(PIECE);
  await assert.rejects(session.ended, { code: 'too_slow' });
  assert.deepEqual([wire.sent.length, wire.closed], [2, 1000]);
});

test('a socket that does not open keeps no more either', async () => {
  const session = new RealtimeSession({});
  const second = new Int16Array(16_000);
  for (let sent = 0; sent < 30; sent++) session.send(second);
  session.send(second);
  await assert.rejects(session.ended, { code: 'too_slow' });
});

test('whoever leaves hears nothing more, and it is no failure', async () => {
  const [session, wire] = await opened({ onFinal: () => assert.fail('it was heard') });
  wire.opens();
  session.close();
  wire.says({ message_type: 'FinalTranscript', text: 'a' });
  wire.ends(1006);
  await session.ended;
  assert.equal(wire.closed, 1000);
});

test('who has left before it was open opens no socket', async () => {
  const session = new RealtimeSession({});
  session.close();
  await session.open('whisper-1', START);
  assert.equal(Wire.made.length, 0);
});

test('a key is changed for a token, which may only listen', async () => {
  kept.set('firstword.key', 'fw-long');
  const asked = [];
  globalThis.fetch = async (url, { headers, body }) => {
    asked.push([url, headers.Authorization, JSON.parse(body).scope]);
    return Response.json({ value: 'ek_short' });
  };
  const [, wire] = await opened();
  const address = 'https://there.test/below/v1/realtime/client_secrets';
  assert.deepEqual(asked, [[address, 'Bearer fw-long', ['transcription']]]);
  assert.deepEqual(wire.protocols, ['firstword', 'openai-insecure-api-key.ek_short']);
});

test('a token is used as it is', async () => {
  kept.set('firstword.key', 'ek_mine');
  globalThis.fetch = () => assert.fail('it makes no other');
  const [, wire] = await opened();
  assert.deepEqual(wire.protocols, ['firstword', 'openai-insecure-api-key.ek_mine']);
});

test('a wrong key is told in the words of the server, and no answer in ours', async () => {
  kept.set('firstword.key', 'fw-wrong');
  const error = { message: 'No such key.', code: 'invalid_api_key' };
  globalThis.fetch = async () => Response.json({ error }, { status: 401 });
  await assert.rejects(opened(), { message: 'No such key.', status: 401 });
  globalThis.fetch = async () => Promise.reject(new TypeError('Failed to fetch'));
  await assert.rejects(opened(), { code: 'unreachable', message: /is it running/ });
});
