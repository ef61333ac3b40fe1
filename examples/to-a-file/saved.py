"""Into a file that is whole or not there, with a header that tells its true length.

saved.py [speech.wav|.mp3|.opus|.aac|.flac|.m4a] [TEXT]
"""

import sys
from pathlib import Path

from openai import OpenAI

from firstword.client import save

TEXT = "A header that is sent before the audio cannot tell how long it will be. That of a file can."
name, *words = sys.argv[1:] or ["speech.wav"]
path = Path(name)
asked = {".m4a": "aac"}.get(path.suffix, path.suffix[1:])  # an .m4a is AAC with an index
with OpenAI().audio.speech.with_streaming_response.create(
    model="tts-1", voice="alloy", input=" ".join(words) or TEXT, response_format=asked
) as response:
    save(response, path)
print(f"{path}: {path.stat().st_size} bytes")
