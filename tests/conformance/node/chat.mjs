// Streams a spoken answer: prints when the first audio has come, then all that came.
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const stream = await client.chat.completions.create({
  model: "gpt-4o-audio-preview",
  modalities: ["text", "audio"],
  audio: { voice: "alloy", format: "pcm16" },
  messages: [{ role: "user", content: "Is a golden retriever a good family dog?" }],
  stream: true,
  stream_options: { include_usage: true },
});

let transcript = "";
const audio = [];
let last = {};
for await (const chunk of stream) {
  last = { usage: chunk.usage, reason: chunk.choices[0]?.finish_reason ?? last.reason };
  const part = chunk.choices[0]?.delta.audio ?? {};
  transcript += part.transcript ?? "";
  if (part.data) {
    if (!audio.length) console.log(JSON.stringify({ heard: transcript }));
    audio.push(Buffer.from(part.data, "base64"));
  }
}
console.log(JSON.stringify({ transcript, audio: Buffer.concat(audio).toString("base64"), ...last }));
