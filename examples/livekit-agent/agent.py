"""An agent that hears a question, thinks about it and answers, here without a room: frames in, frames out.

agent.py [question.wav]: mono, 16 bit; without one the plugin asks a question itself.
"""

import asyncio
import os
import sys
import time
import wave
from pathlib import Path

from firstword_livekit import STT, TTS
from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice import io
from livekit.plugins import openai

WHERE = {"base_url": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
QUESTION = "Is a golden retriever a good family dog?"
FRAME_S = 0.02


class Recording(io.AudioInput):
    """A file in place of a room's microphone, as fast as one speaks; silence follows."""

    def __init__(self, samples: bytes, rate: int) -> None:
        super().__init__(label="recording")
        self._samples, self._rate, self._at, self._began = samples, rate, 0, time.monotonic()
        self._size = round(rate * FRAME_S) * 2

    async def __anext__(self) -> rtc.AudioFrame:
        due_s = self._began + self._at / self._size * FRAME_S - time.monotonic()
        await asyncio.sleep(max(0, due_s))
        frame = self._samples[self._at : self._at + self._size].ljust(self._size, b"\0")
        self._at += self._size
        return rtc.AudioFrame(frame, self._rate, 1, self._size // 2)


class Speaker(io.AudioOutput):
    """A file in place of a room's loudspeaker."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            label="file", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=24_000
        )
        self._file = wave.open(str(path), "wb")  # noqa: SIM115  # open while the session is
        self._file.setparams((1, 2, 24_000, 0, "NONE", ""))
        self.first_at: float | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.first_at = self.first_at or time.monotonic()
        self._file.writeframes(frame.data.tobytes())

    def flush(self) -> None:
        super().flush()
        if self.first_at:
            self._file.close()
            self.on_playback_finished(playback_position=0, interrupted=False)

    def clear_buffer(self) -> None:
        pass


async def asked(tts: openai.TTS) -> tuple[bytes, int]:
    """A question, by the plugin; its first frame comes while the rest is being made."""
    began, samples = time.monotonic(), bytearray()
    async with tts.synthesize(QUESTION) as speech:
        async for spoken in speech:
            if not samples:
                print(f"asked: {QUESTION} (first frame after {1000 * (time.monotonic() - began):.0f} ms)")
            samples += spoken.frame.data.tobytes()
    return bytes(samples), spoken.frame.sample_rate


async def main(path: Path | None) -> None:
    if path:
        with wave.open(str(path)) as file:
            samples, rate = file.readframes(file.getnframes()), file.getframerate()
    else:
        samples, rate = await asked(openai.TTS(model="tts-1", voice="ash", response_format="wav", **WHERE))

    session = AgentSession(
        stt=STT(**WHERE),
        llm=openai.LLM(model="gpt-audio", max_completion_tokens=60, **WHERE),
        tts=TTS(**WHERE),
        vad=None,  # the socket tells when somebody begins and ends, after half a second of silence
        turn_handling={"turn_detection": "stt", "endpointing": {"min_delay": 0}},
    )
    heard_at, answered = 0.0, asyncio.Event()

    @session.on("user_input_transcribed")
    def heard(event) -> None:
        nonlocal heard_at
        heard_at = time.monotonic()
        print(f"{'heard' if event.is_final else '  ...'}: {event.transcript}")

    @session.on("conversation_item_added")
    def added(event) -> None:
        if getattr(event.item, "role", None) == "assistant":
            print(f"answered: {event.item.text_content}")
            answered.set()

    session.input.audio = Recording(samples, rate)
    session.output.audio = speaker = Speaker(Path("answer.wav"))
    await session.start(Agent(instructions="Answer in one short sentence."))
    await asyncio.wait_for(answered.wait(), 60)
    await session.aclose()
    print(
        f"answer.wav: its first frame came {1000 * (speaker.first_at - heard_at):.0f} ms after the last word"
    )


asyncio.run(main(Path(sys.argv[1]) if sys.argv[1:] else None))
