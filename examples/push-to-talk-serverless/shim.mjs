// Runs the handler on this machine: the part of Lambda's Node runtime that it needs, over HTTP, and the page beside it.

import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

globalThis.awslambda = {
  streamifyResponse: (handler) => handler,
  HttpResponseStream: {
    from(responseStream, { statusCode, headers }) {
      responseStream.writeHead(statusCode, headers);
      return responseStream;
    },
  },
};
const { handler } = await import('./handler.mjs');

const PLAYER = '../../src/firstword/server/static/player'; // a folder of files; copy it to where your pages are
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' };

createServer(async (request, response) => {
  const path = normalize(new URL(request.url, 'http://here').pathname);
  if (request.method === 'POST' && path === '/talk') return answer(request, response);
  const file = path === '/' ? 'page.html' : path.startsWith('/player/') ? join(PLAYER, path.slice(8)) : '';
  if (!extname(file) || !existsSync(file)) return response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[extname(file)] ?? 'text/plain');
  createReadStream(file).pipe(response);
}).listen(Number(process.env.PORT ?? 9000), '127.0.0.1');

async function answer(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  // A function URL's event, version 2.0.
  const event = {
    version: '2.0',
    rawPath: request.url,
    headers: request.headers,
    requestContext: { http: { method: request.method, path: request.url } },
    body: Buffer.concat(pieces).toString('base64'),
    isBase64Encoded: true,
  };
  try {
    await handler(event, response, {});
  } catch (failure) {
    if (!response.destroyed) response.destroy(failure); // no clean end
  }
}
