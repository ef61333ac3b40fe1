// A page asks here, and has no key; the speech server is asked with one, and what it says is passed on as it comes.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';

const { OPENAI_BASE_URL, OPENAI_API_KEY, PORT = '9000' } = process.env;
const app = express();

app.post('/speech', express.json(), async (request, response) => {
  const left = new AbortController();
  response.on('close', () => left.abort()); // a listener who leaves ends the work behind it, too
  const { input, voice = 'alloy', response_format = 'opus' } = request.body;
  const answer = await fetch(`${OPENAI_BASE_URL}/audio/speech`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${OPENAI_API_KEY}` },
    body: JSON.stringify({ model: 'tts-1', input, voice, response_format }),
    signal: left.signal,
  });
  response.status(answer.status);
  response.set('Content-Type', answer.headers.get('content-type'));
  response.set('Cache-Control', 'no-cache, no-transform');
  response.set('X-Accel-Buffering', 'no');
  try {
    await pipeline(Readable.fromWeb(answer.body), response); // a broken answer destroys ours: no clean end
  } catch (failure) {
    if (!left.signal.aborted) console.error(failure);
  }
});

app.listen(Number(PORT), '127.0.0.1');
