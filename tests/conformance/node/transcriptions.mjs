// The official SDK listens: transcriptions.mjs BASE_URL KEY FILE
// Prints one line: what came of each way to ask.
import fs from "node:fs";
import OpenAI from "openai";

const [baseURL, apiKey, file] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const ask = (fields) => client.audio.transcriptions.create({ file: fs.createReadStream(file), ...fields });

const json = await ask({ model: "whisper-1" });
const verbose = await ask({
  model: "whisper-1",
  response_format: "verbose_json",
  timestamp_granularities: ["word", "segment"],
});
const srt = await ask({ model: "whisper-1", response_format: "srt" });
const deltas = [];
let done;
const chunking_strategy = { type: "server_vad", silence_duration_ms: 300 };
for await (const event of await ask({ model: "gpt-4o-transcribe", stream: true, chunking_strategy })) {
  if (event.type === "transcript.text.delta") deltas.push(event.delta);
  else done = event;
}
let failed;
try {
  await ask({ model: "gpt-4o-transcribe-diarize", response_format: "diarized_json" });
} catch (failure) {
  failed = [failure.constructor.name, failure.status, failure.code];
}
process.stdout.write(JSON.stringify({ json, verbose, srt, deltas, done, failed }) + "\n");
