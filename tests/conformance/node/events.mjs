// The official SDK reads speech as server-sent events: events.mjs BASE_URL KEY FORMAT TEXT
// Prints the audio of the deltas, joined, and the last event; or what went wrong.
import OpenAI from "openai";
import { Stream } from "openai/streaming";

const [baseURL, apiKey, response_format, input] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

try {
  const response = await client.audio.speech.create({
    model: "gpt-4o-mini-tts",
    voice: "alloy",
    input,
    response_format,
    stream_format: "sse",
  });
  const audio = [];
  let last;
  for await (const event of Stream.fromSSEResponse(response, new AbortController())) {
    if (event.type === "speech.audio.delta") audio.push(Buffer.from(event.audio, "base64"));
    last = event;
  }
  say({ audio: Buffer.concat(audio).toString("base64"), last });
} catch (failure) {
  say({ failed: failure.constructor.name, message: failure.message });
}
