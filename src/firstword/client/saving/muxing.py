"""An .m4a while it arrives: the packets of AAC as they come, and the index before them when all are there."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.formats import mp4
from firstword.formats.reading import adts
from firstword.formats.reading.frames import Frame, FrameReader

MOVED_BYTES = 1 << 20
"""At a time, to make room for the index."""


class MuxedAac:
    """Nothing is encoded again. Of each packet two bytes are kept: at 48 kHz 0.34 MB for an hour.

    The beginning of a packet at the very end is left out.

    Args:
        file: empty; readable, writable and seekable.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reader = FrameReader(adts.frame_header, "AAC")
        self._first: Frame | None = None
        self._sizes = array("H")
        self._media_bytes = 0

    def write(self, data: bytes, /) -> None:
        """More of the stream (ADTS), cut anywhere.

        Raises:
            UnsupportedAudio: MP4 cannot carry it.
            UndecodableAudio: it is no AAC.
        """
        self._add(self._reader.feed(data))

    def finish(self, delay_frames: int | None, frames: int | None) -> None:
        """Puts the index before the packets.

        Raises:
            UndecodableAudio: there is not one packet.
        """
        try:
            self._add(self._reader.end())
        except UndecodableAudio:  # in the middle of a packet
            if self._first is None:
                raise
        assert self._first is not None
        track = mp4.AacTrack(
            config=mp4.AacConfig.of(self._first.data),
            sample_rate=self._first.header.sample_rate,
            sizes=np.frombuffer(self._sizes, np.uint16),
            delay_frames=delay_frames or 0,
            frames=frames,
        )
        begin = len(mp4.file_type())
        index = mp4.index(track, begin)
        self._file.seek(begin)
        self._file.write(mp4.media_head(self._media_bytes))
        self._move(begin, len(index))
        self._file.seek(begin)
        self._file.write(index)

    def _add(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            if self._first is None:
                mp4.AacConfig.of(frame.data)  # or it cannot go on
                self._first = frame
                self._file.write(mp4.file_type() + mp4.media_head(0))
            if frame.header.kind != self._first.header.kind:
                raise UnsupportedAudio(
                    "The AAC of this stream changes in the middle, which an .m4a cannot: save it as .aac."
                )
            packet = adts.packet(frame.data)
            self._file.write(packet)
            self._sizes.append(len(packet))
            self._media_bytes += len(packet)

    def _move(self, begin: int, distance: int) -> None:
        """Moves everything from `begin` on further back, its end first."""
        at = self._file.seek(0, os.SEEK_END)
        while at > begin:
            count = min(MOVED_BYTES, at - begin)
            at -= count
            self._file.seek(at)
            data = self._file.read(count)
            self._file.seek(at + distance)
            self._file.write(data)
