"""The one place that knows FFmpeg (PyAV): samples to packets, packets to samples.

What streams uses codecs only, never FFmpeg's muxers and demuxers: those hold audio back (Ogg 2 s, WebM 1 s,
a wav 4 s; docs/decisions/0004). Files that cannot be read from front to back go through a demuxer.
`av` is imported when the first codec is built, because that costs 40 to 300 ms. Its log stays silent, as
PyAV leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from firstword.core.errors import EngineError, UndecodableAudio, UnsupportedAudio
from firstword.core.types import AudioChunk, Samples

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


class PacketDecoder:
    """Packets of one stream to mono samples, the channels averaged.

    Args:
        name: FFmpeg's name of the decoder.
        extradata: what the container says about the codec.
        options: the decoder's own options.

    Raises:
        UndecodableAudio: what the container says is not possible.
    """

    def __init__(
        self,
        name: str,
        *,
        extradata: bytes = b"",
        options: Mapping[str, str] | None = None,
    ) -> None:
        import av
        from av.audio.codeccontext import AudioCodecContext

        try:
            context = av.CodecContext.create(name, "r")
            assert isinstance(context, AudioCodecContext)
            if extradata:
                context.extradata = extradata
            context.options = dict(options or {})
            context.thread_count = 1
            context.open()
        except (av.FFmpegError, ValueError, OverflowError) as error:
            raise UndecodableAudio(f"the header of the {name} stream is broken") from error
        self._context = context

    def decode(self, packet: bytes) -> AudioChunk | None:
        """What is in one whole packet; None where there is nothing (the first packet of some codecs).

        Raises:
            UndecodableAudio: it is broken.
        """
        import av

        if not packet:
            return None
        try:
            frames = self._context.decode(av.Packet(packet))
        except av.FFmpegError as error:
            raise UndecodableAudio(f"a packet that is no {self._context.name}") from error
        if not frames:
            return None
        return AudioChunk(np.concatenate([_mono(frame) for frame in frames]), frames[-1].sample_rate)


def _mono(frame: AudioFrame) -> Samples:
    samples: NDArray[Any] = frame.to_ndarray()
    channels = len(frame.layout.channels)
    if not frame.format.is_planar:
        samples = samples.reshape(-1, channels).T
    if samples.dtype == np.uint8:
        samples = samples.astype(np.float32) - np.float32(128)
        scale = 128.0
    else:
        scale = -float(np.iinfo(samples.dtype).min) if samples.dtype.kind == "i" else 1.0
    mixed: NDArray[Any] = samples[0] if channels == 1 else samples.mean(axis=0, dtype=np.float64)
    mono: Samples = (mixed / scale).astype(np.float32)
    return mono


class Demuxed:
    """The first audio stream of a file, found by FFmpeg's demuxer.

    Args:
        file: seekable.
        demuxer: FFmpeg's name of it. Never left open: some demuxers fetch what a file points at.

    Raises:
        UndecodableAudio: it is no such file.
        UnsupportedAudio: there is no audio in it that FFmpeg can read.
    """

    def __init__(self, file: BinaryIO, demuxer: str) -> None:
        import av

        try:
            # No protocol: a file may not lead to another one.
            self._container = av.open(
                file, "r", format=demuxer, options={"protocol_whitelist": "pipe"}, metadata_errors="ignore"
            )
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableAudio(f"This is no {demuxer} file, or its end is missing.") from error
        streams = self._container.streams.audio
        if not streams or not streams[0].codec_context:
            self._container.close()
            raise UnsupportedAudio("There is no audio track in this file.")
        self._stream = streams[0]
        self._stream.codec_context.thread_count = 1
        length, unit = self._stream.duration, self._stream.time_base
        self.sample_rate: int = self._stream.codec_context.sample_rate
        self.duration_s = float(length * unit) if length and unit else None
        """Seconds, where the file tells."""

    def chunks(self) -> Iterator[AudioChunk]:
        """The audio, frame by frame.

        Raises:
            UndecodableAudio: it is broken, from the second on that the message names, or empty.
        """
        import av

        start, rate = 0, self.sample_rate
        try:
            for frame in self._container.decode(self._stream):
                chunk = AudioChunk(_mono(frame), frame.sample_rate, start)
                rate = rate if start else chunk.sample_rate
                if chunk.sample_rate != rate or not np.isfinite(chunk.samples).all():
                    break
                self.sample_rate = rate
                start += len(chunk.samples)
                yield chunk
            else:
                if start:
                    return
        except (av.FFmpegError, ValueError) as error:
            raise self._broken(start, rate) from error
        finally:
            self._container.close()
        raise self._broken(start, rate)

    def _broken(self, frames: int, rate: int) -> UndecodableAudio:
        seconds = frames / rate if frames else 0
        return UndecodableAudio(f"This audio cannot be decoded: it is broken after {seconds:.2f} s.")
