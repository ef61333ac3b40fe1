"""Any format while it arrives, by the client of this project: it decodes the stream, not its chunks.

any_format.py [opus|mp3|flac|aac|wav|pcm] [TEXT]
"""

import sys

from openai import OpenAI

from firstword.client import play

TEXT = "Whatever it is written in, it is heard from its first bytes on."

response_format, *words = sys.argv[1:] or ["opus"]
with OpenAI().audio.speech.with_streaming_response.create(
    model="tts-1", voice="alloy", input=" ".join(words) or TEXT, response_format=response_format
) as response:
    playback = play(response)
    playback.wait()
first_ms = 1000 * (playback.first_audio_s or 0)
print(f"{response_format}: first sound after {first_ms:.0f} ms, {playback.underruns} underruns")
