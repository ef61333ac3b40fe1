"""LiveKit's OpenAI plugin listens: livekit_stt.py BASE_URL KEY PCM_FILE. Prints what it heard.

The file is s16le, 16 kHz, mono.
"""

import asyncio
import json
import sys
from pathlib import Path

from livekit import rtc
from livekit.plugins import openai


async def main(base_url: str, key: str, samples: bytes) -> None:
    stt = openai.STT(base_url=base_url, api_key=key, model="whisper-1", use_realtime=False)
    heard = await stt.recognize(rtc.AudioFrame(samples, 16_000, 1, len(samples) // 2))
    await stt.aclose()
    told = heard.alternatives[0]
    sys.stdout.write(json.dumps({"text": told.text, "language": told.language}) + "\n")


base_url, key, file = sys.argv[1:]
asyncio.run(main(base_url, key, Path(file).read_bytes()))
