// The official SDK reads speech as it comes: speech.mjs BASE_URL KEY FORMAT TEXT FILE
// Prints a line at the first audio, and one at the end; the audio goes to FILE.
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import OpenAI from "openai";

const [baseURL, apiKey, response_format, input, file] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

try {
  const response = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input, response_format });
  const saved = createWriteStream(file);
  let bytes = 0;
  for await (const chunk of response.body) {
    if (bytes === 0) say({ first: chunk.length, type: response.headers.get("content-type") });
    bytes += chunk.length;
    saved.write(chunk);
  }
  saved.end();
  await finished(saved);
  say({ bytes });
} catch (failure) {
  say({ failed: failure.constructor.name, message: failure.message });
}
