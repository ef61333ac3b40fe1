// The request by the official SDK: words as they are written, audio beside them, usage at the end.
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const request = JSON.parse(readFileSync('request.json', 'utf-8'));
const client = new OpenAI(); // OPENAI_BASE_URL and OPENAI_API_KEY
const began = performance.now();
let firstAudio = 0;
let bytes = 0;
let usage;

for await (const chunk of await client.chat.completions.create(request)) {
  const audio = chunk.choices[0]?.delta.audio;
  process.stdout.write(audio?.transcript ?? '');
  if (audio?.data) {
    firstAudio ||= performance.now() - began;
    bytes += Buffer.from(audio.data, 'base64').length;
  }
  usage = chunk.usage ?? usage;
}

const seconds = (bytes / 48_000).toFixed(1); // 24 kHz, 16 bit, one channel
console.log(`\n${seconds} s of audio, the first of it after ${Math.round(firstAudio)} ms`);
console.log(JSON.stringify(usage));
