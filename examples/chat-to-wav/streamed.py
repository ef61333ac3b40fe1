"""The same question, streamed: the answer's raw samples become a wav file while they arrive."""

import base64
import sys
import wave

from openai import OpenAI

client = OpenAI()
completion = client.chat.completions.create(
    model="gpt-4o-audio-preview",
    modalities=["text", "audio"],
    audio={"voice": "alloy", "format": "pcm16"},
    messages=[{"role": "user", "content": "Is a golden retriever a good family dog?"}],
    stream=True,
    # Only firstword knows this: a file is not listened to while it is made, so it need not be kept waiting.
    extra_body={"model_extensions": {"max_lead_s": 3600}},
)

with wave.open("dog.wav", "wb") as file:
    file.setparams((1, 2, 24_000, 0, "NONE", ""))  # what pcm16 is: one channel, 16 bit, 24 kHz
    for chunk in completion:
        if not chunk.choices:
            continue
        audio = getattr(chunk.choices[0].delta, "audio", None) or {}
        audio = audio if isinstance(audio, dict) else audio.model_dump(exclude_none=True)
        sys.stdout.write(audio.get("transcript") or "")
        file.writeframes(base64.b64decode(audio.get("data") or ""))  # each piece is whole samples
print()
