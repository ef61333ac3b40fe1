// The AI SDK speaks a sentence, hears it again, and answers it: three calls, three models, one server.

import { writeFileSync } from 'node:fs';
import { createOpenAI } from '@ai-sdk/openai';
import { experimental_generateSpeech as generateSpeech, experimental_transcribe as transcribe, streamText } from 'ai';

const text = process.argv.slice(2).join(' ') || 'Is a golden retriever a good family dog?';
const firstword = createOpenAI(); // OPENAI_BASE_URL and OPENAI_API_KEY

const { audio } = await generateSpeech({ model: firstword.speech('tts-1'), text, voice: 'alloy', outputFormat: 'mp3' });
writeFileSync('question.mp3', audio.uint8Array);
console.log(`question.mp3: ${audio.uint8Array.length} bytes, ${audio.mediaType}`);

const heard = await transcribe({ model: firstword.transcription('whisper-1'), audio: audio.uint8Array });
console.log(`heard: ${heard.text}`);

const { textStream } = streamText({
  model: firstword.chat('gpt-audio'),
  system: 'Answer in one short sentence.',
  prompt: heard.text,
  maxOutputTokens: 60,
});
process.stdout.write('answer: ');
for await (const piece of textStream) process.stdout.write(piece);
console.log();
