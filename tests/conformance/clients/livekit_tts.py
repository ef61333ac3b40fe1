"""LiveKit's OpenAI plugin speaks: livekit_tts.py BASE_URL KEY [MODEL FORMAT TEXT]...

For each text it prints a line at the first frame and one at the end, which tells what went wrong.
"""

import asyncio
import json
import sys

from livekit.agents import APIConnectOptions, APIError
from livekit.plugins import openai


def say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def speak(tts: openai.TTS, text: str) -> None:
    shapes: set[tuple[int, int]] = set()
    samples = 0
    failed = None
    try:
        async with tts.synthesize(text, conn_options=APIConnectOptions(max_retry=0)) as stream:
            async for spoken in stream:
                if not samples:
                    say(first=spoken.frame.samples_per_channel)
                samples += spoken.frame.samples_per_channel
                shapes.add((spoken.frame.sample_rate, spoken.frame.num_channels))
    except APIError as failure:
        failed = type(failure).__name__
    say(samples=samples, shapes=sorted(shapes), failed=failed)


async def main(base_url: str, key: str, *spoken: str) -> None:
    for model, response_format, text in zip(spoken[::3], spoken[1::3], spoken[2::3], strict=True):
        tts = openai.TTS(
            base_url=base_url, api_key=key, model=model, voice="ash", response_format=response_format
        )
        await speak(tts, text)
        await tts.aclose()


asyncio.run(main(*sys.argv[1:]))
