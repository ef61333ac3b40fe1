// What the SDK's own helper makes of a streamed, spoken answer.
import OpenAI from "openai";

const [baseURL, apiKey, ...timings] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const stream = client.chat.completions.stream({
  model: "gpt-audio",
  modalities: ["text", "audio"],
  audio: { voice: "alloy", format: "pcm16" },
  messages: [{ role: "user", content: "Is a golden retriever a good family dog?" }],
  ...(timings.length && { model_extensions: { timings: "word" } }),
});
const ids = new Set();
stream.on("chunk", ({ choices: [choice] }) => choice?.delta.audio?.id && ids.add(choice.delta.audio.id));
const { choices } = await stream.finalChatCompletion();
console.log(JSON.stringify({ ids: [...ids], reason: choices[0].finish_reason, ...choices[0].message.audio }));
