"""Pipecat's OpenAI service speaks in a pipeline: pipecat_tts.py BASE_URL KEY AUDIO_FILE TEXT...

Prints a line at the first audio frame and one at the end; the audio goes to AUDIO_FILE.
"""

import asyncio
import json
import sys
from pathlib import Path

from loguru import logger
from pipecat.frames.frames import EndFrame, ErrorFrame, TTSAudioRawFrame, TTSSpeakFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.workers.runner import WorkerRunner

logger.remove()
logger.add(sys.stderr, level="WARNING")


def say(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


class Listener(BaseObserver):
    """Keeps what the service pushes."""

    def __init__(self, service: OpenAITTSService) -> None:
        super().__init__()
        self.service = service
        self.audio = b""
        self.shapes: set[tuple[int, int]] = set()
        self.errors: list[str] = []

    async def on_push_frame(self, data: FramePushed) -> None:
        frame = data.frame
        if data.source is not self.service:
            return
        if isinstance(frame, TTSAudioRawFrame):
            if not self.audio:
                say(first=len(frame.audio))
            self.audio += frame.audio
            self.shapes.add((frame.sample_rate, frame.num_channels))
        elif isinstance(frame, ErrorFrame):
            self.errors.append(frame.error)


async def speak(base_url: str, key: str, texts: list[str]) -> Listener:
    settings = OpenAITTSService.Settings(model="gpt-4o-mini-tts", voice="alloy")
    service = OpenAITTSService(base_url=base_url, api_key=key, sample_rate=24_000, settings=settings)
    listener = Listener(service)
    worker = PipelineWorker(Pipeline([service]), observers=[listener], cancel_on_idle_timeout=False)
    await worker.queue_frames([*map(TTSSpeakFrame, texts), EndFrame()])
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    return listener


base_url, key, file, *texts = sys.argv[1:]
heard = asyncio.run(speak(base_url, key, texts))
Path(file).write_bytes(heard.audio)
say(shapes=sorted(heard.shapes), errors=heard.errors)
