// A Lambda behind a function URL with response streaming (InvokeMode RESPONSE_STREAM). The page posts what was said;
// text and audio of the answer stream back side by side as server-sent events. No websocket, nothing long-running:
// the function lives as long as one answer.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const body = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
  const { messages } = JSON.parse(body); // as OpenAI writes them; what was said is an input_audio
  const left = new AbortController();
  responseStream.on('close', () => left.abort());

  const answer = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${OPENAI_API_KEY}` },
    body: JSON.stringify({
      model: 'gpt-audio',
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'pcm16' },
      stream: true,
      messages,
    }),
    signal: left.signal,
  });

  const out = awslambda.HttpResponseStream.from(responseStream, {
    statusCode: answer.status,
    headers: { 'Content-Type': answer.headers.get('content-type'), 'Cache-Control': 'no-cache, no-transform' },
  });
  await pipeline(Readable.fromWeb(answer.body), out);
});
