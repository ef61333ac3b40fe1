// The official SDK lists models and tells errors apart: listings.mjs BASE_URL KEY
import OpenAI from "openai";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const ids = [];
for await (const model of client.models.list()) ids.push(model.id);
const one = await client.models.retrieve("tts-1");

const speak = (fields, options) => () =>
  client.audio.speech.create({ model: "tts-1", voice: "alloy", input: "Hello.", ...fields }, options);
const wrongs = {
  model: speak({ model: "nope" }),
  voice: speak({ voice: "nope" }),
  speed: speak({ speed: 9 }),
  extension: speak({ model_extensions: { pitch: 2 } }),
  key: () => new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 }).models.list(),
};
const errors = {};
for (const [name, attempt] of Object.entries(wrongs)) {
  try {
    await attempt();
  } catch (failure) {
    errors[name] = [failure.constructor.name, failure.status, failure.param];
  }
}
process.stdout.write(JSON.stringify({ ids, one: one.id, errors }) + "\n");
