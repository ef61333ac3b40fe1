"""An .mp3 while it arrives: as it comes, behind a frame that tells how long it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from firstword.core.errors import UndecodableAudio
from firstword.formats import info
from firstword.formats.reading import mpeg
from firstword.formats.reading.frames import Frame, FrameReader

READ_BYTES = 1 << 16


class TaggedMp3:
    """Frames are counted while they pass. Memory is the same for any length.

    Where the stream begins with a tag of its own, that one is set right, and nothing is added. What is no
    frame (other tags, junk) stays where it is; the beginning of a frame at the very end is left out.

    Args:
        file: empty; readable, writable and seekable.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reader = FrameReader(mpeg.frame_header, "MPEG audio")
        self._survey = info.Survey()
        self._waiting = b""
        """The beginning of what is perhaps the first frame."""
        self._first: Frame | None = None
        self._tag: bytes | None = None
        """The frame that stands at `_tag_at`; None where there cannot be one."""
        self._tag_at = 0
        self._lost = False
        """True where this turned out to be no MPEG audio that can be counted."""

    def write(self, data: bytes, /) -> None:
        """More of the stream, cut anywhere."""
        self._waiting += data
        if not self._lost:
            try:
                self._count(self._reader.feed(data))
            except UndecodableAudio:
                self._lost = True
        passed = len(self._waiting)
        if self._first is None and not self._lost:
            passed = self._reader.offset - self._file.tell()
        self._pass_on(passed)

    def finish(self, delay_frames: int | None, frames: int | None) -> None:
        """Puts the counts into the tag."""
        cut_off = False
        if not self._lost:
            try:
                self._count(self._reader.end())
            except UndecodableAudio:
                cut_off = True
        self._pass_on(len(self._waiting))
        if self._first is None or self._lost:
            return
        added = len(self._tag or b"") if self._tag is not self._first.data else 0
        end = self._reader.offset + added
        if cut_off:
            self._file.truncate(end)
        if self._tag is None:
            return
        tag = self._told(self._tag, end, delay_frames, frames)
        self._file.seek(self._tag_at)
        self._file.write(tag)

    def _told(self, tag: bytes, end: int, delay_frames: int | None, frames: int | None) -> bytes:
        """The tag as it should be."""
        assert self._first is not None
        if tag is self._first.data:
            return info.corrected(tag, self._survey)
        gaps = None
        if delay_frames is not None:
            held = self._survey.frames * self._first.header.frames
            gaps = info.Gaps.around(frames, delay_frames=delay_frames, held=held)
        return info.written(tag, self._survey, gaps, self._music(self._tag_at + len(tag), end))

    def _count(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            if self._first is None:
                self._begin(frame)
            else:
                self._survey.add(frame.data)

    def _begin(self, first: Frame) -> None:
        """Makes room for a tag before the first frame, unless it is one."""
        self._first = first
        self._pass_on(self._reader.offset - len(first.data) - self._file.tell())
        self._tag_at = self._file.tell()
        if mpeg.is_tag(first.data):
            self._tag = first.data
            return
        self._survey.add(first.data)
        if mpeg.is_layer_iii(first.data) and not mpeg.is_vbri(first.data):
            self._tag = info.blank(first.data)
            self._file.write(self._tag)

    def _pass_on(self, count: int) -> None:
        self._file.write(self._waiting[:count])
        self._waiting = self._waiting[count:]

    def _music(self, begin: int, end: int) -> Iterator[bytes]:
        self._file.seek(begin)
        while begin < end and (data := self._file.read(min(READ_BYTES, end - begin))):
            begin += len(data)
            yield data
