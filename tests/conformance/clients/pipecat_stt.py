"""Pipecat's OpenAI service listens: pipecat_stt.py BASE_URL KEY WAV_FILE. Prints what it heard."""

import asyncio
import json
import sys
from pathlib import Path

from loguru import logger
from pipecat.services.openai.stt import OpenAISTTService

logger.remove()
logger.add(sys.stderr, level="WARNING")


async def main(base_url: str, key: str, recording: bytes) -> None:
    settings = OpenAISTTService.Settings(model="gpt-4o-transcribe")
    service = OpenAISTTService(base_url=base_url, api_key=key, settings=settings)
    frames = [frame async for frame in service.run_stt(recording)]
    told = [{"kind": type(frame).__name__, "text": getattr(frame, "text", None)} for frame in frames]
    sys.stdout.write(json.dumps(told) + "\n")


base_url, key, file = sys.argv[1:]
asyncio.run(main(base_url, key, Path(file).read_bytes()))
