"""A language model's answer, by LangChain, spoken while it is being written.

aloud.py [QUESTION]
"""

import asyncio
import json
import os
import sys
import time
import wave
from collections.abc import AsyncIterator

from langchain_openai import ChatOpenAI
from websockets.asyncio.client import ClientConnection, connect

QUESTION = "Is a golden retriever a good family dog?"
BASE_URL, KEY = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
RATE = 24_000


async def written(question: str) -> AsyncIterator[str]:
    """The answer, piece by piece. Any chain that streams does as well."""
    model = ChatOpenAI(model="gpt-audio", base_url=BASE_URL, api_key=KEY, max_completion_tokens=60)
    async for piece in model.astream(question):
        yield piece.text


async def speak(texts: AsyncIterator[str], socket: ClientConnection) -> None:
    """Gives the text on as it comes."""
    try:
        async for text in texts:
            print(text, end="", flush=True)
            await socket.send(json.dumps({"text": text}))
    finally:  # a text that breaks off is spoken as far as it came
        await socket.send('{"done": true}')


async def main(question: str) -> None:
    began, first_s = time.monotonic(), None
    url = f"ws{BASE_URL.removeprefix('http')}/audio/speech/stream"
    async with connect(url, additional_headers={"Authorization": f"Bearer {KEY}"}) as socket:
        await socket.send(json.dumps({"model": "tts-1", "voice": "alloy", "response_format": "pcm"}))
        with wave.open("answer.wav", "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            speaking = asyncio.create_task(speak(written(question), socket))
            try:
                async for message in socket:
                    if isinstance(message, bytes):
                        first_s = first_s or time.monotonic() - began
                        file.writeframes(message)  # or into a sound device
                    elif (event := json.loads(message))["type"] == "error":
                        raise RuntimeError(event["error"]["message"])
                await speaking
            finally:
                speaking.cancel()
    first_ms, whole_ms = 1000 * (first_s or 0), 1000 * (time.monotonic() - began)
    print(f"\nanswer.wav: its first sound after {first_ms:.0f} ms, its last after {whole_ms:.0f} ms")


asyncio.run(main(" ".join(sys.argv[1:]) or QUESTION))
