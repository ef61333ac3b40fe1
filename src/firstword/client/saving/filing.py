"""Audio into a file that can be sought in, while it arrives, so that it tells the truth when all is there."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Protocol

from firstword.client.saving.sizes import state_true_sizes
from firstword.core.errors import UnsupportedAudio

SNIFF_BYTES = 12
"""As many as `formats.sniff` looks at, which is loaded when they are here."""


class Filed(Protocol):
    """One kind of file."""

    def write(self, data: bytes, /) -> object:
        """More of the stream, cut anywhere."""
        ...

    def finish(self, delay_frames: int | None, frames: int | None) -> None:
        """Makes the file tell the truth; see `File.state`."""
        ...


class File:
    """A file of the kind that its name and its first bytes say.

    Args:
        file: empty; readable, writable and seekable.
        path: what it will be called.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._suffix = file, path.suffix.lower()
        self._head = b""
        self._filed: Filed | None = None
        self._delay_frames: int | None = None
        self._frames: int | None = None

    def write(self, data: bytes, /) -> int:
        """More of the stream, cut anywhere; tells how much that was.

        Raises:
            UnsupportedAudio: files of that name cannot carry it.
            UndecodableAudio: it is broken, where that matters.
            OSError: it cannot be written.
        """
        if self._filed is not None:
            self._filed.write(data)
        else:
            self._head += data
            if len(self._head) >= SNIFF_BYTES:
                self._begin()
        return len(data)

    def state(self, delay_frames: int, frames: int | None = None) -> None:
        """Says what the stream does not, so that players leave out what is no audio.

        Args:
            delay_frames: of silence that a decoder gives before the audio.
            frames: of audio; None where nobody has counted.
        """
        self._delay_frames, self._frames = delay_frames, frames

    def finish(self) -> None:
        """Makes the file tell the truth about what was written.

        Raises:
            UndecodableAudio: what was written is nothing that can be told about.
            OSError: it cannot be written.
        """
        self._begin().finish(self._delay_frames, self._frames)
        self._file.flush()

    def _begin(self) -> Filed:
        if self._filed is None:
            self._filed = self._kind()
            self._filed.write(self._head)
        return self._filed

    def _kind(self) -> Filed:
        if self._suffix not in (".mp3", ".m4a"):
            return _Plain(self._file)
        from firstword.core.transcripts import InputEncoding
        from firstword.formats.sniff import sniff

        found = sniff(self._head, name=None, media_type=None)
        if self._suffix == ".mp3" and found is InputEncoding.MP3:
            from firstword.client.saving.tagging import TaggedMp3

            return TaggedMp3(self._file)
        if self._suffix == ".m4a" and found is InputEncoding.AAC:
            from firstword.client.saving.muxing import MuxedAac

            return MuxedAac(self._file)
        if self._suffix == ".m4a" and self._head and found is not InputEncoding.MP4:
            raise UnsupportedAudio("Only AAC goes into an .m4a: choose another name, or another format.")
        return _Plain(self._file)


class _Plain:
    """As it comes, with the sizes in its header set at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.write = file.write

    def finish(self, delay_frames: int | None, frames: int | None) -> None:
        state_true_sizes(self._file)
