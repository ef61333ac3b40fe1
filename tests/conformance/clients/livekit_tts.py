"""LiveKit's OpenAI plugin speaks: livekit_tts.py BASE_URL KEY MODEL TEXT.

Prints a line at the first frame and one at the end, or what went wrong.
"""

import asyncio
import json
import sys

from livekit.agents import APIConnectOptions, APIError
from livekit.plugins import openai


def say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def main(base_url: str, key: str, model: str, text: str) -> None:
    tts = openai.TTS(base_url=base_url, api_key=key, model=model, voice="ash")
    samples = 0
    try:
        async with tts.synthesize(text, conn_options=APIConnectOptions(max_retry=0)) as stream:
            async for spoken in stream:
                if not samples:
                    say(first=spoken.frame.samples_per_channel)
                samples += spoken.frame.samples_per_channel
        say(samples=samples, sample_rate=spoken.frame.sample_rate, channels=spoken.frame.num_channels)
    except APIError as failure:
        say(failed=type(failure).__name__, samples=samples)
    finally:
        await tts.aclose()


asyncio.run(main(*sys.argv[1:]))
