"""A pipeline that hears a question, thinks and answers, here without a transport: frames in, frames out.

agent.py [question.wav]: mono, 16 bit, 16 kHz; without one the question is synthesized first.
"""

import asyncio
import os
import sys
import time
import wave
from pathlib import Path

from loguru import logger
from openai import AsyncOpenAI
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.openai.stt import OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.workers.runner import WorkerRunner

logger.remove()
logger.add(sys.stderr, level="WARNING")

WHERE = {"base_url": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
EAR = OpenAISTTService.Settings(model="gpt-4o-transcribe")
MIND = OpenAILLMService.Settings(
    model="gpt-audio", system_instruction="Answer in one short sentence.", max_completion_tokens=60
)
MOUTH = OpenAITTSService.Settings(model="tts-1", voice="alloy")
QUESTION = "Is a golden retriever a good family dog?"
HEARING_HZ, SPEAKING_HZ = 16_000, 24_000


class Asking(FrameProcessor):
    """What was heard becomes the next turn. With a transport LLMContextAggregatorPair does it, and more."""

    def __init__(self) -> None:
        super().__init__()
        self._context = LLMContext()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            print(f"heard: {frame.text}")
            self._context.add_message({"role": "user", "content": frame.text})
            frame = LLMContextFrame(self._context)
        await self.push_frame(frame, direction)


class Written(FrameProcessor):
    """Shows what the language model writes, on its way to the voice."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame):
            print(frame.text, end="", flush=True)
        await self.push_frame(frame, direction)


class Speaker(FrameProcessor):
    """A file in place of a transport's output."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = wave.open(str(path), "wb")  # noqa: SIM115  # open while the pipeline is
        self._file.setparams((1, 2, SPEAKING_HZ, 0, "NONE", ""))
        self.asked_at = 0.0
        self.first_s: float | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.first_s = self.first_s or time.monotonic() - self.asked_at
            self._file.writeframes(frame.audio)
        elif isinstance(frame, EndFrame):
            self._file.close()
        await self.push_frame(frame, direction)


async def question(path: Path | None) -> bytes:
    """Samples of 16 bit at 16 kHz."""
    if path:
        with wave.open(str(path)) as file:
            return file.readframes(file.getnframes())
    async with AsyncOpenAI() as client:
        answer = await client.audio.speech.create(
            model="tts-1",
            voice="ash",
            input=QUESTION,
            response_format="pcm",
            extra_body={"model_extensions": {"sr": HEARING_HZ}},
        )
        print(f"asked: {QUESTION}")
        return answer.content


async def main(path: Path | None) -> None:
    samples = await question(path)
    speaker = Speaker(Path("answer.wav"))
    pipeline = Pipeline(
        [
            OpenAISTTService(settings=EAR, **WHERE),
            Asking(),
            OpenAILLMService(settings=MIND, **WHERE),
            Written(),
            OpenAITTSService(settings=MOUTH, sample_rate=SPEAKING_HZ, **WHERE),
            speaker,
        ]
    )
    params = PipelineParams(audio_in_sample_rate=HEARING_HZ, audio_out_sample_rate=SPEAKING_HZ)
    worker = PipelineWorker(pipeline, params=params, cancel_on_idle_timeout=False)
    pieces = [samples[at : at + 640] for at in range(0, len(samples), 640)]
    await worker.queue_frames(
        [
            VADUserStartedSpeakingFrame(),  # what a transport's voice activity detection says
            *(InputAudioRawFrame(piece, HEARING_HZ, 1) for piece in pieces),
            VADUserStoppedSpeakingFrame(),
            EndFrame(),
        ]
    )
    speaker.asked_at = time.monotonic()
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
    print(f"\nanswer.wav: its first frame came {1000 * (speaker.first_s or 0):.0f} ms after the question")


asyncio.run(main(Path(sys.argv[1]) if sys.argv[1:] else None))
