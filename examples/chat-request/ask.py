"""The request by the official SDK: words as they are written, audio beside them, usage at the end."""

import base64
import json
import sys
import time
from pathlib import Path

from openai import OpenAI

request = json.loads(Path("request.json").read_text("utf-8"))
client = OpenAI()  # OPENAI_BASE_URL and OPENAI_API_KEY
began, first_audio_s, audio = time.monotonic(), 0.0, bytearray()

for chunk in client.chat.completions.create(**request):
    for choice in chunk.choices:
        # The SDK's types do not all know it yet, its objects have it all the same.
        heard = getattr(choice.delta, "audio", None) or {}
        heard = heard if isinstance(heard, dict) else heard.model_dump(exclude_none=True)
        sys.stdout.write(heard.get("transcript") or "")
        sys.stdout.flush()
        if data := heard.get("data"):
            first_audio_s = first_audio_s or time.monotonic() - began
            audio += base64.b64decode(data)
    if chunk.usage:
        usage = chunk.usage

seconds = len(audio) / 48_000  # 24 kHz, 16 bit, one channel
print(f"\n{seconds:.1f} s of audio, the first of it after {1000 * first_audio_s:.0f} ms")
print(usage.model_dump_json(exclude_none=True))
