"""The one place that knows FFmpeg (PyAV): samples of one fixed block size in, packets out.

Only codecs are used, never FFmpeg's muxers: those hold audio back (Ogg 2 s, WebM 1 s;
docs/decisions/0004).
`av` is imported when the first codec is built, because that costs 40 to 300 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from firstword.core.errors import EngineError

if TYPE_CHECKING:
    from av import AudioFrame
    from av.audio.codeccontext import AudioCodecContext


class PacketCodec:
    """A mono encoder of FFmpeg, fed with whole blocks so that its packets do not depend on the cutting.

    Args:
        name: FFmpeg's name of the encoder.
        sample_rate: Hz.
        sample_format: FFmpeg's name of the sample type: `s16`, or `fltp` for float32.
        bit_rate: bits per second; None for codecs that have none.
        options: the encoder's own options.

    Raises:
        EngineError: this FFmpeg has no such encoder, or the encoder refuses a setting.
    """

    def __init__(
        self,
        name: str,
        *,
        sample_rate: int,
        sample_format: str,
        bit_rate: int | None = None,
        options: Mapping[str, str],
    ) -> None:
        self._sample_rate = sample_rate
        self._sample_format = sample_format
        self._fed_frames = 0
        self._context = self._open(name, bit_rate, options)
        self.block_frames = self._context.frame_size
        """How many frames make a packet."""
        self.extradata = bytes(self._context.extradata or b"")
        """What the codec wants to have said about itself before the first packet."""

    def _open(self, name: str, bit_rate: int | None, options: Mapping[str, str]) -> AudioCodecContext:
        import av
        from av.audio.codeccontext import AudioCodecContext

        try:
            context = av.CodecContext.create(name, "w")
            if not isinstance(context, AudioCodecContext):
                raise EngineError(f"{name} is not an audio encoder")
            context.sample_rate = self._sample_rate
            context.layout = "mono"
            context.format = self._sample_format
            context.time_base = Fraction(1, self._sample_rate)
            if bit_rate is not None:
                context.bit_rate = bit_rate
            context.options = dict(options)
            context.thread_count = 1  # left alone, each encoder starts two threads and gains nothing
            context.open()
        except (av.FFmpegError, ValueError) as error:
            raise EngineError(f"the {name} encoder cannot be opened: {error}") from error
        return context

    def encode(self, block: NDArray[np.int16] | NDArray[np.float32]) -> list[bytes]:
        """Packets that are complete with this block.

        Args:
            block: `block_frames` samples (the last one of all may be shorter), int16 or float32 as
                `sample_format` says.
        """
        import av

        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format=self._sample_format, layout="mono")
        frame.sample_rate = self._sample_rate
        frame.pts = self._fed_frames
        frame.time_base = Fraction(1, self._sample_rate)
        self._fed_frames += len(block)
        return self._packets(frame)

    def finish(self) -> list[bytes]:
        """Packets the codec had kept back. Nothing may be encoded afterwards."""
        return self._packets(None)

    def _packets(self, frame: AudioFrame | None) -> list[bytes]:
        import av

        try:
            # A packet of no bytes only updates what the codec says about itself.
            return [bytes(packet) for packet in self._context.encode(frame) if packet.size]
        except av.FFmpegError as error:
            raise EngineError(f"the {self._context.name} encoder failed: {error}") from error
