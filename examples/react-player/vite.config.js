import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const { FIRSTWORD_URL, OPENAI_API_KEY, PORT = '9000' } = process.env;

// The package firstword-player, from this repository: where it is installed, `resolve` and `fs` are not needed.
const player = fileURLToPath(new URL('../../src/firstword/server/static/player/', import.meta.url));

// The relay, for as long as this is a development server: it has the key. What it calls the audio is no container's type.
const proxy = {
  '/speech': {
    target: FIRSTWORD_URL,
    rewrite: () => '/v1/audio/speech',
    headers: { Authorization: `Bearer ${OPENAI_API_KEY}` },
    configure: (proxy) => proxy.on('proxyRes', (answer, request, response) => {
      answer.on('error', () => response.destroy()); // where speech breaks off, the proxy alone would wait for ever
      if (answer.statusCode === 200) answer.headers['content-type'] = 'audio/opus'; // as in the thread
    }),
  },
};
const server = { host: '127.0.0.1', port: Number(PORT), strictPort: true, proxy };

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: [
      { find: /^firstword-player$/, replacement: `${player}index.js` },
      { find: /^firstword-player\/worklet/, replacement: `${player}ring-worklet.js` },
    ],
  },
  server: { ...server, fs: { allow: ['.', player] } },
  preview: server,
});
